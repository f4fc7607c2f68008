//! Sums rolled up over the nodes of a unit, without recursion: nodes stand in preorder, so the
//! list read backwards meets children before their parents.

pub use crate::model::figures::Figures;
use crate::model::node::{Node, NodeKind, State};

/// Fills every node's `rolled` and `error_below`. A unit that goes on with an earlier turn has no
/// turn of its own; its roots know their idle time.
pub fn roll_up(nodes: &mut [Node], continuation: bool) {
    for node in nodes.iter_mut() {
        node.rolled = own(node);
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

fn own(node: &Node) -> Figures {
    let mut f = Figures::default();
    let span = node.end.map_or(0, |end| end.saturating_sub(node.start));
    let failed = node.state == State::Error;
    f.errors = u64::from(
        failed
            && matches!(
                node.kind,
                NodeKind::Call | NodeKind::Tool | NodeKind::Retrieval | NodeKind::Embedding
            ),
    );
    match node.kind {
        NodeKind::Call => own_call(node, failed, span, &mut f),
        NodeKind::Tool => {
            f.tool_calls = 1;
            f.failed_tools = u64::from(failed);
        }
        NodeKind::Agent => f.agents = 1,
        NodeKind::Wait => f.human_ns = span,
        NodeKind::Turn
        | NodeKind::Workflow
        | NodeKind::Retrieval
        | NodeKind::Embedding
        | NodeKind::Other => {}
    }
    f
}

fn own_call(node: &Node, failed: bool, span: u64, f: &mut Figures) {
    let Some(call) = &node.call else { return };
    match node.state {
        State::Running(_) => f.running_calls = 1,
        State::Abandoned => {}
        State::Ok | State::Error => f.model_calls = 1,
    }
    if f.model_calls == 0 {
        return;
    }
    f.failed_calls = u64::from(failed);
    f.model_ns = span;
    f.wait_ns = call.phases.ttft.unwrap_or_default();
    f.decode_ns = call.phases.decode.unwrap_or_default();
    if failed {
        return; // "Failed calls add no tokens" (the counting rules)
    }
    f.usage = call.usage;
    f.untold_calls = u64::from(call.usage.input.is_none() || call.usage.output.is_none());
    match call.cost {
        Some(cost) => f.add_cost(cost, call.cost_basis),
        None => f.unpriced_calls = 1,
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
