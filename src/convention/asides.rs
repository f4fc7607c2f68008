//! What spans and records say beside their facts: verdicts in a span's events, what was left out
//! before they were sent (what OTLP counts as dropped, texts that end in the middle of a document),
//! and the share of the traces that sampling sends.

use super::form::Form;
use super::interpret::{OWN_FIELD, OriginReading, Tables};
use super::read;
use super::reading::Reading;
use super::subject::{Kind, Subject};
use super::table::VerdictFamily;
use crate::model::evidence::{FactValue, Field, Op};
use crate::model::remarks::{VERDICT, Verdict};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Shorter documents are not what a limit cuts.
const LONG: usize = 64;

impl Tables {
    /// What a span says beside its facts.
    pub(super) fn span_asides<'a>(
        &self,
        span: &'a Span,
        origin: &OriginReading,
        form: &Form,
        reading: &mut Reading<'a>,
    ) {
        let known = |name: &String| self.compiled.verdict_events.contains(name);
        let mut lines = String::new();
        for event in span.events.iter().filter(|e| known(&e.name)) {
            let subject = Subject {
                kind: Kind::Event,
                name: &event.name,
                root: false,
                running: false,
                bits: form.bits,
                attributes: &event.attributes,
                body: None,
            };
            let told = self.facts(&Form::new(&self.compiled, &subject), &subject, origin);
            lines += &Verdict::line(VERDICT.map(|field| told.text(field)));
        }
        let families = form.verdicts.then_some(&self.compiled.verdict_families);
        for family in families.into_iter().flatten() {
            lines += &flattened(family, &span.attributes);
        }
        if !lines.is_empty() {
            let lines = FactValue::Text(lines.into());
            reading.set(Field::Verdicts, OWN_FIELD, lines);
        }
        let dropped = [
            span.dropped_attributes_count,
            span.dropped_events_count,
            span.dropped_links_count,
        ];
        lost(reading, &dropped, &span.attributes);
        if let Some(share) = share_of(&span.trace_state) {
            reading.set(Field::SampledPpm, OWN_FIELD, FactValue::Number(share));
        }
    }

    /// What a record says beside its facts.
    pub(super) fn record_asides<'a>(record: &'a LogRecord, reading: &mut Reading<'a>) {
        let dropped = [record.dropped_attributes_count];
        lost(reading, &dropped, &record.attributes);
    }
}

/// The verdicts of a flattened list, a line each.
fn flattened(family: &VerdictFamily, attributes: &[KeyValue]) -> String {
    let mut told: BTreeMap<&str, [Option<Cow<'_, str>>; VERDICT.len()]> = BTreeMap::new();
    for kv in attributes {
        let rest = |prefix: &String| kv.key.strip_prefix(prefix.as_str())?.strip_prefix('.');
        let Some(rest) = family.prefixes.iter().find_map(rest) else {
            continue;
        };
        let (index, end) = (rest.split('.').next(), rest.rsplit('.').next());
        let part = family.parts.iter().position(|p| Some(p.as_str()) == end);
        if let Some((index, part)) = index.zip(part) {
            let value = kv.value.as_ref().and_then(read::plain);
            told.entry(index).or_default()[part] = value;
        }
    }
    let line = |parts: &[Option<Cow<'_, str>>; VERDICT.len()]| {
        Verdict::line(std::array::from_fn(|i| parts[i].as_deref()))
    };
    told.values().map(line).collect()
}

/// Notes what a record says was dropped, and the first of its texts that was cut.
fn lost<'a>(reading: &mut Reading<'a>, dropped: &[u32], attributes: &'a [KeyValue]) {
    let dropped: u64 = dropped.iter().map(|n| u64::from(*n)).sum();
    if dropped > 0 {
        reading.set(Field::Lost, OWN_FIELD, FactValue::Number(dropped));
    }
    let told = matches!(
        reading.op,
        Op::Turn | Op::Workflow | Op::Agent | Op::Call | Op::Tool | Op::Mark
    );
    if told && let Some(cut) = attributes.iter().find(|kv| is_cut(kv)) {
        reading.set(
            Field::CutShort,
            OWN_FIELD,
            FactValue::Text(cut.key.as_str().into()),
        );
    }
}

/// A document that was begun and does not end.
fn is_cut(attribute: &KeyValue) -> bool {
    let value = attribute.value.as_ref().and_then(|v| v.value.as_ref());
    let Some(Value::StringValue(text)) = value else {
        return false;
    };
    if text.len() < LONG {
        return false;
    }
    let begins = ["{\"", "[{\"", "[\""]
        .iter()
        .any(|start| text.starts_with(start));
    begins && !text.trim_end().ends_with(['}', ']'])
}

/// The share of the traces that is sent, of a million, by the threshold that consistent sampling
/// writes into the trace state (OpenTelemetry, "Tracestate: probability sampling", `ot=th:…`): the 56
/// bits below which a trace is left out, without zeros at the end.
fn share_of(trace_state: &str) -> Option<u64> {
    let ot = trace_state
        .split(',')
        .find_map(|entry| entry.trim().strip_prefix("ot="))?;
    let threshold = ot.split(';').find_map(|part| part.strip_prefix("th:"))?;
    if threshold.is_empty() || threshold.len() > 14 {
        return None;
    }
    let left_out = u64::from_str_radix(&format!("{threshold:0<14}"), 16).ok()?;
    let kept = (1u64 << 56).checked_sub(left_out)?;
    u64::try_from((u128::from(kept) * 1_000_000) >> 56).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::AnyValue;

    #[test]
    fn a_threshold_is_a_share() {
        assert_eq!(share_of("ot=th:8"), Some(500_000), "half of them");
        assert_eq!(
            share_of("a=b, ot=rv:123;th:e66668"),
            Some(99_999),
            "a tenth"
        );
        assert_eq!(share_of("ot=th:0"), Some(1_000_000), "all");
        for none in [
            "",
            "a=b",
            "ot=rv:1",
            "ot=th:",
            "ot=th:xyz",
            "ot=th:123456789012345",
        ] {
            assert_eq!(share_of(none), None, "{none}");
        }
    }

    #[test]
    fn flattened_lists_are_verdicts() {
        let text = |key: &str, text: &str| KeyValue {
            key: key.into(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(text.into())),
            }),
            ..KeyValue::default()
        };
        let family = VerdictFamily {
            prefixes: vec!["a.list".into()],
            parts: ["name", "label", "score", "passed", "explanation"].map(Into::into),
        };
        let lines = flattened(
            &family,
            &[
                text("a.list.0.x.name", "tone"),
                text("a.list.1.x.name", "facts"),
                text("a.list.1.x.label", "fail"),
                text("a.list.0.x.label", "pass"),
                text("a.lists.0.x.label", "no such list"),
                text("a.list.0", "no part"),
            ],
        );
        let told: Vec<_> = Verdict::several(&lines)
            .map(|v| (v.text(), v.passed))
            .collect();
        let [tone, facts] = [("tone pass", true), ("facts fail", false)];
        assert_eq!(
            told,
            [tone, facts].map(|(text, good)| (text.to_owned(), Some(good)))
        );
    }

    #[test]
    fn a_document_without_an_end_was_cut() {
        let text = |text: &str| KeyValue {
            key: "k".into(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(text.into())),
            }),
            ..KeyValue::default()
        };
        let whole = format!("[{{\"role\":\"user\",\"content\":\"{}\"}}]", "x".repeat(80));
        assert!(!is_cut(&text(&whole)));
        assert!(is_cut(&text(&whole[..90])));
        assert!(
            !is_cut(&text(&format!("[note] {}", "x".repeat(80)))),
            "prose"
        );
        assert!(!is_cut(&text("{\"short")));
    }
}
