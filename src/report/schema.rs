//! The report's types, named and ordered as the schema has them. Fields may be added, none
//! renamed. Counts are integers or `null` (unknown), times milliseconds or `null`, money a
//! decimal string of USD or `null`, ids lower-case hex, big times strings of nanoseconds.

use super::edges::EdgeRow;
use super::found::FindingRow;
use super::metrics::{MeasuredRow, MetricRow};
use super::phases::PhasesRow;
use super::time::TimeRow;
use crate::model::figures::Figures;
use crate::model::node::{Role, SessionState, Source, State};
use crate::model::usage::{CostBasis, PicoUsd, Usage};
use serde::Serialize;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `spanfall.report/1`.
    pub schema: &'static str,
    /// The query that what is counted matches; `null` is everything.
    pub r#where: Option<String>,
    /// What came.
    pub received: Received,
    /// Sums over all sessions.
    pub totals: FiguresRow,
    /// Sessions in order of start.
    pub sessions: Vec<SessionRow>,
    /// What metrics say that are about agents.
    pub metrics: Vec<MetricRow>,
    /// What seems wrong.
    pub findings: Vec<FindingRow>,
    /// `totals` as they were counted.
    #[serde(skip)]
    pub all: Figures,
}

/// What was received.
#[derive(Debug, Serialize)]
pub struct Received {
    pub spans: u64,
    pub logs: u64,
    pub metric_points: u64,
    pub metric_points_dropped: u64,
    pub metric_series_dropped: u64,
    pub rejected: u64,
    pub repaired: u64,
    pub duplicates: u64,
    pub evicted: u64,
    pub content_dropped: u64,
}

/// Token counts; `null` is unknown.
#[derive(Debug, Serialize)]
pub struct UsageRow {
    pub input: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    pub output: Option<u64>,
    pub reasoning: Option<u64>,
}

impl From<&Usage> for UsageRow {
    fn from(u: &Usage) -> Self {
        Self {
            input: u.input,
            cache_read: u.cache_read,
            cache_write: u.cache_write,
            output: u.output,
            reasoning: u.reasoning,
        }
    }
}

/// `Figures` of the schema.
#[derive(Debug, Serialize)]
pub struct FiguresRow {
    pub model_calls: u64,
    pub failed_calls: u64,
    pub running_calls: u64,
    pub tool_calls: u64,
    pub failed_tools: u64,
    pub agents: u64,
    pub errors: u64,
    pub usage: UsageRow,
    pub usage_complete: bool,
    pub cost_usd: Option<String>,
    pub cost_basis: &'static str,
    pub unpriced_calls: u64,
    pub wall_ms: f64,
    pub wait_ms: Option<f64>,
    pub decode_ms: Option<f64>,
    pub model_ms: f64,
    pub tool_ms: f64,
    pub human_ms: f64,
    pub idle_ms: f64,
}

impl From<&Figures> for FiguresRow {
    fn from(f: &Figures) -> Self {
        // A first token takes time: where none was counted, nobody told of one.
        let split = f.wait_ns > 0;
        Self {
            model_calls: f.model_calls,
            failed_calls: f.failed_calls,
            running_calls: f.running_calls,
            tool_calls: f.tool_calls,
            failed_tools: f.failed_tools,
            agents: f.agents,
            errors: f.errors,
            usage: (&f.usage).into(),
            usage_complete: f.usage_complete(),
            cost_usd: cost_text(f.cost),
            cost_basis: cost_basis(f.cost_basis),
            unpriced_calls: f.unpriced_calls,
            wall_ms: ms(f.wall_ns),
            wait_ms: split.then(|| ms(f.wait_ns)),
            decode_ms: split.then(|| ms(f.decode_ns)),
            model_ms: ms(f.model_ns),
            tool_ms: ms(f.tool_ns),
            human_ms: ms(f.human_ns),
            idle_ms: ms(f.idle_ns),
        }
    }
}

/// One session.
#[derive(Debug, Serialize)]
pub struct SessionRow {
    pub id: String,
    pub key: String,
    pub value: String,
    pub title: String,
    pub emitter: String,
    pub state: &'static str,
    pub start_unix_ns: String,
    pub end_unix_ns: String,
    pub traces: Vec<String>,
    pub complete: bool,
    pub turns: Vec<TurnRow>,
    pub figures: FiguresRow,
    pub time: TimeRow,
    pub measured: Option<MeasuredRow>,
    pub models: Vec<ModelRow>,
    pub agents: Vec<AgentRow>,
    pub tools: Vec<ToolRow>,
    pub calls: Vec<CallRow>,
    pub nodes: Vec<NodeRow>,
    pub edges: Vec<EdgeRow>,
}

/// One turn.
#[derive(Debug, Serialize)]
pub struct TurnRow {
    pub index: u32,
    pub title: String,
    pub start_unix_ns: String,
    pub figures: FiguresRow,
    pub time: TimeRow,
}

/// One model of a session.
#[derive(Debug, Serialize)]
pub struct ModelRow {
    pub provider: Option<String>,
    pub model: Option<String>,
    pub figures: FiguresRow,
}

/// One agent of a session.
#[derive(Debug, Serialize)]
pub struct AgentRow {
    pub name: String,
    pub invocations: u64,
    pub figures: FiguresRow,
    pub claimed: Option<UsageRow>,
}

/// One tool of a session.
#[derive(Debug, Serialize)]
pub struct ToolRow {
    pub name: String,
    pub calls: u64,
    pub errors: u64,
    pub total_ms: f64,
    pub max_ms: f64,
}

/// One model call.
#[derive(Debug, Serialize)]
pub struct CallRow {
    pub id: String,
    pub parent: Option<String>,
    pub turn: Option<u32>,
    pub agent: Option<String>,
    pub operation: String,
    pub state: &'static str,
    pub sources: Vec<SourceRow>,
    pub provider: Option<String>,
    pub request_model: Option<String>,
    pub response_model: Option<String>,
    pub attempts: u32,
    pub start_unix_ns: String,
    pub duration_ms: Option<f64>,
    pub phases: PhasesRow,
    pub usage: UsageRow,
    pub cost_usd: Option<String>,
    pub cost_basis: &'static str,
    pub finish_reasons: Vec<String>,
    pub error: Option<String>,
}

/// Where a call comes from.
#[derive(Debug, Serialize)]
pub struct SourceRow {
    pub signal: &'static str,
    pub role: &'static str,
    pub trace_id: Option<String>,
    pub span_id: Option<String>,
    pub why: &'static str,
}

impl From<&Source> for SourceRow {
    fn from(s: &Source) -> Self {
        Self {
            signal: if s.is_span { "span" } else { "log" },
            role: match s.role {
                Role::Client => "client",
                Role::Framework => "framework",
                Role::Gateway => "gateway",
                Role::Engine => "engine",
                Role::Event => "event",
            },
            trace_id: (!s.trace.is_zero()).then(|| s.trace.to_string()),
            span_id: (!s.span.is_zero()).then(|| s.span.to_string()),
            why: s.why,
        }
    }
}

/// One node of the tree.
#[derive(Debug, Serialize)]
pub struct NodeRow {
    pub id: String,
    pub parent: Option<String>,
    pub kind: &'static str,
    pub name: String,
    pub state: &'static str,
    pub start_unix_ns: String,
    pub duration_ms: Option<f64>,
}

/// Nanoseconds as milliseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "durations below 2^53 ns are exact to the microsecond"
)]
pub fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

/// USD with 8 decimals.
pub fn cost_text(cost: Option<PicoUsd>) -> Option<String> {
    cost.map(|c| c.decimal(8))
}

/// The schema's word for a basis.
pub fn cost_basis(basis: CostBasis) -> &'static str {
    match basis {
        CostBasis::Reported => "reported",
        CostBasis::Computed => "computed",
        CostBasis::Mixed => "mixed",
        CostBasis::Unknown => "unknown",
    }
}

/// The schema's word for a session's state.
pub fn state_word(state: SessionState) -> &'static str {
    match state {
        SessionState::Running => "running",
        SessionState::Idle => "idle",
        SessionState::Stale => "stale",
        SessionState::Ended => "ended",
    }
}

/// The schema's word for a node's state.
pub fn node_state(state: State) -> &'static str {
    match state {
        State::Running(_) => "running",
        State::Ok => "ok",
        State::Error => "error",
        State::Abandoned => "abandoned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_that_nobody_told_is_null_and_not_zero() {
        let untold = Figures {
            model_calls: 1,
            model_ns: 9_000_000,
            ..Figures::default()
        };
        let row = FiguresRow::from(&untold);
        assert_eq!((row.wait_ms, row.decode_ms), (None, None));
        let told = Figures {
            wait_ns: 5_000_000,
            decode_ns: 4_000_000,
            ..untold
        };
        let row = FiguresRow::from(&told);
        assert_eq!((row.wait_ms, row.decode_ms), (Some(5.0), Some(4.0)));
    }
}
