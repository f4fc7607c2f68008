//! Where the time of a node went: every instant from its start to its end is given to one thing,
//! so that the parts add up to the whole however much ran at once.
//!
//! A model at work goes before a tool at work, and that before waiting for a person; what is left
//! is idle. Among several calls the one that is furthest goes first (decode before prefill), since
//! that is what will end next. A tool that waits for a permission does not work.

use super::node::{Node, NodeKind, Sign, State};
use super::phases::stretches;
use std::cmp::Reverse;

/// What an instant can be spent on, the first going before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The model writes.
    Decode,
    /// The engine reads the prompt, by its own word.
    Prefill,
    /// The engine has not begun, by its own word.
    Queue,
    /// On the way to the engine.
    Gateway,
    /// Before the first token, not told apart.
    WaitPrefill,
    /// Attempts of a call that came to nothing.
    Retry,
    /// A model call without a split.
    NotSplit,
    /// A tool works.
    Tool,
    /// A person is waited for.
    Human,
    /// Something must run that nobody told of.
    Presumed,
    /// Nothing that anybody told of.
    Idle,
}

impl Part {
    /// All, in the order of the enum.
    pub const ALL: [Self; 11] = [
        Self::Decode,
        Self::Prefill,
        Self::Queue,
        Self::Gateway,
        Self::WaitPrefill,
        Self::Retry,
        Self::NotSplit,
        Self::Tool,
        Self::Human,
        Self::Presumed,
        Self::Idle,
    ];

    /// All, in the order in which people are told of them: a call's from its start to its end, then
    /// what is no call.
    pub const TOLD: [Self; 11] = [
        Self::Retry,
        Self::Gateway,
        Self::Queue,
        Self::Prefill,
        Self::WaitPrefill,
        Self::Decode,
        Self::NotSplit,
        Self::Tool,
        Self::Human,
        Self::Presumed,
        Self::Idle,
    ];

    /// What people are told that it is.
    pub fn word(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Prefill => "prefill",
            Self::Queue => "queue",
            Self::Gateway => "gateway",
            Self::WaitPrefill => "wait+prefill",
            Self::Retry => "failed attempts",
            Self::NotSplit => "not split",
            Self::Tool => "tools",
            Self::Human => "you",
            Self::Presumed => "presumed",
            Self::Idle => "idle",
        }
    }
}

/// Nanoseconds of each part; they add up to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeBudget {
    parts: [u64; Part::ALL.len()],
}

impl TimeBudget {
    /// Nanoseconds spent on a part.
    pub fn of(&self, part: Part) -> u64 {
        self.parts.get(part as usize).copied().unwrap_or_default()
    }

    /// From start to end, ns.
    pub fn wall(&self) -> u64 {
        self.parts.iter().fold(0, |sum, ns| sum.saturating_add(*ns))
    }

    /// Whole percents of the parts that have one, in the order of [`Part::TOLD`]. They add up to 100,
    /// unless there is no time at all: the largest remainders are rounded up.
    pub fn percents(&self) -> Vec<(Part, u64)> {
        let wall: u128 = self.parts.iter().map(|ns| u128::from(*ns)).sum();
        let share = |part| u128::from(self.of(part)) * 100;
        let whole = |part| u64::try_from(share(part).checked_div(wall).unwrap_or(0)).unwrap_or(0);
        let mut percents = Part::TOLD.map(|part| (part, whole(part)));
        let left = percents
            .iter()
            .fold(100, |left, (_, percent)| left - percent);
        let mut by_rest: Vec<&mut (Part, u64)> = percents.iter_mut().collect();
        by_rest.sort_by_key(|(part, _)| Reverse(share(*part).checked_rem(wall).unwrap_or(0)));
        let up = usize::try_from(left).unwrap_or(0);
        for (_, percent) in by_rest.into_iter().take(if wall > 0 { up } else { 0 }) {
            *percent += 1;
        }
        percents
            .into_iter()
            .filter(|(_, percent)| *percent > 0)
            .collect()
    }

    pub(super) fn add(&mut self, part: Part, ns: u64) {
        if let Some(sum) = self.parts.get_mut(part as usize) {
            *sum = sum.saturating_add(ns);
        }
    }
}

/// The budget of the nodes in `nodes`, which stand in preorder (a whole tree, or a node and its
/// descendants), from the first start to the last end; what runs, runs until `now`.
pub fn time_budget(nodes: &[Node], now: u64) -> TimeBudget {
    // Plumbing may be noted long after the turn; it does not stretch it.
    let told = || {
        let seen = |n: &&Node| n.start != 0 && (!n.internal || n.kind == NodeKind::Call);
        nodes.iter().filter(seen)
    };
    let start = told().map(|n| n.start).min().unwrap_or_default();
    let end = told().map(|n| end_of(n, now)).max().unwrap_or_default();
    // One sign per part: it begins (true) or ends at a time.
    let mut edges: Vec<(u64, Part, bool)> = Vec::new();
    let mut stretch = |part, from: u64, to: u64| {
        if from < to {
            edges.push((from, part, true));
            edges.push((to, part, false));
        }
    };
    for (i, node) in nodes.iter().enumerate() {
        if node.start == 0 || (node.internal && node.kind != NodeKind::Call) {
            continue;
        }
        let (from, to) = (node.start, end_of(node, now));
        match node.kind {
            _ if node.state == State::Running(Sign::Presumed) => stretch(Part::Presumed, from, to),
            NodeKind::Call => call(node, to, &mut stretch),
            NodeKind::Embedding => stretch(Part::NotSplit, from, to),
            NodeKind::Retrieval => stretch(Part::Tool, from, to),
            NodeKind::Tool => {
                let below = nodes.iter().skip(i + 1).take(node.descendants as usize);
                works(below, from, to, now, &mut |from, to| {
                    stretch(Part::Tool, from, to);
                });
            }
            NodeKind::Wait => stretch(Part::Human, from, to),
            NodeKind::Turn | NodeKind::Workflow | NodeKind::Agent | NodeKind::Other => {}
        }
    }
    edges.sort_unstable();
    sweep(&edges, start, end)
}

/// Until when a node took: one that never ended, and is not expected to, took no time.
fn end_of(node: &Node, now: u64) -> u64 {
    let open = if node.state == State::Abandoned {
        node.start
    } else {
        now.max(node.start)
    };
    node.end.unwrap_or(open).max(node.start)
}

/// The phases of a call, one after the other.
fn call(node: &Node, end: u64, stretch: &mut impl FnMut(Part, u64, u64)) {
    let Some(call) = node.call.as_deref() else {
        stretch(Part::NotSplit, node.start, end);
        return;
    };
    for (part, from, to) in stretches(call, node.state, node.start, end) {
        stretch(part, from, to);
    }
}

/// When a tool works: from its start to its end, without the waiting below it.
fn works<'a>(
    below: impl Iterator<Item = &'a Node>,
    from: u64,
    to: u64,
    now: u64,
    stretch: &mut impl FnMut(u64, u64),
) {
    let waits = below.filter(|n| n.kind == NodeKind::Wait && n.start != 0);
    let mut waits: Vec<(u64, u64)> = waits.map(|n| (n.start, end_of(n, now))).collect();
    waits.sort_unstable();
    let mut at = from;
    for (begin, end) in waits {
        stretch(at, begin.min(to));
        at = at.max(end);
    }
    stretch(at, to);
}

/// How long a finished tool worked, ns: from its start to its end without the waiting for a person
/// among the nodes `below` it.
pub fn worked(tool: &Node, below: &[Node]) -> u64 {
    let (mut sum, end) = (0u64, end_of(tool, tool.start));
    works(below.iter(), tool.start, end, end, &mut |from, to| {
        sum = sum.saturating_add(to.saturating_sub(from));
    });
    sum
}

/// Gives each instant to the part that goes first of those that are open.
fn sweep(edges: &[(u64, Part, bool)], start: u64, end: u64) -> TimeBudget {
    let mut budget = TimeBudget::default();
    let mut open = [0usize; Part::ALL.len()];
    let mut at = start;
    for &(time, part, begins) in edges {
        let time = time.clamp(start, end);
        let first = Part::ALL.into_iter().find(|p| open[*p as usize] > 0);
        budget.add(first.unwrap_or(Part::Idle), time.saturating_sub(at));
        at = at.max(time);
        let count = &mut open[part as usize];
        *count = if begins {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
    }
    budget.add(Part::Idle, end.saturating_sub(at));
    budget
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeId;
    use crate::model::node::{Call, Phases};
    use proptest::prelude::*;

    const S: u64 = 1_000_000_000;

    /// A node from second to second, with so many descendants.
    fn node(kind: NodeKind, from: u64, to: u64, descendants: u32) -> Node {
        Node {
            start: from * S,
            end: Some(to * S),
            descendants,
            ..Node::missing(NodeId(from), kind, "n", State::Ok)
        }
    }

    fn split(mut node: Node, ttft: u64) -> Node {
        let end = node.end.unwrap_or_default();
        node.call = Some(Box::new(Call {
            answered_from: node.start,
            phases: Phases {
                ttft: Some(ttft * S),
                decode: Some(end - node.start - ttft * S),
                ..Phases::default()
            },
            ..Call::default()
        }));
        node
    }

    fn told(nodes: &[Node]) -> Vec<(Part, u64)> {
        let budget = time_budget(nodes, 1000 * S);
        let parts = Part::ALL.into_iter().map(|p| (p, budget.of(p) / S));
        parts.filter(|(_, s)| *s > 0).collect()
    }

    #[test]
    fn overlaps_count_once() {
        // A turn of 20 s. The call waits 2 s and writes 6 s; the tool starts while it writes and
        // waits 3 s for the person; then nothing happens for 4 s.
        let nodes = [
            node(NodeKind::Turn, 10, 30, 3),
            split(node(NodeKind::Call, 10, 18, 0), 2),
            node(NodeKind::Tool, 17, 26, 1),
            node(NodeKind::Wait, 17, 21, 0),
        ];
        assert_eq!(
            told(&nodes),
            [
                (Part::Decode, 6),
                (Part::WaitPrefill, 2),
                (Part::Tool, 5),
                (Part::Human, 3),
                (Part::Idle, 4),
            ]
        );
    }

    #[test]
    fn what_an_engine_told_apart_stays_apart() {
        let mut call = split(node(NodeKind::Call, 10, 20, 0), 5);
        if let Some(call) = call.call.as_deref_mut() {
            call.phases.gateway = Some(S);
            call.phases.queue = Some(2 * S);
            call.phases.prefill = Some(2 * S);
        }
        assert_eq!(
            told(&[call]),
            [
                (Part::Decode, 5),
                (Part::Prefill, 2),
                (Part::Queue, 2),
                (Part::Gateway, 1),
            ]
        );
    }

    #[test]
    fn what_runs_runs_until_now_and_what_was_abandoned_takes_nothing() {
        let mut running = node(NodeKind::Call, 990, 0, 0);
        running.end = None;
        running.state = State::Running(crate::model::node::Sign::Known);
        assert_eq!(told(std::slice::from_ref(&running)), [(Part::NotSplit, 10)]);
        running.state = State::Abandoned;
        assert_eq!(told(&[running]), []);
    }

    #[test]
    fn percents_are_rounded_so_that_they_add_up() {
        // Of 3 s a third each: 33.3 three times, and the one that is left goes to the first.
        let mut thirds = TimeBudget::default();
        for part in [Part::Decode, Part::Tool, Part::Idle] {
            thirds.add(part, S);
        }
        let told = [(Part::Decode, 34), (Part::Tool, 33), (Part::Idle, 33)];
        assert_eq!(thirds.percents(), told);
        // 98.6, 0.9 and 0.5 of a hundred: what has the larger rest is rounded up.
        let mut crumbs = TimeBudget::default();
        for (part, ns) in [(Part::Idle, 986), (Part::WaitPrefill, 9), (Part::Decode, 5)] {
            crumbs.add(part, ns);
        }
        assert_eq!(
            crumbs.percents(),
            [(Part::WaitPrefill, 1), (Part::Idle, 99)]
        );
        assert_eq!(TimeBudget::default().percents(), []);
    }

    proptest! {
        #[test]
        fn percents_add_up_to_a_hundred(parts in prop::array::uniform11(0u64..1 << 62)) {
            let budget = TimeBudget { parts };
            let sum: u64 = budget.percents().iter().map(|(_, percent)| percent).sum();
            prop_assert_eq!(sum, if budget.wall() > 0 { 100 } else { 0 });
        }

        #[test]
        fn parts_add_up_to_the_whole(
            spans in prop::collection::vec((0usize..9, 1u64..100, 0u64..50, 0u64..60, 0u32..4), 1..30)
        ) {
            use NodeKind::{Agent, Call, Embedding, Other, Retrieval, Tool, Turn, Wait, Workflow};
            let kinds = [Turn, Workflow, Agent, Call, Tool, Retrieval, Embedding, Wait, Other];
            let nodes: Vec<Node> = spans
                .iter()
                .map(|&(kind, from, length, ttft, below)| {
                    let node = node(kinds[kind], from, from + length, below);
                    if kinds[kind] == Call && ttft <= length { split(node, ttft) } else { node }
                })
                .collect();
            let start = nodes.iter().map(|n| n.start).min().unwrap_or(0);
            let end = nodes.iter().filter_map(|n| n.end).max().unwrap_or(0);
            prop_assert_eq!(time_budget(&nodes, 0).wall(), end - start);
        }
    }
}
