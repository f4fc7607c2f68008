//! Where each fact came from: the same reading again, with what else was there and lost. Done
//! for one piece of evidence when somebody looks, so that the store need not keep it.

use super::form::Forms;
use super::interpret::{OriginReading, Tables};
use super::read;
use super::reading::Reading;
use super::rule::{Rule, Target};
use super::told::Told;
use crate::model::detail::Provenance;
use crate::model::evidence::{FactValue, Field};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;

impl Tables {
    /// The facts of a span.
    pub fn explain_span(&self, origin: &OriginReading, span: &Span) -> Vec<Provenance> {
        let reading = self.span(&mut Forms::default(), origin, span);
        self.explain(&reading, &span.attributes, &span.name)
    }

    /// The facts of a log record.
    pub fn explain_record(&self, origin: &OriginReading, record: &LogRecord) -> Vec<Provenance> {
        let name = self.event_name(record);
        let reading = self.record(&mut Forms::default(), origin, record, &name);
        self.explain(&reading, &record.attributes, &name)
    }

    fn explain(
        &self,
        reading: &Reading<'_>,
        attributes: &[KeyValue],
        name: &str,
    ) -> Vec<Provenance> {
        reading
            .facts
            .iter()
            .filter(|(field, ..)| *field != Field::Stall) // packed, and counted beside it
            .map(|(field, rule, value)| {
                let key = self.rule_key(*rule);
                let written = attributes.iter().find(|kv| kv.key == key);
                let written = written.and_then(|kv| kv.value.as_ref());
                let (dialect, reader) = self.rule_origin(*rule);
                Provenance {
                    field: words(*field),
                    value: shown(
                        value,
                        self.rules().get(usize::from(*rule)),
                        written,
                        attributes,
                    ),
                    key: if key.is_empty() {
                        "the record's own field".into()
                    } else {
                        key.into()
                    },
                    dialect,
                    reader,
                    lost: self.losers(*field, key, attributes, name),
                }
            })
            .collect()
    }

    /// Attributes that other rules would have read for the field.
    fn losers(
        &self,
        field: Field,
        won: &str,
        attributes: &[KeyValue],
        name: &str,
    ) -> Vec<(String, String)> {
        let rules = self.rules().iter();
        let rivals = rules.filter(|r| r.target == Target::Fact(field) && !r.gated && r.key != won);
        let mut lost: Vec<(String, String)> = rivals
            .filter_map(|rule| {
                let there = attributes.iter().find(|kv| kv.key == rule.key)?;
                let written = there.value.as_ref()?;
                let value = read::read(rule, &Told::new(written).beside(attributes), name)?;
                Some((
                    rule.key.clone(),
                    shown(&value, Some(rule), Some(written), attributes),
                ))
            })
            .collect();
        lost.dedup();
        lost
    }
}

/// A fact as its sender wrote it, taken out of what holds it: a number in its own unit, an id in full.
fn shown(
    value: &FactValue<'_>,
    rule: Option<&Rule>,
    written: Option<&AnyValue>,
    attributes: &[KeyValue],
) -> String {
    if let Some(found) = rule
        .zip(written)
        .and_then(|(r, w)| read::found(r, &Told::new(w).beside(attributes)))
    {
        return read::cut(&found).into();
    }
    match value {
        FactValue::Number(n) => n.to_string(),
        FactValue::Text(t) => t.to_string(),
    }
}

/// `InputTokens` as `input tokens`.
fn words(field: Field) -> String {
    let name = format!("{field:?}");
    let mut words = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::wire::payload::Origin;
    use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, any_value::Value};

    fn pair(key: &str, value: &str) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(value.to_owned())),
            }),
            ..KeyValue::default()
        }
    }

    #[test]
    fn facts_are_told_out_of_what_holds_them() {
        // The scope and the keys of an OpenInference span (python/openinference-openai-agents).
        let origin = Origin {
            scope: InstrumentationScope {
                name: "openinference.instrumentation.openai_agents".to_owned(),
                ..InstrumentationScope::default()
            },
            ..Origin::default()
        };
        let span = Span {
            attributes: vec![
                pair("openinference.span.kind", "LLM"),
                pair("llm.model_name", "gpt-5-mini"),
                pair("llm.invocation_parameters", r#"{"model":"gpt-5","n":1}"#),
                pair("output.value", r#"{"id":"resp_1","output":[]}"#),
            ],
            ..Span::default()
        };
        let tables = Tables::embedded().unwrap();
        let facts = tables.explain_span(&tables.origin(&origin), &span);
        let told = |field: &str| facts.iter().find(|f| f.field == field);
        let model = told("request model").map(|f| (f.value.as_str(), f.lost.clone()));
        let other = ("llm.invocation_parameters".to_owned(), "gpt-5".to_owned());
        assert_eq!(model, Some(("gpt-5-mini", vec![other])));
        let id = told("response id").map(|f| f.value.as_str());
        assert_eq!(id, Some("resp_1"));
    }
}
