//! One rule of a table: a field, a key, a reader and its conditions.

use crate::model::evidence::{Field, Op};
use crate::model::usage::Convention;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::borrow::Cow;

/// What a rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// What the evidence tells of.
    Op,
    /// A fact.
    Fact(Field),
}

/// Stands for a record's body among the keys.
pub const BODY: &str = "(body)";

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Text as it stands.
    Text,
    /// What a tool was given, without a library's frame round it; none at all is no fact.
    Arguments,
    /// A whole number, also as text or float.
    Count,
    /// How often something was done again: one more than that in all.
    Again,
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Nanoseconds.
    Ns,
    /// A duration with its unit, as Rust and Go print it: `1.5s`, `12.3ms`, `890µs`.
    Duration,
    /// A share of one, in millionths.
    Share,
    /// One in so many, in millionths.
    OneIn,
    /// US dollars.
    Usd,
    /// Millionths of US dollars.
    MicroUsd,
    /// An id to join on.
    Id,
    /// All ids that its paths lead to.
    Ids,
    /// A span id in hex.
    SpanId,
    /// True, or one of the rule's words. With the value `false` it is set the other way.
    Flag,
    /// Set, whatever the value.
    Present,
    /// Set by the status code of an HTTP request that was refused or failed.
    HttpFailed,
    /// A list of texts.
    List,
    /// A moment: RFC 3339 text, in UTC where it names no zone.
    Time,
    /// The span's or event's own name. With `until` only a name that has it.
    Name,
}

/// A rule as written: one for each of its keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions")]
pub struct RuleText {
    field: String,
    keys: Vec<String>,
    read: Reader,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    map: FxHashMap<String, String>,
    #[serde(default)]
    any: Vec<String>,
    value: Option<String>,
    starts: Option<String>,
    after: Option<String>,
    until: Option<String>,
    #[serde(default)]
    ends: Vec<String>,
    #[serde(default)]
    strip: Vec<String>,
    split: Option<String>,
    #[serde(default)]
    part: usize,
    #[serde(default)]
    ops: Vec<Op>,
    from: Option<String>,
    #[serde(default)]
    equals_name: bool,
    name_starts: Option<String>,
    name_ends: Option<String>,
    requires: Option<String>,
    #[serde(default)]
    when: FxHashMap<String, Vec<String>>,
    unless: Option<String>,
    #[serde(default)]
    roots: bool,
    #[serde(default)]
    running: bool,
    #[serde(default)]
    nothing: bool,
    gated: Option<bool>,
    counts: Option<Convention>,
    #[serde(default)]
    rank: u16,
}

/// One rule: a field, a key, a reader and its conditions.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions")]
pub struct Rule {
    /// The dialect that it belongs to.
    pub dialect: u8,
    /// What it sets.
    pub target: Target,
    /// The attribute key; empty for a constant, [`BODY`] for a record's body. With `.*` at its end the
    /// list or map that keys of this beginning make up.
    pub key: String,
    /// How the value is read.
    pub reader: Reader,
    /// Paths into JSON text or a map, the first that is there: `messages.-1.content`; `.` is the
    /// whole document, a quoted text for one.
    pub paths: Vec<String>,
    /// The key whose number says at which thing of a list the paths begin; without it there is no fact.
    pub from: Option<String>,
    /// Words and what they mean.
    pub map: Words,
    /// What of the words that a rule for `op` can come to is which.
    pub named: Vec<(String, Op)>,
    /// Words that set a flag.
    pub any: Vec<String>,
    /// What stands in place of the value read.
    pub value: Option<String>,
    /// A flag's or an id's text begins so.
    pub starts: Option<String>,
    /// Only text that begins so, and what follows it.
    pub after: Option<String>,
    /// Text is cut here.
    pub until: Option<String>,
    /// Endings that are cut off.
    pub ends: Vec<String>,
    /// What text may begin with that is no part of it.
    pub strip: Vec<String>,
    /// Text is split here, and this part of it is read.
    pub split: Option<(String, usize)>,
    /// Only on evidence of these.
    pub ops: Vec<Op>,
    /// Only where the text is the span's name.
    pub equals_name: bool,
    /// Only where the span's name begins so.
    pub name_starts: Option<String>,
    /// Only where the span's name ends so.
    pub name_ends: Option<String>,
    /// Only beside this key.
    pub requires: Option<String>,
    /// Only beside these keys with one of these values, whatever its case, quoted or not.
    pub when: FxHashMap<String, Vec<String>>,
    /// Not for this value: it is what is taken for granted.
    pub unless: Option<String>,
    /// Only on spans without a parent.
    pub roots: bool,
    /// Only on spans that have not ended: their attributes may come later.
    pub running: bool,
    /// What is read is not a fact, and no rule after this one is heard: the key does not mean
    /// here what it means elsewhere.
    pub nothing: bool,
    /// What the count includes, where the key alone tells.
    pub counts: Option<Convention>,
    /// Only where its dialect is sure.
    pub gated: bool,
    /// Where it stands among all rules; those of one rank stand as written.
    pub rank: u16,
}

/// Words and what they mean, whatever their case; `*Word` stands for any beginning. A word that
/// means nothing (`""`) is no fact.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// In lower case.
    whole: FxHashMap<String, String>,
    ends: Vec<(String, String)>,
}

impl Words {
    fn new(told: FxHashMap<String, String>) -> Self {
        let mut words = Self::default();
        for (word, to) in told {
            match word.strip_prefix('*') {
                Some(end) => words.ends.push((end.to_owned(), to)),
                None => {
                    words.whole.insert(word.to_ascii_lowercase(), to);
                }
            }
        }
        words
    }

    /// Nothing means anything.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.ends.is_empty()
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        let ends = self.ends.iter().map(|(_, to)| to);
        self.whole.values().chain(ends)
    }

    fn get(&self, word: &str) -> Option<&str> {
        let whole = || {
            if word.bytes().any(|b| b.is_ascii_uppercase()) {
                return self.whole.get(&word.to_ascii_lowercase());
            }
            self.whole.get(word)
        };
        let told = (!self.whole.is_empty()).then(whole).flatten();
        let ending = || self.ends.iter().find(|(end, _)| word.ends_with(end));
        told.or_else(|| ending().map(|(_, to)| to))
            .map(String::as_str)
    }
}

impl Rule {
    /// What a word means; itself where the table does not say.
    pub fn meaning<'a>(&'a self, word: Cow<'a, str>) -> Cow<'a, str> {
        let told = self.map.get(&word).or(self.value.as_deref());
        told.map_or(word, Cow::Borrowed)
    }

    /// What a word that a rule for `op` came to tells of; `None` of a word that no table has.
    pub fn op(&self, word: &str) -> Option<Op> {
        let named = self.named.iter().find(|(name, _)| name == word);
        named.map(|(_, op)| *op)
    }
}

impl RuleText {
    /// A rule for each key; a rule without keys is a constant.
    pub fn compile(self, dialect: u8, gated: bool) -> Result<Vec<Rule>, toml::de::Error> {
        let target = match self.field.as_str() {
            "op" => Target::Op,
            field => Target::Fact(Field::deserialize(toml::Value::String(field.to_owned()))?),
        };
        let map = Words::new(self.map);
        let mut named = Vec::new();
        if target == Target::Op {
            let words = map.all().chain(&self.value);
            for word in words.filter(|word| !word.is_empty()) {
                let op = Op::deserialize(toml::Value::String(word.clone()))?;
                named.push((word.clone(), op));
            }
        }
        let keys = if self.keys.is_empty() {
            vec![String::new()]
        } else {
            self.keys
        };
        let rule = |key: String| Rule {
            dialect,
            target,
            key,
            reader: self.read,
            paths: self.paths.clone(),
            map: map.clone(),
            named: named.clone(),
            any: self.any.clone(),
            value: self.value.clone(),
            starts: self.starts.clone(),
            after: self.after.clone(),
            until: self.until.clone(),
            ends: self.ends.clone(),
            strip: self.strip.clone(),
            split: self.split.clone().map(|at| (at, self.part)),
            ops: self.ops.clone(),
            from: self.from.clone(),
            equals_name: self.equals_name,
            name_starts: self.name_starts.clone(),
            name_ends: self.name_ends.clone(),
            requires: self.requires.clone(),
            when: self.when.clone(),
            unless: self.unless.clone(),
            roots: self.roots,
            running: self.running,
            nothing: self.nothing,
            counts: self.counts,
            gated: self.gated.unwrap_or(gated),
            rank: self.rank,
        };
        Ok(keys.into_iter().map(rule).collect())
    }
}
