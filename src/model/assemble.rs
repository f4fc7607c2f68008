//! One tree from the units of a session.

use super::correlate::presume::may_run;
use super::correlate::{Presumed, Unit};
use super::evidence::key_of;
use super::ids::NodeId;
use super::node::{Node, NodeKind, Sign, State, Tree};
use super::threads::go_on;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::Arc;

/// A root of a unit with all that is below it, and what goes on with it.
struct Branch<'a> {
    part: Part<'a>,
    more: Vec<Part<'a>>,
}

/// Nodes of a unit that stand together.
struct Part<'a> {
    nodes: &'a [Node],
    /// Where they stand in their unit.
    base: usize,
    /// The turn that they made up in their unit, where they go on with another as its own.
    guest: Option<&'a Node>,
    /// What is presumed to run in them; its parent counts as theirs do.
    presumed: Option<Presumed>,
}

/// One tree from the units of a session: turns in order of start, machine-made prompts below
/// the turn that they go on with, turns that are one as one. In a session that fell silent nothing is
/// presumed to run.
pub fn assemble(mut units: Vec<Arc<Unit>>, stale: bool) -> Tree {
    // Beside an agent's doings the rest is plumbing; by itself it is all there is to see.
    if units.iter().any(|u| u.agentic) {
        units.retain(|u| u.agentic);
    }
    units.sort_by_cached_key(|u| (u.start, u.first()));
    let mut planted = Planted::default();
    for branch in branches(&units) {
        let host = planted.plant(&branch.part, None);
        for more in &branch.more {
            let added = planted.plant(more, Some(host.start));
            match more.guest {
                Some(guest) => planted.take_in(host.start, guest, added),
                None => planted.go_on(host.start, added),
            }
        }
    }
    number(&mut planted.nodes);
    if let Some((presumed, parent)) = planted.presumed.filter(|_| !stale) {
        insert(&mut planted.nodes, presumed, parent);
    }
    let starts = units.iter().map(|u| u.start).filter(|&s| s != 0);
    Tree {
        nodes: planted.nodes,
        start: starts.min().unwrap_or_default(),
        end: units.iter().map(|u| u.end).max().unwrap_or_default(),
    }
}

fn branches(units: &[Arc<Unit>]) -> Vec<Branch<'_>> {
    let hosts = go_on(units.iter().flat_map(|u| &u.threads));
    let mut turns: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut branches: Vec<Branch<'_>> = Vec::new();
    let mut last_turn: Option<usize> = None;
    for (i, unit) in units.iter().enumerate() {
        let newest = i + 1 == units.len();
        let part = |nodes: Range<usize>| Part {
            nodes: unit.nodes.get(nodes.clone()).unwrap_or_default(),
            base: nodes.start,
            guest: None,
            presumed: unit
                .presumed
                .filter(|p| newest && nodes.contains(&(p.parent as usize))),
        };
        if let Some(host) = last_turn.filter(|_| unit.continuation) {
            branches[host].more.push(part(0..unit.nodes.len()));
            continue;
        }
        let mut base = 0;
        while let Some(root) = unit.nodes.get(base) {
            let end = base + 1 + root.descendants as usize;
            let host = hosts.get(&root.id).and_then(|host| turns.get(host));
            if let Some(&host) = host {
                last_turn = Some(host);
                branches[host].more.push(Part {
                    nodes: unit.nodes.get(base + 1..end).unwrap_or_default(),
                    base: base + 1,
                    guest: Some(root),
                    ..part(base..end)
                });
            } else {
                if root.kind == NodeKind::Turn {
                    last_turn = Some(branches.len());
                    turns.insert(root.id, branches.len());
                }
                branches.push(Branch {
                    part: part(base..end),
                    more: Vec::new(),
                });
            }
            base = end;
        }
    }
    branches
}

#[derive(Default)]
struct Planted {
    nodes: Vec<Node>,
    ids: FxHashSet<NodeId>,
    /// What is presumed to run, and the index of what it runs in.
    presumed: Option<(Presumed, usize)>,
}

impl Planted {
    /// Appends nodes; their roots hang below `host`.
    fn plant(&mut self, part: &Part<'_>, host: Option<usize>) -> Range<usize> {
        let start = self.nodes.len();
        // What a guest's turn held is the host's.
        let planted = |index: u32| {
            let own = (index as usize).checked_sub(part.base);
            own.map(|at| start + at).or(host)
        };
        for node in part.nodes {
            let mut node = node.clone();
            let parent = node.parent.map_or(host, planted);
            node.parent = parent.and_then(|at| u32::try_from(at).ok());
            node.depth += u32::from(host.is_some() && part.guest.is_none());
            // A span is in one unit; what facts name, such as an agent, may be met again.
            while !self.ids.insert(node.id) {
                node.id = NodeId(key_of(("again", node.id)));
            }
            self.nodes.push(node);
        }
        let presumed = part.presumed.and_then(|p| Some((p, planted(p.parent)?)));
        self.presumed = presumed.or(self.presumed);
        start..self.nodes.len()
    }

    /// Adds what was planted below a turn to its sums and its end; while that runs, so does
    /// the turn.
    fn go_on(&mut self, host: usize, added: Range<usize>) {
        let mut turn = self.nodes[host].clone();
        for node in &self.nodes[added.clone()] {
            if node.parent.map(|p| p as usize) == Some(host) {
                let gap = turn.end.map_or(0, |end| node.start.saturating_sub(end));
                let idle = gap.saturating_add(node.rolled.idle_ns);
                turn.rolled.idle_ns = turn.rolled.idle_ns.saturating_add(idle);
                if node.state.is_running() || node.state == State::Abandoned {
                    (turn.end, turn.state) = (None, node.state);
                } else {
                    turn.end = turn.end.map(|end| end.max(node.end.unwrap_or_default()));
                }
                turn.rolled.add(&node.rolled);
                turn.error_below |= node.error_below || node.state == State::Error;
            }
        }
        turn.descendants += u32::try_from(added.len()).unwrap_or_default();
        turn.rolled.wall_ns = turn.end.map_or(0, |end| end.saturating_sub(turn.start));
        self.nodes[host] = turn;
    }

    /// Makes a turn one with the turn that it goes on with.
    fn take_in(&mut self, host: usize, guest: &Node, added: Range<usize>) {
        let turn = &mut self.nodes[host];
        let gap = turn.end.map_or(0, |end| guest.start.saturating_sub(end));
        let idle = gap.saturating_add(guest.rolled.idle_ns);
        turn.rolled.idle_ns = turn.rolled.idle_ns.saturating_add(idle);
        turn.rolled.add(&guest.rolled);
        turn.error_below |= guest.error_below || guest.state == State::Error;
        if guest.end.is_none() || guest.end >= turn.end {
            turn.state = guest.state;
        }
        turn.end = turn.end.zip(guest.end).map(|(one, other)| one.max(other));
        turn.descendants += u32::try_from(added.len()).unwrap_or_default();
        turn.rolled.wall_ns = turn.end.map_or(0, |end| end.saturating_sub(turn.start));
    }
}

/// Turns that are named after what ran in them are told apart by their number in the session.
fn number(nodes: &mut [Node]) {
    let mut turns: Vec<&mut Node> = nodes
        .iter_mut()
        .filter(|n| n.kind == NodeKind::Turn)
        .collect();
    turns.sort_by_key(|n| (n.start, n.id));
    for (turn, number) in turns.into_iter().zip(1..) {
        if turn.detail.as_ref() == Some(&turn.name) {
            turn.name = format!("turn {number}").into();
        }
    }
}

/// Puts the row of something presumed at the end of what it runs in.
fn insert(nodes: &mut Vec<Node>, presumed: Presumed, parent: usize) {
    let Some(depth) = nodes.get(parent).map(|n| n.depth + 1) else {
        return;
    };
    let name = match presumed.kind {
        NodeKind::Tool => "tool?",
        _ => "model?",
    };
    let id = NodeId(key_of(("presumed", nodes[parent].id)));
    let node = Node {
        parent: u32::try_from(parent).ok(),
        depth,
        start: presumed.since,
        ..Node::missing(id, presumed.kind, name, State::Running(Sign::Presumed))
    };
    let at = parent + nodes[parent].descendants as usize + 1;
    let mut up = Some(parent);
    while let Some(above) = up {
        let node = &mut nodes[above];
        node.descendants += 1;
        if may_run(node) && !node.state.is_running() && node.state != State::Error {
            (node.state, node.end) = (State::Running(Sign::Presumed), None);
        }
        up = nodes[above].parent.map(|p| p as usize);
    }
    nodes.insert(at, node);
    let inserted = u32::try_from(at).unwrap_or(u32::MAX);
    for later in nodes.iter_mut().skip(at + 1) {
        later.parent = later.parent.map(|p| if p >= inserted { p + 1 } else { p });
    }
}
