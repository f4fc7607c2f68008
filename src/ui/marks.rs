//! Findings on the rows of the tree, and what the detail says of them.

use super::Picture;
use super::fields::{Group, LABEL, field, flow};
use super::pane::{Line, Tone};
use super::{summary, text};
use crate::model::finding::{Finding, Severity};
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind};
use crate::model::remarks::Verdict;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Which nodes of the tree in view have findings, by their index.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    made_from: Option<(SessionId, u64, u64)>,
    /// In order, once each, with the gravest of its findings.
    at: Vec<(usize, Severity)>,
}

impl Marks {
    /// Brings them in line with the picture.
    pub(super) fn refresh(&mut self, picture: &Picture) {
        let (Some(session), Some(tree)) = (picture.session, picture.tree) else {
            *self = Self::default();
            return;
        };
        let key = (session, picture.tree_version, picture.findings_version);
        if self.made_from.replace(key) == Some(key) {
            return;
        }
        let own = picture.findings.iter().filter(|f| f.session == session);
        let mut worst: FxHashMap<NodeId, Severity> = FxHashMap::default();
        for (node, severity) in own.filter_map(|f| Some((f.node?, f.severity))) {
            let known = worst.entry(node).or_insert(severity);
            *known = severity.max(*known);
        }
        self.at.clear();
        if worst.is_empty() {
            return;
        }
        let of = |node: &Node| {
            worst
                .get(&node.id)
                .or_else(|| worst.get(&node.alias))
                .copied()
        };
        let nodes = tree.nodes.iter().enumerate();
        self.at
            .extend(nodes.filter_map(|(i, node)| Some((i, of(node)?))));
    }

    /// There is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Indices of nodes with findings, in order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = usize> {
        self.at.iter().map(|(i, _)| *i)
    }

    /// The gravest finding on the nodes of these indices.
    pub fn within(&self, nodes: Range<usize>) -> Option<Severity> {
        let from = self.at.partition_point(|(i, _)| *i < nodes.start);
        let inside = self
            .at
            .iter()
            .skip(from)
            .take_while(|(i, _)| *i < nodes.end);
        inside.map(|(_, severity)| *severity).max()
    }
}

/// What a severity looks like.
pub(super) fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Secondary,
    }
}

/// What was judged of a node: told by itself, or by guardrails and evaluators that ran right below it.
fn verdicts<'a>(picture: &Picture<'a>, node: &'a Node) -> impl Iterator<Item = &'a Verdict> {
    let at = picture.tree.and_then(|tree| tree.find(node.id));
    let nodes = picture.tree.map_or(&[][..], |tree| &tree.nodes);
    let below = at.map_or(0..0, |at| at + 1..at + 1 + node.descendants as usize);
    let below = nodes.get(below).unwrap_or_default().iter();
    let judges = below.filter(move |judge| {
        judge.kind == NodeKind::Other && judge.parent.map(|up| up as usize) == at
    });
    let told = std::iter::once(node).chain(judges);
    told.flat_map(|n| &n.remarks).flat_map(|r| &r.verdicts)
}

/// The summary of a node at a time, below what was found in it and judged of it.
pub fn lines(picture: &Picture, node: &Node, now: u64, width: usize) -> Vec<Line> {
    let cut = |said: &str| {
        let said = text::sanitize(said);
        text::cut(&said, width.saturating_sub(LABEL), text::Cut::End, "…")
    };
    let of_node = |f: &&Finding| {
        Some(f.session) == picture.session
            && (f.node == Some(node.id) || f.node == Some(node.alias))
    };
    let found = picture.findings.iter().filter(of_node).map(|f| Group {
        fields: vec![field("finding", tone(f.severity), cut(&f.message))],
        note: cut(&f.evidence),
        ..Group::default()
    });
    let verdicts = verdicts(picture, node).map(|v| {
        let tone = match v.passed {
            Some(true) => Tone::Text,
            Some(false) => Tone::Warning,
            None => Tone::Secondary,
        };
        Group {
            fields: vec![field("verdict", tone, cut(&v.text()))],
            note: cut(v.why.as_deref().unwrap_or_default()),
            ..Group::default()
        }
    });
    let above = found.chain(verdicts).flat_map(|group| flow(group, width));
    above.chain(summary::lines(node, now, width)).collect()
}
