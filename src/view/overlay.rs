//! What lies over the screen: one look for help and for every list to pick from. A title in a
//! rule, the content, and a line that says how to leave.

use super::paint::Pen;
use crate::theme::Role;
use crate::ui::Action;
use crate::ui::mouse::Target;
use ratatui::layout::Rect;

/// Narrower or lower than this nothing is laid over the screen.
const LEAST: (u16, u16) = (10, 3);

/// Clears a place in the middle of an area for `lines` lines of `width` cells, as far as there is
/// room, and gives the place of the content. `None` where nothing would be readable.
pub(super) fn open(
    pen: &mut Pen,
    area: Rect,
    (width, lines): (u16, usize),
    title: &str,
) -> Option<Rect> {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return None;
    }
    let width = width.min(area.width);
    let lines = u16::try_from(lines).unwrap_or(u16::MAX);
    let height = lines.saturating_add(2).min(area.height);
    let left = area.x + (area.width - width) / 2;
    let top = area.y + (area.height - height) / 2;
    let place = Rect::new(left, top, width, height);
    // A click beside it closes it.
    pen.target(area, Target::Does(Action::Back));
    pen.target(place, Target::Overlay);
    let style = pen.style(Role::Overlay);
    pen.clear(place, style);
    pen.rule(Rect::new(left, top, width, 1));
    let style = pen.style(Role::Title);
    pen.put(left + 2, top, width - 4, &format!(" {title} "), style);
    Some(Rect::new(left, top + 1, width, height - 2))
}

/// The line below the content.
pub(super) fn hint(pen: &mut Pen, content: Rect, text: &str) {
    let style = pen.style(Role::Faint);
    let room = content.width.saturating_sub(4);
    pen.put(content.x + 2, content.bottom(), room, text, style);
}
