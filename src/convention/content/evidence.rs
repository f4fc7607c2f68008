//! One piece of evidence, opened: its envelope, attributes, resource, events and links.

use super::source;
use super::value::{attributes, opened, value};
use crate::model::detail::{EventDetail, EvidenceDetail, Value};
use crate::wire::payload::Origin;
use jiff::Timestamp;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use std::fmt::Write as _;

/// A span or a log record.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// A span.
    Span(&'a Span),
    /// A log record.
    Log(&'a LogRecord),
}

/// Everything that a piece of evidence says of itself, its JSON texts opened. Why it belongs to a
/// node (`why`) and which facts were read from it (`facts`) are others' to fill in. A link has no
/// time: its event's `time` is 0.
pub fn evidence_detail(evidence: Evidence<'_>, origin: &Origin) -> EvidenceDetail {
    let mut detail = match evidence {
        Evidence::Span(span) => of_span(span),
        Evidence::Log(record) => of_log(record),
    };
    let scope = &origin.scope;
    detail.scope.clone_from(&scope.name);
    if !scope.version.is_empty() {
        detail.scope = format!("{} {}", scope.name, scope.version);
    }
    detail.resource = open(&origin.resource.attributes);
    let mut rest = Envelope(detail.envelope);
    rest.text("schema URL", &origin.schema_url);
    for (key, value) in &open(&scope.attributes) {
        rest.text("scope attribute", &format!("{key} = {}", brief(value)));
    }
    rest.dropped("dropped scope attributes", scope.dropped_attributes_count);
    rest.dropped(
        "dropped resource attributes",
        origin.resource.dropped_attributes_count,
    );
    detail.envelope = rest.0;
    detail
}

fn of_span(span: &Span) -> EvidenceDetail {
    let mut envelope = Envelope(Vec::new());
    envelope.id("trace id", &span.trace_id);
    envelope.id("span id", &span.span_id);
    envelope.id("parent span id", &span.parent_span_id);
    envelope.add("kind", kind(span.kind));
    if let Some(status) = &span.status {
        envelope.add("status", status_word(status));
        envelope.text("status message", &status.message);
    }
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    envelope.add("start", moment(start));
    envelope.add("end", moment(end));
    envelope.add("duration", duration(start, end));
    envelope.flags(span.flags);
    envelope.text("trace state", &span.trace_state);
    envelope.dropped("dropped attributes", span.dropped_attributes_count);
    envelope.dropped("dropped events", span.dropped_events_count);
    envelope.dropped("dropped links", span.dropped_links_count);
    for event in &span.events {
        let label = format!("dropped attributes of event {}", event.name);
        envelope.dropped(&label, event.dropped_attributes_count);
    }
    let mut events: Vec<EventDetail> = span.events.iter().map(of_event).collect();
    events.extend(span.links.iter().map(of_link));
    EvidenceDetail {
        title: format!("span {}", span.name),
        attributes: open(&span.attributes),
        events,
        ..empty(envelope)
    }
}

fn of_log(record: &LogRecord) -> EvidenceDetail {
    let mut envelope = Envelope(Vec::new());
    envelope.id("trace id", &record.trace_id);
    envelope.id("span id", &record.span_id);
    envelope.text("event name", &record.event_name);
    if record.severity_number != 0 || !record.severity_text.is_empty() {
        let severity = format!("{} {}", record.severity_number, record.severity_text);
        envelope.text("severity", severity.trim());
    }
    envelope.add("time", moment(record.time_unix_nano));
    envelope.add("observed", moment(record.observed_time_unix_nano));
    envelope.flags(record.flags);
    envelope.dropped("dropped attributes", record.dropped_attributes_count);
    let mut attributes = open(&record.attributes);
    if let Some(body) = record
        .body
        .as_ref()
        .map(value)
        .filter(|body| *body != Value::Null)
    {
        attributes.push(("body".to_owned(), opened(&body)));
    }
    let name = source::event_name(record);
    EvidenceDetail {
        title: format!("log {}", if name.is_empty() { "record" } else { name }),
        attributes,
        ..empty(envelope)
    }
}

fn empty(envelope: Envelope) -> EvidenceDetail {
    EvidenceDetail {
        title: String::new(),
        why: String::new(),
        scope: String::new(),
        envelope: envelope.0,
        attributes: Vec::new(),
        resource: Vec::new(),
        events: Vec::new(),
        facts: Vec::new(),
        dropped: false,
    }
}

fn of_event(event: &Event) -> EventDetail {
    EventDetail {
        name: event.name.clone(),
        time: event.time_unix_nano,
        attributes: open(&event.attributes),
    }
}

fn of_link(link: &Link) -> EventDetail {
    let mut to = Envelope(Vec::new());
    to.id("trace id", &link.trace_id);
    to.id("span id", &link.span_id);
    to.text("trace state", &link.trace_state);
    to.flags(link.flags);
    to.dropped("dropped attributes", link.dropped_attributes_count);
    let mut attributes: Vec<(String, Value)> =
        to.0.into_iter()
            .map(|(label, text)| (label, Value::Text(text)))
            .collect();
    attributes.extend(open(&link.attributes));
    EventDetail {
        name: "link".to_owned(),
        time: 0,
        attributes,
    }
}

fn open(pairs: &[KeyValue]) -> Vec<(String, Value)> {
    attributes(pairs)
        .into_iter()
        .map(|(key, value)| (key, opened(&value)))
        .collect()
}

/// Labels and texts, in order; what is not set is left out.
struct Envelope(Vec<(String, String)>);

impl Envelope {
    fn add(&mut self, label: &str, text: String) {
        self.0.push((label.to_owned(), text));
    }

    fn text(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            self.add(label, text.to_owned());
        }
    }

    fn id(&mut self, label: &str, bytes: &[u8]) {
        self.text(label, &hex(bytes));
    }

    /// W3C trace flags in the low byte, OTLP's own bits above.
    fn flags(&mut self, flags: u32) {
        if flags != 0 {
            self.add("flags", format!("{flags:#x}"));
        }
    }

    fn dropped(&mut self, label: &str, count: u32) {
        if count > 0 {
            self.add(
                label,
                format!("{count}, by the sender's own limits: there was more than is shown"),
            );
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn kind(kind: i32) -> String {
    let word = match SpanKind::try_from(kind) {
        Ok(SpanKind::Unspecified) => "unspecified",
        Ok(SpanKind::Internal) => "internal",
        Ok(SpanKind::Server) => "server",
        Ok(SpanKind::Client) => "client",
        Ok(SpanKind::Producer) => "producer",
        Ok(SpanKind::Consumer) => "consumer",
        Err(_) => return format!("unknown ({kind})"),
    };
    word.to_owned()
}

fn status_word(status: &Status) -> String {
    let word = match StatusCode::try_from(status.code) {
        Ok(StatusCode::Unset) => "unset",
        Ok(StatusCode::Ok) => "ok",
        Ok(StatusCode::Error) => "error",
        Err(_) => return format!("unknown ({})", status.code),
    };
    word.to_owned()
}

/// A time in nanoseconds since the epoch as RFC 3339 in UTC, all digits; the bare number where a
/// calendar has no such day.
fn moment(unix_ns: u64) -> String {
    if unix_ns == 0 {
        return "not set".to_owned();
    }
    match Timestamp::from_nanosecond(i128::from(unix_ns)) {
        Ok(time) => format!("{time:.9}"),
        Err(_) => format!("{unix_ns} ns after 1970"),
    }
}

/// The time between two, in milliseconds with all digits.
fn duration(start: u64, end: u64) -> String {
    match end.checked_sub(start) {
        _ if end == 0 => "not ended".to_owned(),
        Some(ns) => format!("{}.{:06} ms", ns / 1_000_000, ns % 1_000_000),
        None => "ends before it starts".to_owned(),
    }
}

/// A scalar in a few words.
fn brief(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(integer) => integer.to_string(),
        Value::Double(double) => double.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => hex(bytes),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Map(entries) => format!("a map of {}", entries.len()),
    }
}
