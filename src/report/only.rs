//! A report of a part: of the nodes that a query matches, each with its own figures and nothing of
//! what is above or below it.

use crate::model::figures::Figures;
use crate::model::finding::Finding;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, SessionSummary, Tree};
use crate::model::time_budget::{Part, time_budget};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What is reported on: a query in words, and the nodes of each session that match it.
#[derive(Clone, Debug, Default)]
pub struct Only {
    /// The query.
    pub text: String,
    /// The nodes that match.
    pub nodes: BTreeMap<SessionId, HashSet<NodeId>>,
}

impl Only {
    /// What was found at a node that matches.
    pub(super) fn holds(&self, finding: &Finding) -> bool {
        let nodes = self.nodes.get(&finding.session);
        nodes.is_some_and(|nodes| finding.node.is_some_and(|node| nodes.contains(&node)))
    }
}

/// A session as the report tells of it.
pub(super) struct Told {
    pub summary: SessionSummary,
    pub tree: Arc<Tree>,
    /// The number of the turn of each node.
    pub turn_of: Vec<Option<u32>>,
    /// The numbers of the turns in the summary.
    pub turns: Vec<u32>,
}

/// A session without what does not match; `None` when nothing does.
pub(super) fn only(told: &Told, nodes: &HashSet<NodeId>) -> Option<Told> {
    let now = told.summary.last_arrival.max(told.summary.end);
    let mut kept: Vec<Node> = Vec::new();
    let mut turn_of = Vec::new();
    // Where each node of the whole tree stands among those kept, else its nearest ancestor there.
    let mut stands: Vec<Option<u32>> = Vec::with_capacity(told.tree.nodes.len());
    for (node, turn) in told.tree.nodes.iter().zip(&told.turn_of) {
        let above = node
            .parent
            .and_then(|p| stands.get(p as usize).copied().flatten());
        if !nodes.contains(&node.id) {
            stands.push(above);
            continue;
        }
        stands.push(u32::try_from(kept.len()).ok());
        turn_of.push(*turn);
        kept.push(Node {
            parent: above,
            depth: above
                .and_then(|p| kept.get(p as usize))
                .map_or(0, |p| p.depth + 1),
            descendants: 0,
            rolled: Figures::of(node),
            claimed: None,
            ..node.clone()
        });
    }
    if kept.is_empty() {
        return None;
    }
    let figures = |turn: Option<u32>| {
        let within = kept.iter().zip(&turn_of);
        let within = within
            .filter(|(_, t)| turn.is_none() || **t == turn)
            .map(|(n, _)| n.clone());
        sums(&within.collect::<Vec<_>>(), now)
    };
    let mut summary = told.summary.clone();
    summary.figures = figures(None);
    summary.measured = None;
    let turns = told.turns.iter().zip(&told.summary.turns);
    let (turns, summaries) = turns
        .filter(|(number, _)| turn_of.contains(&Some(**number)))
        .map(|(number, turn)| {
            let mut turn = (**turn).clone();
            turn.figures = figures(Some(*number));
            (*number, Arc::new(turn))
        })
        .unzip();
    summary.turns = summaries;
    roll(&mut kept);
    let tree = Arc::new(Tree {
        nodes: kept,
        start: told.tree.start,
        end: told.tree.end,
    });
    Some(Told {
        summary,
        tree,
        turn_of,
        turns,
    })
}

/// The nodes' own figures together.
fn sums(nodes: &[Node], now: u64) -> Figures {
    let mut sums = Figures::default();
    for node in nodes {
        sums.add(&node.rolled);
    }
    let start = nodes.iter().map(|n| n.start).min().unwrap_or(0);
    let end = nodes
        .iter()
        .filter_map(|n| n.end.or(n.state.is_running().then_some(now)))
        .max();
    sums.wall_ns = end.unwrap_or(start).saturating_sub(start);
    sums.idle_ns = time_budget(nodes, now).of(Part::Idle);
    sums
}

/// Adds what is kept below a node to it; children stand after their parents.
fn roll(nodes: &mut [Node]) {
    for at in (0..nodes.len()).rev() {
        let Some(node) = nodes.get(at) else { continue };
        let (below, descendants) = (node.rolled, node.descendants);
        let parent = node.parent.map(|p| p as usize).filter(|p| *p < at);
        if let Some(parent) = parent.and_then(|p| nodes.get_mut(p)) {
            parent.rolled.add(&below);
            parent.descendants += descendants + 1;
        }
    }
}
