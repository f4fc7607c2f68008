//! Spans beside each other that are one model call: the second span of a stream, and the same
//! call told by two libraries of one process ("when two scopes of one process report the same
//! model and outcome, one within the other in time, and no id says otherwise").

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

/// So much apart do two layers of one agent's run begin and end.
const TOGETHER_NS: u64 = 10_000_000;

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

/// Two libraries' spans of one agent's run that stand beside each other, as `OpenLIT` tells of `LangGraph`'s
/// nodes once more as of `LangChain`'s: same name, same start and end, and each has one twin at most.
pub fn join_agent_twins(cx: &Context<'_>, groups: &mut Groups, forest: &Forest<'_>) {
    let mut open: HashMap<u64, Vec<usize>> = HashMap::new();
    for (i, p) in forest.pieces.iter().enumerate() {
        let agent = groups.op[i] == Op::Agent && p.is_span() && !p.superseded;
        let Some(name) = p.number(Field::AgentName).filter(|_| agent) else {
            continue;
        };
        let earlier = open.entry(name).or_default();
        earlier.retain(|&j| {
            p.evidence.start <= forest.pieces[j].evidence.start.saturating_add(TOGETHER_NS)
        });
        let twin = earlier.iter().position(|&j| {
            let q = &forest.pieces[j];
            let ends = p.evidence.end.abs_diff(q.evidence.end);
            ends <= TOGETHER_NS && p.evidence.end != 0 && two_libraries(cx, p, q)
        });
        match twin {
            Some(at) => {
                let twin = earlier.remove(at);
                groups.join(i, twin, "same agent and time, told by another library");
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
