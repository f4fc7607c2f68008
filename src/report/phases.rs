//! The phases of a call as the report tells them.

use super::schema::ms;
use crate::model::node::{Call, PhaseEvidence};
use crate::model::phases::Doubt;
use serde::Serialize;

/// The phases of a call.
#[derive(Debug, Serialize)]
pub struct PhasesRow {
    pub gateway_ms: Option<f64>,
    pub queue_ms: Option<f64>,
    pub prefill_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub decode_ms: Option<f64>,
    pub decode_tokens_per_s: Option<f64>,
    pub evidence: &'static str,
    pub source: Option<String>,
    /// The source does not say its unit.
    pub unit_inferred: bool,
    /// To the first token that a person sees, where reasoning came before it.
    pub visible_ms: Option<f64>,
    pub chunks: Option<u64>,
    pub stalls: Option<u64>,
    pub longest_stall_ms: Option<f64>,
    /// What was told and is not believed.
    pub doubts: Vec<DoubtRow>,
}

/// What was told of phases and is not believed.
#[derive(Debug, Serialize)]
pub struct DoubtRow {
    pub rule: &'static str,
    pub source: String,
    pub message: String,
}

impl PhasesRow {
    /// The phases of a call.
    pub fn of(call: &Call) -> Self {
        let p = &call.phases;
        Self {
            gateway_ms: p.gateway.map(ms),
            queue_ms: p.queue.map(ms),
            prefill_ms: p.prefill.map(ms),
            ttft_ms: p.ttft.map(ms),
            decode_ms: p.decode.map(ms),
            decode_tokens_per_s: call.decode_tokens_per_s(),
            evidence: match p.evidence {
                PhaseEvidence::Engine => "engine",
                PhaseEvidence::Client => "client",
                PhaseEvidence::Derived => "derived",
                PhaseEvidence::None => "none",
            },
            source: p.source.as_deref().map(str::to_owned),
            unit_inferred: p.inferred,
            visible_ms: p.visible.map(ms),
            chunks: p.curve.as_ref().map(|c| c.chunks),
            stalls: p.curve.as_ref().map(|c| c.stalls),
            longest_stall_ms: p.curve.as_ref().and_then(|c| c.longest()).map(ms),
            doubts: p.doubts.iter().map(DoubtRow::from).collect(),
        }
    }
}

impl From<&Doubt> for DoubtRow {
    fn from(doubt: &Doubt) -> Self {
        Self {
            rule: doubt.rule(),
            source: doubt.source.to_string(),
            message: doubt.to_string(),
        }
    }
}
