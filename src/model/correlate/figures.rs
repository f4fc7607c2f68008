//! Sums rolled up over the nodes of a unit, without recursion: nodes stand in preorder, so the
//! list read backwards meets children before their parents.

pub use crate::model::figures::Figures;
use crate::model::node::{Node, NodeKind, State};

/// Fills every node's `rolled` and `error_below`. A unit that goes on with an earlier turn has no
/// turn of its own; its roots know their idle time.
pub fn roll_up(nodes: &mut [Node], continuation: bool) {
    for node in nodes.iter_mut() {
        node.rolled = Figures::of(node);
    }
    for i in (0..nodes.len()).rev() {
        leaf_tool_time(nodes, i);
        let wall = nodes[i]
            .end
            .map_or(0, |end| end.saturating_sub(nodes[i].start));
        nodes[i].rolled.wall_ns = wall;
        if let Some(up) = nodes[i].parent {
            let (rolled, failed) = (
                nodes[i].rolled,
                nodes[i].error_below || nodes[i].state == State::Error,
            );
            let up = &mut nodes[up as usize];
            up.rolled.add(&rolled);
            up.error_below |= failed;
        }
    }
    tell_idle(nodes, continuation);
}

/// Time in which nothing ran, for each turn that is in no other turn.
fn tell_idle(nodes: &mut [Node], continuation: bool) {
    let mut next = 0;
    while let Some(node) = nodes.get(next) {
        if node.kind == NodeKind::Turn || (continuation && node.depth == 0) {
            let after = next + 1 + node.descendants as usize;
            nodes[next].rolled.idle_ns = idle(nodes, next);
            next = after;
        } else {
            next += 1;
        }
    }
}

/// A tool's time is its own unless agents or calls run inside it, which count for themselves;
/// and without what a person was waited for.
fn leaf_tool_time(nodes: &mut [Node], i: usize) {
    if nodes[i].kind != NodeKind::Tool {
        return;
    }
    let busy_below = nodes[i].rolled.model_ns > 0
        || nodes[i].rolled.running_calls > 0
        || nodes[i].rolled.tool_calls > 1;
    if !busy_below {
        let span = nodes[i]
            .end
            .map_or(0, |end| end.saturating_sub(nodes[i].start));
        nodes[i].rolled.tool_ns = span.saturating_sub(nodes[i].rolled.human_ns);
    }
}

/// Time of a turn in which no call, tool or person was busy.
fn idle(nodes: &[Node], turn: usize) -> u64 {
    let below = &nodes[turn + 1..=turn + nodes[turn].descendants as usize];
    let Some(end) = nodes[turn].end else { return 0 };
    let leaf = |n: &&Node| {
        matches!(
            n.kind,
            NodeKind::Call
                | NodeKind::Tool
                | NodeKind::Wait
                | NodeKind::Retrieval
                | NodeKind::Embedding
        )
    };
    let mut busy: Vec<(u64, u64)> = below
        .iter()
        .filter(leaf)
        .map(|n| (n.start, n.end.unwrap_or(end)))
        .collect();
    busy.sort_unstable();
    let (mut free, mut at) = (0u64, nodes[turn].start);
    for (from, to) in busy {
        free = free.saturating_add(from.min(end).saturating_sub(at));
        at = at.max(to);
    }
    free.saturating_add(end.saturating_sub(at))
}
