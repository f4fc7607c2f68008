//! Decoding: real bodies as protobuf and as JSON, broken ones, and whatever bytes there are.
#![expect(clippy::unwrap_used, reason = "test")]

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use spanfall::wire::payload::{Decoded, Encoding, Payload, Signal};
use spanfall::wire::{check, decode, sniff};
use std::path::Path;

fn payload(signal: Signal, body: impl Into<Bytes>) -> Payload {
    let body = body.into();
    Payload {
        signal,
        encoding: sniff::sniff(&body),
        body,
        received_ns: 1,
        peer: "test".into(),
    }
}

fn body(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/wire");
    std::fs::read(folder.join(name)).unwrap()
}

fn signal(name: &str) -> Signal {
    match name {
        _ if name.contains(".traces") => Signal::Traces,
        _ if name.contains(".logs") => Signal::Logs,
        _ => Signal::Metrics,
    }
}

fn read(name: &str) -> Decoded {
    let payload = payload(signal(name), body(name));
    assert_eq!(
        payload.encoding == Encoding::Json,
        name.ends_with("json"),
        "{name}"
    );
    check(&payload).unwrap();
    decode(&payload)
}

#[test]
fn json_and_protobuf_of_one_request_are_the_same() {
    for name in [
        "anthropic.traces",
        "claude.logs",
        "claude.metrics",
        "histograms.metrics",
        "doubles.metrics",
    ] {
        let (pb, json) = (read(&format!("{name}.pb")), read(&format!("{name}.json")));
        let count = pb.spans.len() + pb.logs.len() + pb.metrics.len();
        assert!(count > 0, "{name}");
        assert_eq!(
            (
                pb.rejects.len(),
                pb.repaired,
                json.rejects.len(),
                json.repaired
            ),
            (0, 0, 0, 0),
            "{name}"
        );
        assert!(
            pb.spans
                .iter()
                .zip(&json.spans)
                .all(|(a, b)| a.span == b.span && a.origin == b.origin),
            "{name}"
        );
        assert!(
            pb.logs
                .iter()
                .zip(&json.logs)
                .all(|(a, b)| a.record == b.record && a.origin == b.origin),
            "{name}"
        );
        assert_eq!(pb.metrics, json.metrics, "{name}");
        assert_eq!(
            (pb.spans.len(), pb.logs.len()),
            (json.spans.len(), json.logs.len()),
            "{name}"
        );
    }
}

#[test]
fn the_lenient_reader_reads_what_the_strict_one_does() {
    let cases = [
        ("anthropic.traces", "\"traceId\"", "\"trace_id\""),
        ("claude.logs", "\"timeUnixNano\"", "\"time_unix_nano\""),
        ("claude.metrics", "\"dataPoints\"", "\"data_points\""),
        ("histograms.metrics", "\"dataPoints\"", "\"data_points\""),
        ("doubles.metrics", "\"dataPoints\"", "\"data_points\""),
    ];
    for (name, key, snake) in cases {
        let text = String::from_utf8(body(&format!("{name}.json"))).unwrap();
        let strict = read(&format!("{name}.json"));
        let keys = text.matches(key).count();
        assert!(keys > 0, "{name}");
        let lenient = decode(&payload(signal(name), text.replace(key, snake)));
        assert_eq!(lenient.repaired, u64::try_from(keys).unwrap(), "{name}");
        assert_eq!(
            Decoded {
                repaired: 0,
                ..lenient
            },
            strict,
            "{name}"
        );
    }
}

#[test]
fn bytes_are_the_span_and_a_slice_of_the_body() {
    let spans = read("anthropic.traces.pb").spans;
    let json = read("anthropic.traces.json").spans;
    for raw in spans.iter().chain(&json) {
        assert_eq!(Span::decode(raw.bytes.clone()).unwrap(), raw.span);
    }
    let body = request(vec![span(1), span(2)]);
    let decoded = decode(&payload(Signal::Traces, body.clone()));
    let within = body.as_ptr_range();
    assert!(
        decoded
            .spans
            .iter()
            .all(|raw| within.contains(&raw.bytes.as_ptr()))
    );
    assert!(std::sync::Arc::ptr_eq(
        &decoded.spans[0].origin,
        &decoded.spans[1].origin
    ));
}

#[test]
fn real_json_of_other_senders_reads_without_repair() {
    let respan = read("respan.traces.json");
    let names: Vec<_> = respan.spans.iter().map(|s| s.span.name.as_str()).collect();
    assert_eq!(names, ["tool.write_file", "tool.run_tests"]);
    assert_eq!(respan.spans[0].origin.scope.name, "respan.tracer");
    let browser = read("browser.traces.json");
    assert_eq!(
        browser.spans[0].span.parent_span_id,
        browser.spans[1].span.span_id
    );
    assert_eq!(
        browser.spans[0].span.events[0].time_unix_nano,
        1_795_180_187_394_733_432
    );
    for decoded in [respan, browser] {
        assert_eq!((decoded.rejects.len(), decoded.repaired), (0, 0));
    }
}

// -- protobuf --

fn span(n: u8) -> Span {
    Span {
        trace_id: vec![n; 16],
        span_id: vec![n; 8],
        name: format!("span {n}"),
        start_time_unix_nano: 5,
        ..Span::default()
    }
}

fn request(spans: Vec<Span>) -> Bytes {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }
        .encode_to_vec()
        .into()
}

fn names(decoded: &Decoded) -> Vec<&str> {
    decoded
        .spans
        .iter()
        .map(|raw| raw.span.name.as_str())
        .collect()
}

/// A request with the bytes of `needle` replaced, of equal length, so that the framing holds.
fn patched(spans: Vec<Span>, needle: &[u8], by: &[u8]) -> Bytes {
    let mut body = request(spans).to_vec();
    let at = body
        .windows(needle.len())
        .position(|w| w == needle)
        .unwrap();
    body[at..at + by.len()].copy_from_slice(by);
    body.into()
}

#[test]
fn a_text_that_is_no_utf8_is_mended_and_counted() {
    let body = patched(vec![span(1), span(2), span(3)], b"span 2", b"span \xff");
    let decoded = decode(&payload(Signal::Traces, body));
    assert_eq!(names(&decoded), ["span 1", "span \u{fffd}", "span 3"]);
    assert_eq!((decoded.rejected(), decoded.repaired), (0, 1));
    let mended = &decoded.spans[1];
    assert_eq!(Span::decode(&*mended.bytes).unwrap(), mended.span);
    let whole = Span {
        name: "span \u{fffd}".into(),
        ..span(2)
    };
    assert_eq!(mended.span, whole, "nothing else of it changed");
}

/// Every text of this message, wherever it stands.
const TEXT: &str = "a text";

/// The requests with every [`TEXT`] made unreadable, what is read of them, and how many there were.
fn unreadable(signal: Signal, request: &impl Message) -> (Decoded, u64) {
    let mut body = request.encode_to_vec();
    let mut count = 0;
    while let Some(at) = body.windows(6).position(|w| w == TEXT.as_bytes()) {
        body[at + 2] = 0xff;
        count += 1;
    }
    (decode(&payload(signal, body)), count)
}

fn text() -> String {
    TEXT.into()
}

/// Attributes with texts as key, value, in lists and in maps.
fn attributes() -> Vec<KeyValue> {
    let any = |value| Some(AnyValue { value: Some(value) });
    let pair = |value| KeyValue {
        key: text(),
        value: any(value),
        ..KeyValue::default()
    };
    let list = ArrayValue {
        values: vec![AnyValue {
            value: Some(Any::StringValue(text())),
        }],
    };
    let map = KeyValueList {
        values: vec![pair(Any::ArrayValue(list.clone()))],
    };
    vec![
        pair(Any::StringValue(text())),
        pair(Any::ArrayValue(list)),
        pair(Any::KvlistValue(map)),
        pair(Any::IntValue(5)),
    ]
}

fn resource() -> Resource {
    Resource {
        attributes: attributes(),
        entity_refs: vec![EntityRef {
            schema_url: text(),
            r#type: text(),
            id_keys: vec![text(), text()],
            description_keys: vec![text()],
        }],
        ..Resource::default()
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: text(),
        version: text(),
        attributes: attributes(),
        ..InstrumentationScope::default()
    }
}

#[test]
fn no_text_of_a_span_is_forgotten() {
    let span = Span {
        trace_state: text(),
        name: text(),
        attributes: attributes(),
        events: vec![Event {
            name: text(),
            attributes: attributes(),
            ..Event::default()
        }],
        links: vec![Link {
            trace_state: text(),
            attributes: attributes(),
            ..Link::default()
        }],
        status: Some(Status {
            message: text(),
            ..Status::default()
        }),
        ..span(1)
    };
    let group = ResourceSpans {
        resource: Some(resource()),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope()),
            spans: vec![span],
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![group],
    };
    let (decoded, texts) = unreadable(Signal::Traces, &request);
    assert_eq!((decoded.rejects.len(), decoded.repaired), (0, texts));
    let span = &decoded.spans[0];
    assert_eq!(span.span.status.as_ref().unwrap().message, "a \u{fffd}ext");
    assert_eq!(span.origin.scope.version, "a \u{fffd}ext");
}

#[test]
fn no_text_of_a_log_record_is_forgotten() {
    let record = LogRecord {
        severity_text: text(),
        event_name: text(),
        body: attributes().remove(2).value,
        attributes: attributes(),
        ..LogRecord::default()
    };
    let group = ResourceLogs {
        resource: Some(resource()),
        scope_logs: vec![ScopeLogs {
            scope: Some(scope()),
            log_records: vec![record],
            ..ScopeLogs::default()
        }],
        ..ResourceLogs::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![group],
    };
    let (decoded, texts) = unreadable(Signal::Logs, &request);
    assert_eq!((decoded.rejects.len(), decoded.repaired), (0, texts));
    assert_eq!(decoded.logs[0].record.event_name, "a \u{fffd}ext");
}

#[test]
fn no_text_of_a_metric_is_forgotten() {
    let exemplars = || {
        vec![Exemplar {
            filtered_attributes: attributes(),
            ..Exemplar::default()
        }]
    };
    let numbers = || {
        vec![NumberDataPoint {
            attributes: attributes(),
            exemplars: exemplars(),
            ..NumberDataPoint::default()
        }]
    };
    let all = [
        Data::Gauge(Gauge {
            data_points: numbers(),
        }),
        Data::Sum(Sum {
            data_points: numbers(),
            ..Sum::default()
        }),
        Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                attributes: attributes(),
                exemplars: exemplars(),
                ..HistogramDataPoint::default()
            }],
            ..Histogram::default()
        }),
        Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![ExponentialHistogramDataPoint {
                attributes: attributes(),
                exemplars: exemplars(),
                ..ExponentialHistogramDataPoint::default()
            }],
            ..ExponentialHistogram::default()
        }),
        Data::Summary(Summary {
            data_points: vec![SummaryDataPoint {
                attributes: attributes(),
                ..SummaryDataPoint::default()
            }],
        }),
    ];
    let metric = |data| Metric {
        name: text(),
        description: text(),
        unit: text(),
        metadata: attributes(),
        data: Some(data),
    };
    let group = ResourceMetrics {
        resource: Some(resource()),
        scope_metrics: vec![ScopeMetrics {
            scope: Some(scope()),
            metrics: all.map(metric).to_vec(),
            ..ScopeMetrics::default()
        }],
        ..ResourceMetrics::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![group],
    };
    let (decoded, texts) = unreadable(Signal::Metrics, &request);
    assert_eq!((decoded.rejects.len(), decoded.repaired), (0, texts));
    assert_eq!(decoded.metrics.len(), 5);
}

#[test]
fn deep_nesting_costs_its_span_only() {
    let mut value = AnyValue {
        value: Some(Any::BoolValue(true)),
    };
    for _ in 0..80 {
        value = AnyValue {
            value: Some(Any::ArrayValue(ArrayValue {
                values: vec![value],
            })),
        };
    }
    let deep = KeyValue {
        key: "deep".into(),
        value: Some(value),
        ..KeyValue::default()
    };
    let nested = Span {
        attributes: vec![deep],
        ..span(2)
    };
    let decoded = decode(&payload(
        Signal::Traces,
        request(vec![span(1), nested, span(3)]),
    ));
    assert_eq!(names(&decoded), ["span 1", "span 3"]);
    assert!(
        decoded.rejection().contains("recursion limit"),
        "{}",
        decoded.rejection()
    );
}

#[test]
fn wrong_ids_are_refused_or_cleared() {
    let wrong = [
        (
            Span {
                trace_id: vec![1; 15],
                ..span(1)
            },
            "trace id has 15 bytes, not 16",
        ),
        (
            Span {
                trace_id: vec![],
                ..span(1)
            },
            "without a trace id",
        ),
        (
            Span {
                trace_id: vec![0; 16],
                ..span(1)
            },
            "trace id is all zeros",
        ),
        (
            Span {
                span_id: vec![1; 9],
                ..span(1)
            },
            "span id has 9 bytes, not 8",
        ),
        (
            Span {
                span_id: vec![0; 8],
                ..span(1)
            },
            "span id is all zeros",
        ),
    ];
    for (bad, reason) in wrong {
        let decoded = decode(&payload(Signal::Traces, request(vec![bad, span(2)])));
        assert_eq!(names(&decoded), ["span 2"], "{reason}");
        assert!(
            decoded.rejection().contains(reason),
            "{}",
            decoded.rejection()
        );
    }
    for (parent, repaired) in [(vec![1; 7], 1), (vec![0; 8], 0), (vec![], 0)] {
        let decoded = decode(&payload(
            Signal::Traces,
            request(vec![Span {
                parent_span_id: parent,
                ..span(1)
            }]),
        ));
        assert!(decoded.spans[0].span.parent_span_id.is_empty());
        assert_eq!((decoded.repaired, decoded.rejects.len()), (repaired, 0));
    }
}

#[test]
fn many_of_one_fault_are_one_reject() {
    let bad = Span {
        span_id: vec![],
        ..span(1)
    };
    let decoded = decode(&payload(Signal::Traces, request(vec![bad; 1000])));
    assert_eq!((decoded.rejects.len(), decoded.rejected()), (1, 1000));
    let many: Vec<_> = (9..109)
        .map(|n| Span {
            span_id: vec![1; n],
            ..span(1)
        })
        .collect();
    let decoded = decode(&payload(Signal::Traces, request(many)));
    assert_eq!((decoded.rejects.len(), decoded.rejected()), (16, 100));
}

#[test]
fn a_cut_body_keeps_the_spans_before_the_cut() {
    let body = request(vec![span(1), span(2), span(3)]);
    let cut = payload(Signal::Traces, body.slice(..body.len() - 10));
    assert!(check(&cut).unwrap_err().contains("cut off"));
    let decoded = decode(&cut);
    assert_eq!(names(&decoded), ["span 1", "span 2"]);
    assert_eq!(decoded.rejected(), 1);
}

#[test]
fn a_bad_resource_costs_no_span() {
    let bad = b"\x0a\x05\x0a\x03\x0f\x01k".to_vec(); // resource { attributes { no wire type 7 } }
    let good = request(vec![span(1)]);
    let inner = &good[2..]; // after tag and length of the one group, which is short
    let mut body = vec![0x0A, u8::try_from(bad.len() + inner.len()).unwrap()];
    body.extend(bad);
    body.extend(inner);
    let decoded = decode(&payload(Signal::Traces, body));
    assert_eq!(names(&decoded), ["span 1"]);
    assert_eq!((decoded.rejects.len(), decoded.rejected()), (1, 0));
    assert!(
        decoded.rejection().starts_with("resource not readable"),
        "{}",
        decoded.rejection()
    );
}

#[test]
fn a_resource_behind_its_spans_is_found() {
    // protobuf allows fields in any order
    let group = ResourceSpans {
        scope_spans: vec![ScopeSpans {
            spans: vec![span(1)],
            ..ScopeSpans::default()
        }],
        schema_url: "late".into(),
        ..ResourceSpans::default()
    };
    let scope_first = group.encode_to_vec();
    let resource = b"\x0a\x05\x0a\x03\x0a\x01k";
    let mut body = vec![
        0x0A,
        u8::try_from(scope_first.len() + resource.len()).unwrap(),
    ];
    body.extend(scope_first);
    body.extend(resource);
    let decoded = decode(&payload(Signal::Traces, body));
    assert_eq!(decoded.spans[0].origin.resource.attributes[0].key, "k");
    assert_eq!(decoded.spans[0].origin.schema_url, "late");
}

#[test]
fn what_is_no_request_is_told_apart() {
    for body in [
        &b"hello, world"[..],
        b"\xff\xff\xff",
        b"\x08\x01",
        b"[]",
        b"{",
        b"[1]",
        b"{\"spans\":[]}",
        b"null",
    ] {
        let payload = payload(Signal::Traces, body.to_vec());
        assert!(check(&payload).is_err(), "{body:?}");
        assert!(decode(&payload).spans.is_empty(), "{body:?}");
    }
    for body in [
        &b""[..],
        b"{}",
        b"\x0a\x00",
        b"{\"resourceSpans\":[]}",
        b"{\"resource_spans\":null}",
    ] {
        assert_eq!(
            check(&payload(Signal::Traces, body.to_vec())),
            Ok(()),
            "{body:?}"
        );
    }
    let logs = payload(Signal::Traces, &b"{\"resourceLogs\":[]}"[..]);
    assert_eq!(
        check(&logs).unwrap_err(),
        "these are log records: post them to /v1/logs"
    );
}

// -- JSON --

fn json_spans(spans: &str) -> Decoded {
    let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
    decode(&payload(Signal::Traces, body))
}

const IDS: &str = r#""traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708""#;

fn attribute(span: &Span) -> Option<Any> {
    span.attributes.first()?.value.clone()?.value
}

/// What stands in a span beside its ids, how many repairs it takes, and what must then be so.
type Repair = (&'static str, u64, fn(&Span) -> bool);

const REPAIRS: &[Repair] = &[
    (
        r#""name":"plain","kind":3,"startTimeUnixNano":"7""#,
        0,
        |s| s.kind == 3 && s.start_time_unix_nano == 7,
    ),
    (r#""kind":"SPAN_KIND_CLIENT""#, 1, |s| s.kind == 3),
    (r#""kind":"client""#, 1, |s| s.kind == 3),
    (r#""kind":"3""#, 1, |s| s.kind == 3),
    (r#""kind":3.0"#, 1, |s| s.kind == 3),
    (r#""kind":"something else""#, 1, |s| s.kind == 0),
    (
        r#""status":{"code":"STATUS_CODE_ERROR","message":"m"}"#,
        1,
        |s| s.status.as_ref().unwrap().code == 2,
    ),
    (
        r#""status":null,"events":null,"links":null,"attributes":null,"parentSpanId":null"#,
        5,
        |s| s.status.is_none(),
    ),
    (
        r#""startTimeUnixNano":5.0,"endTimeUnixNano":"6.0""#,
        2,
        |s| s.start_time_unix_nano == 5 && s.end_time_unix_nano == 6,
    ),
    (r#""name":5"#, 1, |s| s.name == "5"),
    (r#""name":null"#, 1, |s| s.name.is_empty()),
    (r#""flags":"257","droppedLinksCount":"2""#, 2, |s| {
        s.flags == 257 && s.dropped_links_count == 2
    }),
    (r#""parentSpanId":"""#, 0, |s| s.parent_span_id.is_empty()),
    (r#""parentSpanId":"AQIDBAUGBwg=""#, 1, |s| {
        s.parent_span_id == [1, 2, 3, 4, 5, 6, 7, 8]
    }),
    (r#""parentSpanId":"not an id""#, 1, |s| {
        s.parent_span_id.is_empty()
    }),
    (r#""parentSpanId":"0102""#, 1, |s| {
        s.parent_span_id.is_empty()
    }),
    (
        r#""start_time_unix_nano":"9","dropped_events_count":1"#,
        2,
        |s| s.start_time_unix_nano == 9 && s.dropped_events_count == 1,
    ),
    (r#""unknownField":{"a":[1,2]}"#, 0, |s| s.name.is_empty()),
    (
        r#""attributes":[{"key":"k","value":{"intValue":"12"}}]"#,
        0,
        |s| attribute(s) == Some(Any::IntValue(12)),
    ),
    (
        r#""attributes":[{"key":"k","value":{"intValue":12.0}}]"#,
        1,
        |s| attribute(s) == Some(Any::IntValue(12)),
    ),
    (
        r#""attributes":[{"key":"k","value":{"intValue":"soon"}}]"#,
        1,
        |s| attribute(s) == Some(Any::StringValue("soon".into())),
    ),
    (
        r#""attributes":[{"key":"k","value":{"doubleValue":"NaN"}}]"#,
        1,
        |s| matches!(attribute(s), Some(Any::DoubleValue(d)) if d.is_nan()),
    ),
    (
        r#""attributes":[{"key":"k","value":{"doubleValue":"-Infinity"}}]"#,
        1,
        |s| attribute(s) == Some(Any::DoubleValue(f64::NEG_INFINITY)),
    ),
    (
        r#""attributes":[{"key":"k","value":{"doubleValue":NaN}}]"#,
        2,
        |s| matches!(attribute(s), Some(Any::DoubleValue(d)) if d.is_nan()),
    ),
    (
        r#""attributes":[{"key":"k","value":{"doubleValue":"1.5"}}]"#,
        1,
        |s| attribute(s) == Some(Any::DoubleValue(1.5)),
    ),
    (
        r#""attributes":[{"key":"k","value":{"boolValue":"true"}}]"#,
        1,
        |s| attribute(s) == Some(Any::BoolValue(true)),
    ),
    (
        r#""attributes":[{"key":"k","value":{"stringValue":5}}]"#,
        1,
        |s| attribute(s) == Some(Any::StringValue("5".into())),
    ),
    (
        r#""attributes":[{"key":"k","value":{"string_value":"s"}}]"#,
        1,
        |s| attribute(s) == Some(Any::StringValue("s".into())),
    ),
    (r#""attributes":[{"key":"k","value":{}}]"#, 0, |s| {
        attribute(s).is_none()
    }),
    (r#""attributes":[{"key":"k","value":null}]"#, 0, |s| {
        attribute(s).is_none()
    }),
    (r#""attributes":[{"key":"k","value":"bare"}]"#, 1, |s| {
        attribute(s) == Some(Any::StringValue("bare".into()))
    }),
    (
        r#""attributes":[null,{"key":"k","value":{"boolValue":false}}]"#,
        1,
        |s| attribute(s) == Some(Any::BoolValue(false)),
    ),
    (r#""attributes":{"k":7}"#, 2, |s| {
        attribute(s) == Some(Any::IntValue(7))
    }),
    (
        r#""attributes":[{"key":"k","value":{"arrayValue":{}}}]"#,
        0,
        |s| attribute(s) == Some(Any::ArrayValue(ArrayValue::default())),
    ),
    (
        r#""attributes":[{"key":"k","value":{"arrayValue":{"values":null}}}]"#,
        1,
        |s| attribute(s) == Some(Any::ArrayValue(ArrayValue::default())),
    ),
    (
        r#""attributes":[{"key":"k","value":{"bytesValue":"AQI="}}]"#,
        0,
        |s| attribute(s) == Some(Any::BytesValue(vec![1, 2])),
    ),
    (
        r#""attributes":[{"key":"k","value":{"bytesValue":"_-8"}}]"#,
        0,
        |s| attribute(s) == Some(Any::BytesValue(vec![255, 239])),
    ),
    (r#""name":"half \ud83d of a pair""#, 1, |s| {
        s.name == "half \u{fffd} of a pair"
    }),
    (r#""name":"pair \ud83d\ude00 \\ud83d""#, 0, |s| {
        s.name == "pair \u{1f600} \\ud83d"
    }),
    (r#""events":[{"timeUnixNano":8.0,"name":"e"}]"#, 1, |s| {
        s.events[0].time_unix_nano == 8
    }),
    (
        r#""links":[{"traceId":"AQIDBAUGBwgJCgsMDQ4PEA==","spanId":"0102030405060708"}]"#,
        1,
        |s| s.links[0].trace_id.len() == 16,
    ),
];

#[test]
fn json_is_repaired_and_the_repairs_are_counted() {
    for (fields, repaired, holds) in REPAIRS {
        let decoded = json_spans(&format!("{{{IDS},{fields}}}"));
        assert!(
            decoded.rejects.is_empty(),
            "{fields}: {}",
            decoded.rejection()
        );
        let raw = &decoded.spans[0];
        assert!(holds(&raw.span), "{fields}: {:?}", raw.span);
        assert_eq!(decoded.repaired, *repaired, "{fields}");
        let again = Span::decode(raw.bytes.clone()).unwrap();
        assert_eq!(format!("{again:?}"), format!("{:?}", raw.span), "{fields}"); // NaN is not equal to itself
    }
}

#[test]
fn ids_in_other_spellings_are_read() {
    let same = [
        r#""traceId":"AQIDBAUGBwgJCgsMDQ4PEA==","spanId":"AQIDBAUGBwg=""#,
        r#""traceId":"01020304-0506-0708-090a-0b0c0d0e0f10","spanId":"0x0102030405060708""#,
        r#""trace_id":"0102030405060708090A0B0C0D0E0F10","span_id":"0102030405060708""#,
        r#""traceID":"0102030405060708090a0b0c0d0e0f10","spanID":"0102030405060708""#,
    ];
    for ids in same {
        let decoded = json_spans(&format!("{{{ids}}}"));
        assert_eq!(
            decoded.spans[0].span.trace_id,
            (1..=16).collect::<Vec<u8>>(),
            "{ids}"
        );
        assert_eq!(
            decoded.spans[0].span.span_id,
            (1..=8).collect::<Vec<u8>>(),
            "{ids}"
        );
        assert!(decoded.repaired > 0, "{ids}");
    }
}

#[test]
fn a_bad_json_span_costs_itself() {
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    let bad = [
        "{}".to_owned(),
        "5".to_owned(),
        format!(r#"{{{IDS},"startTimeUnixNano":"noon"}}"#),
        format!(r#"{{{IDS},"startTimeUnixNano":-1}}"#),
        format!(r#"{{{IDS},"attributes":7}}"#),
        format!(r#"{{{IDS},"attributes":[{{"key":"k","value":{deep}}}]}}"#),
        r#"{"traceId":"0102","spanId":"0102030405060708"}"#.to_owned(),
    ];
    for bad in bad {
        let decoded = json_spans(&format!(
            r#"{{{IDS},"name":"a"}},{bad},{{{IDS},"name":"b"}}"#
        ));
        assert_eq!(names(&decoded), ["a", "b"], "{bad:.80}");
        assert_eq!(
            (decoded.rejected(), decoded.rejects.len()),
            (1, 1),
            "{bad:.80}"
        );
    }
}

#[test]
fn snake_case_frames_and_null_lists_are_read() {
    let body = format!(
        r#"{{"resource_spans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"string_value":"s"}}}}]}},
            "scope_spans":[{{"spans":null}},{{"scope":null,"spans":[{{{IDS},"name":"a"}}]}}]}},{{"scopeSpans":null}}]}}"#
    );
    let decoded = decode(&payload(Signal::Traces, body));
    assert_eq!(names(&decoded), ["a"]);
    assert_eq!(decoded.rejects, []);
    // resource_spans, scope_spans, string_value, and three nulls
    assert_eq!(decoded.repaired, 6);
    assert_eq!(
        decoded.spans[0].origin.resource.attributes[0].key,
        "service.name"
    );
}

#[test]
fn logs_and_metrics_are_repaired_too() {
    let body = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
        {"severityNumber":"SEVERITY_NUMBER_INFO","body":null,"traceId":"","spanId":"0102"},
        {"timeUnixNano":"1","body":"plain words"}]}]}]}"#;
    let logs = decode(&payload(Signal::Logs, body));
    assert_eq!(logs.rejects, []);
    assert_eq!(logs.logs[0].record.severity_number, 9);
    assert!(logs.logs[0].record.span_id.is_empty());
    assert_eq!(
        logs.logs[1].record.body,
        Some(AnyValue {
            value: Some(Any::StringValue("plain words".into()))
        })
    );
    assert_eq!(logs.repaired, 4); // enum name, null body, span id of two bytes, bare body

    // the strict reader takes both of these metrics for ones without data
    let body = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"a","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"asInt":"5"}]}},
        {"name":"b","gauge":{"dataPoints":[{"asInt":5.0},{"asDouble":"NaN"}]}}]}]}]}"#;
    let metrics = decode(&payload(Signal::Metrics, body));
    assert_eq!(metrics.rejects, []);
    assert_eq!(metrics.repaired, 3);
    let text = format!("{:?}", metrics.metrics);
    assert!(
        text.contains("AsInt(5)") && text.contains("AsDouble(NaN)"),
        "{text}"
    );
    assert!(text.contains("aggregation_temporality: Delta"), "{text}");
}

// -- anything --

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..300), signal in 0..3) {
        let signal = [Signal::Traces, Signal::Logs, Signal::Metrics][usize::try_from(signal).unwrap()];
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            let payload = Payload { signal, encoding, body: body.clone().into(), received_ns: 0, peer: "".into() };
            let _ = (check(&payload), decode(&payload));
        }
        sniff::sniff_json_signal(&body);
    }

    #[test]
    fn no_change_of_a_real_body_panics(at in 0usize..3874, by in any::<u8>(), cut in 0usize..3874) {
        let mut body = include_bytes!("data/wire/anthropic.traces.pb").to_vec();
        body[at] = by;
        let _ = decode(&payload(Signal::Traces, body.clone()));
        body.truncate(cut);
        let _ = decode(&payload(Signal::Traces, body));
    }

    #[test]
    fn no_change_of_a_real_text_panics(at in 0usize..1798, by in "[\\PC\"\\\\{}\\[\\]]{0,3}") {
        let mut text = include_str!("data/wire/browser.traces.json").to_owned();
        text.replace_range(at..=at, &by);
        let _ = decode(&payload(Signal::Traces, text));
    }

    #[test]
    fn breaking_one_span_loses_only_that_one(count in 1u8..20, which in any::<prop::sample::Index>(), junk in prop::collection::vec(any::<u8>(), 6)) {
        let which = which.index(usize::from(count));
        let spans: Vec<_> = (0..count).map(|n| Span { name: format!("n{n:05}"), ..span(n + 1) }).collect();
        let mut by = junk;
        by[0] = 0x2f; // the name's key, with a wire type that there is not
        let body = patched(spans, format!("\x2a\x06n{which:05}").as_bytes(), &by);
        let decoded = decode(&payload(Signal::Traces, body));
        let kept: Vec<_> = (0..usize::from(count)).filter(|n| *n != which).map(|n| format!("n{n:05}")).collect();
        prop_assert_eq!(names(&decoded), kept);
        prop_assert_eq!(decoded.rejected(), 1);
    }
}
