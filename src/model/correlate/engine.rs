//! What an engine says of its work on one request: its own attributes, those that a client kept
//! of its answer, and the spans of its stages.

use super::groups::Groups;
use super::pieces::{Forest, Piece};
use super::place::Group;
use super::{Context, ROUNDING_NS};
use crate::model::evidence::{Field, Op};
use crate::model::phases::{Doubt, Doubted};
use std::sync::Arc;

/// Clocks of two machines that are kept in step differ by less, ns.
const CLOCKS_NS: u64 = 10_000_000;

/// An engine's word on a request, ns: durations by its own clock.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Before it was scheduled.
    pub queue: Option<u64>,
    /// Reading the prompt, without the queue.
    pub prefill: Option<u64>,
    /// From arrival to the first token; not less than queue and prefill.
    pub ttft: Option<u64>,
    /// From the first token to the last.
    pub decode: Option<u64>,
    /// The key or span that told it.
    pub source: Arc<str>,
    /// It is told by a span of the engine, from `start` to `end` (0 while it runs) by its clock.
    pub own_span: bool,
    /// ns since the epoch.
    pub start: u64,
    /// ns since the epoch.
    pub end: u64,
}

/// The word of the engine's span nearest to the wire, else of what a client kept of its answer.
/// Where one engine read the prompt and another wrote the answer, both have a part in the wait.
pub fn read(
    cx: &Context<'_>,
    forest: &Forest<'_>,
    groups: &Groups,
    group: &Group,
    layers: &[usize],
) -> Option<Engine> {
    let own = |i: usize| groups.op[i] == Op::Engine;
    let aside = |i: usize| reads_only(forest, group, i);
    let word = |i: usize| {
        let stages = own(i).then(|| Stages::of(forest, groups, group, i));
        told(cx, &forest.pieces[i], own(i), &stages.unwrap_or_default())
    };
    let mut nearest: Vec<usize> = layers.to_vec();
    nearest.sort_by_key(|&i| (!own(i), aside(i)));
    let (at, mut engine) = nearest.iter().find_map(|&i| Some((i, word(i)?)))?;
    let readers = nearest.iter().filter(|&&i| i != at && own(i));
    let readers = readers.filter(|&&i| aside(i));
    if own(at) && !aside(at) {
        for before in readers.filter_map(|&i| word(i)) {
            engine.follows(&before);
        }
    }
    Some(engine)
}

/// An engine that reads a prompt for another one answers with a single token, which nobody gets: the
/// answer that others tell of is longer.
pub fn reads_only(forest: &Forest<'_>, group: &Group, piece: usize) -> bool {
    let written = |i: usize| forest.pieces[i].number(Field::OutputTokens);
    let others = || group.pieces.iter().filter(|&&i| i != piece);
    forest.pieces[piece].op == Op::Engine
        && written(piece).is_some_and(|n| n <= 1)
        && others().any(|&i| written(i).is_some_and(|n| n > 1))
}

fn told(cx: &Context<'_>, piece: &Piece<'_>, own_span: bool, stages: &Stages) -> Option<Engine> {
    let facts = &piece.evidence.facts;
    let keys = [
        Field::EngineTtftNs,
        Field::PrefillNs,
        Field::QueueNs,
        Field::DecodeNs,
    ];
    let key = keys.into_iter().find_map(|field| facts.of(field));
    let source = match (key, stages.told) {
        (Some(fact), _) => cx.lore.rule_key(fact.rule).into(),
        (None, Some(name)) => cx.texts.text(name),
        (None, None) => return None,
    };
    let (start, end) = (piece.evidence.start, piece.evidence.end);
    let number = |field: Field| facts.number(field);
    let queue = stages.queue.or(number(Field::QueueNs));
    let read = stages.first_token.and_then(|at| at.checked_sub(start));
    let first = number(Field::EngineTtftNs).or(read);
    let mut prefill = stages.prefill.or(number(Field::PrefillNs));
    // Some measure the prefill from the request's arrival (SGLang), so that the queue is in it.
    if let (Some(queue), Some(long), Some(first)) = (queue, prefill, first)
        && queue.saturating_add(long) > first.saturating_add(ROUNDING_NS)
    {
        prefill = Some(first.min(long).saturating_sub(queue));
    }
    let between = || first?.checked_sub(queue?);
    let prefill = prefill.or_else(between);
    let both = prefill.map(|prefill| prefill.saturating_add(queue.unwrap_or(0)));
    let ttft = first.max(both);
    let rest = || {
        let after = |ttft| end.checked_sub(start.saturating_add(ttft));
        ttft.and_then(after).filter(|_| own_span && end != 0)
    };
    Some(Engine {
        queue,
        prefill,
        ttft,
        decode: number(Field::DecodeNs).or_else(rest),
        source,
        own_span,
        start,
        end,
    })
}

impl Engine {
    /// Adds the work of the engine that read the prompt for this one: durations, as their clocks
    /// are two.
    fn follows(&mut self, before: &Self) {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
        self.queue = sum(self.queue, before.queue).or(self.queue.or(before.queue));
        self.prefill = sum(self.prefill, before.prefill).or(self.prefill.or(before.prefill));
        let length = before.end.checked_sub(before.start);
        let length = length.filter(|_| before.end != 0).or(before.ttft);
        self.ttft = sum(self.ttft, length).or(self.ttft);
    }

    /// How far its clock must be off for its span to lie outside of its client's, from start to
    /// end, ns since the epoch.
    pub fn skew(&self, (start, end): (u64, u64)) -> Option<Doubt> {
        let early = start.saturating_sub(self.start);
        let ended = self.end != 0 && end != 0;
        let late = if ended {
            self.end.saturating_sub(end)
        } else {
            0
        };
        if early.max(late) <= CLOCKS_NS || !ended {
            return None;
        }
        let (own, client) = (self.end - self.start.min(self.end), end - start.min(end));
        let about = if own > client.saturating_add(CLOCKS_NS) {
            Doubted::LongerThanCall(own, client)
        } else {
            // A request takes about as long to come as its answer to go.
            let middle = |from: u64, to: u64| i128::from(from) + i128::from(to);
            let off = (middle(self.start, self.end) - middle(start, end)) / 2;
            Doubted::Skew(i64::try_from(off).unwrap_or(i64::MAX))
        };
        Some(Doubt {
            source: self.source.clone(),
            about,
        })
    }
}

/// The spans of an engine's stages: `SGLang`'s waterfall of a request.
#[derive(Clone, Copy, Debug, Default)]
struct Stages {
    queue: Option<u64>,
    prefill: Option<u64>,
    /// When the last part of the prompt was read, ns since the epoch, by the engine's clock.
    first_token: Option<u64>,
    /// The name of a span that tells it.
    told: Option<crate::model::intern::Sym>,
}

impl Stages {
    /// The stages below an engine's span. A prompt is read in chunks, several at once where a
    /// model is spread over machines.
    fn of(forest: &Forest<'_>, groups: &Groups, group: &Group, engine: usize) -> Self {
        let of = |op: Op| {
            let pieces = group.pieces.iter().copied();
            let stages = pieces.filter(|&i| groups.op[i] == op);
            let below = stages.filter(|&i| groups.context[i] == Some(engine));
            let spans = below.map(|i| forest.pieces[i].evidence);
            let mut spans: Vec<_> = spans.filter(|e| e.end >= e.start && e.end != 0).collect();
            spans.sort_by_key(|e| (e.start, e.end));
            spans
        };
        let (queue, prefill) = (of(Op::EngineQueue), of(Op::EnginePrefill));
        let length = |spans: &[&crate::model::evidence::Evidence]| {
            let (mut sum, mut at) = (0u64, 0);
            for e in spans {
                sum = sum.saturating_add(e.end.saturating_sub(e.start.max(at)));
                at = at.max(e.end);
            }
            (!spans.is_empty()).then_some(sum)
        };
        Self {
            queue: length(&queue),
            prefill: length(&prefill),
            first_token: prefill.iter().map(|e| e.end).max(),
            told: prefill.first().or(queue.first()).map(|e| e.name),
        }
    }
}
