//! Who handed over to whom, and who had work done by whom.

use crate::model::correlate::{Edge, EdgeKind, edges};
use crate::model::node::Tree;
use serde::Serialize;

/// One agent and the next; equal ones are one row.
#[derive(Debug, Serialize)]
pub struct EdgeRow {
    /// `handoff` or `delegation`.
    pub kind: &'static str,
    pub from: String,
    pub to: String,
    /// How we know, in words.
    pub evidence: String,
    /// How often.
    pub count: usize,
    /// The nodes that show it.
    pub nodes: Vec<String>,
}

/// The edges of a session.
pub fn rows(tree: &Tree) -> Vec<EdgeRow> {
    edges(tree).iter().map(row).collect()
}

fn row(edge: &Edge) -> EdgeRow {
    EdgeRow {
        kind: match edge.kind {
            EdgeKind::Handoff => "handoff",
            EdgeKind::Delegation => "delegation",
        },
        from: edge.from.to_string(),
        to: edge.to.to_string(),
        evidence: edge.evidence.clone(),
        count: edge.nodes.len(),
        nodes: edge.nodes.iter().map(ToString::to_string).collect(),
    }
}
