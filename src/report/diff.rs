//! Two runs compared, schema `spanfall.diff/1`.

use super::schema::{FiguresRow, UsageRow, cost_text, ms};
use crate::diff::{Comparison, Pair, Run, Step};
use crate::model::detail::Speaker;
use crate::model::node::NodeKind;
use serde::Serialize;

/// The whole comparison.
#[derive(Debug, Serialize)]
pub struct DiffReport {
    /// `spanfall.diff/1`.
    pub schema: &'static str,
    a: RunRow,
    b: RunRow,
    parted: Option<PartedRow>,
    prompt: Option<PromptRow>,
    in_parts: bool,
    steps: Vec<PairRow>,
}

/// One run.
#[derive(Debug, Serialize)]
struct RunRow {
    source: String,
    session: String,
    key: String,
    node: Option<String>,
    title: String,
    emitter: String,
    start_unix_ns: String,
    steps: usize,
    figures: FiguresRow,
}

/// Where they went apart: `step` counts in `steps`, from 1.
#[derive(Debug, Serialize)]
struct PartedRow {
    step: usize,
    why: &'static str,
    a: Option<String>,
    b: Option<String>,
}

/// The first message that one model read and the other did not.
#[derive(Debug, Serialize)]
struct PromptRow {
    step: usize,
    message: usize,
    role: Option<String>,
    a: Option<String>,
    b: Option<String>,
}

#[derive(Debug, Serialize)]
struct PairRow {
    a: Option<StepRow>,
    b: Option<StepRow>,
    differs: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct StepRow {
    node: String,
    kind: &'static str,
    agent: Option<String>,
    name: String,
    detail: Option<String>,
    model: Option<String>,
    outcome: &'static str,
    error: Option<String>,
    start_ms: f64,
    duration_ms: Option<f64>,
    usage: UsageRow,
    cost_usd: Option<String>,
    attempts: u32,
    finish_reasons: Vec<String>,
}

/// The comparison for programs; `sources` are A and B as they were asked for.
pub fn diff(compared: &Comparison, sources: [&str; 2]) -> DiffReport {
    let id = |run: &Run, at: Option<usize>| Some(run.steps.get(at?)?.node.to_string());
    let ids = |at: usize| {
        let pair = compared.pairs.get(at);
        (
            pair.and_then(|p| id(&compared.a, p.a)),
            pair.and_then(|p| id(&compared.b, p.b)),
        )
    };
    DiffReport {
        schema: "spanfall.diff/1",
        a: run_row(&compared.a, sources[0]),
        b: run_row(&compared.b, sources[1]),
        parted: compared.parted.map(|(at, why)| {
            let (a, b) = ids(at);
            PartedRow {
                step: at + 1,
                why: why.name(),
                a,
                b,
            }
        }),
        prompt: compared.prompt.as_ref().map(|p| PromptRow {
            step: p.pair + 1,
            message: p.message,
            role: p.speaker.as_ref().map(role),
            a: p.a.clone(),
            b: p.b.clone(),
        }),
        in_parts: compared.in_parts,
        steps: compared
            .pairs
            .iter()
            .map(|p| pair_row(compared, p))
            .collect(),
    }
}

fn run_row(run: &Run, source: &str) -> RunRow {
    RunRow {
        source: source.to_owned(),
        session: format!("{:016x}", run.session.0),
        key: run.key.to_string(),
        node: run.node.map(|n| n.to_string()),
        title: run.name.to_string(),
        emitter: run.emitter.to_string(),
        start_unix_ns: run.start.to_string(),
        steps: run.steps.len(),
        figures: (&run.figures).into(),
    }
}

fn pair_row(compared: &Comparison, pair: &Pair) -> PairRow {
    let row = |run: &Run, at: Option<usize>| at.and_then(|i| run.steps.get(i)).map(step_row);
    PairRow {
        a: row(&compared.a, pair.a),
        b: row(&compared.b, pair.b),
        differs: pair.differs.iter().map(|d| d.name()).collect(),
    }
}

fn step_row(step: &Step) -> StepRow {
    let text = |t: &std::sync::Arc<str>| t.to_string();
    StepRow {
        node: step.node.to_string(),
        kind: match step.kind {
            NodeKind::Call => "call",
            NodeKind::Tool => "tool",
            _ => "other",
        },
        agent: step.agent.as_ref().map(text),
        name: step.name.to_string(),
        detail: step.detail.as_ref().map(text),
        model: step.model.as_ref().map(text),
        outcome: step.outcome.name(),
        error: step.error.as_ref().map(text),
        start_ms: ms(step.start),
        duration_ms: step.took.map(ms),
        usage: (&step.usage).into(),
        cost_usd: cost_text(step.cost),
        attempts: step.attempts,
        finish_reasons: step.finish.iter().map(text).collect(),
    }
}

pub(super) fn role(speaker: &Speaker) -> String {
    match speaker {
        Speaker::System => "system".to_owned(),
        Speaker::User => "user".to_owned(),
        Speaker::Assistant => "assistant".to_owned(),
        Speaker::Tool => "tool".to_owned(),
        Speaker::Named(name) => name.clone(),
    }
}
