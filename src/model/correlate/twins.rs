//! Spans that are one thing though none is below the other: the second span of a stream; an agent's or
//! a tool's run, and a model call, told by two libraries of one process ("when two scopes of one process
//! report the same model and outcome, one within the other in time, and no id says otherwise").

use super::Context;
use super::groups::Groups;
use super::pieces::{Forest, Piece, SpanKey};
use crate::model::evidence::{Field, Op, Origin};
use crate::model::twins::{APART_NS, opened};
use std::collections::{HashMap, HashSet};

/// Clocks are read a little later in the outer layer's end than in the inner's, or the reverse.
const SLACK_NS: u64 = 5_000_000;
/// So much later does a layer see a first token than the layer below it.
const PASSED_ON_NS: u64 = 50_000_000;

/// So much apart do two layers of one run begin and end.
const TOGETHER_NS: u64 = 10_000_000;

/// At most so many calls of the same counts at one moment are compared.
const MOST: usize = 16;

/// Where calls stand beside each other: below one span, or without one.
type Place = Option<SpanKey>;

/// The second span of a stream joins the call that ended when the stream opened; one that finds
/// none is the call itself.
pub fn join_streams(groups: &mut Groups, forest: &Forest<'_>) {
    let mut taken: HashSet<usize> = HashSet::new();
    for (i, p) in forest.pieces.iter().enumerate() {
        if groups.op[i] != Op::Stream {
            continue;
        }
        let when = opened(p.evidence);
        let off = |j: usize| forest.pieces[j].evidence.end.abs_diff(when);
        let fits = |&j: &usize| {
            let q = &forest.pieces[j];
            groups.op[j] == Op::Call
                && q.is_span()
                && q.evidence.origin == p.evidence.origin
                && same_model(p, q)
                && off(j) <= APART_NS
                && !taken.contains(&j)
        };
        let nearest = (0..forest.pieces.len())
            .filter(fits)
            .min_by_key(|&j| off(j));
        match nearest {
            Some(call) => {
                taken.insert(call);
                groups.join(i, call, "the stream of this call, told when it was read");
            }
            None => groups.op[i] = Op::Call,
        }
    }
}

/// Two libraries' spans of one call.
pub fn join_twins(cx: &Context<'_>, groups: &mut Groups, forest: &Forest<'_>) {
    let mut beside: HashMap<Place, Vec<usize>> = HashMap::new();
    for (i, p) in forest.pieces.iter().enumerate() {
        let call = groups.op[i] == Op::Call && p.is_span() && !p.superseded;
        if !call {
            continue;
        }
        let earlier = beside.entry(p.parent_key).or_default();
        earlier.retain(|&j| {
            let q = &forest.pieces[j];
            p.evidence.start.saturating_sub(q.evidence.start) <= APART_NS
                || answered_after_end(q).is_some_and(|at| at >= p.evidence.start)
        });
        let apart = |j: usize| {
            let (a, b) = (p.evidence, forest.pieces[j].evidence);
            let times = a.start.abs_diff(b.start) + a.end.abs_diff(b.end);
            first_tokens_apart(p, &forest.pieces[j]).unwrap_or(times)
        };
        let twins = earlier
            .iter()
            .copied()
            .filter(|&j| groups.of(i) != groups.of(j) && twins(cx, p, &forest.pieces[j]));
        match twins.min_by_key(|&j| apart(j)) {
            Some(twin) => {
                earlier.retain(|&j| j != twin);
                let why = match first_tokens_apart(p, &forest.pieces[twin]) {
                    Some(_) => "same model and first token, told by another library",
                    None => "same model, outcome and time, told by another library",
                };
                groups.join(i, twin, why);
            }
            None => earlier.push(i),
        }
    }
}

/// Two libraries' spans of one call that stand in different places, or traces, since neither library
/// knows of the other's: same model and outcome, one within the other in time, and the very counts.
/// No group has two calls that one library tells of.
pub fn join_counted_twins(cx: &Context<'_>, groups: &mut Groups, forest: &Forest<'_>) {
    let mut counted: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (i, p) in forest.pieces.iter().enumerate() {
        let call = groups.op[i] == Op::Call && p.is_span() && !p.superseded;
        let counts = call.then(|| {
            p.number(Field::InputTokens)
                .zip(p.number(Field::OutputTokens))
        });
        let Some(counts) = counts.flatten() else {
            continue;
        };
        let near = counted.entry(counts).or_default();
        near.retain(|&j| {
            p.evidence
                .start
                .saturating_sub(forest.pieces[j].evidence.start)
                <= APART_NS
        });
        near.truncate(MOST);
        let apart = |j: usize| {
            let (a, b) = (p.evidence, forest.pieces[j].evidence);
            let starts = a.start.abs_diff(b.start);
            starts.saturating_add(a.end.abs_diff(b.end))
        };
        let mut fits = near.clone();
        near.push(i);
        fits.retain(|&j| {
            groups.of(i) != groups.of(j)
                && !share_a_library(groups, forest, near, [i, j])
                && twins(cx, p, &forest.pieces[j])
        });
        if let Some(twin) = fits.into_iter().min_by_key(|&j| apart(j)) {
            groups.join(
                i,
                twin,
                "same model, counts and time, told by another library",
            );
        }
    }
}

/// Whether one library tells of calls in the groups of both, of those that are near.
fn share_a_library(groups: &Groups, forest: &Forest<'_>, near: &[usize], both: [usize; 2]) -> bool {
    let libraries = |of: usize| {
        let group = groups.of(of);
        let there = near.iter().filter(move |&&k| groups.of(k) == group);
        there.map(|&k| forest.pieces[k].evidence.origin)
    };
    libraries(both[0]).any(|one| libraries(both[1]).any(|other| one == other))
}

/// Two libraries' spans of one run of an agent or a tool that stand beside each other, as `OpenLIT` tells of
/// `LangGraph`'s nodes once more as of `LangChain`'s: same name, same start and end, one twin at most.
pub fn join_run_twins(cx: &Context<'_>, groups: &mut Groups, forest: &Forest<'_>) {
    let mut open: HashMap<(Op, u64), Vec<usize>> = HashMap::new();
    for (i, p) in forest.pieces.iter().enumerate() {
        let (op, span) = (groups.op[i], p.is_span() && !p.superseded);
        let name = match op {
            Op::Agent => p.number(Field::AgentName),
            Op::Tool => p.number(Field::ToolName),
            _ => None,
        };
        let Some(name) = name.filter(|_| span) else {
            continue;
        };
        let earlier = open.entry((op, name)).or_default();
        earlier.retain(|&j| {
            p.evidence.start <= forest.pieces[j].evidence.start.saturating_add(TOGETHER_NS)
        });
        let twin = earlier.iter().position(|&j| {
            let q = &forest.pieces[j];
            let ends = p.evidence.end.abs_diff(q.evidence.end);
            let ids = p.number(Field::ToolCallId).zip(q.number(Field::ToolCallId));
            ends <= TOGETHER_NS
                && p.evidence.end != 0
                && ids.is_none_or(|(one, other)| one == other)
                && two_libraries(cx, p, q)
        });
        match twin {
            Some(at) => {
                let twin = earlier.remove(at);
                groups.join(i, twin, "same name and time, told by another library");
            }
            None => earlier.push(i),
        }
    }
}

/// Two libraries of one process told these.
fn two_libraries(cx: &Context<'_>, a: &Piece<'_>, b: &Piece<'_>) -> bool {
    let origin = |p: &Piece<'_>| cx.origins.get(p.evidence.origin as usize);
    let both = origin(a).zip(origin(b));
    both.is_some_and(|(x, y)| x.process == y.process && other_library(x, y, [a, b]))
}

fn twins(cx: &Context<'_>, a: &Piece<'_>, b: &Piece<'_>) -> bool {
    let ids = [a, b].map(|p| p.number(Field::ResponseId).is_some());
    two_libraries(cx, a, b)
        && a.evidence.failed == b.evidence.failed
        && ids != [true, true]
        && same_model(a, b)
        && (within(a, b) || within(b, a) || first_tokens_apart(a, b).is_some())
}

/// How far apart two spans saw the first token, where one of them had ended before it came: such a
/// span tells nothing of when its call ended, but both tell of one stream.
fn first_tokens_apart(a: &Piece<'_>, b: &Piece<'_>) -> Option<u64> {
    answered_after_end(a).or(answered_after_end(b))?;
    let (x, y) = (
        a.number(Field::FirstTokenAt)?,
        b.number(Field::FirstTokenAt)?,
    );
    let apart = x.abs_diff(y);
    (apart <= PASSED_ON_NS).then_some(apart)
}

/// When the first token came, if the span had ended by then: one that a library closes as soon as
/// it has a stream in hand.
fn answered_after_end(p: &Piece<'_>) -> Option<u64> {
    let at = p.number(Field::FirstTokenAt)?;
    (p.evidence.end != 0 && at > p.evidence.end).then_some(at)
}

/// Two libraries have two scopes. Where scopes were lost on the way, they still name spans otherwise.
fn other_library(x: &Origin, y: &Origin, spans: [&Piece<'_>; 2]) -> bool {
    let nameless = x.scope.is_empty() && y.scope.is_empty();
    x.scope != y.scope || (nameless && spans[0].evidence.name != spans[1].evidence.name)
}

fn within(inner: &Piece<'_>, outer: &Piece<'_>) -> bool {
    let end = |p: &Piece<'_>| match p.evidence.end {
        0 => u64::MAX,
        end => end,
    };
    inner.evidence.start.saturating_add(SLACK_NS) >= outer.evidence.start
        && end(inner) <= end(outer).saturating_add(SLACK_NS)
}

/// They name the same model: what was asked for, or what answered.
fn same_model(a: &Piece<'_>, b: &Piece<'_>) -> bool {
    let named = |p: &Piece<'_>| {
        let facts = &p.evidence.facts;
        [
            facts.text(Field::RequestModel),
            facts.text(Field::ResponseModel),
        ]
    };
    let (one, other) = (named(a), named(b));
    one.iter()
        .flatten()
        .any(|m| other.iter().flatten().any(|n| m == n))
}
