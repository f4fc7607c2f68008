//! From decoded requests to items for the store: one pure composition of the wire's spans and
//! the dialect tables. It runs on the receiver's threads, so that the store's task only files.

mod metrics;

use crate::convention::{Forms, OriginReading, Reading, Tables, ended};
use crate::metrics::Point;
use crate::model::evidence::{Field, Item, Op, Signal, key_of};
use crate::model::ids::{SpanId, TraceId};
use crate::model::pack::Pack;
use crate::wire::payload::{Decoded, Origin, RawLog, RawSpan};
use std::sync::Arc;

/// OTLP `SpanKind` SERVER and CONSUMER.
const SERVING: [i32; 2] = [2, 5];

/// What a request brings to the store.
#[derive(Default)]
pub struct Batch {
    /// Spans and records.
    pub items: Pack,
    /// Metric points that are about agents.
    pub points: Vec<Point>,
    /// All metric points.
    pub metric_points: u64,
    /// What could not be read.
    pub rejected: u64,
    /// Values read although they broke the encoding's rules.
    pub repaired: u64,
    /// Values that were hidden before they were read.
    pub hidden: u64,
}

/// Reads what was decoded. `arrival` is ns since the epoch; 0 is unknown (a recording that does not
/// tell it), and each piece's own last time stands in for it.
pub fn prepare(tables: &Tables, decoded: &Decoded, arrival: u64) -> Batch {
    let mut items = Pack::with_capacity(decoded.spans.len() + decoded.logs.len());
    each(tables, decoded, arrival, |item| items.push(item));
    let measured = metrics::read(tables, &decoded.metrics);
    Batch {
        items,
        points: measured.points,
        metric_points: measured.count,
        rejected: decoded.rejects.iter().map(|r| r.count).sum(),
        repaired: decoded.repaired,
        hidden: 0,
    }
}

/// Each span and record that was decoded, as the store takes it; `arrival` as in [`prepare`].
pub fn each(tables: &Tables, decoded: &Decoded, arrival: u64, mut take: impl FnMut(Item<'_>)) {
    let mut origins = Origins { tables, last: None };
    let mut forms = Forms::default();
    for raw in &decoded.spans {
        let origin = origins.read(&raw.origin);
        let reading = tables.span(&mut forms, &origin, &raw.span);
        if let Some(item) = span(&origin, raw, reading, arrival) {
            take(item);
        }
    }
    let names: Vec<_> = decoded
        .logs
        .iter()
        .map(|raw| tables.event_name(&raw.record))
        .collect();
    let mut forms = Forms::default();
    for (raw, name) in decoded.logs.iter().zip(&names) {
        let origin = origins.read(&raw.origin);
        let reading = tables.record(&mut forms, &origin, &raw.record, name);
        take(record(tables, &origin, raw, name, reading, arrival));
    }
}

/// Reads each origin of a request once: its spans stand together.
struct Origins<'a> {
    tables: &'a Tables,
    last: Option<(Arc<Origin>, OriginReading)>,
}

impl Origins<'_> {
    fn read(&mut self, raw: &Arc<Origin>) -> OriginReading {
        match &self.last {
            Some((last, reading)) if Arc::ptr_eq(last, raw) => reading.clone(),
            _ => {
                let reading = self.tables.origin(raw);
                self.last = Some((raw.clone(), reading.clone()));
                reading
            }
        }
    }
}

fn span<'a>(
    origin: &OriginReading,
    raw: &'a RawSpan,
    reading: Reading<'a>,
    arrival: u64,
) -> Option<Item<'a>> {
    let span = &raw.span;
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    let pending = reading.number(Field::PendingParent).is_some();
    let ended = ended(span) && !pending;
    Some(Item {
        signal: Signal::Span,
        trace: TraceId::from_slice(&span.trace_id)?,
        span: SpanId::from_slice(&span.span_id)?,
        parent: SpanId::from_slice(&span.parent_span_id).unwrap_or_default(),
        start,
        end: if ended { end } else { 0 },
        arrival: known(arrival, if ended { end } else { start }),
        server: SERVING.contains(&span.kind),
        failed: reading.failed,
        name: span.name.as_str().into(),
        origin: origin.origin.clone(),
        bytes: raw.bytes.clone(),
        content: 0,
        op: reading.op,
        dialect: reading.dialect,
        facts: reading.facts,
    })
}

fn known(arrival: u64, own: u64) -> u64 {
    if arrival == 0 { own } else { arrival }
}

fn record<'a>(
    tables: &Tables,
    origin: &OriginReading,
    raw: &RawLog,
    name: &'a str,
    reading: Reading<'a>,
    arrival: u64,
) -> Item<'a> {
    let record = &raw.record;
    let time = match tables.event_time(record) {
        0 => arrival,
        time => time,
    };
    // Records of calls, requests and tools are stamped at their end.
    let whole = matches!(reading.op, Op::Call | Op::Attempt | Op::Tool | Op::Agent);
    let duration = reading
        .number(Field::DurationNs)
        .filter(|_| whole)
        .unwrap_or(0);
    Item {
        signal: Signal::Log,
        trace: TraceId::from_slice(&record.trace_id).unwrap_or_default(),
        span: SpanId::from_slice(&record.span_id).unwrap_or_default(),
        parent: SpanId::default(),
        start: time.saturating_sub(duration),
        end: time,
        arrival: known(arrival, time),
        server: false,
        failed: reading.failed,
        name: name.into(),
        origin: origin.origin.clone(),
        bytes: raw.bytes.clone(),
        content: key_of(&raw.bytes[..]),
        op: reading.op,
        dialect: reading.dialect,
        facts: reading.facts,
    }
}
