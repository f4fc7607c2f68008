//! What must be running though nobody told: most exporters send a span only after it has ended,
//! so between a tool's end and the next record the model is at work.

use super::Presumed;
use super::answers::asks_for_tools;
use crate::model::node::{Node, NodeKind, Sign, State};

/// Looks at the newest turn that has not ended: after a prompt or a tool comes a model call,
/// after an answer that asks for tools comes a tool. Nothing is presumed where something is
/// known to run, or where the answer may have been the last.
pub fn presume(nodes: &[Node]) -> Option<Presumed> {
    let turn = nodes.iter().rposition(|n| n.kind == NodeKind::Turn)?;
    // Of a prompt told by records alone, only its last record so far is known, never its end.
    let open = nodes[turn].end.is_none() || nodes[turn].from_logs;
    let below = &nodes[turn + 1..=turn + nodes[turn].descendants as usize];
    let leaf = |n: &&Node| matches!(n.kind, NodeKind::Call | NodeKind::Tool | NodeKind::Wait);
    let at_work = |n: &Node| n.end.is_none() && (leaf(&n) || known_to_run(n));
    if !open || below.iter().any(at_work) {
        return None;
    }
    let last = (turn + 1..)
        .zip(below)
        .filter(|(_, n)| leaf(n))
        .max_by_key(|(i, n)| (n.end, *i));
    let Some((_, last)) = last else {
        // A turn made up for a trace has no prompt that a model would have to answer.
        let told = !nodes[turn].sources.is_empty();
        return told.then_some(Presumed {
            kind: NodeKind::Call,
            parent: u32::try_from(turn).ok()?,
            since: nodes[turn].start,
        });
    };
    let kind = match &last.call {
        None => NodeKind::Call,
        Some(call) => {
            let more = call
                .finish_reasons
                .iter()
                .any(|reason| asks_for_tools(reason));
            more.then_some(NodeKind::Tool)?
        }
    };
    let above = |&at: &usize| nodes.get(at)?.parent.map(|up| up as usize);
    let mut runs_in = std::iter::successors(last.parent.map(|up| up as usize), above);
    let parent = runs_in.find(|&at| at == turn || may_run(&nodes[at]))?;
    Some(Presumed {
        kind,
        parent: u32::try_from(parent).ok()?,
        since: last.end?,
    })
}

/// A span that was sent at its start and holds nothing yet: whatever it is, that is what runs.
fn known_to_run(node: &Node) -> bool {
    let known = node.state == State::Running(Sign::Known) && !node.from_logs && !node.internal;
    known && node.kind == NodeKind::Other && node.descendants == 0
}

/// Nobody said that it has ended: its end is not known, or is that of the last thing seen in it.
pub fn may_run(node: &Node) -> bool {
    let told_at_start = node.kind == NodeKind::Turn && node.from_logs;
    node.end.is_none() || node.sources.is_empty() || told_at_start
}
