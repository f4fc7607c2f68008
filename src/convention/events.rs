//! What the events of a span tell by their times.

use super::interpret::Tables;
use super::reading::Reading;
use super::table::Take;
use crate::model::evidence::FactValue;
use opentelemetry_proto::tonic::trace::v1::Span;

impl Tables {
    /// Reads the events of a span into what it tells.
    pub(super) fn span_events(&self, span: &Span, bits: u64, reading: &mut Reading) {
        if span.events.is_empty() {
            return;
        }
        for (rule, wanted) in &self.compiled.span_events {
            let sure = !wanted.gated || bits & (1 << wanted.dialect) != 0;
            if !sure || !(wanted.ops.is_empty() || wanted.ops.contains(&reading.op)) {
                continue;
            }
            let mut times = span
                .events
                .iter()
                .filter(|e| wanted.is_named(&e.name))
                .map(|e| e.time_unix_nano);
            let value = match wanted.take {
                Take::Curve => {
                    reading.tell_curve(*rule, span.start_time_unix_nano, times.collect())
                }
                Take::First => times.min(),
                Take::Last => times.max(),
                Take::Any => times.next().map(|_| 1),
                Take::Count => Some(times.by_ref().count() as u64).filter(|n| *n > 0),
            };
            if let Some(value) = value {
                reading.set(wanted.field, *rule, FactValue::Number(value));
            }
        }
    }
}
