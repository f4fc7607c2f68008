//! When an answer stood. A call's span may go on after that: its reader is slow, or the tools run
//! in it that the answer asked for.

use super::groups::Groups;
use super::pieces::Forest;
use super::place::Group;
use super::{Context, ROUNDING_NS};
use crate::model::evidence::{Evidence, Field, Op};
use std::collections::HashMap;

/// Finish reasons that mean "and now the tools", without what joins their words: Anthropic's, `OpenAI`'s
/// old and new, the conventions' own and their plurals.
const TOOLS_NEXT: [&str; 5] = [
    "tooluse",
    "toolcall",
    "toolcalls",
    "functioncall",
    "functioncalls",
];

/// Whether an answer with this finish reason asks for tools, however that is spelled: `tool_calls`,
/// `tool-calls`, `ToolCalls`, `FinishReason.TOOL_CALLS`. Not one that was refused for what it asked
/// (Gemini's `MALFORMED_FUNCTION_CALL`, `UNEXPECTED_TOOL_CALL`).
pub fn asks_for_tools(reason: &str) -> bool {
    let word = reason.rsplit(['.', ':']).next().unwrap_or_default();
    let letters = word.chars().filter(char::is_ascii_alphabetic);
    let word: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    TOOLS_NEXT.contains(&word.as_str())
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

#[cfg(test)]
mod tests {
    use super::asks_for_tools;

    #[test]
    fn tools_are_asked_for_in_many_spellings_and_not_by_a_refusal() {
        for asks in [
            "tool_use",
            "tool-calls",
            "ToolCalls",
            "FinishReason.TOOL_CALLS",
            "function_call",
        ] {
            assert!(asks_for_tools(asks), "{asks}");
        }
        for other in [
            "stop",
            "",
            "MALFORMED_FUNCTION_CALL",
            "TOO_MANY_TOOL_CALLS",
            "tools_done",
        ] {
            assert!(!asks_for_tools(other), "{other}");
        }
    }
}
