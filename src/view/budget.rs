//! Where the selected turn's time went: one line, which is the legend of the bars above it too.

use super::paint::Pen;
use super::text;
use crate::model::figures::Figures;
use crate::model::node::{Call, Node, NodeKind, Sign, State, Tree};
use crate::theme::{Glyph, Phase, Role};
use crate::ui::axis::Scope;
use crate::ui::{Picture, UiState, context};
use ratatui::layout::Rect;

/// In turns of more nodes what engines tell apart is not summed up for every frame.
const LOOKED_AT: u32 = 2000;
/// Columns from which the gauge of the context is drawn, not only told.
const GAUGE_FROM: u16 = 100;
const GAUGE: u16 = 8;

pub(super) fn draw(pen: &mut Pen, area: Rect, picture: &Picture, ui: &UiState, now: u64) {
    let tree = picture.tree.filter(|_| picture.session == ui.session());
    let (Some(tree), Some(scope)) = (tree, ui.axis.scope) else {
        return;
    };
    if area.is_empty() {
        return;
    }
    let mut right = area.right().saturating_sub(1);
    let selected = ui.rows.get(ui.cursor).map(|r| r.node as usize);
    if let Some(call) = selected.and_then(|i| context::call(tree, i)) {
        right = draw_context(pen, area, call).saturating_sub(2);
    }
    let mut x = area.x + 1;
    let (faint, strong) = (pen.style(Role::Faint), pen.style(Role::Strong));
    x += pen.put(x, area.y, right - x, &subject(tree, &scope), faint) + 2;
    let wall = scope.end_at(now).saturating_sub(scope.start);
    let time = format!("{:<6}", text::duration(wall));
    let style = if scope.end.is_none() {
        pen.style(Role::Running)
    } else {
        strong
    };
    x += pen.put(x, area.y, right.saturating_sub(x), &time, style) + 2;
    let Some(figures) = figures(picture, ui, tree, &scope) else {
        return;
    };
    let nodes = match scope.root {
        Some(root) => tree.nodes.get(root..).unwrap_or_default(),
        None => &tree.nodes,
    };
    let count = scope.root.map_or(tree.nodes.len(), |root| {
        tree.nodes
            .get(root)
            .map_or(0, |n| n.descendants as usize + 1)
    });
    let looked_at = if count > LOOKED_AT as usize { 0 } else { count };
    let below = nodes.iter().take(looked_at);
    let mut shares = shares(&figures, wall, below.filter_map(|n| n.call.as_deref()));
    shares.extend(unsummed(tree, ui));
    draw_shares(pen, (x, area.y, right), &shares, wall, &figures);
}

/// Swatches and what they stand for, up to the right edge.
fn draw_shares(
    pen: &mut Pen,
    (mut x, y, right): (u16, u16, u16),
    shares: &[Share],
    wall: u64,
    figures: &Figures,
) {
    // Swatches grow with their share where there is room for all of them.
    let texts: usize = shares
        .iter()
        .map(|s| text::width(&entry(s, wall, figures)) + 4)
        .sum();
    let free = usize::from(right.saturating_sub(x));
    let swatches = free.saturating_sub(texts).min(28);
    for share in shares {
        let entry = entry(share, wall, figures);
        let grown = text::percent(share.ns, wall).unwrap_or(0).min(100);
        let cells = swatches * usize::try_from(grown).unwrap_or(0) / 100;
        let cells = match share.phase {
            Some(_) => u16::try_from(cells).unwrap_or(1).max(1),
            None => 1,
        };
        let width = u16::try_from(text::width(&entry)).unwrap_or(u16::MAX);
        if x.saturating_add(cells)
            .saturating_add(1)
            .saturating_add(width)
            > right
        {
            break;
        }
        swatch(pen, (x, y), cells, share.phase);
        x += cells + 1;
        let style = pen.style(Role::Secondary);
        x += pen.put(x, y, right.saturating_sub(x), &entry, style) + 2;
    }
}

/// The sums of what is on the axis.
fn figures(picture: &Picture, ui: &UiState, tree: &Tree, scope: &Scope) -> Option<Figures> {
    if let Some(root) = scope.root {
        return tree.nodes.get(root).map(|n| n.rolled);
    }
    let mut sessions = picture.sessions.iter();
    sessions
        .find(|s| Some(s.id) == ui.session())
        .map(|s| s.figures)
}

/// Kinds of bars on the screen that are no share of the time.
fn unsummed(tree: &Tree, ui: &UiState) -> Vec<Share> {
    let height = usize::from(ui.layout().rows.height);
    let shown = ui.rows.iter().skip(ui.scroll).take(height);
    let nodes = shown.filter_map(|r| tree.nodes.get(r.node as usize));
    let presumed = nodes
        .clone()
        .any(|n| n.state == State::Running(Sign::Presumed) && n.descendants == 0);
    let share = |phase| Share {
        phase: Some(phase),
        ns: 0,
    };
    presumed
        .then(|| share(Phase::Presumed))
        .into_iter()
        .collect()
}

/// How full the model's context is, at the right edge; gives where it begins.
fn draw_context(pen: &mut Pen, area: Rect, call: &Call) -> u16 {
    let Some(used) = call.context() else {
        return area.right();
    };
    let faint = pen.style(Role::Faint);
    let mut x = area.right().saturating_sub(1);
    let (told, style) = match call.window.and_then(|w| Some((w, text::percent(used, w)?))) {
        Some((window, percent)) => {
            let style = pen.style(match percent {
                ..80 => Role::Text,
                _ => Role::Warning,
            });
            if area.width >= GAUGE_FROM {
                x = x.saturating_sub(GAUGE + 3);
                pen.gauge((x + 1, area.y), GAUGE, (used, window), style);
            }
            (format!("{percent:>3}%"), style)
        }
        None => (text::count(used), pen.style(Role::Text)),
    };
    let width = u16::try_from(told.len()).unwrap_or(0);
    x = x.saturating_sub(width);
    pen.put(x, area.y, width, &told, style);
    x = x.saturating_sub(4);
    pen.put(x, area.y, 4, "ctx ", faint);
    x
}

/// A share of the time; `phase` is `None` for time in which nothing ran.
struct Share {
    phase: Option<Phase>,
    ns: u64,
}

/// What is known of the time. A split nobody told of is its own share, never guessed into others.
fn shares<'a>(f: &Figures, wall: u64, calls: impl Iterator<Item = &'a Call>) -> Vec<Share> {
    // What engines told apart of the time before the first token.
    let told = calls.filter(|c| c.phases.prefill.is_some());
    let (mut gateway, mut queue, mut prefill) = (0u64, 0u64, 0u64);
    for phases in told.map(|c| &c.phases) {
        gateway = gateway.saturating_add(phases.gateway.unwrap_or(0));
        queue = queue.saturating_add(phases.queue.unwrap_or(0));
        prefill = prefill.saturating_add(phases.prefill.unwrap_or(0));
    }
    let apart = gateway.saturating_add(queue).saturating_add(prefill);
    let unsplit = f
        .model_ns
        .saturating_sub(f.wait_ns.saturating_add(f.decode_ns));
    let share = |phase, ns| Share {
        phase: Some(phase),
        ns,
    };
    let mut shares = vec![
        share(Phase::Gateway, gateway),
        share(Phase::Queue, queue),
        share(Phase::Prefill, prefill),
        share(Phase::WaitPrefill, f.wait_ns.saturating_sub(apart)),
        share(Phase::Decode, f.decode_ns),
        share(Phase::NotSplit, unsplit),
        share(Phase::Tool, f.tool_ns),
        share(Phase::Human, f.human_ns),
        Share {
            phase: None,
            ns: f.idle_ns,
        },
    ];
    // Rounding leaves crumbs of a split and of idle time; what did not happen is not listed.
    shares.retain(|s| match s.phase {
        Some(Phase::NotSplit | Phase::WaitPrefill) => s.ns > f.model_ns / 100,
        Some(_) => s.ns > 0,
        None => s.ns > wall / 200,
    });
    shares
}

/// `decode 34%`; where things ran beside each other and the parts add up to more than the whole,
/// the time itself: a percentage would mislead.
fn entry(share: &Share, wall: u64, f: &Figures) -> String {
    let sum = [f.model_ns, f.tool_ns, f.human_ns, f.idle_ns]
        .into_iter()
        .fold(0u64, u64::saturating_add);
    let label = match share.phase {
        Some(phase) => phase.label(),
        // Agents without a call told what they did in part only: nobody was idle for sure.
        None if f.agents > 0 && f.model_calls == 0 => "not told",
        None => "idle",
    };
    if share.ns == 0 {
        return label.to_owned();
    }
    match text::percent(share.ns, wall) {
        Some(p) if sum <= wall.saturating_add(wall / 50) => format!("{label} {p}%"),
        _ => format!("{label} {}", text::duration(share.ns)),
    }
}

fn swatch(pen: &mut Pen, (x, y): (u16, u16), cells: u16, phase: Option<Phase>) {
    let Some(phase) = phase else {
        let (dot, style) = (pen.glyph(Glyph::Dot), pen.style(Role::Faint));
        pen.symbol(x, y, dot, style);
        return;
    };
    let glyph = if phase.is_solid() && pen.theme.solid_bars() {
        pen.theme.eighths(8)
    } else {
        pen.theme.texture(phase)
    };
    let style = pen.style(phase.role());
    for cell in 0..cells {
        pen.symbol(x + cell, y, glyph, style);
    }
}

/// `turn 2`, `session`, or what else is on the axis.
fn subject(tree: &Tree, scope: &Scope) -> String {
    let Some(root) = scope.root else {
        return "session".to_owned();
    };
    let turn = |n: &&Node| n.kind == NodeKind::Turn;
    if !tree.nodes.get(root).iter().any(turn) {
        return "this".to_owned();
    }
    let mut number = 0;
    let mut at = 0;
    while let Some(node) = tree.nodes.get(at).filter(|_| at <= root) {
        number += u32::from(turn(&node));
        at += node.descendants as usize + 1;
    }
    format!("turn {number}")
}
