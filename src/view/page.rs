//! A page: a title in the rule, and lines of text, of which one may be chosen.

use super::paint::Pen;
use super::text::Cut;
use crate::theme::Role;
use crate::ui::layout::Layout;
use crate::ui::mouse::Target;
use crate::ui::{Action, UiState};
use ratatui::layout::Rect;

/// Cells of a tab's name, and of the place in the page.
const TAB: u16 = 24;
const PLACE: u16 = 16;

pub(super) fn draw(pen: &mut Pen, layout: &Layout, ui: &UiState) {
    let (area, page) = (layout.page, &ui.page);
    pen.target(area, Target::Page);
    if !layout.title.is_empty() {
        pen.rule(layout.title);
        let style = pen.style(Role::Title);
        let title = format!(" {} ", ui.view.title());
        let used = pen.put(2, layout.title.y, area.width, &title, style);
        tabs(pen, layout, ui, 2 + used);
        let shown = usize::from(area.height);
        if page.lines.len() > shown {
            let last = (page.scroll + shown).min(page.lines.len());
            let place = format!(" {}–{last} of {} ", page.scroll + 1, page.lines.len());
            let (place, style) = (pen.plain(&place), pen.style(Role::Secondary));
            let room = layout.title.width.saturating_sub(2);
            pen.right(0, layout.title.y, room, &place, style);
        }
    }
    for ((at, line), y) in page
        .lines
        .iter()
        .enumerate()
        .skip(page.scroll)
        .zip(area.top()..area.bottom())
    {
        let whole = Rect::new(0, y, layout.footer.width, 1);
        pen.target(whole, Target::Line(at));
        pen.line(area.x, y, area.width, &line.line);
        if page.cursor == Some(at) {
            let style = pen.style(Role::Selection);
            pen.tint(whole, style);
        }
    }
}

/// What the page can be about, behind its title.
fn tabs(pen: &mut Pen, layout: &Layout, ui: &UiState, mut x: u16) {
    let tabs = ui.page.tabs.iter();
    for (scope, name) in tabs.filter(|_| ui.page.tabs.len() > 1) {
        let open = *scope == ui.scope;
        let role = if open {
            Role::TabActive
        } else {
            Role::Secondary
        };
        let style = pen.style(role);
        let name = pen.fit(name, TAB, Cut::End);
        x += 1;
        // The place in the page stands at the right end.
        let room = layout.title.right().saturating_sub(x + PLACE);
        let used = pen.put(x, layout.title.y, room, &format!(" {name} "), style);
        let does = Target::Does(Action::Scope(*scope));
        pen.target(Rect::new(x, layout.title.y, used, 1), does);
        x += used;
    }
}
