//! What a span or record tells, and its counts in the normal form.

use crate::model::curve::Curve;
use crate::model::evidence::{FactValue, Field, Op};
use crate::model::usage::{Convention, Usage};

/// What a span or record tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading<'a> {
    /// What it tells of.
    pub op: Op,
    /// The dialect, an index into the tables.
    pub dialect: u8,
    /// Facts, at most one a field but for [`Field::Stall`] and ids of tool calls.
    pub facts: Vec<(Field, u16, FactValue<'a>)>,
    /// It says that it failed.
    pub failed: bool,
}

impl<'a> Reading<'a> {
    /// A number among the facts.
    pub fn number(&self, field: Field) -> Option<u64> {
        self.facts
            .iter()
            .find(|(f, ..)| *f == field)
            .and_then(|(_, _, v)| match v {
                FactValue::Number(n) => Some(*n),
                FactValue::Text(_) => None,
            })
    }

    /// A text among the facts.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.facts
            .iter()
            .find(|(f, ..)| *f == field)
            .and_then(|(_, _, v)| match v {
                FactValue::Text(t) => Some(&**t),
                FactValue::Number(_) => None,
            })
    }

    /// The rule that read a field.
    pub fn rule(&self, field: Field) -> Option<u16> {
        let fact = self.facts.iter().find(|(f, ..)| *f == field);
        fact.map(|(_, rule, _)| *rule)
    }

    /// Whether there is a fact of a field.
    pub fn has(&self, field: Field) -> bool {
        self.facts.iter().any(|(f, ..)| *f == field)
    }

    /// Sets a fact, whatever was there.
    pub fn set(&mut self, field: Field, rule: u16, value: FactValue<'a>) {
        match self.facts.iter_mut().find(|(f, ..)| *f == field) {
            Some(fact) => *fact = (field, rule, value),
            None => self.facts.push((field, rule, value)),
        }
    }
}

impl Reading<'_> {
    /// Takes in when the chunks of an answer came, of a span that began at `start`; gives how many
    /// they were. A curve of more chunks, told under another name, stays.
    pub fn tell_curve(&mut self, rule: u16, start: u64, mut times: Vec<u64>) -> Option<u64> {
        let known = self.number(Field::Chunks);
        let curve = Curve::of(&mut times).filter(|c| c.chunks > known.unwrap_or(0));
        let Some(curve) = curve else { return known };
        self.set(Field::ChunkGapNs, rule, FactValue::Number(curve.gap));
        self.set(Field::Stalls, rule, FactValue::Number(curve.stalls));
        self.facts.retain(|(field, ..)| *field != Field::Stall);
        let stall = |&at: &(u64, u64)| {
            let packed = FactValue::Number(Curve::pack(start, at));
            (Field::Stall, rule, packed)
        };
        self.facts.extend(curve.kept.iter().map(stall));
        Some(curve.chunks)
    }
}

/// Every field that counts tokens.
const COUNTS: [Field; 7] = [
    Field::InputTokens,
    Field::CacheRead,
    Field::CacheWrite,
    Field::CacheWrite1h,
    Field::OutputTokens,
    Field::ReasoningTokens,
    Field::TotalTokens,
];

/// Brings the counts into the normal form: input with cache, output with reasoning. What the
/// reporter's counts include is known by its keys or scope, else told by the counts themselves.
/// No call is asked nothing: where every count is zero nobody counted, as of a stream that was not
/// asked for its usage (`AutoGen` 0.7), and nothing is told.
pub fn normalise(reading: &mut Reading<'_>, convention: Option<Convention>) {
    let mut told = COUNTS.iter().filter_map(|field| reading.number(*field));
    if reading.op == Op::Call && told.all(|count| count == 0) {
        reading.facts.retain(|(field, ..)| !COUNTS.contains(field));
        return;
    }
    let raw = Usage {
        input: reading.number(Field::InputTokens),
        cache_read: reading.number(Field::CacheRead),
        cache_write: reading.number(Field::CacheWrite),
        cache_write_1h: reading.number(Field::CacheWrite1h),
        output: reading.number(Field::OutputTokens),
        reasoning: reading.number(Field::ReasoningTokens),
        ..Usage::default()
    };
    if raw.input.is_none() && raw.output.is_none() {
        return;
    }
    let total = reading.number(Field::TotalTokens);
    let provider = || reading.text(Field::Provider);
    let convention = convention.unwrap_or_else(|| Convention::detect(&raw, total, provider()));
    let normal = raw.normalise(convention, total);
    let changed = [
        (Field::InputTokens, raw.input, normal.input),
        (Field::OutputTokens, raw.output, normal.output),
        (Field::ReasoningTokens, raw.reasoning, normal.reasoning),
    ];
    for (field, before, after) in changed {
        if let Some(n) = after.filter(|_| before != after) {
            let rule = reading.rule(field).unwrap_or(u16::MAX);
            reading.set(field, rule, FactValue::Number(n));
        }
    }
}
