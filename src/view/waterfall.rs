//! Bars: a node's time split into phases, on cells with eighth-block edges or as textures.

use super::axis;
use super::paint::Pen;
use super::scale::{Scale, Side};
use crate::model::node::{Call, Node, NodeKind, Sign, State, Tree};
use crate::model::phases;
use crate::model::time_budget::Part;
use crate::theme::Phase;
use crate::ui::axis::Scope;
use crate::ui::path::Path;
use crate::ui::rows::Row;
use ratatui::style::Modifier;

/// A stretch of time of one kind, ns since the epoch.
type Stretch = (Phase, u64, u64);

/// Folded rows show the bars of what is below them, up to so many nodes; above that the plain
/// span of the container. What is folded can be unfolded.
const FOLDED_BARS: u32 = 2000;

/// Draws the bar of a row; where it lies beyond an edge, a mark there. Rows that are not of the
/// `scope` have a bar only while they overlap it.
pub(super) fn bar(
    pen: &mut Pen,
    at: (u16, u16),
    (scope, scale): (&Scope, &Scale),
    tree: &Tree,
    (row, path): (Row, Option<&Path>),
    now: u64,
) {
    let (index, folded) = (row.node as usize, row.folded);
    let Some(node) = tree.nodes.get(index) else {
        return;
    };
    let mut eighths: Vec<Option<Phase>> = vec![None; usize::from(scale.cells) * 8];
    // A tool that waited first for a person begins with that.
    let below = node.descendants > 0;
    let waited = tree.nodes.get(index + 1).map(|n| n.kind) == Some(NodeKind::Wait);
    for stretch in lit(path, index, stretches(node, now)) {
        lay(&mut eighths, scale, stretch, below && !waited);
    }
    let below = match node.kind {
        _ if folded && node.descendants <= FOLDED_BARS => node.descendants,
        NodeKind::Tool if node.descendants <= FOLDED_BARS => node.descendants,
        _ => 0,
    };
    let children = tree.nodes.iter().enumerate();
    for (at, child) in children.skip(index + 1).take(below as usize) {
        let shown = if folded {
            child.descendants == 0 || child.call.is_some()
        } else {
            child.kind == NodeKind::Wait
        };
        if shown || child.kind == NodeKind::Wait {
            for stretch in lit(path, at, stretches(child, now)) {
                lay(&mut eighths, scale, stretch, false);
            }
        }
    }
    if eighths.iter().all(Option::is_none) {
        if let Some(side) = side(scale, node, now).filter(|_| scope.holds(tree, index)) {
            axis::beyond(pen, at, scale.cells, side);
        }
        return;
    }
    for (cell, parts) in (0..scale.cells).zip(eighths.chunks_exact(8)) {
        draw_cell(pen, at.0 + cell, at.1, parts);
    }
}

/// Behind which edge a node lies; `None` in sight.
pub(super) fn side(scale: &Scale, node: &Node, now: u64) -> Option<Side> {
    scale.side(node.start, node.start.saturating_add(node.duration(now)))
}

/// While a critical path is lit, what is not on it is a thin line.
fn lit(path: Option<&Path>, index: usize, stretches: Vec<Stretch>) -> Vec<Stretch> {
    let Some(path) = path.filter(|path| path.covers(index)) else {
        return stretches;
    };
    let aside = stretches.iter().map(|(_, a, b)| (Phase::Container, *a, *b));
    let mut out: Vec<Stretch> = aside.collect();
    for leg in path.legs(index) {
        let on = stretches
            .iter()
            .map(|(phase, a, b)| (*phase, (*a).max(leg.from), (*b).min(leg.to)));
        out.extend(on.filter(|(_, from, to)| from < to));
    }
    out
}

/// A node's own time by phases.
pub(super) fn stretches(node: &Node, now: u64) -> Vec<Stretch> {
    let end = node.start.saturating_add(node.duration(now));
    if node.state == State::Running(Sign::Presumed) && node.descendants == 0 {
        return vec![(Phase::Presumed, node.start, end)];
    }
    match (&node.call, node.kind) {
        (Some(call), _) => call_stretches(call, node.state, node.start, end),
        (None, NodeKind::Call) => vec![(Phase::NotSplit, node.start, end)],
        (None, NodeKind::Tool | NodeKind::Retrieval | NodeKind::Embedding) => {
            vec![(Phase::Tool, node.start, end)]
        }
        (None, NodeKind::Wait) => vec![(Phase::Human, node.start, end)],
        (None, NodeKind::Turn | NodeKind::Workflow | NodeKind::Agent | NodeKind::Other) => {
            vec![(Phase::Container, node.start, end)]
        }
    }
}

/// The phases of a call one after the other, and over them where its answer stalled.
fn call_stretches(call: &Call, state: State, start: u64, end: u64) -> Vec<Stretch> {
    let phase = |part| match part {
        Part::Gateway => Phase::Gateway,
        Part::Queue => Phase::Queue,
        Part::Prefill => Phase::Prefill,
        Part::WaitPrefill => Phase::WaitPrefill,
        Part::Decode => Phase::Decode,
        Part::Retry => Phase::Retry,
        _ => Phase::NotSplit,
    };
    let told = phases::stretches(call, state, start, end);
    let told = told.into_iter().map(|(part, a, b)| (phase(part), a, b));
    let curve = call.phases.curve.as_deref();
    let stalls = curve.into_iter().flat_map(|curve| &curve.kept);
    told.chain(stalls.map(|&(a, b)| (Phase::Stall, a, b)))
        .collect()
}

/// Lays a stretch on the eighths; however short, it stays visible. What has something `below` it
/// reaches as far as that does.
fn lay(eighths: &mut [Option<Phase>], scale: &Scale, (phase, from, to): Stretch, below: bool) {
    if scale.side(from, to).is_some() {
        return;
    }
    let limit = scale.limit(from, to).min(eighths.len());
    let (mut a, mut b) = (scale.eighth(from), scale.eighth(to));
    if phase.is_solid() {
        b = b.max(a + 2);
    } else if phase == Phase::Stall {
        // Only where it is as wide as it is drawn.
        (a, b) = (a.div_ceil(8) * 8, b / 8 * 8);
        if a >= b {
            return;
        }
    } else if below {
        (a, b) = (a / 8 * 8, b.div_ceil(8) * 8);
        b = b.max(a + 8);
    } else {
        // Lines are drawn on whole cells: round to them.
        (a, b) = ((a + 4) / 8 * 8, (b + 4) / 8 * 8);
        b = b.max(a + 8);
    }
    let over = b.saturating_sub(limit);
    let range = a.saturating_sub(over)..b.min(limit);
    if let Some(part) = eighths.get_mut(range) {
        part.fill(Some(phase));
    }
}

/// What most of some eighths are, among those that `counts`.
fn most(parts: &[Option<Phase>], counts: impl Fn(Phase) -> bool) -> Option<Phase> {
    let all = || parts.iter().flatten().copied().filter(|p| counts(*p));
    all().max_by_key(|phase| all().filter(|p| p == phase).count())
}

fn draw_cell(pen: &mut Pen, x: u16, y: u16, parts: &[Option<Phase>]) {
    let solid = |part: &Option<Phase>| part.filter(|p| p.is_solid());
    let solids = parts.iter().filter(|p| solid(p).is_some()).count();
    let lines = parts.iter().flatten().count() - solids;
    if !pen.theme.solid_bars() || lines > solids || solids == 0 {
        if let Some(phase) = most(parts, |_| true) {
            let (glyph, style) = (pen.theme.texture(phase), pen.style(phase.role()));
            pen.symbol(x, y, glyph, style);
        }
        return;
    }
    // A cell shows two colours at most: one from the left edge on, another from there.
    let first = parts.first().and_then(solid);
    let turn = parts
        .iter()
        .position(|p| solid(p) != first)
        .unwrap_or(parts.len());
    let rest = parts
        .get(turn..)
        .and_then(|rest| most(rest, Phase::is_solid));
    let block = pen.theme.eighths(turn);
    match (first, rest) {
        (Some(a), None) => {
            let style = pen.style(a.role());
            pen.symbol(x, y, block, style);
        }
        (Some(a), Some(b)) => {
            let mut style = pen.style(a.role());
            style.bg = pen.style(b.role()).fg;
            pen.symbol(x, y, block, style);
        }
        (None, Some(b)) => {
            // No block grows from the right: reversed, the left one leaves the right part.
            let style = pen.style(b.role()).add_modifier(Modifier::REVERSED);
            pen.symbol(x, y, block, style);
        }
        (None, None) => {}
    }
}
