//! The detail pane: title and tabs on its rule, the open tab below.

use super::paint::Pen;
use super::text::Cut;
use crate::model::node::{Node, NodeKind};
use crate::theme::{Glyph, Role};
use crate::ui::attributes::{Styles, items};
use crate::ui::mouse::Target;
use crate::ui::pane::{Line, NOTHING, Tab};
use crate::ui::state::Panel;
use crate::ui::{Picture, UiState, marks, title};
use ratatui::layout::Rect;
use ratatui::widgets::StatefulWidget;

/// Cells in which title, all tabs and the place in the text stand side by side.
const ROOMY: u16 = 100;

pub(super) fn draw(
    pen: &mut Pen,
    tabs: Rect,
    area: Rect,
    picture: &Picture,
    ui: &UiState,
    now: u64,
) {
    pen.target(area, Target::Panel(Panel::Detail));
    let Some(node) = ui.selected_node(picture).filter(|_| area.width > 2) else {
        draw_tabs(pen, tabs, None, ui, "");
        return;
    };
    let width = area.width - 2;
    let summary: Vec<Line>;
    let lines = match ui.tab {
        Tab::Attributes => {
            draw_tabs(pen, tabs, Some(node), ui, "");
            draw_attributes(pen, area, picture, ui);
            return;
        }
        Tab::Summary => {
            summary = marks::lines(picture, node, now, usize::from(width));
            &summary
        }
        Tab::Messages | Tab::Changes | Tab::Tools | Tab::Events | Tab::Source => &ui.pane,
    };
    let unread = ui.tab.reads() || ui.shown_detail(picture).is_none();
    if lines.is_empty() && unread {
        let style = pen.style(Role::Faint);
        pen.put(area.x + 1, area.y, width, "reading", style);
    }
    let height = usize::from(area.height);
    let first = ui.pane_scroll.min(lines.len().saturating_sub(height));
    for (line, y) in lines.iter().skip(first).zip(area.top()..area.bottom()) {
        pen.line(area.x + 1, y, width, line);
    }
    let place = if lines.len() > height {
        let of = if tabs.width < ROOMY { "/" } else { " of " };
        format!(" {}-{}{of}{} ", first + 1, first + height, lines.len())
    } else {
        String::new()
    };
    draw_tabs(pen, tabs, Some(node), ui, &place);
}

/// On a rule: title, tabs, and at its end which lines are in sight.
fn draw_tabs(pen: &mut Pen, area: Rect, node: Option<&Node>, ui: &UiState, place: &str) {
    if area.is_empty() {
        return;
    }
    pen.rule(area);
    let focused = ui.focus == Panel::Detail;
    // Above the detail alone no row says what it is of; else the tabs go before the title.
    let least = if ui.zoomed { 28 } else { 2 };
    let end = u16::try_from(place.len()).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(end.saturating_add(least));
    let (tabs, more) = shown_tabs(ui.tab, room);
    let tabs_width = cells_of(tabs) + u16::from(more) * 3 + 1;
    let title = node.map(title).unwrap_or_default();
    let room = area.width.saturating_sub(tabs_width + end + 8);
    let title = if room < 16 {
        String::new()
    } else {
        pen.fit(&title, room, Cut::End)
    };
    let style = pen.style(if focused {
        Role::Title
    } else {
        Role::TitleUnfocused
    });
    let mut x = area.x + 2;
    if !title.is_empty() {
        x += pen.put(x, area.y, room + 2, &format!(" {title} "), style);
    }
    x = if title.is_empty() {
        x
    } else {
        (x + 2).max(area.x + area.width.saturating_sub(tabs_width).min(30))
    };
    for tab in tabs {
        let role = if *tab == ui.tab {
            Role::TabActive
        } else {
            Role::Secondary
        };
        let style = pen.style(role);
        let room = area.right().saturating_sub(x);
        let used = pen.put(x, area.y, room, &format!(" {} ", tab.title()), style);
        pen.target(Rect::new(x, area.y, used, 1), Target::Tab(*tab));
        x += used + 1;
    }
    if more {
        let style = pen.style(Role::Faint);
        let room = area.right().saturating_sub(x);
        let sign = format!(" {} ", pen.glyph(Glyph::Ellipsis));
        pen.put(x, area.y, room, &sign, style);
    }
    let style = pen.style(Role::Faint);
    let rule = if x + end + 2 < area.right() { 2 } else { 0 };
    pen.put(
        area.right().saturating_sub(end + rule),
        area.y,
        end,
        place,
        style,
    );
}

/// Cells of tabs on their rule.
fn cells_of(tabs: &[Tab]) -> u16 {
    let cells: usize = tabs.iter().map(|t| t.title().len() + 3).sum();
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// The tabs for which there is room, from the first on or else up to the open one, and whether some
/// behind them are left out.
fn shown_tabs(open: Tab, room: u16) -> (&'static [Tab], bool) {
    let all = &Tab::ALL[..];
    let at = all.iter().position(|t| *t == open).unwrap_or(0);
    let fits = |from: usize, to: usize| {
        let tabs = all.get(from..to).unwrap_or_default();
        let more = to < all.len();
        (cells_of(tabs) + u16::from(more) * 3 <= room).then_some((tabs, more))
    };
    let first = |from: usize| (at + 1..=all.len()).rev().find_map(|to| fits(from, to));
    let found = (0..=at).find_map(first);
    found.unwrap_or((all.get(at..=at).unwrap_or_default(), false))
}

fn title(node: &Node) -> String {
    let kind = match node.kind {
        NodeKind::Turn => "turn",
        NodeKind::Workflow => "workflow",
        NodeKind::Agent => "agent",
        NodeKind::Call => node
            .call
            .as_ref()
            .and_then(|c| c.operation.as_deref())
            .unwrap_or("chat"), // what is taken for granted is not kept
        NodeKind::Tool if node.mcp => "MCP tool",
        NodeKind::Tool => "tool",
        NodeKind::Retrieval => "retrieval",
        NodeKind::Embedding => "embedding",
        NodeKind::Wait => "waiting for you",
        NodeKind::Other => "span",
    };
    let name = title::node(node);
    if name.starts_with("turn ") && node.kind == NodeKind::Turn {
        return name.into_owned(); // a turn by number says so itself
    }
    format!("{kind} {name}")
}

fn draw_attributes(pen: &mut Pen, area: Rect, picture: &Picture, ui: &UiState) {
    let Some(detail) = ui.shown_detail(picture) else {
        return;
    };
    if detail.evidence.is_empty() {
        let style = pen.style(Role::Faint);
        pen.put(
            area.x + 3,
            area.y,
            area.width.saturating_sub(4),
            NOTHING,
            style,
        );
    }
    for (line, y) in (0..area.height).zip(area.y..) {
        pen.target(
            Rect {
                y,
                height: 1,
                ..area
            },
            Target::Attribute(line),
        );
    }
    let styles = Styles {
        title: pen.style(Role::Strong),
        key: pen.style(Role::Secondary),
        value: pen.style(Role::Text),
        faint: pen.style(Role::Faint),
    };
    let (open, folded) = (
        format!("{} ", pen.glyph(Glyph::Open)),
        format!("{} ", pen.glyph(Glyph::Folded)),
    );
    let focused = ui.focus == Panel::Detail;
    let selection = pen.style(if focused {
        Role::Selection
    } else {
        Role::SelectionUnfocused
    });
    let items = items(detail, &styles);
    let mut state = ui.attributes.copy(&items);
    let inner = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(1),
        ..area
    };
    let (buffer, inner) = pen.lend(inner);
    if let Ok(tree) = tui_tree_widget::Tree::new(&items) {
        tree.node_open_symbol(&open)
            .node_closed_symbol(&folded)
            .style(styles.faint)
            .highlight_style(selection)
            .render(inner, buffer, &mut state);
    }
}
