//! Traces that are one turn: what a link joins, the calls of a bare client that answer what the
//! call before asked for, and calls that name one prompt.

use super::pieces::{Forest, Piece};
use super::place::{Places, Seed};
use crate::model::evidence::{Field, Op};
use crate::model::ids::TraceId;
use std::collections::{HashMap, HashSet};

/// The trace that stands for its turn, for each trace that goes on with an earlier one: the one at
/// which the way back through links and answers ends.
pub fn turns_of_traces(forest: &Forest<'_>) -> HashMap<TraceId, TraceId> {
    let mut tops = before(forest);
    loop {
        // Each pass doubles how far back everybody looks.
        let further = |up: &TraceId| tops.get(up).copied().unwrap_or(*up);
        let next: HashMap<TraceId, TraceId> =
            tops.iter().map(|(&t, up)| (t, further(up))).collect();
        if next == tops {
            return tops;
        }
        tops = next;
    }
}

/// The earlier trace that each trace goes on with; being earlier, it is never its own.
fn before(forest: &Forest<'_>) -> HashMap<TraceId, TraceId> {
    let roots = || {
        forest
            .pieces
            .iter()
            .filter(|p| p.is_span() && p.parent_key.is_none())
    };
    let mut began: HashMap<TraceId, u64> = HashMap::new();
    for p in &forest.pieces {
        let start = began.entry(p.evidence.trace).or_insert(p.evidence.start);
        *start = p.evidence.start.min(*start);
    }
    let order = |trace: TraceId| (began.get(&trace).copied().unwrap_or_default(), trace);
    let mut asked: HashMap<u64, TraceId> = HashMap::new();
    for call in roots().filter(|p| p.op == Op::Call) {
        for id in call.evidence.facts.all(Field::ToolAsked) {
            asked.entry(id.value).or_insert(call.evidence.trace); // pieces stand by their start
        }
    }
    // Calls without a parent that name the prompt that they are made for, and the last prompt of
    // each conversation, with which what names none goes on.
    let mut prompts: HashMap<(u64, u64), TraceId> = HashMap::new();
    let mut last: HashMap<u64, TraceId> = HashMap::new();
    let mut before: HashMap<TraceId, TraceId> = HashMap::new();
    for root in roots() {
        let trace = root.evidence.trace;
        let answers = root.evidence.facts.all(Field::ToolAnswered);
        let mut answers = answers.filter(|_| root.op == Op::Call);
        let goes_on = || answers.find_map(|id| asked.get(&id.value)).copied();
        let talk = root.number(Field::Conversation);
        let prompt = root.number(Field::TurnKey).zip(talk);
        let same_prompt = || {
            let Some(named) = prompt.filter(|_| root.op == Op::Call) else {
                let works = prompt.is_none() && matches!(root.op, Op::Internal | Op::Tool);
                return last.get(&talk?).copied().filter(|_| works);
            };
            let first = *prompts.entry(named).or_insert(trace);
            last.insert(named.1, first);
            Some(first)
        };
        let told = root.evidence.facts.link_trace();
        let told = told.or_else(goes_on).or_else(same_prompt);
        if let Some(told) = told.filter(|&told| order(told) < order(trace)) {
            before.entry(trace).or_insert(told);
        }
    }
    before
}

impl Places {
    /// Without prompts, each trace with a model call or an agent's run is a turn, with the traces
    /// that go on with it.
    pub(super) fn frame_turns(&mut self, forest: &Forest<'_>) {
        let told = self.groups.values().any(|g| g.op == Op::Turn);
        if told
            || self
                .seeds
                .iter()
                .any(|s| matches!(s, Seed::PromptTurn(_)) || self.is_turn(s))
        {
            return;
        }
        let mut roots: Vec<(usize, TraceId)> = Vec::new();
        let mut calls: Vec<TraceId> = Vec::new();
        let mut callers: Vec<usize> = Vec::new();
        for (i, seed) in self.seeds.iter().enumerate() {
            let trace = match *seed {
                Seed::Group(rep) => self
                    .groups
                    .get(&rep)
                    .map(|g| forest.pieces[g.anchor].evidence.trace),
                Seed::Missing((trace, _)) => Some(trace),
                _ => None,
            };
            let Some(trace) = trace.filter(|t| !t.is_zero()) else {
                continue;
            };
            let trace = self.turn_of.get(&trace).copied().unwrap_or(trace);
            if self.parent[i].is_none() {
                roots.push((i, trace));
            }
            if let Seed::Group(rep) = *seed
                && self
                    .groups
                    .get(&rep)
                    .is_some_and(|g| matches!(g.op, Op::Call | Op::Engine | Op::Agent))
            {
                calls.push(trace);
                callers.push(i);
            }
        }
        // A call's trace may hang under another by a link: then that one is a turn too.
        let tops = tops(&self.parent);
        let called: HashSet<usize> = callers.into_iter().map(|i| tops[i]).collect();
        calls.extend(roots.iter().filter(|r| called.contains(&r.0)).map(|r| r.1));
        calls.sort_unstable();
        calls.dedup();
        let mut began: Vec<(u64, TraceId)> = Vec::new();
        for &(root, trace) in &roots {
            if calls.binary_search(&trace).is_ok() {
                let piece = self.told(forest, root);
                began.extend(piece.map(|p| (p.evidence.start, trace)));
                self.parent[root] = Some(self.turn(trace));
            }
        }
        began.sort_unstable();
        self.go_on_talking(forest, &roots, &began);
    }

    /// Where a conversation is told in many traces, that of a tool goes on with the call before it.
    fn go_on_talking(
        &mut self,
        forest: &Forest<'_>,
        roots: &[(usize, TraceId)],
        began: &[(u64, TraceId)],
    ) {
        for &(root, trace) in roots {
            let alone = self.parent[root].is_none();
            let piece = self.told(forest, root).filter(|p| alone && p.is_span());
            let Some(piece) = piece.filter(|p| p.number(Field::Conversation).is_some()) else {
                continue;
            };
            let before = began.partition_point(|b| *b <= (piece.evidence.start, trace));
            if let Some(&(_, turn)) = before.checked_sub(1).and_then(|at| began.get(at)) {
                self.parent[root] = Some(self.turn(turn));
            }
        }
    }

    /// The piece that tells most of a seed.
    fn told<'f, 'e>(&self, forest: &'f Forest<'e>, seed: usize) -> Option<&'f Piece<'e>> {
        match *self.seeds.get(seed)? {
            Seed::Group(rep) => forest.pieces.get(self.groups.get(&rep)?.anchor),
            _ => None,
        }
    }
}

/// The uppermost ancestor of each seed. One that joins have put below itself has none, and is
/// given one of those that it is below.
fn tops(parent: &[Option<usize>]) -> Vec<usize> {
    let mut tops: Vec<usize> = (0..parent.len()).map(|i| parent[i].unwrap_or(i)).collect();
    // Each pass doubles how far up everybody looks.
    for _ in 0..=parent.len().checked_ilog2().unwrap_or(0) {
        tops = tops.iter().map(|&up| tops[up]).collect();
    }
    tops
}

#[cfg(test)]
mod tests {
    use super::tops;

    #[test]
    fn everybody_has_a_top_in_a_ring_too() {
        assert_eq!(tops(&[None, Some(0), Some(1), Some(2)]), [0, 0, 0, 0]);
        let ring = tops(&[Some(2), Some(0), Some(1), Some(1)]);
        assert!(ring.iter().all(|&top| top < 3), "{ring:?}");
    }
}
