//! Export requests written by hand as OTLP/JSON, read as the program reads them.

use serde_json::{Value, json};
use spanfall::app::lore::Known;
use spanfall::model::evidence::Item;
use spanfall::wire::payload::{Encoding, Payload, Signal};
use spanfall::{ingest, wire};

/// 2026-11-20 in milliseconds since the epoch: times of records count from here.
pub const DAY_MS: u64 = 1_795_132_800_000;

/// OTLP attributes of a JSON object's members.
fn attributes(of: &Value) -> Value {
    let members = of.as_object().unwrap().iter();
    let value = |v: &Value| match v {
        Value::Number(n) => json!({"intValue": n.to_string()}),
        Value::Bool(b) => json!({"boolValue": b}),
        Value::String(s) => json!({"stringValue": s}),
        other => panic!("no plain value: {other}"),
    };
    members
        .map(|(k, v)| json!({"key": k, "value": value(v)}))
        .collect()
}

fn items(known: &Known, signal: Signal, body: &Value, arrival_ms: u64) -> Vec<Item<'static>> {
    let payload = Payload {
        signal,
        encoding: Encoding::Json,
        body: body.to_string().into(),
        received_ns: (DAY_MS + arrival_ms) * 1_000_000,
        peer: "test".into(),
    };
    let decoded = wire::decode(&payload);
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let mut items = Vec::new();
    let at = payload.received_ns;
    ingest::each(&known.tables, &decoded, at, |item| {
        items.push(item.into_owned());
    });
    items
}

/// A log event of Claude Code in session `s`, under a prompt, at a time.
pub fn claude_event(
    known: &Known,
    name: &str,
    prompt: &str,
    at_ms: u64,
    more: &Value,
) -> Item<'static> {
    let mut all = more.as_object().unwrap().clone();
    all.insert("event.name".into(), name.into());
    all.insert("session.id".into(), "s".into());
    all.insert("prompt.id".into(), prompt.into());
    let record = json!({
        "timeUnixNano": ((DAY_MS + at_ms) * 1_000_000).to_string(),
        "body": {"stringValue": format!("claude_code.{name}")},
        "attributes": attributes(&Value::Object(all)),
    });
    let body = json!({"resourceLogs": [{"resource": {"attributes": attributes(&json!({"service.name": "claude-code"}))}, "scopeLogs": [{
        "scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": [record]}]}]});
    items(known, Signal::Logs, &body, at_ms).remove(0)
}

/// A root span of a scope with attributes.
pub fn span(known: &Known, scope: &str, name: &str, more: &Value) -> Item<'static> {
    root(known, scope, name, Some(100), more)
}

/// A root span of a scope with attributes that has not ended.
pub fn started(known: &Known, scope: &str, name: &str, more: &Value) -> Item<'static> {
    root(known, scope, name, None, more)
}

fn root(
    known: &Known,
    scope: &str,
    name: &str,
    end_ms: Option<u64>,
    more: &Value,
) -> Item<'static> {
    let at = |ms: u64| ((DAY_MS + ms) * 1_000_000).to_string();
    let end = end_ms.map_or("0".into(), at);
    let body = json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": [{
        "traceId": "000102030405060708090a0b0c0d0e0f", "spanId": "0001020304050607", "name": name,
        "startTimeUnixNano": at(0), "endTimeUnixNano": end, "attributes": attributes(more)}]}]}]});
    items(known, Signal::Traces, &body, 100).remove(0)
}
