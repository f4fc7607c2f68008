//! The line above the bars (ticks and folded gaps) and, once zoomed, what part of the whole is in
//! sight: in words beside it, and as a thumb on the rule below the bars.

use super::paint::Pen;
use super::scale::{Mark, Scale, Side};
use super::text;
use crate::model::node::Node;
use crate::theme::{Glyph, Role};
use crate::ui::axis::{Axis, Scope};
use ratatui::layout::Rect;

/// Ticks and folded gaps from a place on.
pub(super) fn ticks(pen: &mut Pen, (x, y): (u16, u16), scale: &Scale, offset: Option<i32>) {
    let (style, told) = (pen.style(Role::Faint), pen.style(Role::Secondary));
    for mark in scale.marks(offset) {
        match mark {
            Mark::Tick(cell, label) => {
                pen.put(x + cell, y, scale.cells - cell, &label, style);
            }
            Mark::Gap(cell) => pen.symbol(x + cell, y, pen.glyph(Glyph::Gap), told),
            Mark::Length(cell, length) => {
                pen.put(x + cell, y, scale.cells - cell, &length, told);
            }
        }
    }
}

/// A folded gap goes through all rows.
pub(super) fn tears(pen: &mut Pen, (x, y): (u16, u16), scale: &Scale) {
    let (glyph, style) = (pen.glyph(Glyph::Tear), pen.style(Role::Rule));
    for cell in scale.gaps() {
        pen.symbol(x + cell, y, glyph, style);
    }
}

/// A bar that is out of sight is marked at the edge behind which it lies.
pub(super) fn beyond(pen: &mut Pen, (x, y): (u16, u16), cells: u16, side: Side) {
    let style = pen.style(Role::Secondary);
    let (glyph, at) = match side {
        Side::Left => (Glyph::Before, x),
        Side::Right => (Glyph::More, x + cells.saturating_sub(1)),
    };
    pen.symbol(at, y, pen.glyph(glyph), style);
}

/// What is on the axis, where that is not simply the whole turn; gives the cells used.
pub(super) fn extent(pen: &mut Pen, area: Rect, axis: &Axis, side: Option<Side>, now: u64) -> u16 {
    let (Some(scope), style) = (axis.scope, pen.style(Role::Faint)) else {
        return 0;
    };
    let Some(window) = axis.window else {
        let told = if axis.session { "whole session" } else { "" };
        return pen.put(area.x, area.y, area.width, told, style);
    };
    let seen = text::span(window.span);
    let whole = text::duration(scope.span_at(now));
    let mut used = pen.put(
        area.x,
        area.y,
        area.width,
        &format!("{seen} of {whole}"),
        style,
    );
    let Some(side) = side else { return used };
    let warning = pen.style(Role::Warning);
    let room = area.width.saturating_sub(used + 2);
    let (before, after) = match side {
        Side::Left => (format!("{} ", pen.glyph(Glyph::Before)), String::new()),
        Side::Right => (String::new(), format!(" {}", pen.glyph(Glyph::More))),
    };
    let told = ["row beyond", "row", ""]
        .map(|words| format!("{before}{words}{after}"))
        .into_iter()
        .find(|words| text::width(words) <= usize::from(room))
        .unwrap_or_default();
    used += 2 + pen.put(area.x + used + 2, area.y, room, told.trim(), warning);
    used
}

/// Which part of the scope is in sight and where the selected row is, on one line.
pub(super) fn minimap(pen: &mut Pen, area: Rect, axis: &Axis, selected: Option<&Node>, now: u64) {
    let (Some(scope), Some(window)) = (axis.scope, axis.window) else {
        return;
    };
    if area.width < 4 || area.height == 0 {
        return;
    }
    let (start, span) = window.at(&scope, now);
    let from = place(&scope, start, now, area.width);
    let to = place(&scope, start.saturating_add(span), now, area.width).max(from + 1);
    let to = to.min(area.width);
    let from = from.min(to - 1);
    let (thumb, rail) = (pen.glyph(Glyph::Thumb), pen.glyph(Glyph::Rule));
    let (bright, dim) = (pen.style(Role::Title), pen.style(Role::Rule));
    for cell in 0..area.width {
        if (from..to).contains(&cell) {
            pen.symbol(area.x + cell, area.y, thumb, bright);
        } else {
            pen.symbol(area.x + cell, area.y, rail, dim);
        }
    }
    let Some(node) = selected else { return };
    let middle = node.start.saturating_add(node.duration(now) / 2);
    let cell = place(&scope, middle, now, area.width).min(area.width - 1);
    let inside = (from..to).contains(&cell);
    let style = pen.style(if inside { Role::Strong } else { Role::Warning });
    pen.symbol(area.x + cell, area.y, pen.glyph(Glyph::Here), style);
}

/// The cell of a time where a scope takes so many.
fn place(scope: &Scope, time: u64, now: u64, cells: u16) -> u16 {
    let into = u128::from(time.saturating_sub(scope.start));
    let cell = into * u128::from(cells) / u128::from(scope.span_at(now));
    u16::try_from(cell).unwrap_or(cells).min(cells)
}
