//! A line that is typed, with its cursor.

use super::paint::Pen;
use super::text;
use crate::theme::{Glyph, Role};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_input::Input;

/// Draws as much of the line as there is room for, the cursor always in it.
pub(super) fn draw(pen: &mut Pen, (left, y, room): (u16, u16, u16), input: &Input) {
    let style = pen.style(Role::Text);
    let skip = input.visual_scroll(usize::from(room));
    let hidden = skip > 0 && room > 1;
    let (mut x, mut seen, mut cursor) = (left, 0, left);
    for (grapheme, width) in text::graphemes(input.value()) {
        if hidden && seen >= skip && x == left {
            // What is cut says so.
            let faint = pen.style(Role::Faint);
            let sign = pen.glyph(Glyph::Before);
            x += pen.put(x, y, 1, sign, faint);
        } else if seen >= skip && x < left + room {
            x += pen.put(x, y, (left + room).saturating_sub(x), &grapheme, style);
        }
        seen += width;
        if seen <= input.visual_cursor() {
            cursor = x;
        }
    }
    let reversed = style.add_modifier(Modifier::REVERSED);
    pen.tint(Rect::new(cursor, y, 1, 1), reversed);
}
