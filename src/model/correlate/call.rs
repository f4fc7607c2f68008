//! What one model call says, from all the evidence of it: field by field from the layer nearest
//! to the wire, filled up from the layers around it.

use super::groups::Groups;
use super::pieces::{Forest, Piece};
use super::place::Group;
use super::{Context, PriceQuestion};
use crate::model::evidence::{Evidence, Field, Op};
use crate::model::node::{Call, PhaseEvidence, Phases};
use crate::model::usage::{CostBasis, PicoUsd, Usage};
use std::cmp::Reverse;
use std::sync::Arc;

/// A first token may be stamped so much later than the end that the reporter rounds to.
const ROUNDING_NS: u64 = 5_000_000;

/// The layers of a call, nearest to the wire first, then records: what is inside starts later,
/// in whatever trace it is.
pub fn layers(forest: &Forest<'_>, group: &Group) -> Vec<usize> {
    let mut layers: Vec<usize> = group
        .pieces
        .iter()
        .copied()
        .filter(|&i| !forest.pieces[i].superseded)
        .collect();
    layers.sort_by_key(|&i| {
        let piece = &forest.pieces[i];
        let (start, depth) = (piece.evidence.start, forest.depth[i]);
        (!piece.is_span(), Reverse(start), Reverse(depth), i)
    });
    layers
}

/// The piece that tells how the call ended: its last attempt, nearest to the wire. A moment that names
/// no model is something said of the call (an `error` span below it), and no attempt.
pub fn last_attempt(forest: &Forest<'_>, groups: &Groups, group: &Group) -> usize {
    let calls = group
        .pieces
        .iter()
        .copied()
        .filter(|&i| groups.op[i] == Op::Call && !forest.pieces[i].superseded);
    calls
        .max_by_key(|&i| {
            let p = &forest.pieces[i];
            let named = [Field::RequestModel, Field::ResponseModel];
            let named = named.iter().any(|f| p.evidence.facts.text(*f).is_some());
            (
                p.is_span(),
                named || p.evidence.start != p.evidence.end,
                attempt_start(p).max(p.evidence.start),
                forest.depth[i],
            )
        })
        .unwrap_or(group.anchor)
}

/// Reads the call. `start` and `end` are the node's.
pub fn read(cx: &Context<'_>, forest: &Forest<'_>, groups: &Groups, group: &Group) -> Call {
    let layers = layers(forest, group);
    let text = |field: Field| {
        layers
            .iter()
            .find_map(|&i| forest.pieces[i].evidence.facts.text(field))
            .map(|s| cx.texts.text(s))
    };
    let mut usage = Usage::default();
    let all = || layers.iter().map(|&i| tokens(&forest.pieces[i]));
    // Who tells the reasoning knows whether the output holds it.
    if let Some(told) = all().find(|u| u.output.is_some() && u.reasoning.is_some()) {
        (usage.output, usage.reasoning) = (told.output, told.reasoning);
    }
    for &i in &layers {
        usage.fill_from(tokens(&forest.pieces[i]));
    }
    let last = last_attempt(forest, groups, group);
    let (answered_from, phases) = phases(cx, forest, groups, group, &layers, last);
    let reported = layers
        .iter()
        .find_map(|&i| forest.pieces[i].number(Field::Cost))
        .map(PicoUsd);
    let mut call = Call {
        operation: text(Field::Operation),
        provider: text(Field::Provider),
        request_model: text(Field::RequestModel),
        response_model: text(Field::ResponseModel),
        attempts: attempts(forest, groups, group),
        answered_from,
        phases,
        usage,
        finish_reasons: text(Field::FinishReasons)
            .map(|t| distinct(&t))
            .unwrap_or_default(),
        agent: None,
        ..Call::default()
    };
    let (host, tier, speed) = (
        text(Field::ServerAddress),
        text(Field::ServiceTier),
        text(Field::Speed),
    );
    let question = PriceQuestion {
        provider: call.provider.as_deref(),
        host: host.as_deref(),
        response_model: call.response_model.as_deref(),
        request_model: call.request_model.as_deref(),
        at_ns: forest.pieces[group.anchor].evidence.start,
        usage,
        service_tier: tier.as_deref(),
        speed: speed.as_deref(),
    };
    let named = call
        .request_model
        .as_ref()
        .zip(call.response_model.as_ref());
    let other = named.is_some_and(|(asked, by)| asked != by) && cx.lore.differ(&question);
    let answer = cx.lore.price(&question);
    call.other_model = other;
    call.computed_cost = answer.cost;
    call.uncached_cost = answer.uncached;
    call.price_entry = Some(answer.entry);
    call.window = answer.window;
    // Libraries write 0 where they do not know the price (OpenLIT's `get_chat_model_cost`): against
    // a price that the table knows, 0 tells nothing.
    let reported = reported.filter(|&cost| cost > PicoUsd(0) || answer.cost <= Some(cost));
    (call.cost, call.cost_basis) = match (reported, answer.cost) {
        (Some(cost), _) => (Some(cost), CostBasis::Reported),
        (None, Some(cost)) => (Some(cost), CostBasis::Computed),
        (None, None) => (None, CostBasis::Unknown),
    };
    call
}

/// The reasons in order, once each: some libraries tell one for each chunk of a stream.
fn distinct(lines: &str) -> Vec<Arc<str>> {
    let mut told: Vec<Arc<str>> = Vec::new();
    for reason in lines.split('\n') {
        if !told.iter().any(|t| **t == *reason) {
            told.push(reason.into());
        }
    }
    told
}

/// The counts of one piece, already in the normal form.
pub fn tokens(piece: &Piece<'_>) -> Usage {
    Usage {
        input: piece.number(Field::InputTokens),
        cache_read: piece.number(Field::CacheRead),
        cache_write: piece.number(Field::CacheWrite),
        cache_write_1h: piece.number(Field::CacheWrite1h),
        output: piece.number(Field::OutputTokens),
        reasoning: piece.number(Field::ReasoningTokens),
        audio_in: piece.number(Field::AudioIn),
        audio_out: piece.number(Field::AudioOut),
    }
}

fn attempt_start(piece: &Piece<'_>) -> u64 {
    piece
        .number(Field::AttemptAt)
        .unwrap_or(piece.evidence.start)
}

/// Attempts that a span counts in its events, else attempts that are spans beside each other.
fn attempts(forest: &Forest<'_>, groups: &Groups, group: &Group) -> u32 {
    let told = group
        .pieces
        .iter()
        .filter_map(|&i| forest.pieces[i].number(Field::Attempts))
        .max();
    let count = |is: &dyn Fn(usize) -> bool| {
        let real = group
            .pieces
            .iter()
            .filter(|&&i| !forest.pieces[i].superseded);
        real.filter(|&&i| is(i)).count()
    };
    let span = |i: usize| forest.pieces[i].is_span();
    let beside =
        count(&|i| groups.op[i] == Op::Call && span(i) && groups.why[i].contains("attempt")) + 1;
    let requests = count(&|i| groups.op[i] == Op::Attempt && span(i));
    let recorded = count(&|i| groups.op[i] == Op::Attempt && !span(i));
    u32::try_from(told.unwrap_or(0))
        .unwrap_or(u32::MAX)
        .max(u32::try_from(beside.max(requests).max(recorded)).unwrap_or(u32::MAX))
}

/// When the requests of a call were made, in order, ns since the epoch: as spans tell it, and as
/// records do.
struct Requests([Vec<u64>; 2]);

impl Requests {
    fn of(forest: &Forest<'_>, groups: &Groups, group: &Group) -> Self {
        let mut told = [Vec::new(), Vec::new()];
        for &i in group
            .pieces
            .iter()
            .filter(|&&i| groups.op[i] == Op::Attempt)
        {
            let piece = &forest.pieces[i];
            told[usize::from(!piece.is_span())].push(piece.evidence.start);
        }
        for starts in &mut told {
            starts.sort_unstable();
        }
        Self(told)
    }

    /// Start of the request that was answered: of the last one before a time, as a span tells it
    /// or else a record.
    fn before(&self, time: u64) -> Option<u64> {
        self.0.iter().find_map(|starts| {
            let before = starts.partition_point(|&start| start < time);
            starts.get(before.checked_sub(1)?).copied()
        })
    }
}

fn phases(
    cx: &Context<'_>,
    forest: &Forest<'_>,
    groups: &Groups,
    group: &Group,
    layers: &[usize],
    last: usize,
) -> (u64, Phases) {
    let own = attempt_start(&forest.pieces[last]);
    let requests = Requests::of(forest, groups, group);
    let asked = |time| requests.before(time);
    let fallback = asked(u64::MAX).unwrap_or(own);
    let told = layers
        .iter()
        .copied()
        .filter(|&i| groups.op[i] != Op::Engine)
        .find_map(|i| first_token(cx, &forest.pieces[i], &asked));
    let client = told.or_else(|| first_chunk(cx, forest, layers, fallback));
    // Some clients keep what the engine answered of its phases on their own span.
    let mut nearest: Vec<usize> = layers.to_vec();
    nearest.sort_by_key(|&i| groups.op[i] != Op::Engine);
    let engine = nearest
        .into_iter()
        .find_map(|i| engine_split(cx, &forest.pieces[i]));
    match (client, engine) {
        (Some((from, client)), Some((_, engine))) => {
            let own = engine
                .queue
                .unwrap_or(0)
                .saturating_add(engine.prefill.unwrap_or(0));
            let gateway = client.ttft.and_then(|t| t.checked_sub(own));
            (
                from,
                Phases {
                    gateway,
                    ttft: client.ttft,
                    ..engine
                },
            )
        }
        (Some(found), None) | (None, Some(found)) => found,
        (None, None) => (fallback, Phases::default()),
    }
}

/// When the answer stood. A span may go on after that: its reader is slow, tools run in it.
pub fn end(call: &Evidence) -> u64 {
    let told = call.facts.number(Field::AnsweredNs);
    let answered = told.map(|after| call.start.saturating_add(after));
    answered.map_or(call.end, |at| at.min(call.end))
}

/// The first token as the client saw it, from the start of the request that was answered. A
/// record of the answer has no start of its own, and a span's may lie before the request: what is
/// between them is the client's own wait. A time that was measured is believed only within the
/// call, 0 < t <= duration; a moment that was stamped may be after a span that ended when its
/// stream opened, and then tells no decode.
fn first_token(
    cx: &Context<'_>,
    piece: &Piece<'_>,
    asked: &dyn Fn(u64) -> Option<u64>,
) -> Option<(u64, Phases)> {
    let (own, end) = (attempt_start(piece), end(piece.evidence));
    let pointed = !piece.is_span() && own == end;
    let asked_at = asked(own).filter(|_| pointed);
    let from = asked_at.unwrap_or(own);
    let facts = &piece.evidence.facts;
    let (at, rule) = match (facts.of(Field::TtftNs), facts.of(Field::FirstTokenAt)) {
        (Some(fact), _) => (from.saturating_add(fact.value()), fact.rule),
        (None, Some(fact)) => (fact.value(), fact.rule),
        (None, None) => return None,
    };
    let inside = end == 0 || at <= end.saturating_add(ROUNDING_NS);
    let stamped = facts.of(Field::TtftNs).is_none();
    let believed = at > from && (inside || stamped);
    let from = asked(at).unwrap_or(from).max(from);
    believed.then(|| seen(cx, from, at, if inside { end } else { 0 }, rule))
}

/// While an answer streams: its first chunk of content.
fn first_chunk(
    cx: &Context<'_>,
    forest: &Forest<'_>,
    layers: &[usize],
    from: u64,
) -> Option<(u64, Phases)> {
    let chunk = |&i: &usize| {
        let e = forest.pieces[i].evidence;
        let rule = e.facts.of(Field::Chunk)?.rule;
        (e.start > from).then_some((e.start, rule))
    };
    let (at, rule) = layers.iter().filter_map(chunk).min()?;
    Some(seen(cx, from, at, 0, rule))
}

fn seen(cx: &Context<'_>, from: u64, at: u64, end: u64, rule: u16) -> (u64, Phases) {
    let phases = Phases {
        ttft: Some(at.saturating_sub(from)),
        decode: (end != 0).then(|| end.saturating_sub(at)),
        evidence: PhaseEvidence::Client,
        source: Some(cx.lore.rule_key(rule).into()),
        ..Phases::default()
    };
    (from, phases)
}

/// The engine's own word on its phases. Believed only within the span. Where it tells the first
/// token and the queue, the prefill is what lies between.
fn engine_split(cx: &Context<'_>, piece: &Piece<'_>) -> Option<(u64, Phases)> {
    let (facts, start, end) = (
        &piece.evidence.facts,
        piece.evidence.start,
        end(piece.evidence),
    );
    let told = [
        Field::PrefillNs,
        Field::EngineTtftNs,
        Field::QueueNs,
        Field::DecodeNs,
    ];
    let told = told.into_iter().find_map(|field| facts.of(field))?;
    let (queue, decode) = (facts.number(Field::QueueNs), facts.number(Field::DecodeNs));
    let first = facts.number(Field::EngineTtftNs);
    let between = || first?.checked_sub(queue?);
    let prefill = facts.number(Field::PrefillNs).or_else(between);
    let ttft = first.or_else(|| Some(queue?.saturating_add(prefill?)));
    let decode = decode.or_else(|| end.checked_sub(start.saturating_add(ttft?)));
    let sum = [queue, prefill, decode].into_iter().flatten();
    let sum = sum
        .fold(0u64, u64::saturating_add)
        .max(ttft.unwrap_or_default());
    let inside = end == 0 || start.saturating_add(sum) <= end.saturating_add(ROUNDING_NS);
    let phases = Phases {
        queue,
        prefill,
        ttft,
        decode,
        evidence: PhaseEvidence::Engine,
        source: Some(cx.lore.rule_key(told.rule).into()),
        gateway: None,
    };
    inside.then_some((start, phases))
}
