//! Nodes in preorder, and what only their neighbours can tell: missing starts, names and ends,
//! and whose call each is.

use crate::model::ids::NodeId;
use crate::model::node::{Node, NodeKind, Sign, State};
use std::collections::HashSet;
use std::sync::Arc;

/// What hangs below each; nothing hangs below itself.
pub fn children(parent: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parent.len()];
    for (i, up) in parent.iter().enumerate() {
        if let Some(up) = up.filter(|&up| up != i) {
            children[up].push(i);
        }
    }
    children
}

/// Orders drafts by their parents; what a cycle of joins would leave out becomes a root.
pub fn preorder(drafts: Vec<Node>, parent: &[Option<usize>]) -> Vec<Node> {
    let mut children = children(parent);
    let is_root = |i: &usize| parent[*i].is_none_or(|up| up == *i);
    let mut roots: Vec<usize> = (0..parent.len()).filter(is_root).collect();
    let starts = earliest(&drafts, &children, &roots);
    // Of those that start in the same tick of a coarse clock, what ended first goes first: the others
    // may have waited for it.
    let ended = |i: usize| drafts[i].end.unwrap_or(u64::MAX);
    let by_start = |list: &mut Vec<usize>| {
        list.sort_by_key(|&i| (starts[i], ended(i), drafts[i].id));
    };
    by_start(&mut roots);
    children.iter_mut().for_each(by_start);
    let mut drafts: Vec<Option<Node>> = drafts.into_iter().map(Some).collect();
    let mut nodes: Vec<Node> = Vec::with_capacity(drafts.len());
    let mut pending: Vec<(usize, Option<u32>, u32)> =
        roots.iter().rev().map(|&r| (r, None, 0)).collect();
    let mut next_lost = 0;
    loop {
        while let Some((i, up, depth)) = pending.pop() {
            let Some(mut node) = drafts[i].take() else {
                continue;
            };
            let at = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
            if node.start == 0 && node.sources.is_empty() {
                node.start = starts[i];
            }
            (node.parent, node.depth) = (up, depth);
            nodes.push(node);
            pending.extend(children[i].iter().rev().map(|&c| (c, Some(at), depth + 1)));
        }
        match (next_lost..drafts.len()).find(|&i| drafts[i].is_some()) {
            Some(lost) => {
                next_lost = lost + 1;
                pending.push((lost, None, 0));
            }
            None => break,
        }
    }
    for i in (0..nodes.len()).rev() {
        if let Some(up) = nodes[i].parent {
            nodes[up as usize].descendants += nodes[i].descendants + 1;
        }
    }
    nodes
}

/// A missing node starts with the earliest that is known below it.
fn earliest(drafts: &[Node], children: &[Vec<usize>], roots: &[usize]) -> Vec<u64> {
    let mut order: Vec<usize> = roots.to_vec();
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        order.extend(&children[at]);
        next += 1;
    }
    let mut starts: Vec<u64> = drafts.iter().map(|n| n.start).collect();
    for &i in order.iter().rev() {
        if starts[i] == 0 {
            starts[i] = children[i]
                .iter()
                .map(|&c| starts[c])
                .filter(|&s| s != 0)
                .min()
                .unwrap_or_default();
        }
    }
    starts
}

/// An agent span that nobody gave a name, with agents below that make all the calls, only frames
/// their run.
pub fn settle_frames(nodes: &mut [Node], nameless: &HashSet<NodeId>) {
    let mut agent_below = vec![false; nodes.len()];
    let mut own_call = vec![false; nodes.len()];
    for i in (0..nodes.len()).rev() {
        if agent_below[i] && !own_call[i] && nameless.contains(&nodes[i].id) {
            nodes[i].kind = NodeKind::Workflow;
        }
        let Some(up) = nodes[i].parent.map(|up| up as usize) else {
            continue;
        };
        let agent = nodes[i].kind == NodeKind::Agent;
        agent_below[up] |= agent || agent_below[i];
        own_call[up] |= nodes[i].kind == NodeKind::Call || (own_call[i] && !agent);
    }
}

/// Missing nodes get a name of what is known; framed turns end when all below them has, as the last
/// of it did, and so do prompts of which only a record tells.
pub fn settle_missing(nodes: &mut [Node]) {
    for i in (0..nodes.len()).rev() {
        let below = i + 1..=i + nodes[i].descendants as usize;
        let prompt =
            nodes[i].from_logs && matches!(nodes[i].kind, NodeKind::Turn | NodeKind::Other);
        if prompt
            && nodes[i].end.is_none()
            && !nodes[below.clone()].iter().any(|n| n.state.is_running())
        {
            let end = nodes[below].iter().filter_map(|n| n.end).max();
            nodes[i].end = end.map(|end| end.max(nodes[i].start));
            continue;
        }
        let frame = nodes[i].sources.is_empty() && nodes[i].end.is_none();
        if !frame {
            continue;
        }
        let running = nodes[below.clone()].iter().any(|n| n.state.is_running());
        let name = nodes[i].name.is_empty().then(|| name_of_missing(nodes, i));
        let end = nodes[below.clone()].iter().filter_map(|n| n.end).max();
        let mine = nodes[below]
            .iter()
            .filter(|n| n.parent == u32::try_from(i).ok() && !n.internal);
        let failed = mine
            .max_by_key(|n| (n.end, n.id))
            .is_some_and(|n| n.state == State::Error);
        let node = &mut nodes[i];
        if node.arrived && !running {
            let end = end.unwrap_or(node.start).max(node.start);
            let state = if failed { State::Error } else { State::Ok };
            (node.end, node.state) = (Some(end), state);
        } else if node.arrived {
            node.state = State::Running(Sign::Implied);
        }
        if let Some(name) = name {
            node.name = name.into();
        }
    }
}

/// `agent? (3 children)`: what calls models and tools is most likely an agent, and the sign says
/// that it is not known.
fn name_of_missing(nodes: &[Node], i: usize) -> String {
    let below = &nodes[i + 1..=i + nodes[i].descendants as usize];
    let mine = below.iter().filter(|n| n.parent == u32::try_from(i).ok());
    let acts = mine
        .clone()
        .any(|n| matches!(n.kind, NodeKind::Call | NodeKind::Tool));
    let what = if acts { "agent?" } else { "parent?" };
    match mine.count() {
        1 => format!("{what} (1 child)"),
        n => format!("{what} ({n} children)"),
    }
}

/// A call is its nearest agent's.
pub fn inherit_agents(nodes: &mut [Node]) {
    let mut agent: Vec<Option<Arc<str>>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let inherited = match node.kind {
            NodeKind::Agent => Some(node.name.clone()),
            _ => node.parent.and_then(|up| agent[up as usize].clone()),
        };
        if let Some(call) = &mut node.call {
            call.agent.clone_from(&inherited);
        }
        agent.push(inherited);
    }
}
