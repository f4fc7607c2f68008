//! The list of themes, over the screen that shows the one under the cursor.

use super::overlay;
use super::paint::Pen;
use super::text::Cut;
use crate::theme::Role;
use crate::ui::UiState;
use ratatui::layout::Rect;

pub(super) fn draw(pen: &mut Pen, area: Rect, ui: &UiState) {
    let (names, at) = (&ui.themes.names, ui.themes.place());
    let Some(place) = overlay::open(pen, area, (36, names.len()), "Themes") else {
        return;
    };
    let shown = usize::from(place.height);
    let first = (at + 1).saturating_sub(shown);
    for ((index, name), y) in names
        .iter()
        .enumerate()
        .skip(first)
        .zip(place.y..place.bottom())
    {
        let style = pen.style(Role::Text);
        let name = pen.fit(name, place.width.saturating_sub(4), Cut::End);
        pen.put(place.x + 2, y, place.width.saturating_sub(4), &name, style);
        if index == at {
            let style = pen.style(Role::Selection);
            pen.tint(Rect::new(place.x, y, place.width, 1), style);
        }
    }
    overlay::hint(pen, place, "enter keeps  esc returns");
}
