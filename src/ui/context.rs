//! Which call tells how full a model's context is.

use crate::model::node::{Call, NodeKind, Tree};

/// In bigger trees only the last so many nodes are looked at.
const LOOKED_AT: usize = 2000;

/// The call itself; of anything else the last call below that was told its input. Calls of agents
/// that tools started have contexts of their own: they tell only where there are no others.
pub fn call(tree: &Tree, node: usize) -> Option<&Call> {
    let root = tree.nodes.get(node)?;
    if let Some(call) = &root.call {
        return Some(call);
    }
    let end = node + 1 + root.descendants as usize;
    let from = end.saturating_sub(LOOKED_AT).max(node);
    let mut best: Option<(usize, u64, &Call)> = None;
    for at in from..end.min(tree.nodes.len()) {
        let Some(found) = tree.nodes.get(at) else {
            break;
        };
        let Some(call) = found.call.as_deref().filter(|c| c.usage.input.is_some()) else {
            continue;
        };
        let level = frames(tree, node, at);
        if best
            .is_none_or(|(least, start, _)| level < least || level == least && found.start >= start)
        {
            best = Some((level, found.start, call));
        }
    }
    best.map(|(.., call)| call)
}

/// Tools and agents between a node and one below it.
fn frames(tree: &Tree, root: usize, below: usize) -> usize {
    let up = |at: &usize| {
        let parent = tree.nodes.get(*at)?.parent? as usize;
        (parent > root && parent < *at).then_some(parent)
    };
    std::iter::successors(up(&below), up)
        .filter_map(|at| tree.nodes.get(at))
        .filter(|n| matches!(n.kind, NodeKind::Tool | NodeKind::Agent))
        .count()
}
