//! Who handed over to whom, and who had work done by whom: only where the telemetry shows it, in
//! spans and tools, or in what was asked for and answered.

use super::build::Builder;
use super::place::Group;
use crate::model::evidence::{Field, Op};
use crate::model::ids::NodeId;
use crate::model::node::{Node, NodeKind, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Stands for the agent that a program is, where no span of its own tells of it: the way that
/// Claude Code's own records put it.
const MAIN: &str = "main";

/// What a row says of handing over: a span of a hand-over, a tool that makes one, a call that asks
/// for one, or an agent by what it was told and answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handover {
    /// Who hands over, where told.
    pub from: Option<Arc<str>>,
    /// Who goes on, where told.
    pub to: Option<Arc<str>>,
    /// The last that an agent was told, as a [`join_key`](crate::model::evidence::join_key).
    pub heard: Option<u64>,
    /// What an agent answered, as one.
    pub said: Option<u64>,
}

/// What an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// One agent stops and another goes on.
    Handoff,
    /// One agent has another do something, and waits or goes on itself.
    Delegation,
}

/// One agent and the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Handed over or delegated.
    pub kind: EdgeKind,
    /// The agent that did.
    pub from: Arc<str>,
    /// The agent that goes on, or works for it.
    pub to: Arc<str>,
    /// How we know, in words.
    pub evidence: String,
    /// The rows that show it, in order.
    pub nodes: Vec<NodeId>,
}

impl Builder<'_> {
    /// What a group says of handing over.
    pub(super) fn hands(&self, group: &Group) -> Option<Box<Handover>> {
        let flagged = group.pieces.iter().any(|&i| {
            let facts = &self.forest.pieces[i].evidence.facts;
            facts.is(Field::HandsOver)
        });
        let hands = Handover {
            from: self.text(group, Field::HandoffFrom),
            to: self.text(group, Field::HandoffTo),
            heard: self.number(group, Field::Heard),
            said: self.number(group, Field::Said),
        };
        let told = match group.op {
            Op::Handoff => true,
            Op::Tool => flagged || hands.to.is_some(),
            Op::Call => hands.to.is_some(),
            Op::Agent => hands.heard.is_some() || hands.said.is_some(),
            _ => false,
        };
        told.then(|| Box::new(hands))
    }
}

/// The edges of a session, those that are equal as one: what spans and tools show in order of their
/// first row, then what only messages tell.
pub fn edges(tree: &Tree) -> Vec<Edge> {
    let rows = || tree.nodes.iter().enumerate();
    let mut found = Found::default();
    for (at, node) in rows() {
        found.file(match node.kind {
            NodeKind::Call => None,
            NodeKind::Agent => delegation(tree, node),
            _ => handoff(tree, at, node),
        });
    }
    let shown: BTreeSet<_> = found.edges.iter().map(ends).collect();
    let delegated = found
        .edges
        .iter()
        .filter(|e| e.kind == EdgeKind::Delegation);
    let delegated: BTreeSet<_> = delegated.map(|e| e.to.clone()).collect();
    for (at, node) in rows() {
        let told = match node.kind {
            NodeKind::Call => asked(tree, at, node),
            NodeKind::Agent => passed_on(tree, at, node),
            _ => None,
        };
        let news = |e: &Edge| !shown.contains(&ends(e)) && !delegated.contains(&e.to);
        found.file(told.filter(news));
    }
    found.edges
}

fn ends(edge: &Edge) -> (Arc<str>, Arc<str>) {
    (edge.from.clone(), edge.to.clone())
}

/// Edges, each once.
#[derive(Default)]
struct Found {
    edges: Vec<Edge>,
    index: BTreeMap<(EdgeKind, Arc<str>, Arc<str>), usize>,
}

impl Found {
    fn file(&mut self, edge: Option<Edge>) {
        let Some(edge) = edge else { return };
        let key = (edge.kind, edge.from.clone(), edge.to.clone());
        let known = *self.index.entry(key).or_insert(self.edges.len());
        match self.edges.get_mut(known) {
            Some(same) => same.nodes.extend(edge.nodes),
            None => self.edges.push(edge),
        }
    }
}

/// A call whose answer asks for another agent, and that agent began next: no span tells of a tool
/// that only hands over.
fn asked(tree: &Tree, at: usize, node: &Node) -> Option<Edge> {
    let to = named(tree, node.hands.as_deref()?.to.as_ref())?;
    let from = agent_of(tree, node).filter(|from| *from != to)?;
    (successor(tree, at, node)? == to).then(|| Edge {
        kind: EdgeKind::Handoff,
        evidence: format!(
            "the answer asks for it, and this agent began next: `{}`",
            node.name
        ),
        from,
        to,
        nodes: vec![node.id],
    })
}

/// An agent that was told last what another had answered before.
fn passed_on(tree: &Tree, at: usize, node: &Node) -> Option<Edge> {
    let heard = node.hands.as_deref()?.heard?;
    let before = tree.nodes.iter().take(at).rev();
    let said = |n: &&Node| n.hands.as_deref().is_some_and(|h| h.said == Some(heard));
    let ended = |n: &&Node| n.end.is_some_and(|end| end <= node.start);
    let mut agents = before.filter(|n| n.kind == NodeKind::Agent && ended(n));
    let from = agents.find(said).filter(|n| n.name != node.name)?;
    Some(Edge {
        kind: EdgeKind::Handoff,
        from: from.name.clone(),
        to: node.name.clone(),
        evidence: "what the one answered is the last that the other was told".into(),
        nodes: vec![node.id],
    })
}

fn ancestors<'a>(tree: &'a Tree, node: &'a Node) -> impl Iterator<Item = &'a Node> {
    let up = |n: &&'a Node| tree.nodes.get(n.parent? as usize);
    std::iter::successors(up(&node), up)
}

/// The agent that a row is in.
fn agent_of(tree: &Tree, node: &Node) -> Option<Arc<str>> {
    let mut above = ancestors(tree, node);
    above
        .find(|n| n.kind == NodeKind::Agent)
        .map(|n| n.name.clone())
}

fn handoff(tree: &Tree, at: usize, node: &Node) -> Option<Edge> {
    let hands = node.hands.as_deref()?;
    let told = named(tree, hands.from.as_ref()).or_else(|| agent_of(tree, node));
    let from = told.or_else(|| predecessor(tree, at, node))?;
    let (to, how) = match named(tree, hands.to.as_ref()) {
        Some(to) => (to, ""),
        // The agent that begins next, if it is not below what hands over.
        None => (successor(tree, at, node)?, ", and this agent began next"),
    };
    let what = match node.kind {
        NodeKind::Tool => "tool",
        _ => "span",
    };
    (from != to).then(|| Edge {
        kind: EdgeKind::Handoff,
        evidence: format!("{what} `{}`{how}", node.name),
        from,
        to,
        nodes: vec![node.id],
    })
}

/// An agent's name as its own rows spell it: tools are named `transfer_to_code_reviewer`.
fn named(tree: &Tree, told: Option<&Arc<str>>) -> Option<Arc<str>> {
    let told = told?;
    let plain = |name: &str| name.to_lowercase().replace([' ', '-'], "_");
    let agents = tree.nodes.iter().filter(|n| n.kind == NodeKind::Agent);
    let mut alike = agents.filter(|n| plain(&n.name) == plain(told));
    Some(
        alike
            .next()
            .map_or_else(|| told.clone(), |n| n.name.clone()),
    )
}

/// The agent that ran last beside what hands over, or beside what holds it: a graph can run an
/// agent's tools next to it.
fn predecessor(tree: &Tree, at: usize, node: &Node) -> Option<Arc<str>> {
    let above: BTreeSet<u32> = ancestors(tree, node)
        .filter_map(|n| n.parent)
        .chain(node.parent)
        .collect();
    let before = tree.nodes.iter().take(at);
    let agents = before.filter(|n| n.kind == NodeKind::Agent && n.start <= node.start);
    let mut beside = agents.filter(|n| n.parent.is_some_and(|p| above.contains(&p)));
    beside.next_back().map(|n| n.name.clone())
}

fn successor(tree: &Tree, at: usize, node: &Node) -> Option<Arc<str>> {
    let below = at + node.descendants as usize;
    let later = tree.nodes.iter().enumerate().skip(below + 1);
    let after = node.end.unwrap_or(node.start);
    let agents = later.filter(|(_, n)| n.kind == NodeKind::Agent && n.start >= after);
    let first = agents.min_by_key(|(i, n)| (n.start, *i))?;
    Some(first.1.name.clone())
}

/// An agent right below a tool call, with no other agent, call or turn between: that started it.
fn delegation(tree: &Tree, node: &Node) -> Option<Edge> {
    if node.kind != NodeKind::Agent {
        return None;
    }
    let frames = |n: &&Node| !matches!(n.kind, NodeKind::Other | NodeKind::Workflow);
    let tool = ancestors(tree, node).find(frames)?;
    (tool.kind == NodeKind::Tool).then(|| Edge {
        kind: EdgeKind::Delegation,
        from: agent_of(tree, tool).unwrap_or_else(|| MAIN.into()),
        to: node.name.clone(),
        evidence: format!("ran below the tool call `{}`", tool.name),
        nodes: vec![node.id],
    })
}
