//! What a rule's conditions are asked about, and whether they hold.

use super::read;
use super::rule::Rule;
use crate::model::evidence::Op;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::hash::{Hash, Hasher};

/// What kind of evidence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A span.
    Span,
    /// A span's event.
    Event,
    /// A log record.
    Record,
}

/// What conditions are asked about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What kind it is.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// It has no parent.
    pub root: bool,
    /// It is a span that has not ended, by its times.
    pub running: bool,
    /// Dialects that are sure before its name and keys are looked at.
    pub bits: u64,
    /// Its attributes.
    pub attributes: &'a [KeyValue],
    /// A record's body.
    pub body: Option<&'a AnyValue>,
}

impl Subject<'_> {
    /// Whether the tables ask the same of both, whatever their values.
    pub fn is_of_one_form(&self, other: &Self) -> bool {
        let keys = |of: &Self| of.attributes.iter().map(|kv| kv.key.as_str());
        self.outline() == other.outline() && keys(self).eq(keys(other))
    }

    /// Feeds what [`Subject::is_of_one_form`] compares.
    pub fn hash_form(&self, hasher: &mut impl Hasher) {
        self.outline().hash(hasher);
        for kv in self.attributes {
            kv.key.hash(hasher);
        }
    }

    fn outline(&self) -> impl Hash + PartialEq {
        let Self {
            attributes, body, ..
        } = self;
        let sizes = (attributes.len(), body.is_some());
        (
            self.kind,
            self.root,
            self.running,
            self.bits,
            self.name,
            sizes,
        )
    }

    /// Whether an attribute is one of some words, whatever their case; JSON quotes do not count.
    fn says(&self, key: &str, any: &[String]) -> bool {
        let there = self.attributes.iter().find(|kv| kv.key == key);
        let said = there.and_then(|kv| kv.value.as_ref()).and_then(read::plain);
        said.is_some_and(|said| {
            let said = said.trim_matches('"');
            any.iter().any(|word| word.eq_ignore_ascii_case(said))
        })
    }
}

/// Whether those conditions of a rule hold that ask for no value.
pub fn fits(rule: &Rule, subject: &Subject<'_>, running: bool) -> bool {
    let starts = |start: &String| subject.name.starts_with(start.as_str());
    let ends = |end: &String| subject.name.ends_with(end.as_str());
    let has = |key: &String| subject.attributes.iter().any(|kv| kv.key == *key);
    (!rule.roots || subject.root)
        && (!rule.running || running)
        && rule.name_starts.as_ref().is_none_or(starts)
        && rule.name_ends.as_ref().is_none_or(ends)
        && rule.requires.as_ref().is_none_or(has)
}

/// Whether the others hold too; `op` is what the evidence tells of, once that is known.
pub fn holds(rule: &Rule, subject: &Subject<'_>, op: Option<Op>) -> bool {
    (rule.ops.is_empty() || op.is_some_and(|op| rule.ops.contains(&op)))
        && rule.when.iter().all(|(key, any)| subject.says(key, any))
}

/// Whether a span has ended. Without an end, with an end before the start, or with Go's zero time,
/// which is negative as a signed number, it still runs.
pub fn ended(span: &Span) -> bool {
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    end != 0 && end >= start && i64::try_from(end).is_ok()
}
