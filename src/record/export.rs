//! Evidence back to what was sent: spans and log records, each its own protobuf, to OTLP/JSON lines
//! as the Collector's file exporter writes them. Pure; who collects and writes is the app.

use super::request::Request;
use crate::wire::payload::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::sync::Arc;

/// Who sent a piece: the protobuf bytes of resource and scope, and which schema they follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The resource.
    pub resource: Box<[u8]>,
    /// The instrumentation scope.
    pub scope: Box<[u8]>,
    /// Schema URL of the scope.
    pub schema_url: Box<str>,
}

impl Sender {
    fn resource(&self) -> Option<Resource> {
        Resource::decode(&*self.resource).ok()
    }

    fn scope(&self) -> Option<InstrumentationScope> {
        InstrumentationScope::decode(&*self.scope).ok()
    }
}

/// A span or log record.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which of the two; metrics are not kept piece by piece.
    pub signal: Signal,
    /// Who sent it.
    pub sender: Arc<Sender>,
    /// Its protobuf bytes.
    pub bytes: Vec<u8>,
}

/// Export requests that hold these pieces in their order: what stands together is one request,
/// and one group of it where it has one sender. A piece that cannot be read is left out; none
/// is, since all were read when they came.
pub fn requests(pieces: &[Piece]) -> Vec<Request> {
    let together = pieces.chunk_by(|a, b| a.signal == b.signal);
    let request = |pieces: &[Piece]| {
        let groups = pieces.chunk_by(|a, b| Arc::ptr_eq(&a.sender, &b.sender));
        match pieces.first()?.signal {
            Signal::Traces => Some(Request::Traces(ExportTraceServiceRequest {
                resource_spans: groups.filter_map(spans).collect(),
            })),
            Signal::Logs => Some(Request::Logs(ExportLogsServiceRequest {
                resource_logs: groups.filter_map(logs).collect(),
            })),
            Signal::Metrics => None,
        }
    };
    together.filter_map(request).collect()
}

fn spans(pieces: &[Piece]) -> Option<ResourceSpans> {
    let sender = &pieces.first()?.sender;
    let spans = pieces.iter();
    let scope = ScopeSpans {
        scope: sender.scope(),
        spans: spans.filter_map(|p| Span::decode(&*p.bytes).ok()).collect(),
        schema_url: sender.schema_url.to_string(),
    };
    Some(ResourceSpans {
        resource: sender.resource(),
        scope_spans: vec![scope],
        ..ResourceSpans::default()
    })
}

fn logs(pieces: &[Piece]) -> Option<ResourceLogs> {
    let sender = &pieces.first()?.sender;
    let records = pieces.iter();
    let scope = ScopeLogs {
        scope: sender.scope(),
        log_records: records
            .filter_map(|p| LogRecord::decode(&*p.bytes).ok())
            .collect(),
        schema_url: sender.schema_url.to_string(),
    };
    Some(ResourceLogs {
        resource: sender.resource(),
        scope_logs: vec![scope],
        ..ResourceLogs::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

    #[test]
    fn pieces_are_put_together_as_they_were_sent() {
        let service = KeyValue {
            key: "service.name".into(),
            value: Some(AnyValue {
                value: Some(Value::StringValue("shop".into())),
            }),
            ..KeyValue::default()
        };
        let resource = Resource {
            attributes: vec![service],
            ..Resource::default()
        };
        let scope = InstrumentationScope {
            name: "by hand".into(),
            version: "1".into(),
            ..InstrumentationScope::default()
        };
        let span = Span {
            name: "chat".into(),
            trace_id: vec![7; 16],
            span_id: vec![7; 8],
            ..Span::default()
        };
        let sent = ResourceSpans {
            resource: Some(resource.clone()),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope.clone()),
                spans: vec![span.clone(), span.clone()],
                schema_url: "https://opentelemetry.io/schemas/1.37.0".into(),
            }],
            ..ResourceSpans::default()
        };
        let sender = Arc::new(Sender {
            resource: resource.encode_to_vec().into(),
            scope: scope.encode_to_vec().into(),
            schema_url: sent.scope_spans[0].schema_url.as_str().into(),
        });
        let piece = Piece {
            signal: Signal::Traces,
            sender,
            bytes: span.encode_to_vec(),
        };
        let made = requests(&[piece.clone(), piece]);
        let [Request::Traces(made)] = &made[..] else {
            panic!("{made:?}");
        };
        assert_eq!(made.resource_spans, [sent]);
    }
}
