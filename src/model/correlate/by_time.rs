//! Records that no id joins to the spans of the same call or tool run: these lie beside each other
//! and end together.

use super::groups::Groups;
use super::pieces::{Forest, Piece};
use crate::model::evidence::{Field, Op};
use std::collections::HashMap;

/// Farthest that the end of a log record may lie from the end of the span of the same call,
/// where no id joins them: exporters stamp the record a few milliseconds later.
const SAME_END_NS: u64 = 250_000_000;

impl Groups {
    /// A record of a call that no id joins to the span that it must be of: same parent, same
    /// model, same end.
    pub(super) fn join_records_by_time(&mut self, forest: &Forest<'_>) {
        let mut size: HashMap<usize, usize> = HashMap::new();
        let mut unnamed: HashMap<usize, Vec<usize>> = HashMap::new();
        for (i, p) in forest.pieces.iter().enumerate() {
            *size.entry(self.of(i)).or_default() += 1;
            if p.is_span()
                && self.op[i] == Op::Call
                && p.number(Field::ResponseId).is_none()
                && let Some(parent) = p.parent
            {
                unnamed.entry(parent).or_default().push(i);
            }
        }
        for (i, record) in forest.pieces.iter().enumerate() {
            if record.is_span() || self.op[i] != Op::Call || size.get(&self.of(i)) != Some(&1) {
                continue;
            }
            let near = |j: &usize| forest.pieces[*j].evidence.end.abs_diff(record.evidence.end);
            let model = |p: &Piece<'_>| p.number(Field::RequestModel);
            let spans = record.parent.and_then(|parent| unnamed.get(&parent));
            let best = spans
                .into_iter()
                .flatten()
                .copied()
                .filter(|j| model(&forest.pieces[*j]) == model(record) && near(j) <= SAME_END_NS)
                .min_by_key(near);
            if let Some(span) = best {
                self.join(i, span, "same model and end");
            }
        }
    }

    /// A record of a tool run that no id joins to its span: written inside the same span as that
    /// began in, same tool, nearest end.
    pub(super) fn join_tool_records_by_time(&mut self, forest: &Forest<'_>) {
        let mut spans: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
        let key = |groups: &Self, i: usize| {
            let p = &forest.pieces[i];
            let name = p
                .number(Field::ToolName)
                .filter(|_| groups.op[i] == Op::Tool);
            p.parent.zip(name)
        };
        for (i, _) in forest
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, p)| p.is_span())
        {
            if let Some(key) = key(self, i) {
                spans.entry(key).or_default().push(i);
            }
        }
        if spans.is_empty() {
            return;
        }
        for (i, record) in forest.pieces.iter().enumerate() {
            if record.is_span() || record.number(Field::ToolCallId).is_some() {
                continue;
            }
            let beside = key(self, i).and_then(|key| spans.get_mut(&key));
            let near = |&(_, &j): &(usize, &usize)| {
                forest.pieces[j].evidence.end.abs_diff(record.evidence.end)
            };
            if let Some(beside) = beside
                && let Some((at, &span)) = beside.iter().enumerate().min_by_key(near)
                && near(&(at, &span)) <= SAME_END_NS
            {
                beside.swap_remove(at);
                self.join(i, span, "same tool and end");
            }
        }
    }
}
