//! Figures as column texts: unknown, at least, not applicable.

use super::paint::Pen;
use super::text;
use crate::model::figures::Figures;
use crate::model::node::{Node, NodeKind, Sign, State};
use crate::model::usage::PicoUsd;
use crate::theme::Glyph;

/// A count: unknown is a dash, incomplete is "at least".
pub(super) fn tokens(pen: &Pen, n: Option<u64>, complete: bool) -> String {
    match n {
        None => pen.glyph(Glyph::Unknown).to_owned(),
        Some(n) if complete => text::count(n),
        Some(n) => format!("{}{}", pen.glyph(Glyph::AtLeast), text::count(n)),
    }
}

/// Money in the same way.
pub(super) fn cost(pen: &Pen, cost: Option<PicoUsd>, complete: bool) -> String {
    match cost {
        None => pen.glyph(Glyph::Unknown).to_owned(),
        Some(c) if complete => text::money(c),
        // "At least less than" says nothing.
        Some(c) if text::money(c).starts_with('<') => {
            format!("{}$0", pen.glyph(Glyph::AtLeast))
        }
        Some(c) => format!("{}{}", pen.glyph(Glyph::AtLeast), text::money(c)),
    }
}

/// The texts of a row's token and cost columns; all empty where there can be none.
#[derive(Default)]
pub(super) struct Numbers {
    pub input: String,
    pub output: String,
    pub cost: String,
    pub cached: String,
}

impl Numbers {
    /// A call's own; for what has calls below, their sums.
    pub fn of(pen: &Pen, node: &Node) -> Self {
        let cached = |read: Option<u64>, input: Option<u64>| {
            let share = read.zip(input).and_then(|(r, i)| text::percent(r, i));
            share.map_or_else(|| pen.glyph(Glyph::Unknown).to_owned(), |p| format!("{p}%"))
        };
        if let Some(call) = &node.call {
            return Self {
                input: tokens(pen, call.usage.input, true),
                output: tokens(pen, call.usage.output, true),
                cost: cost(pen, call.cost, true),
                cached: cached(call.usage.cache_read, call.usage.input),
            };
        }
        if node.kind == NodeKind::Embedding {
            return Self {
                input: tokens(pen, node.claimed.and_then(|told| told.input), true),
                ..Self::default()
            };
        }
        let f: &Figures = &node.rolled;
        let presumed = node.state == State::Running(Sign::Presumed);
        // What frames model calls has some, known or not; a tool most often has none.
        let frames = matches!(
            node.kind,
            NodeKind::Turn | NodeKind::Workflow | NodeKind::Agent | NodeKind::Call
        );
        if presumed || (f.model_calls + f.running_calls == 0 && !frames) {
            return Self::default();
        }
        Self {
            input: tokens(pen, f.usage.input, f.usage_complete()),
            output: tokens(pen, f.usage.output, f.usage_complete()),
            cost: cost(pen, f.cost, f.unpriced_calls == 0),
            cached: cached(f.usage.cache_read, f.usage.input),
        }
    }
}
