//! What the events of a span tell: by their times, their number, or what they say.

use super::form::Form;
use super::interpret::{Tables, value_of};
use super::read;
use super::reading::Reading;
use super::rule::{Reader, Rule, Target};
use super::subject::{Kind, Subject, holds};
use crate::model::evidence::{FactValue, Field, Op};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde::Deserialize;

/// Which of a span's events is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// Time of the first.
    First,
    /// Time of the last.
    Last,
    /// How many there are.
    Count,
    /// That there is one.
    Any,
    /// How many there are, and what their times tell of gaps ([`Curve`](crate::model::curve::Curve)).
    Curve,
    /// What its attributes say, by the rules of the field; of several events the last that says it,
    /// where the span itself does not.
    Said,
}

/// A span event that tells a fact by its time, number or attributes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanEvent {
    /// The event's name; `prompt.*` is any that begins so.
    pub name: String,
    /// The fact.
    pub field: Field,
    /// Which is read.
    pub take: Take,
    /// Only on spans of these.
    #[serde(default)]
    pub ops: Vec<Op>,
    /// Only where its dialect is sure.
    #[serde(default)]
    pub gated: bool,
    /// The dialect that it belongs to.
    #[serde(skip)]
    pub dialect: u8,
}

impl SpanEvent {
    /// Whether an event of this name is meant.
    pub fn is_named(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => self.name == name,
        }
    }
}

impl Tables {
    /// Reads the events of a span into what it tells.
    pub(super) fn span_events<'a>(
        &'a self,
        span: &'a Span,
        form: &Form,
        told: &Subject<'a>,
        reading: &mut Reading<'a>,
    ) {
        if span.events.is_empty() {
            return;
        }
        for (rule, wanted) in &self.compiled.span_events {
            let sure = !wanted.gated || form.bits & (1 << wanted.dialect) != 0;
            if !sure || !(wanted.ops.is_empty() || wanted.ops.contains(&reading.op)) {
                continue;
            }
            let named = span.events.iter().filter(|e| wanted.is_named(&e.name));
            if wanted.take == Take::Said {
                if !reading.has(wanted.field) {
                    let said = named.rev().map(|event| {
                        let event = Subject {
                            kind: Kind::Event,
                            bits: form.bits,
                            name: &event.name,
                            attributes: &event.attributes,
                            ..*told
                        };
                        self.of_event(wanted.field, &event, reading.op)
                    });
                    let last = said.into_iter().find(|facts| !facts.is_empty());
                    reading.facts.extend(last.into_iter().flatten());
                }
                continue;
            }
            let mut times = named.map(|e| e.time_unix_nano);
            let value = match wanted.take {
                Take::Curve => {
                    reading.tell_curve(*rule, span.start_time_unix_nano, times.collect())
                }
                Take::First => times.min(),
                Take::Last => times.max(),
                Take::Any => times.next().map(|_| 1),
                Take::Said => None,
                Take::Count => Some(times.by_ref().count() as u64).filter(|n| *n > 0),
            };
            if let Some(value) = value {
                reading.set(wanted.field, *rule, FactValue::Number(value));
            }
        }
    }

    /// What rules for one field read of a span's event, where the span tells of `op`.
    fn of_event<'a>(
        &'a self,
        field: Field,
        event: &Subject<'a>,
        op: Op,
    ) -> Vec<(Field, u16, FactValue<'a>)> {
        let form = Form::new(&self.compiled, event);
        let told = form.told(&self.compiled, event);
        let read = form.facts.iter().map(|asked| {
            let wanted = |rule: &&Rule| rule.target == Target::Fact(field);
            let rule = self.rule(asked.rule).filter(wanted)?;
            let value = told.get(asked.value?)?;
            let fact = |value| (field, asked.rule, value);
            if !holds(rule, event, Some(op)) {
                return None;
            }
            let facts: Vec<_> = if rule.reader == Reader::Ids {
                let ids = read::ids(rule, value).into_iter();
                ids.map(FactValue::Number).map(fact).collect()
            } else {
                value_of(rule, Some(value), event)
                    .into_iter()
                    .map(fact)
                    .collect()
            };
            Some(facts)
        });
        read.flatten()
            .find(|facts| !facts.is_empty())
            .unwrap_or_default()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::convention::Forms;
    use crate::wire::payload::Origin;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, KeyValueList, any_value};
    use opentelemetry_proto::tonic::logs::v1::LogRecord;
    use opentelemetry_proto::tonic::trace::v1::span::Event;

    fn text(text: &str) -> AnyValue {
        let value = Some(any_value::Value::StringValue(text.to_owned()));
        AnyValue { value }
    }

    fn pair(key: &str, said: &str) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(text(said)),
            ..KeyValue::default()
        }
    }

    fn event(name: &str, key: &str, said: &str) -> Event {
        Event {
            name: name.to_owned(),
            attributes: vec![pair(key, said)],
            ..Event::default()
        }
    }

    /// The title that is read of a call with these attributes and events.
    fn title(attributes: Vec<KeyValue>, events: Vec<Event>) -> Option<String> {
        let tables = Tables::embedded().unwrap();
        let call = pair("gen_ai.operation.name", "chat");
        let span = Span {
            name: "chat".to_owned(),
            attributes: [vec![call], attributes].concat(),
            events,
            ..Span::default()
        };
        let reading = tables.span(
            &mut Forms::default(),
            &tables.origin(&Origin::default()),
            &span,
        );
        reading.text(Field::Title).map(str::to_owned)
    }

    #[test]
    fn the_last_message_of_a_person_in_a_span_s_events_is_what_was_asked() {
        // Strands 1.62 with the latest conventions, and before them.
        let details = "gen_ai.client.inference.operation.details";
        let asked = |said: &str| {
            let message = format!(r#"[{{"role":"user","parts":[{{"content":"{said}"}}]}}]"#);
            event(details, "gen_ai.input.messages", &message)
        };
        let answer = r#"[{"role":"assistant","parts":[{"content":"done"}]}]"#;
        let answered = event(details, "gen_ai.output.messages", answer);
        let events = vec![asked("first"), asked("then"), answered.clone()];
        assert_eq!(title(vec![], events).as_deref(), Some("then"));
        assert_eq!(title(vec![], vec![answered]), None);
        let user = |said| event("gen_ai.user.message", "content", said);
        let events = vec![user("one"), user(r#"[{"text": "two"}]"#)];
        assert_eq!(title(vec![], events).as_deref(), Some("two"));
        let other = event("gen_ai.assistant.message", "content", "no question");
        assert_eq!(title(vec![], vec![other]), None);
        let own = pair(
            "gen_ai.input.messages",
            r#"[{"role":"user","content":"the span's own"}]"#,
        );
        let told = title(vec![own], vec![user("an event's")]);
        assert_eq!(told.as_deref(), Some("the span's own"));
    }

    #[test]
    fn flattened_messages_tell_what_was_asked_though_tools_or_rules_come_after() {
        let prompt =
            |at: u32, part: &str, said: &str| pair(&format!("gen_ai.prompt.{at}.{part}"), said);
        let flat = vec![
            prompt(0, "role", "system"),
            prompt(0, "content", "You are Coder."),
            prompt(1, "role", "user"),
            prompt(1, "content", "fix it"),
            prompt(2, "role", "tool"),
            prompt(2, "content", "12 tests pass"),
        ];
        assert_eq!(title(flat.clone(), vec![]).as_deref(), Some("fix it"));
        assert_eq!(title(flat[..2].to_vec(), vec![]), None, "no person spoke");
    }

    #[test]
    fn the_body_of_a_person_s_message_is_what_was_asked() {
        let tables = Tables::embedded().unwrap();
        let read = |name: &str, body: AnyValue| {
            let record = LogRecord {
                attributes: vec![pair("event.name", name)],
                body: Some(body),
                ..LogRecord::default()
            };
            let reading = tables.record(
                &mut Forms::default(),
                &tables.origin(&Origin::default()),
                &record,
                name,
            );
            reading.text(Field::Title).map(str::to_owned)
        };
        let values = vec![pair("content", "fix it")];
        let map = any_value::Value::KvlistValue(KeyValueList { values });
        let map = AnyValue { value: Some(map) };
        let user = "gen_ai.user.message";
        assert_eq!(read(user, map.clone()).as_deref(), Some("fix it"));
        let json = text(r#"{"role": "user", "content": "fix it"}"#); // Semantic Kernel
        assert_eq!(read(user, json).as_deref(), Some("fix it"));
        assert_eq!(read(user, text("fix it")).as_deref(), Some("fix it"));
        assert_eq!(read("gen_ai.system.message", map), None);
    }
}
