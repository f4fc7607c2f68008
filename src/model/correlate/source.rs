//! Where a node comes from.

use super::build::Builder;
use super::place::{Group, is_engine};
use crate::model::evidence::{Field, Op, Signal, join_key, key_of};
use crate::model::ids::EvidenceId;
use crate::model::node::{Role, Source};
use std::collections::HashSet;

impl Builder<'_> {
    /// What identifies a group by its records, before and after its spans come.
    pub(super) fn record_identity(&self, group: &Group) -> u64 {
        let session = self.text(group, Field::Session);
        let session = session.as_deref();
        match group.op {
            Op::Call => self
                .number(group, Field::ResponseId)
                .map(|id| key_of(("call", session, id))),
            Op::Tool | Op::ToolStart | Op::ToolPart => self
                .number(group, Field::ToolCallId)
                .map(|id| key_of(("tool", session, id))),
            Op::Turn => self
                .number(group, Field::TurnKey)
                .map(|id| key_of(("prompt", id))),
            Op::Agent => self
                .number(group, Field::AgentId)
                .map(|id| key_of(("agent", id))),
            _ => None,
        }
        .unwrap_or_else(|| {
            // A request is known before its spans come.
            let request =
                |&&i: &&usize| self.groups.op[i] == Op::Attempt && !self.forest.pieces[i].is_span();
            let first = group.pieces.iter().find(request).copied();
            let e = self.forest.pieces[first.unwrap_or(group.anchor)].evidence;
            let origin = self.cx.origins.get(e.origin as usize);
            key_of((
                "record",
                origin.map(|o| o.key),
                e.trace,
                e.span,
                e.start,
                e.end,
                join_key(self.cx.texts.str(e.name)),
                e.content,
            ))
        })
    }

    /// Where a group's node comes from, the piece that names it first. The chunks of a stream are
    /// too many to be listed.
    pub(super) fn sources(&self, group: &Group) -> Vec<Source> {
        let calls = group
            .pieces
            .iter()
            .filter(|&&i| self.groups.op[i] == Op::Call);
        let unowned = self.places.unowned.contains(&self.groups.of(group.anchor));
        let wraps: HashSet<usize> = calls.filter_map(|&i| self.groups.context[i]).collect();
        let source = |&i: &usize| {
            let (piece, op) = (&self.forest.pieces[i], self.groups.op[i]);
            let span = piece.evidence.signal == Signal::Span;
            let role = match (span, op) {
                (false, _) => Role::Event,
                (true, op) if is_engine(op) => Role::Engine,
                (true, Op::Call) if wraps.contains(&i) => Role::Framework,
                (true, Op::Call) => Role::Client,
                (true, _) => Role::Framework,
            };
            Source {
                evidence: EvidenceId(piece.id.0),
                is_span: span,
                role,
                trace: piece.evidence.trace,
                span: piece.evidence.span,
                why: match self.groups.why[i] {
                    _ if unowned => "several agents ran meanwhile, and nobody tells whose it is",
                    why => why,
                },
            }
        };
        let mut pieces = group.pieces.clone();
        let chunk =
            |&i: &usize| self.groups.op[i] == Op::CallPart && !self.forest.pieces[i].is_span();
        pieces.retain(|i| !chunk(i));
        pieces.sort_by_key(|&i| {
            (
                i != group.anchor,
                !self.forest.pieces[i].is_span(),
                self.forest.depth[i],
                i,
            )
        });
        pieces.iter().map(source).collect()
    }
}
