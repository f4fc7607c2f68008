//! What never came: ends, answers, parents.

use super::rules::{NEVER_ANSWERED, ORPHANS};
use super::walk::{At, Check, Found};
use super::words::name;
use crate::model::finding::Finding;
use crate::model::ids::NodeId;
use crate::model::node::{Node, NodeKind, SessionSummary, State};
use rustc_hash::FxHashMap;

/// Live, a parent is waited for so long after the last arrival: it ends after its children, and
/// exporters send it later still.
const PATIENCE_NS: u64 = 60_000_000_000;

/// Tool calls and model calls that have no end.
#[derive(Default)]
pub(super) struct Unanswered {
    /// Tools without an end, by the run that they are part of.
    open: FxHashMap<NodeId, Vec<Node>>,
}

impl Check for Unanswered {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let node = at.node;
        match node.kind {
            NodeKind::Tool if node.end.is_none() && !works_apart(at) && node.arrived => {
                if node.state == State::Abandoned {
                    tell(node, "nothing came any more", found);
                } else if node.state.is_running() {
                    self.open.entry(at.place.run).or_default().push(bare(node));
                }
            }
            NodeKind::Call => {
                if let Some(open) = self.open.get_mut(&at.place.run) {
                    // Once that call has ended too: what ends is sent in that order, starts at once.
                    let passed = |tool: &mut Node| tool.start < node.start && node.end.is_some();
                    for tool in open.extract_if(.., passed) {
                        tell(&tool, "the model was called again since", found);
                    }
                }
                if node.state == State::Abandoned {
                    tell(node, "nothing came any more", found);
                }
            }
            _ => {}
        }
    }
}

/// A tool that starts an agent may work in the background.
fn works_apart(at: &At<'_>) -> bool {
    at.below
        .iter()
        .any(|n| matches!(n.kind, NodeKind::Agent | NodeKind::Call | NodeKind::Wait))
}

/// What is kept of a node until more is known.
fn bare(node: &Node) -> Node {
    Node {
        detail: node.detail.clone(),
        start: node.start,
        ..Node::missing(node.id, node.kind, &node.name, node.state)
    }
}

fn tell(node: &Node, why: &str, found: &mut Found) {
    let text = format!("{} was never answered", name(node));
    found.add(&NEVER_ANSWERED, node, text, why.to_owned());
}

/// Parents that have not come.
#[derive(Default)]
pub(super) struct Orphans {
    first: Option<(NodeId, u64)>,
    parents: usize,
    children: usize,
}

impl Orphans {
    pub(super) fn look(&mut self, at: &At<'_>) {
        let node = at.node;
        if node.arrived || node.kind == NodeKind::Turn || node.descendants == 0 {
            return;
        }
        self.first = self.first.or(Some((node.id, node.start)));
        self.parents += 1;
        let near = |n: &&Node| n.depth == node.depth + 1 && n.arrived;
        self.children += at.below.iter().filter(near).count();
    }

    pub(super) fn at(
        &self,
        session: &SessionSummary,
        now: u64,
        over: bool,
        found: &mut Vec<Finding>,
    ) {
        let waited = now.saturating_sub(session.last_arrival) > PATIENCE_NS;
        let Some((node, start)) = self.first.filter(|_| over || waited) else {
            return;
        };
        let some = |n: usize, one: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{n} {one}s"),
        };
        let message = format!("{} never came", some(self.parents, "parent span"));
        found.push(Finding {
            rule: ORPHANS.name,
            severity: ORPHANS.severity,
            session: session.id,
            node: Some(node),
            at: start,
            message,
            evidence: format!("{} without it", some(self.children, "span")),
        });
    }
}
