//! The tree: a row each, its name, its numbers and its bar; only what is on the screen is drawn.

use super::axis;
use super::columns::{Column, Columns};
use super::numbers::Numbers;
use super::paint::Pen;
use super::scale::Scale;
use super::text::{self, Cut};
use super::{ruler, waterfall};
use crate::model::finding::Severity;
use crate::model::node::{Node, NodeKind, Sign, State, Tree};
use crate::theme::{Glyph, Role};
use crate::ui::layout::Layout;
use crate::ui::mouse::Target;
use crate::ui::rows::Row;
use crate::ui::state::Panel;
use crate::ui::{Picture, UiState, arguments, title};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

pub(super) fn draw(pen: &mut Pen, layout: &Layout, picture: &Picture, ui: &UiState, now: u64) {
    let area = layout.rows;
    pen.target(area, Target::Panel(Panel::Tree));
    let Some(tree) = picture.tree.filter(|_| picture.session == ui.session()) else {
        let style = pen.style(Role::Faint);
        pen.put(
            area.x + 3,
            area.y,
            area.width.saturating_sub(3),
            "reading the session",
            style,
        );
        return;
    };
    let columns = Columns::fit(area.width, ui.pins.keys().len());
    let cells = columns.waterfall.1;
    let scale = Scale::of(&ui.axis, now, cells, ui.wall_clock);
    draw_titles(pen, layout.columns, &columns, ui);
    if let Some(scale) = &scale {
        let offset = ui.wall_clock.then_some(picture.utc_offset);
        draw_axis(pen, layout, &columns, scale, offset, (tree, ui, now));
    }
    if ui.rows.is_empty() {
        let style = pen.style(Role::Faint);
        let text = match (ui.search.is_empty(), ui.search.percent()) {
            (true, _) => "nothing to show yet",
            (_, Some(_)) => "looking",
            (_, None) => "nothing matches",
        };
        pen.put(
            area.x + 3,
            area.y,
            area.width.saturating_sub(3),
            text,
            style,
        );
        return;
    }
    let height = usize::from(area.height);
    for (i, y) in (ui.scroll..ui.rows.len()).take(height).zip(area.y..) {
        let Some(row) = ui.rows.get(i) else { break };
        let line = Rect::new(area.x, y, area.width, 1);
        draw_row(pen, line, &columns, tree, *row, ui, now);
        if i == ui.cursor {
            let focused = ui.focus == Panel::Tree;
            let style = pen.style(if focused {
                Role::Selection
            } else {
                Role::SelectionUnfocused
            });
            // A ground that texts must change for would spoil the bars.
            let changes = style.fg.is_some() || style.add_modifier.contains(Modifier::REVERSED);
            let width = if changes && scale.is_some() {
                columns.waterfall.0.saturating_sub(1).min(line.width)
            } else {
                line.width
            };
            pen.tint(Rect { width, ..line }, style);
        }
        if let (Some(scale), Some(scope)) = (&scale, &ui.axis.scope) {
            let at = (area.x + columns.waterfall.0, y);
            let path = ui.path.as_ref();
            waterfall::bar(pen, at, (scope, scale), tree, (*row, path), now);
            axis::tears(pen, at, scale);
        }
    }
    if let (Some(scale), Some(ruler)) = (&scale, ui.ruler) {
        let first = area.x + columns.waterfall.0;
        ruler::draw(pen, (layout.columns, area), first, scale, tree, ruler);
    }
}

fn draw_titles(pen: &mut Pen, area: Rect, columns: &Columns, ui: &UiState) {
    if area.is_empty() {
        return;
    }
    let style = pen.style(Role::Faint);
    for (column, x) in &columns.shown {
        let at = area.x + x;
        let title = match column {
            Column::Pinned(i) => pen.fit(ui.pins.title(*i), column.width(), Cut::End),
            _ => column.title().to_owned(),
        };
        pen.right(at, area.y, column.width(), &title, style);
    }
}

/// The axis in the line of the titles, what part of it is in sight, and the minimap: on the rule
/// below the bars, or where there is none beside the words.
fn draw_axis(
    pen: &mut Pen,
    layout: &Layout,
    columns: &Columns,
    scale: &Scale,
    offset: Option<i32>,
    (tree, ui, now): (&Tree, &UiState, u64),
) {
    let area = layout.columns;
    if area.is_empty() {
        return;
    }
    let (first, cells) = columns.waterfall;
    axis::ticks(pen, (area.x + first, area.y), scale, offset);
    let selected = ui
        .rows
        .get(ui.cursor)
        .and_then(|r| tree.nodes.get(r.node as usize));
    let side = selected.and_then(|n| waterfall::side(scale, n, now));
    let words = Rect::new(area.x + 1, area.y, columns.name, 1);
    let used = axis::extent(pen, words, &ui.axis, side, now);
    let map = if layout.rule.is_empty() {
        let x = words.x + used + 2;
        Rect::new(x, area.y, words.right().saturating_sub(x), 1)
    } else {
        Rect::new(area.x + first, layout.rule.y, cells, 1)
    };
    axis::minimap(pen, map, &ui.axis, selected, now);
}

fn draw_row(
    pen: &mut Pen,
    line: Rect,
    columns: &Columns,
    tree: &Tree,
    row: Row,
    ui: &UiState,
    now: u64,
) {
    let Some(node) = tree.nodes.get(row.node as usize) else {
        return;
    };
    pen.target(line, Target::Row(node.id));
    let name = Rect::new(line.x + 1, line.y, columns.name, 1);
    draw_name(pen, name, node, row, ui, now);
    if ui.session().is_some_and(|s| ui.is_marked(s, Some(node.id))) {
        let (mark, style) = (pen.glyph(Glyph::Marked), pen.style(Role::Key));
        pen.symbol(line.x, line.y, mark, style);
    }
    let numbers = Numbers::of(pen, node);
    let running = node.state.is_running();
    for (column, x) in &columns.shown {
        let (text, role) = match column {
            Column::Input => (numbers.input.clone(), Role::Secondary),
            Column::Cached => (numbers.cached.clone(), Role::Faint),
            Column::Output => (numbers.output.clone(), Role::Secondary),
            Column::Cost => (numbers.cost.clone(), Role::Cost),
            Column::Time if running => (text::duration(node.duration(now)), Role::Running),
            Column::Time => (time(pen, node), Role::Text),
            Column::Ttft => (ttft(pen, node), Role::Secondary),
            Column::Speed => (speed(pen, node), Role::Secondary),
            Column::Pinned(i) => {
                let value = ui.pins.value(node.id, *i);
                (pen.fit(value, column.width(), Cut::End), Role::Secondary)
            }
        };
        let unknown = text == pen.glyph(Glyph::Unknown);
        let style = pen.style(if unknown { Role::Faint } else { role });
        pen.right(line.x + x, line.y, column.width(), &text, style);
    }
}

/// The time of what does not run: unknown where nobody told the end.
fn time(pen: &Pen, node: &Node) -> String {
    match node.end {
        Some(_) => text::duration(node.duration(0)),
        None => pen.glyph(Glyph::Unknown).to_owned(),
    }
}

fn ttft(pen: &Pen, node: &Node) -> String {
    let Some(call) = &node.call else {
        return String::new();
    };
    call.phases
        .ttft
        .map_or_else(|| pen.glyph(Glyph::Unknown).to_owned(), text::duration)
}

fn speed(pen: &Pen, node: &Node) -> String {
    let Some(call) = &node.call else {
        return String::new();
    };
    let speed = call.decode_tokens_per_s();
    speed.map_or_else(|| pen.glyph(Glyph::Unknown).to_owned(), text::rate)
}

/// The glyph of a kind of node and its role.
pub(super) fn kind(kind: NodeKind, mcp: bool) -> (Glyph, Role) {
    match kind {
        NodeKind::Turn => (Glyph::Turn, Role::Turn),
        NodeKind::Workflow => (Glyph::Workflow, Role::Agent),
        NodeKind::Agent => (Glyph::Agent, Role::Agent),
        NodeKind::Call => (Glyph::Call, Role::Call),
        NodeKind::Tool if mcp => (Glyph::Mcp, Role::Tool),
        NodeKind::Tool => (Glyph::Tool, Role::Tool),
        NodeKind::Retrieval => (Glyph::Retrieval, Role::Tool),
        NodeKind::Embedding => (Glyph::Embedding, Role::Tool),
        NodeKind::Wait => (Glyph::Wait, Role::Human),
        NodeKind::Other => (Glyph::Other, Role::Secondary),
    }
}

/// The glyph of a row: failed, a spinner where it runs itself, else its kind.
fn glyph(pen: &Pen, node: &Node, row: Row, now: u64) -> (&'static str, Style) {
    let kind = kind(node.kind, node.mcp);
    let error = pen.style(Role::Error);
    match node.state {
        State::Error => (pen.glyph(Glyph::Error), error),
        State::Running(_) if !row.parent || row.folded => {
            (pen.theme.spinner(now), pen.style(Role::Running))
        }
        _ if row.folded && node.error_below => (pen.glyph(kind.0), error),
        State::Abandoned => (pen.glyph(kind.0), pen.style(Role::Faint)),
        _ => (pen.glyph(kind.0), pen.style(kind.1)),
    }
}

fn name_role(node: &Node) -> Role {
    match (node.state, node.kind) {
        (State::Running(Sign::Presumed), _) => Role::Running,
        _ if !node.arrived => Role::Secondary,
        (_, NodeKind::Turn | NodeKind::Workflow | NodeKind::Agent) => Role::Strong,
        (_, NodeKind::Other | NodeKind::Wait) => Role::Secondary,
        _ => Role::Text,
    }
}

fn draw_name(pen: &mut Pen, area: Rect, node: &Node, row: Row, ui: &UiState, now: u64) {
    // Deep rows keep half of the cells for their names.
    let indent = u16::try_from(row.depth.saturating_mul(2))
        .unwrap_or(u16::MAX)
        .min(area.width / 2);
    let (x, y) = (area.x + indent, area.y);
    let faint = pen.style(Role::Faint);
    if row.depth.saturating_mul(2) > u32::from(indent) && indent > 0 {
        let more = pen.glyph(Glyph::More);
        pen.symbol(x - 1, y, more, faint);
    }
    if row.parent {
        let mark = pen.glyph(if row.folded {
            Glyph::Folded
        } else {
            Glyph::Open
        });
        pen.symbol(x, y, mark, faint);
        pen.target(Rect::new(x, y, 2, 1), Target::Fold(node.id));
    }
    let (symbol, style) = glyph(pen, node, row, now);
    if area.width > indent + 2 {
        pen.symbol(x + 2, y, symbol, style);
    }
    let mut x = x + 4;
    let mut room = area.right().saturating_sub(x);
    if node.state == State::Running(Sign::Presumed) && room > 2 && !node.name.starts_with('~') {
        let (mark, style) = (
            format!("{} ", pen.glyph(Glyph::Presumed)),
            pen.style(Role::Running),
        );
        x += pen.put(x, y, room, &mark, style);
        room = area.right().saturating_sub(x);
    }
    if node.from_logs && room > 2 {
        let mark = pen.glyph(Glyph::FromLogs);
        pen.symbol(area.right() - 1, y, mark, faint);
        room -= 2;
    }
    if room > 2
        && let Some(severity) = mark(node, row, ui)
    {
        let (glyph, role) = match severity {
            Severity::Error => (Glyph::Error, Role::Error),
            Severity::Warning => (Glyph::Warning, Role::Warning),
            Severity::Info => (Glyph::Dot, Role::Warning),
        };
        let (sign, style) = (pen.glyph(glyph), pen.style(role));
        pen.symbol(x + room - 1, y, sign, style);
        room -= 2;
    }
    let style = pen.style(name_role(node));
    let name = pen.fit(&title::node(node), room, Cut::End);
    let mut used = put_matched(pen, (x, y, room), &name, style, ui);
    used += draw_attempts(pen, (x + used, y, room.saturating_sub(used)), node);
    used += draw_handover(pen, (x + used, y, room.saturating_sub(used)), node, &name);
    let rest = room.saturating_sub(used + 1);
    if let Some(detail) = node.detail.as_deref().filter(|_| rest > 3) {
        let detail = arguments::line(detail, usize::from(rest), pen.glyph(Glyph::Ellipsis));
        let style = pen.style(Role::Secondary);
        put_matched(pen, (x + used + 1, y, rest), &detail, style, ui);
    }
}

/// The gravest finding in a row; in what is folded into it too.
fn mark(node: &Node, row: Row, ui: &UiState) -> Option<Severity> {
    let at = row.node as usize;
    let below = if row.folded {
        node.descendants as usize
    } else {
        0
    };
    ui.marks.within(at..at + 1 + below)
}

/// How often a call was tried, where that is more than once; gives the cells used.
fn draw_attempts(pen: &mut Pen, (x, y, room): (u16, u16, u16), node: &Node) -> u16 {
    let attempts = node.call.as_ref().map_or(1, |c| c.attempts);
    if attempts < 2 {
        return 0;
    }
    let text = format!(" {}{attempts}", pen.glyph(Glyph::Times));
    let style = pen.style(Role::Warning);
    pen.put(x, y, room, &text, style)
}

/// Whom a row hands over to, where its name does not say so; gives the cells used.
fn draw_handover(pen: &mut Pen, (x, y, room): (u16, u16, u16), node: &Node, name: &str) -> u16 {
    let to = node.hands.as_deref().and_then(|h| h.to.as_deref());
    let Some(to) = to.filter(|to| room > 4 && !name.contains(to)) else {
        return 0;
    };
    let text = format!(" {} {to}", pen.glyph(Glyph::HandsTo));
    let text = pen.fit(&text, room, Cut::End);
    let style = pen.style(Role::Agent);
    pen.put(x, y, room, &text, style)
}

/// Text in which what is looked for stands out.
fn put_matched(
    pen: &mut Pen,
    (x, y, room): (u16, u16, u16),
    text: &str,
    style: Style,
    ui: &UiState,
) -> u16 {
    let used = pen.put(x, y, room, text, style);
    if !ui.search.is_empty() {
        for (from, to) in ui.search.spans(text) {
            let (from, to) = (
                u16::try_from(from).unwrap_or(room),
                u16::try_from(to).unwrap_or(room),
            );
            let width = to.min(used).saturating_sub(from);
            let style = pen.style(Role::Match);
            pen.tint(Rect::new(x.saturating_add(from), y, width, 1), style);
        }
    }
    used
}
