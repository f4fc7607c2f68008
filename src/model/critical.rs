//! What the end of something really waited for: the chain of calls, tools and waits without which
//! it would have ended earlier. Walked backwards: before each of its links stands what ended last
//! of all that had ended when it began, and within what has parts of its own, those.

use super::node::{Call, Node, NodeKind, State};
use super::phases::stretches;
use super::time_budget::{Part, TimeBudget};

/// What begins because of something else may be stamped so much before that ended.
const SLACK_NS: u64 = 20_000_000;

/// A stretch of the critical path: a node of those walked, from and to, ns since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Index of the node.
    pub node: usize,
    /// From.
    pub from: u64,
    /// To.
    pub to: u64,
}

/// The critical path of the node at `root` in preorder, in order of time; what runs, runs until
/// `now`. Time in which nothing that is told of held things up is in no leg.
pub fn critical_path(nodes: &[Node], root: usize, now: u64) -> Vec<Leg> {
    let mut legs = Vec::new();
    let Some(top) = nodes.get(root) else {
        return legs;
    };
    // So many nodes before each take time of their own.
    let mut working = vec![0u32];
    working.extend(nodes.iter().scan(0, |sum, node| {
        *sum += u32::from(works(node));
        Some(*sum)
    }));
    let mut open = vec![(root, 0, end_of(top, now))];
    while let Some((at, from, to)) = open.pop() {
        let Some(node) = nodes.get(at) else { continue };
        let floor = from.max(node.start);
        let mut inner = Inner::new(nodes, &working, at, now);
        let mut own = |from: u64, to: u64| {
            if works(node) && from < to {
                let leg = Leg { node: at, from, to };
                legs.push(leg);
            }
        };
        let mut time = to;
        let mut tool = false;
        while let Some(link) = inner.before(time, tool).filter(|_| time > floor) {
            let start = link.from.max(floor);
            let end = link.to.min(time);
            if end <= start {
                break;
            }
            own(end, time);
            open.push((link.node, start, end));
            (time, tool) = (start, link.tool);
        }
        own(floor, time);
    }
    legs.sort_unstable_by_key(|leg| (leg.from, leg.node));
    legs
}

/// Where the time of a node went along its path; what is on no leg is idle.
pub fn path_budget(nodes: &[Node], root: usize, legs: &[Leg], now: u64) -> TimeBudget {
    let mut budget = TimeBudget::default();
    let mut spent = 0;
    for leg in legs {
        let Some(node) = nodes.get(leg.node) else {
            continue;
        };
        spent += leg.to - leg.from;
        let call = |call: &Call| stretches(call, node.state, node.start, end_of(node, now));
        let parts = match (node.call.as_deref(), node.kind) {
            (Some(told), _) => call(told),
            (None, NodeKind::Call | NodeKind::Embedding) => vec![(Part::NotSplit, 0, u64::MAX)],
            (None, NodeKind::Wait) => vec![(Part::Human, 0, u64::MAX)],
            _ => vec![(Part::Tool, 0, u64::MAX)],
        };
        for (part, from, to) in parts {
            let ns = to.min(leg.to).saturating_sub(from.max(leg.from));
            budget.add(part, ns);
        }
    }
    let wall = nodes.get(root).map_or(0, |n| end_of(n, now) - n.start);
    budget.add(Part::Idle, wall.saturating_sub(spent));
    budget
}

fn end_of(node: &Node, now: u64) -> u64 {
    let open = match node.state {
        State::Abandoned => node.start,
        _ => now.max(node.start),
    };
    node.end.unwrap_or(open).max(node.start)
}

/// It takes time of its own; others only hold what does.
fn works(node: &Node) -> bool {
    match node.kind {
        NodeKind::Call => true,
        NodeKind::Tool | NodeKind::Retrieval | NodeKind::Embedding | NodeKind::Wait => {
            !node.internal
        }
        NodeKind::Turn | NodeKind::Workflow | NodeKind::Agent | NodeKind::Other => false,
    }
}

/// A part of something.
#[derive(Clone, Copy)]
struct Link {
    node: usize,
    from: u64,
    to: u64,
    tool: bool,
}

/// The parts of one node by their ends, and its calls by their starts. Plumbing and other spans
/// that are no work of their own are looked through.
struct Inner {
    ended: Vec<Link>,
    calls: Vec<Link>,
}

impl Inner {
    fn new(nodes: &[Node], working: &[u32], of: usize, now: u64) -> Self {
        let sum = |at: usize| working.get(at.min(nodes.len())).copied().unwrap_or(0);
        let last = of + nodes.get(of).map_or(0, |n| n.descendants as usize);
        let (mut ended, mut calls) = (Vec::new(), Vec::new());
        let mut at = of + 1;
        while let Some(node) = nodes.get(at).filter(|_| at <= last) {
            let (from, to) = (node.start, end_of(node, now));
            let link = Link {
                node: at,
                from,
                to,
                tool: node.kind == NodeKind::Tool,
            };
            let after = at + node.descendants as usize + 1;
            let frame = matches!(node.kind, NodeKind::Agent | NodeKind::Workflow);
            if !works(node) && !frame {
                at += 1;
                continue;
            }
            if from != 0 && from < to && sum(after) > sum(at) {
                ended.push(link);
                calls.extend(Some(link).filter(|_| node.kind == NodeKind::Call));
            }
            at = after;
        }
        // Of those that end together the longest is last.
        ended.sort_unstable_by_key(|l| (l.to, std::cmp::Reverse(l.from), l.node));
        calls.sort_unstable_by_key(|l| (l.from, l.node));
        Self { ended, calls }
    }

    /// What must have ended for something to happen at this time. A tool may begin while the
    /// answer that asked for it still comes: it waited for a part of that.
    fn before(&mut self, time: u64, tool: bool) -> Option<Link> {
        let begun = self.calls.partition_point(|l| l.from < time);
        let asked = begun.checked_sub(1).and_then(|i| self.calls.get(i));
        if let Some(asked) = asked.filter(|l| tool && l.to > time) {
            return Some(*asked);
        }
        let over = self
            .ended
            .partition_point(|l| l.to <= time.saturating_add(SLACK_NS));
        self.ended.truncate(over);
        while let Some(link) = self.ended.pop() {
            if link.from < time {
                return Some(link);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeId;
    use NodeKind::{Agent, Tool, Turn, Wait};
    use proptest::prelude::*;

    const S: u64 = 1_000_000_000;

    /// A node from and to tenths of seconds, with so many descendants.
    fn node(kind: NodeKind, from: u64, to: u64, descendants: u32) -> Node {
        Node {
            start: S + from * S / 10,
            end: Some(S + to * S / 10),
            descendants,
            ..Node::missing(NodeId(from), kind, "n", State::Ok)
        }
    }

    fn path(nodes: &[Node]) -> Vec<(usize, u64, u64)> {
        let legs = critical_path(nodes, 0, 0);
        let tenths = |ns: u64| (ns - S) * 10 / S;
        legs.iter()
            .map(|l| (l.node, tenths(l.from), tenths(l.to)))
            .collect()
    }

    #[test]
    fn of_tools_side_by_side_the_one_that_ended_last_held_things_up() {
        let nodes = [
            node(Turn, 0, 100, 4),
            node(NodeKind::Call, 0, 30, 0),
            node(Tool, 30, 40, 0),
            node(Tool, 30, 70, 0),
            node(NodeKind::Call, 71, 100, 0),
        ];
        assert_eq!(path(&nodes), [(1, 0, 30), (3, 30, 70), (4, 71, 100)]);
        let budget = path_budget(&nodes, 0, &critical_path(&nodes, 0, 0), 0);
        assert_eq!(budget.of(Part::Tool), 4 * S);
        assert_eq!(budget.of(Part::NotSplit), 59 * S / 10);
        assert_eq!(budget.of(Part::Idle), S / 10);
        assert_eq!(budget.wall(), 10 * S);
    }

    #[test]
    fn a_tool_that_begins_while_the_answer_comes_waited_for_that_part_of_it() {
        let nodes = [
            node(Turn, 0, 100, 3),
            node(NodeKind::Call, 0, 50, 0),
            node(Tool, 45, 60, 0),
            node(NodeKind::Call, 60, 100, 0),
        ];
        assert_eq!(path(&nodes), [(1, 0, 45), (2, 45, 60), (3, 60, 100)]);
    }

    #[test]
    fn what_holds_parts_is_told_by_them_and_by_its_own_time_between() {
        // A tool that runs an agent, which waits for a person; beside it one that nobody waits for.
        let nodes = [
            node(Turn, 0, 100, 6),
            node(NodeKind::Call, 0, 20, 0),
            node(Tool, 20, 80, 3),
            node(Agent, 25, 75, 2),
            node(NodeKind::Call, 25, 50, 0),
            node(Wait, 50, 75, 0),
            node(NodeKind::Call, 80, 100, 0),
        ];
        let expected = [
            (1, 0, 20),
            (2, 20, 25),
            (4, 25, 50),
            (5, 50, 75),
            (2, 75, 80),
            (6, 80, 100),
        ];
        assert_eq!(path(&nodes), expected);
    }

    #[test]
    fn what_goes_on_after_the_end_held_up_nothing() {
        let nodes = [
            node(Turn, 0, 40, 3),
            node(NodeKind::Call, 0, 20, 0),
            node(Tool, 20, 90, 0),
            node(NodeKind::Call, 20, 40, 0),
        ];
        assert_eq!(path(&nodes), [(1, 0, 20), (3, 20, 40)]);
    }

    #[test]
    fn plumbing_holds_nothing_up_and_hides_nothing() {
        let mut plumbing = node(NodeKind::Other, 0, 60, 2);
        plumbing.internal = true;
        let nodes = [
            node(Turn, 0, 60, 5),
            plumbing,
            node(NodeKind::Call, 0, 20, 0),
            node(NodeKind::Other, 20, 60, 0),
            node(Agent, 30, 60, 0),
            node(Tool, 20, 40, 0),
        ];
        assert_eq!(path(&nodes), [(2, 0, 20), (5, 20, 40)]);
    }

    #[test]
    fn stamps_that_overlap_by_a_hair_follow_each_other() {
        let mut tool = node(Tool, 20, 40, 0);
        tool.end = tool.end.map(|end| end + 2_000_000);
        let nodes = [
            node(Turn, 0, 60, 3),
            node(NodeKind::Call, 0, 20, 0),
            tool,
            node(NodeKind::Call, 40, 60, 0),
        ];
        assert_eq!(path(&nodes), [(1, 0, 20), (2, 20, 40), (3, 40, 60)]);
    }

    proptest! {
        #[test]
        fn legs_follow_each_other_within_the_whole(
            spans in prop::collection::vec((0usize..6, 0u64..90, 0u64..50, 0u32..4), 0..30)
        ) {
            let kinds = [Agent, NodeKind::Call, Tool, Wait, NodeKind::Other, NodeKind::Workflow];
            let mut left = u32::try_from(spans.len()).unwrap_or(0);
            let mut nodes = vec![node(Turn, 0, 100, left)];
            for (kind, from, length, below) in &spans {
                left -= 1;
                nodes.push(node(kinds[*kind], *from, from + length, (*below).min(left)));
            }
            let legs = critical_path(&nodes, 0, 0);
            let mut at = nodes[0].start;
            for leg in &legs {
                prop_assert!(leg.from >= at && leg.from < leg.to, "{:?}", legs);
                at = leg.to;
            }
            prop_assert!(at <= 11 * S);
            let wall = path_budget(&nodes, 0, &legs, 0).wall();
            prop_assert_eq!(wall, 10 * S);
        }
    }
}
