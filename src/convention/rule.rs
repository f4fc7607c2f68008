//! One rule of a table: a field, a key, a reader and its conditions.

use crate::model::evidence::{Field, Op};
use crate::model::usage::Convention;
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// What a rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// What the evidence tells of.
    Op,
    /// A fact.
    Fact(Field),
}

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Text as it stands.
    Text,
    /// A whole number, also as text or float.
    Count,
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// US dollars.
    Usd,
    /// Millionths of US dollars.
    MicroUsd,
    /// An id to join on.
    Id,
    /// A span id in hex.
    SpanId,
    /// True, or one of the rule's words.
    Flag,
    /// Set, whatever the value.
    Present,
    /// A list of texts.
    List,
}

/// A rule as written: one for each of its keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
    until: Option<String>,
    #[serde(default)]
    ops: Vec<Op>,
    #[serde(default)]
    equals_name: bool,
    name_starts: Option<String>,
    requires: Option<String>,
    unless: Option<String>,
    #[serde(default)]
    roots: bool,
    counts: Option<Convention>,
    #[serde(default)]
    rank: u16,
}

/// One rule: a field, a key, a reader and its conditions.
#[derive(Debug)]
pub struct Rule {
    /// The dialect that it belongs to.
    pub dialect: u8,
    /// What it sets.
    pub target: Target,
    /// The attribute key; empty for a constant.
    pub key: String,
    /// How the value is read.
    pub reader: Reader,
    /// Paths into JSON text or a map, the first that is there: `messages.-1.content`.
    pub paths: Vec<String>,
    /// Words and what they mean.
    pub map: FxHashMap<String, String>,
    /// Words that set a flag.
    pub any: Vec<String>,
    /// What stands in place of the value read.
    pub value: Option<String>,
    /// A flag's text begins so.
    pub starts: Option<String>,
    /// Text is cut here.
    pub until: Option<String>,
    /// Only on evidence of these.
    pub ops: Vec<Op>,
    /// Only where the text is the span's name.
    pub equals_name: bool,
    /// Only where the span's name begins so.
    pub name_starts: Option<String>,
    /// Only beside this key.
    pub requires: Option<String>,
    /// Not for this value: it is what is taken for granted.
    pub unless: Option<String>,
    /// Only on spans without a parent.
    pub roots: bool,
    /// What the count includes, where the key alone tells.
    pub counts: Option<Convention>,
    /// Only where its dialect is sure.
    pub gated: bool,
    /// Where it stands among all rules; those of one rank stand as written.
    pub rank: u16,
}

impl RuleText {
    /// A rule for each key; a rule without keys is a constant.
    pub fn compile(self, dialect: u8, gated: bool) -> Result<Vec<Rule>, toml::de::Error> {
        let target = match self.field.as_str() {
            "op" => Target::Op,
            field => Target::Fact(Field::deserialize(toml::Value::String(field.to_owned()))?),
        };
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
            map: self.map.clone(),
            any: self.any.clone(),
            value: self.value.clone(),
            starts: self.starts.clone(),
            until: self.until.clone(),
            ops: self.ops.clone(),
            equals_name: self.equals_name,
            name_starts: self.name_starts.clone(),
            requires: self.requires.clone(),
            unless: self.unless.clone(),
            roots: self.roots,
            counts: self.counts,
            gated,
            rank: self.rank,
        };
        Ok(keys.into_iter().map(rule).collect())
    }
}
