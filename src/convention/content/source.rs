//! Evidence as the table sees it: carriers of attributes, each with its event's name, grouped by
//! who tells.

use super::table::{Carrier, Row, TABLE};
use super::value::{attributes, value};
use crate::model::detail::Value;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;

/// One carrier of attributes.
pub struct Source<'a> {
    on: Carrier,
    event: &'a str,
    attributes: &'a [KeyValue],
    /// A log record's body, where the carrier is one.
    body: Option<&'a AnyValue>,
}

/// The carriers of one teller: a span with its events, or the log records of one span.
pub type Group<'a> = Vec<Source<'a>>;

/// Evidence as groups, each in the order of time.
pub fn groups<'a>(spans: &[&'a Span], logs: &[&'a LogRecord]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = spans.iter().map(|span| of_span(span)).collect();
    let mut records: Vec<&LogRecord> = logs.to_vec();
    records.sort_by_key(|record| time(record));
    let mut tellers: Vec<(&[u8], &[u8])> = Vec::new();
    let first = groups.len();
    for record in records {
        let teller = (record.trace_id.as_slice(), record.span_id.as_slice());
        let at = tellers
            .iter()
            .position(|known| *known == teller)
            .unwrap_or_else(|| {
                tellers.push(teller);
                groups.push(Vec::new());
                tellers.len() - 1
            });
        if let Some(group) = groups.get_mut(first + at) {
            group.extend(of_log(record));
        }
    }
    groups
}

fn of_span(span: &Span) -> Group<'_> {
    let mut events: Vec<_> = span.events.iter().collect();
    events.sort_by_key(|event| event.time_unix_nano);
    let own = Source {
        on: Carrier::Span,
        event: "",
        attributes: &span.attributes,
        body: None,
    };
    let told = events.into_iter().map(|event| Source {
        on: Carrier::SpanEvent,
        event: &event.name,
        attributes: &event.attributes,
        body: None,
    });
    std::iter::once(own).chain(told).collect()
}

fn of_log(record: &LogRecord) -> [Source<'_>; 2] {
    let event = event_name(record);
    let attributes = record.attributes.as_slice();
    [
        Source {
            on: Carrier::Log,
            event,
            attributes,
            body: None,
        },
        Source {
            on: Carrier::LogBody,
            event,
            attributes,
            body: record.body.as_ref(),
        },
    ]
}

/// When a log record says that it happened, else when it was seen.
pub fn time(record: &LogRecord) -> u64 {
    if record.time_unix_nano == 0 {
        record.observed_time_unix_nano
    } else {
        record.time_unix_nano
    }
}

/// A log record's event: its attribute, else its field, else its body where that is a text.
pub fn event_name(record: &LogRecord) -> &str {
    let attribute = find(&record.attributes, &TABLE.event_name).and_then(plain);
    let body = record.body.as_ref().and_then(plain).unwrap_or_default();
    let field = record.event_name.as_str();
    attribute.unwrap_or(if field.is_empty() { body } else { field })
}

impl Source<'_> {
    /// Whether a row looks here.
    pub fn suits(&self, row: &Row) -> bool {
        let says = |key: &String, values: &Vec<String>| {
            let said = find(self.attributes, key)
                .and_then(plain)
                .unwrap_or_default();
            let said = said.trim_matches('"'); // MLflow's words are JSON texts
            values.iter().any(|value| value.eq_ignore_ascii_case(said))
        };
        row.on == self.on
            && (row.events.is_empty() || row.events.iter().any(|event| event == self.event))
            && row.when.iter().all(|(key, values)| says(key, values))
            && !row.unless.iter().any(|(key, values)| says(key, values))
    }

    /// The value of a key, all there is for `*`; `None` where there is nothing.
    pub fn value(&self, key: &str) -> Option<Value> {
        let found = match (key, self.on) {
            ("*", Carrier::LogBody) => value(self.body?),
            ("*", _) => Value::Map(attributes(self.attributes)),
            (_, Carrier::LogBody) => return None,
            _ => value(find(self.attributes, key)?),
        };
        (found != Value::Null).then_some(found)
    }

    /// What follows some words in the name of the event.
    pub fn named_after(&self, words: &str) -> Option<&str> {
        self.event.split_once(words).map(|(_, rest)| rest)
    }

    /// The attributes of a family of flattened keys.
    pub fn family(&self, name: &str) -> Vec<(String, Value)> {
        let member = |pair: &&KeyValue| {
            pair.key
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let members: Vec<KeyValue> = self.attributes.iter().filter(member).cloned().collect();
        attributes(&members)
    }
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    attributes
        .iter()
        .find(|pair| pair.key == key)?
        .value
        .as_ref()
}

fn plain(any: &AnyValue) -> Option<&str> {
    match any.value.as_ref()? {
        Any::StringValue(text) => Some(text),
        _ => None,
    }
}
