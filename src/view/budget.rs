//! Where the selected turn's time went: one line, which is the legend of the bars above it too.

use super::paint::Pen;
use super::{ruler, text};

use crate::model::node::{Call, Node, Tree};
use crate::model::time_budget::{Part, TimeBudget};
use crate::theme::{Glyph, Phase, Role};
use crate::ui::spent::turn_number;
use crate::ui::{Picture, UiState, context};
use ratatui::layout::Rect;

/// Columns from which the gauge of the context is drawn, not only told.
const GAUGE_FROM: u16 = 100;
const GAUGE: u16 = 8;

pub(super) fn draw(pen: &mut Pen, area: Rect, picture: &Picture, ui: &UiState, now: u64) {
    let tree = picture.tree.filter(|_| picture.session == ui.session());
    let (Some(tree), Some(spent)) = (tree, &ui.spent) else {
        return;
    };
    if area.is_empty() {
        return;
    }
    if let Some(ruler) = ui.ruler {
        ruler::line(pen, area, tree, ruler);
        return;
    }
    let mut right = area.right().saturating_sub(1);
    let selected = ui.rows.get(ui.cursor).map(|r| r.node as usize);
    if let Some(call) = selected.and_then(|i| context::call(tree, i)) {
        right = draw_context(pen, area, call).saturating_sub(2);
    }
    let mut x = area.x + 1;
    let (faint, strong) = (pen.style(Role::Faint), pen.style(Role::Strong));
    let told = subject(tree, spent.of);
    let told = if spent.on_path {
        format!("path of {told}")
    } else {
        told
    };
    let subject = pen.fit(&told, 24, text::Cut::End);
    x += pen.put(x, area.y, right - x, &subject, faint) + 2;
    // What runs has gone on since it was measured.
    let since = spent.until.map_or(0, |until| now.saturating_sub(until));
    let wall = spent.time.wall();
    let time = format!("{:<6}", text::duration(wall.saturating_add(since)));
    let running = pen.style(Role::Running);
    let style = if spent.until.is_some() {
        running
    } else {
        strong
    };
    x += pen.put(x, area.y, right.saturating_sub(x), &time, style) + 2;
    draw_shares(
        pen,
        (x, area.y, right),
        shares(&spent.time, untold(tree, spent.of)),
    );
}

/// Swatches and what they stand for, up to the right edge; where not all fit, the smallest go.
fn draw_shares(pen: &mut Pen, (mut x, y, right): (u16, u16, u16), mut shares: Vec<Share>) {
    let cells = |shares: &[Share]| -> usize {
        let each = |s: &Share| text::width(&entry(s)) + 4;
        shares.iter().map(each).sum::<usize>().saturating_sub(2)
    };
    let free = usize::from(right.saturating_sub(x));
    while cells(&shares) > free && !shares.is_empty() {
        let smallest = shares.iter().map(|s| s.percent).min();
        let at = shares.iter().rposition(|s| Some(s.percent) == smallest);
        shares.remove(at.unwrap_or(0));
    }
    // Swatches grow with their share where there is room for all of them.
    let swatches = (free - cells(&shares).min(free)).min(28);
    for share in &shares {
        let entry = entry(share);
        let cells = swatches * usize::try_from(share.percent).unwrap_or(0) / 100;
        let cells = match share.phase {
            Some(_) => u16::try_from(cells).unwrap_or(1).max(1),
            None => 1,
        };
        swatch(pen, (x, y), cells, share.phase);
        x += cells + 1;
        let style = pen.style(Role::Secondary);
        x += pen.put(x, y, right.saturating_sub(x), &entry, style) + 2;
    }
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
    label: &'static str,
    phase: Option<Phase>,
    percent: u64,
}

/// The parts of the time that have a share. A split nobody told of is a part of its own.
fn shares(time: &TimeBudget, untold: bool) -> Vec<Share> {
    let share = |(part, percent): (Part, u64)| Share {
        label: match part {
            Part::Idle if untold => "not told",
            _ => part.word(),
        },
        phase: phase(part),
        percent,
    };
    time.percents().into_iter().map(share).collect()
}

/// How a part is drawn.
fn phase(part: Part) -> Option<Phase> {
    Some(match part {
        Part::Retry => Phase::Retry,
        Part::Gateway => Phase::Gateway,
        Part::Queue => Phase::Queue,
        Part::Prefill => Phase::Prefill,
        Part::WaitPrefill => Phase::WaitPrefill,
        Part::Decode => Phase::Decode,
        Part::NotSplit => Phase::NotSplit,
        Part::Tool => Phase::Tool,
        Part::Human => Phase::Human,
        Part::Presumed => Phase::Presumed,
        Part::Idle => return None,
    })
}

/// Agents without a call told what they did in part only: nobody was idle for sure.
fn untold(tree: &Tree, of: Option<usize>) -> bool {
    let mut roots = match of {
        Some(at) => tree.nodes.get(at..=at).unwrap_or_default().iter(),
        None => tree.nodes.iter(),
    };
    let agents = |n: &Node| n.rolled.agents > 0;
    let calls = |n: &Node| n.rolled.model_calls + n.rolled.running_calls > 0;
    roots.clone().any(agents) && !roots.any(calls)
}

/// `decode 34%`.
fn entry(share: &Share) -> String {
    format!("{} {}%", share.label, share.percent)
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

/// `turn 2`, `session`, or the name of what is looked at.
fn subject(tree: &Tree, of: Option<usize>) -> String {
    let Some(at) = of else {
        return "session".to_owned();
    };
    match (turn_number(tree, at), tree.nodes.get(at)) {
        (Some(number), _) => format!("turn {number}"),
        (None, Some(node)) => text::sanitize(&node.name).into_owned(),
        (None, None) => String::new(),
    }
}
