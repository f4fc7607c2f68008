//! What one model call says, from all the evidence of it: field by field from the layer nearest
//! to the wire, filled up from the layers around it.

use super::engine::reads_only;
use super::groups::Groups;
use super::pieces::{Forest, Piece};
use super::place::Group;
use super::{Context, PriceQuestion, phases};
use crate::model::evidence::{Field, Op};
use crate::model::node::Call;
use crate::model::usage::{CostBasis, PicoUsd, Usage};
use std::cmp::Reverse;
use std::sync::Arc;

/// The layers of a call, nearest to the wire first, then records: what is inside starts later,
/// in whatever trace it is. An engine that only read the prompt for another one comes last.
pub fn layers(forest: &Forest<'_>, groups: &Groups, group: &Group) -> Vec<usize> {
    let mut layers: Vec<usize> = group
        .pieces
        .iter()
        .copied()
        .filter(|&i| !forest.pieces[i].superseded)
        .collect();
    layers.sort_by_key(|&i| {
        let piece = &forest.pieces[i];
        let (start, depth) = (piece.evidence.start, forest.depth[i]);
        // An engine is innermost, whatever its clock says.
        let outer = groups.op[i] != Op::Engine;
        let aside = reads_only(forest, group, i);
        (
            !piece.is_span(),
            aside,
            outer,
            Reverse(start),
            Reverse(depth),
            i,
        )
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
    let layers = layers(forest, groups, group);
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
    let (answered_from, phases) = phases::read(cx, forest, groups, group, &layers, last);
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

/// Start of the last attempt that a piece tells of, ns since the epoch.
pub fn attempt_start(piece: &Piece<'_>) -> u64 {
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
