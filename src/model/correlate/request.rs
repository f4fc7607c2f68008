//! What was asked for in a trace where nobody told of a prompt.

use super::build::Builder;
use super::place::Group;
use crate::model::evidence::{Field, Op, key_of};
use crate::model::ids::{NodeId, TraceId};
use crate::model::node::{Node, NodeKind};
use std::sync::Arc;

impl Builder<'_> {
    /// The turn that stands for a trace in which nobody told of a prompt.
    pub(super) fn turn_of_trace(&self, seed_index: usize, trace: TraceId) -> Node {
        let id = NodeId(key_of(("turn", trace)));
        let mut node = Node::missing(id, NodeKind::Turn, "", self.running());
        let first = self.children(seed_index).min_by_key(|g| {
            let start = self.forest.pieces[g.anchor].evidence.start;
            (g.op == Op::Internal, start)
        });
        node.arrived = first.is_some();
        let within = || self.asked(self.first_asked(trace)?);
        let Some(first) = first else {
            // What it set off may have come before it, as exporters send what ends first.
            node.name = within().unwrap_or_else(|| "request not received yet".into());
            return node;
        };
        let own = self.asked(first);
        let title = own.or_else(within).map(|title| (title, None));
        let named = title.unwrap_or_else(|| untitled(self.name(first).0));
        (node.name, node.detail) = named;
        node
    }

    /// What a group was asked: what its own spans say, else the last message of a person that records
    /// beside them hold. Of several that came at one moment nobody knows which was last.
    pub(super) fn asked(&self, group: &Group) -> Option<Arc<str>> {
        let told = group.pieces.iter().filter_map(|&i| {
            let evidence = self.forest.pieces[i].evidence;
            let said = evidence.facts.text(Field::Title)?;
            Some((self.groups.op[i] == Op::Mark, evidence.start, said))
        });
        let (said, own): (Vec<_>, Vec<_>) = told.partition(|(mark, ..)| *mark);
        let last = said.iter().map(|(_, at, _)| *at).max();
        let mut latest = said.iter().filter(|(_, at, _)| Some(*at) == last);
        let one = latest.next().map(|(.., text)| *text);
        let one = one.filter(|one| latest.all(|(.., other)| other == one));
        let text = own.first().map(|(.., text)| *text).or(one);
        text.map(|text| self.cx.texts.text(text))
    }

    /// What was asked first in the traces of a turn whose root is none of an agent: an HTTP request, a job.
    fn first_asked(&self, trace: TraceId) -> Option<&Group> {
        let anchor = |g: &Group| &self.forest.pieces[g.anchor];
        let here = self.places.groups.values().filter(|g| {
            let own = anchor(g).evidence.trace;
            let turn = self.places.turn_of.get(&own).copied().unwrap_or(own);
            turn == trace && self.asked(g).is_some()
        });
        here.min_by_key(|g| (anchor(g).evidence.start, self.forest.depth[g.anchor]))
    }
}

/// The name and detail of a turn of which no words of a prompt are known, only what it is named
/// after. They are the same, and [`assemble`](crate::model::assemble) gives it its number.
pub(super) fn untitled(after: Arc<str>) -> (Arc<str>, Option<Arc<str>>) {
    (after.clone(), Some(after))
}
