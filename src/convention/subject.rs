//! What a rule's conditions are asked about, and whether they hold.

use super::read;
use super::rule::Rule;
use crate::model::evidence::Op;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;

/// What conditions are asked about.
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a str,
    /// It has no parent.
    pub root: bool,
    /// It is a span that has not ended.
    pub running: bool,
    /// Dialects that it gives away.
    pub bits: u64,
    /// Its attributes.
    pub attributes: &'a [KeyValue],
    /// A record's body.
    pub body: Option<&'a AnyValue>,
}

impl Subject<'_> {
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

/// Whether the conditions of a rule whose dialect is sure hold; `op` is what the evidence tells of,
/// once that is known.
pub fn applies(rule: &Rule, subject: &Subject<'_>, op: Option<Op>) -> bool {
    (rule.ops.is_empty() || op.is_some_and(|op| rule.ops.contains(&op)))
        && (!rule.roots || subject.root)
        && (!rule.running || subject.running)
        && rule
            .name_starts
            .as_ref()
            .is_none_or(|start| subject.name.starts_with(start.as_str()))
        && rule
            .name_ends
            .as_ref()
            .is_none_or(|end| subject.name.ends_with(end.as_str()))
        && rule.when.iter().all(|(key, any)| subject.says(key, any))
        && rule
            .requires
            .as_ref()
            .is_none_or(|key| subject.attributes.iter().any(|kv| kv.key == *key))
}

/// Whether a span has ended. Without an end, with an end before the start, or with Go's zero time,
/// which is negative as a signed number, it still runs.
pub fn ended(span: &Span) -> bool {
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    end != 0 && end >= start && i64::try_from(end).is_ok()
}
