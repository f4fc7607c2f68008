//! Payload to spans, records and metrics: pure, and never failing as a whole.

use super::mend::{self, Texts};
use super::payload::{Decoded, Encoding, Origin, Payload, RawLog, RawMetric, RawSpan, Signal};
use super::{json, lenient, protobuf};
use bytes::Bytes;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint, metric::Data};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::sync::Arc;

/// Reads a payload, item by item: what cannot be read is a reject with its reason and costs
/// nothing else. A body that is no export request at all gives one reject of count 0.
pub fn decode(payload: &Payload) -> Decoded {
    match payload.signal {
        Signal::Traces => decode_as::<Span>(payload),
        Signal::Logs => decode_as::<LogRecord>(payload),
        Signal::Metrics => decode_as::<Metric>(payload),
    }
}

fn decode_as<T: Item>(payload: &Payload) -> Decoded {
    let mut out = Decoded::default();
    match payload.encoding {
        Encoding::Protobuf => protobuf::decode::<T>(&payload.body, &mut out),
        Encoding::Json => json::decode::<T>(&payload.body, &mut out),
    }
    out
}

/// Whether a body is an export request at all, looking only at its outermost frame. A receiver
/// answers "bad request" by it, with the text of the error; [`decode()`] would still salvage what
/// it can, which suits a torn file.
pub fn check(payload: &Payload) -> Result<(), String> {
    match (payload.encoding, payload.signal) {
        (Encoding::Protobuf, _) => protobuf::check(&payload.body),
        (Encoding::Json, Signal::Traces) => json::check::<Span>(&payload.body),
        (Encoding::Json, Signal::Logs) => json::check::<LogRecord>(&payload.body),
        (Encoding::Json, Signal::Metrics) => json::check::<Metric>(&payload.body),
    }
}

/// The names of a signal's levels, in OTLP/JSON and for messages.
pub(super) struct Names {
    /// Key of the list of resource groups.
    pub resources: &'static str,
    /// Key of the list of scope groups, and its name before OTLP 0.15.
    pub scopes: [&'static str; 2],
    /// Key of the list of items.
    pub items: &'static str,
    /// One item, for people.
    pub item: &'static str,
}

/// A span, log record or metric: what the three signals differ in.
pub(super) trait Item:
    prost::Message + Default + serde::de::DeserializeOwned + lenient::Read
{
    const NAMES: Names;
    /// Where texts stand in its protobuf.
    const TEXTS: &'static Texts;

    /// Makes the ids what the model relies on; the number of repairs, or why the item is refused.
    fn admit(&mut self) -> Result<u64, String>;

    /// Whether the strict JSON reader got everything: it takes some errors for absence, and ids
    /// of any length for ids.
    fn whole(&self) -> bool;

    /// Keeps the item.
    fn keep(self, origin: &Arc<Origin>, bytes: Bytes, out: &mut Decoded);

    /// Makes room for `n` more.
    fn reserve(n: usize, out: &mut Decoded);

    /// Admits and keeps, or counts the reject. `bytes` gives the item's own protobuf.
    fn take(mut self, origin: &Arc<Origin>, bytes: impl FnOnce(&Self) -> Bytes, out: &mut Decoded) {
        match self.admit() {
            Ok(repairs) => {
                out.repaired += repairs;
                let bytes = bytes(&self);
                self.keep(origin, bytes, out);
            }
            Err(reason) => out.reject(1, reason),
        }
    }
}

fn is_id<const N: usize>(id: &[u8]) -> bool {
    <[u8; N]>::try_from(id).is_ok_and(|id| id != [0; N])
}

/// Clears an id that may be absent unless it is one; the number of repairs. All zeros is how some
/// write "none", and no repair.
fn optional_id<const N: usize>(id: &mut Vec<u8>) -> u64 {
    if is_id::<N>(id) {
        return 0;
    }
    let wrong = !id.is_empty() && *id != [0; N];
    id.clear();
    u64::from(wrong)
}

fn required_id<const N: usize>(what: &str, id: &[u8]) -> Result<(), String> {
    match id.len() {
        _ if is_id::<N>(id) => Ok(()),
        0 => Err(format!("span without a {what}")),
        n if n == N => Err(format!(
            "span whose {what} is all zeros, which OTLP calls invalid"
        )),
        n => Err(format!("span whose {what} has {n} bytes, not {N}")),
    }
}

impl Item for Span {
    const NAMES: Names = Names {
        resources: "resourceSpans",
        scopes: ["scopeSpans", "instrumentationLibrarySpans"],
        items: "spans",
        item: "span",
    };
    const TEXTS: &'static Texts = &mend::SPAN;

    fn admit(&mut self) -> Result<u64, String> {
        required_id::<16>("trace id", &self.trace_id)?;
        required_id::<8>("span id", &self.span_id)?;
        Ok(optional_id::<8>(&mut self.parent_span_id))
    }

    fn whole(&self) -> bool {
        is_id::<16>(&self.trace_id)
            && is_id::<8>(&self.span_id)
            && matches!(self.parent_span_id.len(), 0 | 8)
    }

    fn keep(self, origin: &Arc<Origin>, bytes: Bytes, out: &mut Decoded) {
        out.spans.push(RawSpan {
            origin: origin.clone(),
            bytes,
            span: self,
        });
    }

    fn reserve(n: usize, out: &mut Decoded) {
        out.spans.reserve(n);
    }
}

impl Item for LogRecord {
    const NAMES: Names = Names {
        resources: "resourceLogs",
        scopes: ["scopeLogs", "instrumentationLibraryLogs"],
        items: "logRecords",
        item: "log record",
    };
    const TEXTS: &'static Texts = &mend::LOG;

    fn admit(&mut self) -> Result<u64, String> {
        Ok(optional_id::<16>(&mut self.trace_id) + optional_id::<8>(&mut self.span_id))
    }

    fn whole(&self) -> bool {
        matches!(self.trace_id.len(), 0 | 16) && matches!(self.span_id.len(), 0 | 8)
    }

    fn keep(self, origin: &Arc<Origin>, bytes: Bytes, out: &mut Decoded) {
        out.logs.push(RawLog {
            origin: origin.clone(),
            bytes,
            record: self,
        });
    }

    fn reserve(n: usize, out: &mut Decoded) {
        out.logs.reserve(n);
    }
}

impl Item for Metric {
    const NAMES: Names = Names {
        resources: "resourceMetrics",
        scopes: ["scopeMetrics", "instrumentationLibraryMetrics"],
        items: "metrics",
        item: "metric",
    };
    const TEXTS: &'static Texts = &mend::METRIC;

    fn admit(&mut self) -> Result<u64, String> {
        Ok(0)
    }

    fn whole(&self) -> bool {
        // flag 1: "no recorded value", the one reason for a point to have none
        let valued = |p: &NumberDataPoint| p.value.is_some() || p.flags & 1 == 1;
        match &self.data {
            None => false,
            Some(Data::Gauge(gauge)) => gauge.data_points.iter().all(valued),
            Some(Data::Sum(sum)) => sum.data_points.iter().all(valued),
            Some(Data::Histogram(_) | Data::ExponentialHistogram(_) | Data::Summary(_)) => true,
        }
    }

    fn keep(self, origin: &Arc<Origin>, _bytes: Bytes, out: &mut Decoded) {
        out.metrics.push(RawMetric {
            origin: origin.clone(),
            metric: self,
        });
    }

    fn reserve(n: usize, out: &mut Decoded) {
        out.metrics.reserve(n);
    }
}
