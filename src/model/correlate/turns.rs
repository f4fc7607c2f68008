//! Traces that are one turn: what a link joins, and the calls of a bare client that answer what
//! the call before asked for.

use super::pieces::Forest;
use crate::model::evidence::{Field, Op};
use crate::model::ids::TraceId;
use std::collections::HashMap;

/// The trace that stands for its turn, for each trace that goes on with an earlier one: the one at
/// which the way back through links and answers ends.
pub fn turns_of_traces(forest: &Forest<'_>) -> HashMap<TraceId, TraceId> {
    let mut tops = before(forest);
    loop {
        // Each pass doubles how far back everybody looks.
        let further = |up: &TraceId| tops.get(up).copied().unwrap_or(*up);
        let next: HashMap<TraceId, TraceId> =
            tops.iter().map(|(&t, up)| (t, further(up))).collect();
        if next == tops {
            return tops;
        }
        tops = next;
    }
}

/// The earlier trace that each trace goes on with; being earlier, it is never its own.
fn before(forest: &Forest<'_>) -> HashMap<TraceId, TraceId> {
    let roots = || {
        forest
            .pieces
            .iter()
            .filter(|p| p.is_span() && p.parent_key.is_none())
    };
    let mut began: HashMap<TraceId, u64> = HashMap::new();
    for p in &forest.pieces {
        let start = began.entry(p.evidence.trace).or_insert(p.evidence.start);
        *start = p.evidence.start.min(*start);
    }
    let order = |trace: TraceId| (began.get(&trace).copied().unwrap_or_default(), trace);
    let mut asked: HashMap<u64, TraceId> = HashMap::new();
    for call in roots().filter(|p| p.op == Op::Call) {
        if let Some(id) = call.number(Field::ToolAsked) {
            asked.entry(id).or_insert(call.evidence.trace); // pieces stand by their start
        }
    }
    let mut before: HashMap<TraceId, TraceId> = HashMap::new();
    for root in roots() {
        let trace = root.evidence.trace;
        let answers = root
            .number(Field::ToolAnswered)
            .filter(|_| root.op == Op::Call);
        let goes_on = || asked.get(&answers?).copied();
        let told = root.evidence.facts.link_trace().or_else(goes_on);
        if let Some(told) = told.filter(|&told| order(told) < order(trace)) {
            before.entry(trace).or_insert(told);
        }
    }
    before
}
