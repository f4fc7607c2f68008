//! Readers: from an attribute's value to a fact's. Sizes and depths come from outside, so
//! nothing recurses, and what does not read is no fact.

use super::arguments::given;
use super::path::walk;
use super::rule::{Reader, Rule};
use super::told::{Source, Told};
use crate::model::evidence::{FactValue, join_key};
use crate::model::usage::PicoUsd;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use std::borrow::Cow;

/// Text that names things is cut here; the whole stands in the evidence's own bytes.
const LONGEST: usize = 400;

/// The plain text or number of a value, however it was written.
pub fn plain(value: &AnyValue) -> Option<Cow<'_, str>> {
    match value.value.as_ref()? {
        Value::StringValue(s) => Some(Cow::Borrowed(s)),
        Value::BoolValue(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
        Value::IntValue(i) => Some(Cow::Owned(i.to_string())),
        Value::DoubleValue(d) => Some(Cow::Owned(d.to_string())),
        Value::ArrayValue(_)
        | Value::KvlistValue(_)
        | Value::BytesValue(_)
        | Value::StringValueStrindex(_) => None,
    }
}

/// Reads the name of the span or event itself as a rule says.
pub fn read_name<'a>(rule: &'a Rule, name: &'a str) -> Option<FactValue<'a>> {
    let has_end = rule.until.as_deref().is_none_or(|end| name.contains(end));
    let text = trimmed(rule, Cow::Borrowed(name)).filter(|_| has_end)?;
    of_text(rule, text)
}

/// Reads a value as a rule says.
pub fn read<'a>(rule: &'a Rule, told: &Told<'a>, span_name: &str) -> Option<FactValue<'a>> {
    if let Some(value) = told.value() {
        if rule.reader == Reader::Present {
            return value.value.is_some().then_some(FactValue::Number(1));
        }
        if rule.reader == Reader::List && rule.paths.is_empty() {
            return list(value).map(named);
        }
        let direct = || direct_number(rule.reader, value);
        if let Some(number) = rule.paths.is_empty().then(direct).flatten() {
            let usual = rule.unless.is_some() && rule.unless.as_deref() == plain(value).as_deref();
            return (!usual).then_some(FactValue::Number(number));
        }
    }
    let text = found(rule, told)?;
    let usual = rule.unless.as_deref() == Some(&*text);
    if text.is_empty() || usual || (rule.equals_name && *text != *span_name) {
        return None;
    }
    of_text(rule, text)
}

/// The text that a rule finds in a value, before its reader makes something of it.
pub fn found<'a>(rule: &Rule, told: &Told<'a>) -> Option<Cow<'a, str>> {
    let text = if rule.paths.is_empty() {
        unquoted(told.plain()?)
    } else if rule.after.as_deref().is_some_and(|start| told.lacks(start)) {
        return None;
    } else {
        Cow::Owned(match &rule.from {
            Some(key) => {
                let from = told.number_beside(key)?;
                let paths = rule.paths.iter().map(|path| format!("{from}.{path}"));
                at_paths(told, &paths.collect::<Vec<_>>())?
            }
            None => at_paths(told, &rule.paths)?,
        })
    };
    trimmed(rule, text)
}

/// Some libraries write every value as JSON, plain words in quotes too.
fn unquoted(text: Cow<'_, str>) -> Cow<'_, str> {
    let quoted = matches!(text.as_bytes(), [b'"', .., b'"']);
    let bare = quoted.then(|| serde_json::from_str::<String>(&text).ok());
    bare.flatten().map_or(text, Cow::Owned)
}

/// The part of a text that a rule means.
fn trimmed<'a>(rule: &Rule, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
    narrowed(text, |text| {
        let text = match &rule.after {
            Some(start) => text.strip_prefix(start.as_str())?,
            None => text,
        };
        let mut starts = rule.strip.iter();
        let bare = starts.find_map(|start| text.strip_prefix(start.as_str()));
        let text = bare.unwrap_or(text);
        let text = match &rule.split {
            Some((at, part)) => text.split(at.as_str()).nth(*part)?,
            None => text,
        };
        let head = rule.until.as_deref().and_then(|end| text.split_once(end));
        let text = head.map_or(text, |(head, _)| head);
        let mut ends = rule.ends.iter();
        let bare = ends.find_map(|end| text.strip_suffix(end.as_str()));
        Some(bare.unwrap_or(text))
    })
}

/// A part of a text, copied only where the text is our own.
fn narrowed(text: Cow<'_, str>, part: impl Fn(&str) -> Option<&str>) -> Option<Cow<'_, str>> {
    match text {
        Cow::Borrowed(text) => part(text).map(Cow::Borrowed),
        Cow::Owned(text) => {
            let part = part(&text)?;
            if part.len() == text.len() {
                return Some(Cow::Owned(text));
            }
            Some(Cow::Owned(part.to_owned()))
        }
    }
}

/// A text that names something.
pub fn named(text: Cow<'_, str>) -> FactValue<'_> {
    FactValue::Text(narrowed(text, |text| Some(cut(text))).unwrap_or_default())
}

fn of_text<'a>(rule: &'a Rule, text: Cow<'a, str>) -> Option<FactValue<'a>> {
    if let Reader::Text | Reader::List | Reader::Name = rule.reader {
        let meaning = rule.meaning(text);
        return (!meaning.is_empty()).then(|| named(meaning));
    }
    let text = &*text;
    let number = |n: Option<u64>| n.map(FactValue::Number);
    match rule.reader {
        Reader::Text | Reader::List | Reader::Name => None,
        Reader::Arguments => given(text).map(|told| named(told.into_owned().into())),
        Reader::Time => number(moment(text)),
        Reader::Id | Reader::Ids => {
            let begun = rule.starts.as_deref().is_none_or(|s| text.starts_with(s));
            begun.then(|| FactValue::Number(join_key(text)))
        }
        Reader::SpanId => number(u64::from_str_radix(text, 16).ok()),
        Reader::Count => number(text.trim().parse().ok()),
        Reader::Again => number(text.trim().parse().ok().and_then(|n: u64| n.checked_add(1))),
        Reader::S => number(nanos(text.trim().parse().ok()?, 1e9)),
        Reader::Ms => number(nanos(text.trim().parse().ok()?, 1e6)),
        Reader::Ns => number(nanos(text.trim().parse().ok()?, 1.0)),
        Reader::Duration => number(duration(text.trim())),
        Reader::Usd => number(PicoUsd::from_usd(text.trim().parse().ok()?).map(|p| p.0)),
        Reader::Share => number(share(text.trim().parse().ok()?)),
        Reader::OneIn => number(share(1.0 / text.trim().parse::<f64>().ok()?)),
        Reader::MicroUsd => number(text.trim().parse::<u64>().ok()?.checked_mul(1_000_000)),
        Reader::Flag => {
            let set = match &rule.starts {
                Some(start) => text.trim_start().starts_with(start.as_str()),
                None if rule.any.is_empty() => text == "true",
                None => rule.any.iter().any(|word| word == text),
            };
            let value = u64::from(rule.value.as_deref() != Some("false"));
            set.then_some(FactValue::Number(value))
        }
        Reader::HttpFailed => {
            let status: u16 = text.trim().parse().ok()?;
            (status >= 400).then_some(FactValue::Number(1))
        }
        Reader::Present => Some(FactValue::Number(1)),
    }
}

/// Numbers that came as numbers, without the way through text.
fn direct_number(reader: Reader, value: &AnyValue) -> Option<u64> {
    #[expect(clippy::cast_precision_loss, reason = "durations and costs below 2^53")]
    let float = |v: &Value| match v {
        Value::IntValue(i) => Some(*i as f64),
        Value::DoubleValue(d) => Some(*d),
        _ => None,
    };
    let value = value.value.as_ref()?;
    match (reader, value) {
        (Reader::Count, Value::IntValue(i)) => u64::try_from(*i).ok(),
        (Reader::Count, Value::DoubleValue(d)) => whole(*d),
        (Reader::MicroUsd, Value::IntValue(i)) => u64::try_from(*i).ok()?.checked_mul(1_000_000),
        (Reader::S, v) => nanos(float(v)?, 1e9),
        (Reader::Ms, v) => nanos(float(v)?, 1e6),
        (Reader::Ns, v) => nanos(float(v)?, 1.0),
        (Reader::Usd, v) => PicoUsd::from_usd(float(v)?).map(|p| p.0),
        _ => None,
    }
}

/// Nanoseconds since the epoch; a text without a zone is taken for UTC.
fn moment(text: &str) -> Option<u64> {
    let utc = || {
        text.parse::<jiff::civil::DateTime>()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
    };
    let at = text
        .parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| Some(utc()?.timestamp()))?;
    u64::try_from(at.as_nanosecond()).ok()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked range"
)]
fn whole(d: f64) -> Option<u64> {
    (d.fract() == 0.0 && (0.0..9e15).contains(&d)).then_some(d as u64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked range"
)]
fn nanos(amount: f64, unit: f64) -> Option<u64> {
    let ns = amount * unit;
    (ns.is_finite() && (0.0..9e18).contains(&ns)).then_some(ns.round() as u64)
}

/// Millionths of a share of one.
fn share(of: f64) -> Option<u64> {
    if !(of > 0.0 && of <= 1.0) {
        return None;
    }
    nanos(of, 1e6)
}

/// Nanoseconds of `1.5s`, `12.3ms`, `890µs`, `15ns`.
fn duration(text: &str) -> Option<u64> {
    let (amount, unit) = text.split_at_checked(text.find(|c: char| c.is_alphabetic())?)?;
    let unit = match unit {
        "ns" => 1.0,
        "µs" | "μs" | "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    nanos(amount.parse().ok()?, unit)
}

/// Texts of a list, one a line: an array, JSON text of one, or a single text.
fn list(value: &AnyValue) -> Option<Cow<'_, str>> {
    let lines = |texts: &[&str]| (!texts.is_empty()).then(|| texts.join("\n").into());
    match value.value.as_ref()? {
        Value::ArrayValue(array) => {
            let mut texts: Vec<Cow<'_, str>> = array.values.iter().filter_map(plain).collect();
            if texts.len() < 2 {
                return texts.pop();
            }
            let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
            lines(&texts)
        }
        Value::StringValue(s) if s.trim_start().starts_with(['[', '"']) => {
            let s = unquoted(Cow::Borrowed(s));
            if !s.trim_start().starts_with('[') {
                return Some(s).filter(|s| !s.is_empty());
            }
            let values: Vec<serde_json::Value> = serde_json::from_str(&s).ok()?;
            let texts: Vec<&str> = values.iter().filter_map(|v| v.as_str()).collect();
            lines(&texts)
        }
        _ => plain(value).filter(|s| !s.is_empty()),
    }
}

/// What the first path leads to that leads anywhere ([`super::path`]). `.` is the text itself where it
/// is prose: no document, and no printed object.
fn at_paths(told: &Told<'_>, paths: &[String]) -> Option<String> {
    if told.holds_none_of(paths) {
        return None;
    }
    let mut found = Vec::new();
    paths.iter().find_map(|path| {
        follow(told, path, &mut found);
        found.pop()
    })
}

/// Adds all that a path leads to.
fn follow(told: &Told<'_>, path: &str, found: &mut Vec<String>) {
    let value = match &told.source {
        Source::Family(flat) => return walk(flat.clone(), path, found),
        Source::Value(value) => *value,
    };
    let Some(Value::StringValue(text)) = &value.value else {
        return walk(value, path, found);
    };
    match told.opened(text) {
        Some(json) => walk(json, path, found),
        None if path == "." && is_prose(text) => found.push(text.clone()),
        None => {}
    }
}

/// The ids to join on that all paths of a rule lead to.
pub fn ids(rule: &Rule, told: &Told<'_>) -> Vec<u64> {
    let mut found = Vec::new();
    if rule.paths.is_empty() {
        found.extend(told.plain().map(Cow::into_owned));
    }
    let paths = rule
        .paths
        .iter()
        .filter(|_| !told.holds_none_of(&rule.paths));
    for path in paths {
        follow(told, path, &mut found);
    }
    let mut ids: Vec<u64> = Vec::new();
    for text in found.iter().filter(|text| !text.is_empty()) {
        let id = join_key(text);
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Whether a text was written for people: neither a document, maybe cut, nor an object as printed for
/// a programmer (`<Context at 0x7f>`, `AgentInput(input=…`).
fn is_prose(text: &str) -> bool {
    let text = text.trim_start();
    let word = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
    let printed = word.is_some_and(|end| end > 0 && text[end..].starts_with('('));
    !printed && !text.starts_with(['{', '[', '<', '('])
}

/// The first [`LONGEST`] bytes, at a character's end.
pub fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(LONGEST))
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or_default();
    text.get(..end).unwrap_or_default()
}
