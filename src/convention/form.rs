//! What the tables ask of evidence of one form: of one name, with the same keys, from one origin. A
//! library writes few forms and many spans of each, so what the form alone tells is looked up once a
//! request: whose dialect it speaks, which rules its keys have, and which of their conditions hold.

use super::rule::{BODY, Target};
use super::subject::{Kind, Subject, fits};
use super::table::Compiled;
use super::told::Told;
use crate::model::evidence::Op;
use hashbrown::HashTable;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use std::hash::{BuildHasher, Hasher};

/// So many forms are remembered at once: a sender may write each span in a form of its own.
const MOST: usize = 1024;

/// An attribute without a value.
static NOTHING: AnyValue = AnyValue { value: None };

/// Where a value stands that rules can read.
enum Source {
    /// The attribute at this place.
    Attribute(usize),
    /// A record's body.
    Body,
    /// Attributes that make up a list: the family at this place among the tables'.
    Family(usize),
}

/// A rule that the form leaves open.
pub(super) struct Asked {
    /// Which, an index into the tables.
    pub rule: u16,
    /// The place of what it reads in [`Form::told`]; `None` for a rule without a key.
    pub value: Option<usize>,
}

/// What evidence of one form has in common.
pub(super) struct Form {
    /// Dialects that it gives away.
    pub bits: u64,
    /// What its name says that it tells of: the dialect that says it, and whether it says that it failed.
    pub named: Option<(u8, Op, bool)>,
    /// Rules that say what it tells of, the first to be heard first.
    pub ops: Vec<Asked>,
    /// Rules for facts, in the same order.
    pub facts: Vec<Asked>,
    /// Some of its attributes are verdicts in a flattened list.
    pub verdicts: bool,
    sources: Vec<Source>,
}

impl Form {
    /// Looks up what the tables ask of evidence like this.
    pub fn new(tables: &Compiled, of: &Subject<'_>) -> Self {
        let known = of.bits;
        let (bits, running, named) = match of.kind {
            Kind::Event => (known, of.running, None),
            Kind::Span => {
                let bits = known | tables.of_name(of.name) | tables.of_keys(of.attributes);
                let running = of.running || tables.is_pending(of.attributes);
                let named = tables.span_op(bits, of.name);
                (
                    bits,
                    running,
                    named.map(|(dialect, op)| (dialect, op, false)),
                )
            }
            Kind::Record => {
                let bits = known | tables.of_name(of.name) | tables.of_keys(of.attributes);
                (bits, of.running, tables.event_op(bits, of.name))
            }
        };
        let mut form = Self {
            bits,
            named,
            ops: Vec::new(),
            facts: Vec::new(),
            verdicts: tables.has_verdicts(of.attributes),
            sources: Vec::new(),
        };
        let mut asked = Vec::new();
        let mut ask = |rules: &[u16], value| {
            let open = rules.iter().filter(|rule| tables.is_open(**rule, bits));
            asked.extend(open.map(|&rule| Asked { rule, value }));
        };
        let keyed = of.attributes.iter().enumerate();
        let keyed = keyed.map(|(at, kv)| (kv.key.as_str(), Source::Attribute(at)));
        for (key, source) in keyed.chain(of.body.map(|_| (BODY, Source::Body))) {
            if let Some(rules) = tables.by_key.get(key) {
                ask(rules, Some(form.sources.len()));
                form.sources.push(source);
            }
        }
        for (at, (prefix, rules)) in tables.families.iter().enumerate() {
            if of.attributes.iter().any(|kv| kv.key.starts_with(prefix)) {
                ask(rules, Some(form.sources.len()));
                form.sources.push(Source::Family(at));
            }
        }
        ask(&tables.constants, None);
        asked.sort_by_key(|asked| asked.rule);
        for asked in asked {
            let Some(rule) = tables.rules.get(usize::from(asked.rule)) else {
                continue;
            };
            if fits(rule, of, running) {
                match rule.target {
                    Target::Op => form.ops.push(asked),
                    Target::Fact(_) => form.facts.push(asked),
                }
            }
        }
        form
    }

    /// The values that its rules read, of evidence of this form.
    pub fn told<'a>(&self, tables: &Compiled, of: &Subject<'a>) -> Vec<Told<'a>> {
        let value = |source: &Source| match source {
            Source::Attribute(at) => {
                let value = of.attributes.get(*at).and_then(|kv| kv.value.as_ref());
                Told::new(value.unwrap_or(&NOTHING)).beside(of.attributes)
            }
            Source::Body => Told::new(of.body.unwrap_or(&NOTHING)),
            Source::Family(at) => {
                let prefix = tables.families.get(*at).map(|(prefix, _)| prefix.as_str());
                let list = prefix.and_then(|prefix| Told::family(of.attributes, prefix));
                list.unwrap_or_else(|| Told::new(&NOTHING))
            }
        };
        self.sources.iter().map(value).collect()
    }
}

/// The forms of a request.
#[derive(Default)]
pub struct Forms<'a> {
    known: HashTable<(Subject<'a>, Form)>,
    /// Seeded per request: names and keys come from outside.
    seed: hashbrown::DefaultHashBuilder,
}

impl<'a> Forms<'a> {
    /// The form of some evidence.
    pub(super) fn of(&mut self, tables: &Compiled, subject: &Subject<'a>) -> &Form {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let hash = |of: &Subject<'_>| {
            let mut hasher = self.seed.build_hasher();
            of.hash_form(&mut hasher);
            hasher.finish()
        };
        let entry = self.known.entry(
            hash(subject),
            |(known, _)| known.is_of_one_form(subject),
            |(known, _)| hash(known),
        );
        let new = || (*subject, Form::new(tables, subject));
        &entry.or_insert_with(new).into_mut().1
    }
}
