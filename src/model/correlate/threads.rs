//! What the turns of bare calls tell of how they go on in other traces.

use super::answers::asks_for_tools;
use super::build::Builder;
use super::place::{Group, Seed};
use crate::model::evidence::{Field, Op, key_of};
use crate::model::ids::{NodeId, TraceId};
use crate::model::threads::Thread;

impl Builder<'_> {
    /// Turns of bare calls, as far as others could go on with them or they with others.
    pub(super) fn threads(&self) -> Vec<Thread> {
        let seeds = self.places.seeds.iter().enumerate();
        let framed = seeds.filter_map(|(i, seed)| match seed {
            Seed::TraceTurn(trace) if self.places.parent[i].is_none() => self.thread(i, *trace),
            _ => None,
        });
        framed.filter(Thread::matters).collect()
    }

    fn thread(&self, seed: usize, trace: TraceId) -> Option<Thread> {
        let mut calls: Vec<&Group> = Vec::new();
        for group in self.children(seed) {
            match group.op {
                Op::Call | Op::Engine => calls.push(group),
                Op::Tool | Op::ToolStart | Op::Internal | Op::Mark => {}
                _ => return None,
            }
        }
        calls.sort_by_key(|g| (self.times(g).0, g.anchor));
        let (first, last) = (*calls.first()?, *calls.last()?);
        let ends: Option<Vec<u64>> = calls.iter().map(|g| self.times(g).1).collect();
        let ids = |groups: &[&Group], field| {
            let each = groups.iter().flat_map(|g| self.ids(g, field));
            let mut ids: Vec<u64> = each.collect();
            ids.sort_unstable();
            ids.dedup();
            ids.shrink_to_fit();
            ids
        };
        let goes_on = self.flag(first, Field::GoesOn);
        let mut answered = ids(&[first], Field::ToolAnswered);
        if goes_on {
            answered.extend(ids(&[first], Field::ToolRepeated));
        }
        let text = |field| self.text(first, field).map(|text| key_of(&*text));
        Some(Thread {
            turn: NodeId(key_of(("turn", trace))),
            start: self.times(first).0,
            end: ends.and_then(|ends| ends.into_iter().max()),
            question: self.asked(first).map(|text| key_of(&*text)),
            model: text(Field::RequestModel),
            goes_on,
            asks: self.asks(last),
            asked: ids(&calls, Field::ToolAsked),
            answered,
            carried: ids(&calls[1..], Field::ToolAnswered),
        })
    }

    /// A call asked for tools, or does not say that it did not.
    fn asks(&self, call: &Group) -> bool {
        let failed = self.forest.pieces[call.anchor].evidence.failed;
        let said = self.text(call, Field::FinishReasons);
        let asked = self.ids(call, Field::ToolAsked).next().is_some();
        !failed && (asked || said.is_none_or(|said| said.lines().any(asks_for_tools)))
    }

    fn ids(&self, group: &Group, field: Field) -> impl Iterator<Item = u64> {
        let pieces = group.pieces.iter().map(|&i| self.forest.pieces[i].evidence);
        pieces.flat_map(move |e| e.facts.all(field).map(|fact| fact.value))
    }
}
