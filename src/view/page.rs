//! A page: a title in the rule, and lines of text, of which one may be chosen.

use super::paint::Pen;
use crate::theme::Role;
use crate::ui::UiState;
use crate::ui::layout::Layout;
use crate::ui::mouse::Target;
use ratatui::layout::Rect;

pub(super) fn draw(pen: &mut Pen, layout: &Layout, ui: &UiState) {
    let (area, page) = (layout.page, &ui.page);
    pen.target(area, Target::Page);
    if !layout.title.is_empty() {
        pen.rule(layout.title);
        let style = pen.style(Role::Title);
        let title = format!(" {} ", ui.view.title());
        pen.put(2, layout.title.y, area.width, &title, style);
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
