//! When an answer stood. A call's span may go on after that: its reader is slow, or the tools run
//! in it that the answer asked for.

use super::groups::Groups;
use super::pieces::Forest;
use super::place::Group;
use super::{Context, ROUNDING_NS};
use crate::model::evidence::{Evidence, Field, Op};
use std::collections::HashMap;

/// Finish reasons that mean "and now the tools": Anthropic, `OpenAI` and the conventions' own.
const TOOLS_NEXT: [&str; 4] = ["tool_use", "tool_calls", "tool_call", "tool-calls"];

/// Whether an answer with this finish reason asks for tools.
pub fn asks_for_tools(reason: &str) -> bool {
    TOOLS_NEXT.contains(&reason)
}

/// When the span of a call says that its answer stood, ns since the epoch; 0 while it runs.
pub fn end(call: &Evidence) -> u64 {
    let told = call.facts.number(Field::AnsweredNs);
    let answered = told.map(|after| call.start.saturating_add(after));
    answered.map_or(call.end, |at| at.min(call.end))
}

/// The first tools that ran in a call, or beside it in its time.
struct Batch {
    /// Start of the last of them, ns since the epoch.
    began: u64,
    /// End of the first of them; `u64::MAX` while it runs.
    ended: u64,
    /// End of the last of all tools.
    last: u64,
    /// They hang below the call.
    below: bool,
}

/// For each call in whose time the tools ran that its answer asked for, when the last of them began
/// that did not wait for another: the answer stood by then. Tools beside it count where its library is
/// known to end a call's span after them: others begin tools while they still read the answer. A call
/// that goes on after its tools (a client that asks the model again within one span, tools that the
/// model's own server runs) ends otherwise than by asking for tools.
pub fn tools_began(cx: &Context<'_>, forest: &Forest<'_>, groups: &Groups) -> HashMap<usize, u64> {
    let is_call = |&i: &usize| groups.op[i] == Op::Call && forest.pieces[i].is_span();
    let mut batches: HashMap<usize, Batch> = HashMap::new();
    let mut beside: HashMap<usize, usize> = HashMap::new();
    // In the order of their starts.
    for (i, piece) in forest.pieces.iter().enumerate() {
        if let Some(parent) = piece.parent.filter(|_| is_call(&i)) {
            beside.insert(parent, i);
        }
        if groups.op[i] != Op::Tool || !piece.is_span() {
            continue;
        }
        let around = groups.context[i].filter(is_call);
        let before = || beside.get(&piece.parent?).copied();
        let Some(call) = around.or_else(before) else {
            continue;
        };
        let (began, ended) = (piece.evidence.start, piece.evidence.end);
        let ended = if ended == 0 { u64::MAX } else { ended };
        let batch = batches.entry(call).or_insert(Batch {
            began,
            ended,
            last: ended,
            below: around.is_some(),
        });
        if began <= batch.ended {
            batch.began = batch.began.max(began);
            batch.ended = batch.ended.min(ended);
        }
        batch.last = batch.last.max(ended);
    }
    batches.retain(|&call, batch| {
        let call = forest.pieces[call].evidence;
        let inside = batch.last <= call.end.saturating_add(ROUNDING_NS);
        let held = call.facts.is(Field::HoldsTools) && inside;
        let reasons = call.facts.text(Field::FinishReasons);
        let last = reasons.and_then(|told| cx.texts.str(told).lines().last());
        (batch.below || held) && batch.began > call.start && last.is_some_and(asks_for_tools)
    });
    let began = batches.into_iter().map(|(call, batch)| (call, batch.began));
    began.collect()
}

impl Groups {
    /// When the tools began that ran in a call, ns since the epoch.
    pub(super) fn tools_in(&self, call: &Group) -> Option<u64> {
        let began = call.pieces.iter().filter_map(|i| self.tools_began.get(i));
        began.copied().min()
    }
}
