//! The pager over the whole screen.

use super::input;
use super::paint::Pen;
use super::text::Cut;
use crate::theme::Role;
use crate::ui::UiState;
use crate::ui::pager::Pager;
use ratatui::layout::Rect;

pub(super) fn draw(pen: &mut Pen, area: Rect, ui: &UiState, pager: &Pager) {
    let style = pen.style(Role::Text);
    pen.clear(area, style);
    if area.height < 2 {
        return;
    }
    let (width, height) = ui.pager_size();
    let top = Rect { height: 1, ..area };
    pen.rule(top);
    let (percent, form) = pager.place(width, height);
    let place = format!(" {form}  {percent}% ");
    let room = area.width.saturating_sub(24);
    let title = pen.fit(&pager.title, room, Cut::End);
    let style = pen.style(Role::Title);
    pen.put(2, area.y, room, &format!(" {title} "), style);
    let style = pen.style(Role::Secondary);
    pen.right(0, area.y, area.width.saturating_sub(2), &place, style);
    let lines = pager.view(width, height);
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom() - 1) {
        pen.line(area.x + 2, y, area.width.saturating_sub(4), line);
    }
    let foot = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area
    };
    if let Some(typing) = &pager.typing {
        let role = if pager.missed {
            Role::Error
        } else {
            Role::Match
        };
        let style = pen.style(role);
        pen.put(foot.x + 1, foot.y, 2, "/", style);
        let room = foot.width.saturating_sub(4);
        input::draw(pen, (foot.x + 2, foot.y, room), typing);
        return;
    }
    let style = pen.style(Role::Faint);
    let missed = if pager.missed { "not there   " } else { "" };
    let keys = format!(
        "{missed}/ find   n N matches   F form   y copy   | $PAGER   ^e $EDITOR   esc back"
    );
    pen.put(
        foot.x + 1,
        foot.y,
        foot.width.saturating_sub(2),
        &keys,
        style,
    );
}
