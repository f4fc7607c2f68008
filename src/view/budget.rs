//! Where the selected turn's time went: one line, which is the legend of the bars above it too.

use super::paint::Pen;
use super::text;
use crate::model::figures::Figures;
use crate::model::node::{Call, NodeKind, Tree};
use crate::theme::{Glyph, Phase, Role};
use crate::ui::{Picture, UiState};
use ratatui::layout::Rect;

/// In turns of more nodes what engines tell apart is not summed up for every frame.
const LOOKED_AT: u32 = 2000;

pub(super) fn draw(pen: &mut Pen, area: Rect, picture: &Picture, ui: &UiState, now: u64) {
    let tree = picture.tree.filter(|_| picture.session == ui.session());
    let (Some(tree), Some(scope)) = (tree, ui.scope) else {
        return;
    };
    let Some(root) = tree.nodes.get(scope.root) else {
        return;
    };
    if area.is_empty() {
        return;
    }
    let (faint, strong) = (pen.style(Role::Faint), pen.style(Role::Strong));
    let mut x = area.x + 1;
    let right = area.right();
    x += pen.put(x, area.y, right - x, &subject(tree, scope.root), faint) + 2;
    let running = root.state.is_running();
    let wall = scope.end.unwrap_or(now).saturating_sub(scope.start);
    let time = format!("{:<6}", text::duration(wall));
    let style = if running {
        pen.style(Role::Running)
    } else {
        strong
    };
    x += pen.put(x, area.y, right.saturating_sub(x), &time, style) + 2;
    let looked_at = match root.descendants {
        n if n > LOOKED_AT => 0,
        n => n as usize + 1,
    };
    let below = tree.nodes.iter().skip(scope.root).take(looked_at);
    let shares = shares(&root.rolled, wall, below.filter_map(|n| n.call.as_deref()));
    // Swatches grow with their share where there is room for all of them.
    let texts: usize = shares
        .iter()
        .map(|s| text::width(&entry(pen, s, wall, &root.rolled)) + 3)
        .sum();
    let free = usize::from(right.saturating_sub(x));
    let swatches = free.saturating_sub(texts).min(28);
    for share in &shares {
        let entry = entry(pen, share, wall, &root.rolled);
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
        swatch(pen, (x, area.y), cells, share.phase);
        x += cells + 1;
        let style = pen.style(Role::Secondary);
        x += pen.put(x, area.y, right.saturating_sub(x), &entry, style) + 2;
    }
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
fn entry(_: &Pen, share: &Share, wall: u64, f: &Figures) -> String {
    let sum = [f.model_ns, f.tool_ns, f.human_ns, f.idle_ns]
        .into_iter()
        .fold(0u64, u64::saturating_add);
    let label = share.phase.map_or("idle", Phase::label);
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

/// `turn 2`, or what else stands at the top.
fn subject(tree: &Tree, root: usize) -> String {
    let Some(node) = tree.nodes.get(root) else {
        return String::new();
    };
    if node.kind != NodeKind::Turn {
        return "this".to_owned();
    }
    let mut number = 0;
    let mut at = 0;
    while at <= root {
        let Some(node) = tree.nodes.get(at) else {
            break;
        };
        number += u32::from(node.kind == NodeKind::Turn);
        at += node.descendants as usize + 1;
    }
    format!("turn {number}")
}
