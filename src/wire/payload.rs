//! One export request, from a socket or a file, and what decoding makes of it.

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::sync::Arc;

/// What an export request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportLogsServiceRequest`.
    Logs,
    /// `ExportMetricsServiceRequest`.
    Metrics,
}

/// How its body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Binary protobuf.
    Protobuf,
    /// OTLP/JSON.
    Json,
}

/// One export request: the same type for gRPC, HTTP and files, so that recording is writing it
/// down and replay is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// What it carries.
    pub signal: Signal,
    /// How the body is written.
    pub encoding: Encoding,
    /// The body, decompressed.
    pub body: Bytes,
    /// When it arrived, ns since the epoch.
    pub received_ns: u64,
    /// Who sent it: `127.0.0.1:51234`, a file's name.
    pub peer: Arc<str>,
}

/// Resource and scope of a piece of evidence, shared by all of one request's group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The resource.
    pub resource: Resource,
    /// The instrumentation scope.
    pub scope: InstrumentationScope,
    /// Schema URL of the scope, else of the resource.
    pub schema_url: String,
}

/// One span with its own protobuf bytes (an `opentelemetry.proto.trace.v1.Span` message).
#[derive(Clone, Debug, PartialEq)]
pub struct RawSpan {
    /// Resource and scope.
    pub origin: Arc<Origin>,
    /// Its bytes; where JSON came, the equivalent protobuf.
    pub bytes: Bytes,
    /// The same, decoded.
    pub span: Span,
}

/// One log record with its own protobuf bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct RawLog {
    /// Resource and scope.
    pub origin: Arc<Origin>,
    /// Its bytes; where JSON came, the equivalent protobuf.
    pub bytes: Bytes,
    /// The same, decoded.
    pub record: LogRecord,
}

/// One metric with all its points.
#[derive(Clone, Debug, PartialEq)]
pub struct RawMetric {
    /// Resource and scope.
    pub origin: Arc<Origin>,
    /// The metric.
    pub metric: Metric,
}

/// Something that could not be read; it costs only itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Number of spans, records or points lost by it; 0 where none is known to be (a resource that
    /// could not be read, a body that is no export request at all).
    pub count: u64,
    /// What was wrong, in words that help the sender.
    pub reason: String,
}

/// What decoding makes of a payload. Never fails as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// Spans that could be read.
    pub spans: Vec<RawSpan>,
    /// Log records that could be read.
    pub logs: Vec<RawLog>,
    /// Metrics that could be read.
    pub metrics: Vec<RawMetric>,
    /// What could not.
    pub rejects: Vec<Reject>,
    /// Values that were read although they broke the encoding's rules.
    pub repaired: u64,
}

/// Different reasons kept of one payload: enough to understand a broken exporter. What has other
/// reasons is still counted.
const REASONS: usize = 16;
/// Characters kept of a reason: of its start, which says what is lost, and of its end, which says
/// why.
const REASON_CHARS: (usize, usize) = (80, 160);

impl Decoded {
    /// Spans, records and points lost: what `rejected_*` of a partial success says.
    pub fn rejected(&self) -> u64 {
        self.rejects.iter().map(|r| r.count).sum()
    }

    /// Why, in one line for the exporter's log: `error_message` of a partial success.
    pub fn rejection(&self) -> String {
        let each = self.rejects.iter().map(|r| match r.count {
            0 => r.reason.clone(),
            n => format!("{n} lost: {}", r.reason),
        });
        each.collect::<Vec<_>>().join("; ")
    }

    /// Counts something that could not be read, together with others of the same reason.
    pub(super) fn reject(&mut self, count: u64, reason: impl Into<String>) {
        let reason = clipped(reason.into());
        let full = self.rejects.len() >= REASONS;
        if let Some(same) = self.rejects.iter_mut().find(|r| r.reason == reason) {
            same.count += count;
        } else if full && let Some(last) = self.rejects.last_mut() {
            last.count += count;
            if !last.reason.ends_with(OTHERS) {
                last.reason.push_str(OTHERS);
            }
        } else {
            self.rejects.push(Reject { count, reason });
        }
    }
}

const OTHERS: &str = ", and other reasons";

fn clipped(reason: String) -> String {
    let chars = reason.chars().count();
    let (head, tail) = REASON_CHARS;
    if chars <= head + tail {
        return reason;
    }
    let start: String = reason.chars().take(head).collect();
    let end: String = reason.chars().skip(chars - tail).collect();
    format!("{start} … {end}")
}
