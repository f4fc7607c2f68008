//! A list to pick from, over the screen: the line that is typed, the entries, what matches marked.

use super::paint::Pen;
use super::text::{self, Cut};
use super::{input, overlay, sessions, tree};
use crate::model::node::State;
use crate::theme::{Glyph, Role};
use crate::ui::pick::{Entry, Picker, Sign, rows};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What is said around the entries.
pub(super) struct Words {
    /// In the rule above.
    pub title: &'static str,
    /// In place of entries when none matches.
    pub empty: &'static str,
    /// What Enter does.
    pub enter: &'static str,
    /// Cells that names take at least, so that what is said about them stands in a column.
    pub names: u16,
}

/// Cells of the whole list.
const WIDTH: u16 = 96;

pub(super) fn draw<T>(pen: &mut Pen, area: Rect, list: &Picker<T>, words: &Words) {
    let shown = rows(area.height);
    let width = WIDTH
        .min(area.width.saturating_sub(4))
        .max(area.width.min(56));
    let Some(place) = overlay::open(pen, area, (width, shown + 1), words.title) else {
        return;
    };
    let room = place.width.saturating_sub(4);
    let style = pen.style(Role::Key);
    pen.put(place.x + 1, place.y, 1, ">", style);
    input::draw(pen, (place.x + 3, place.y, room), &list.input);
    let first = place.y + 1;
    let seen = list.entries.iter().enumerate().skip(list.scroll);
    for ((at, entry), y) in seen.zip(first..place.bottom()) {
        let line = Rect::new(place.x, y, place.width, 1);
        draw_entry(pen, line, entry, words.names);
        if at == list.at {
            let style = pen.style(Role::Selection);
            pen.tint(line, style);
        }
    }
    if list.entries.is_empty() && first < place.bottom() {
        let style = pen.style(Role::Faint);
        pen.put(place.x + 3, first, room, words.empty, style);
    }
    let count = match list.total {
        0 => String::new(),
        total => format!("   {} of {}", list.at + 1, text::count_exact(total as u64)),
    };
    overlay::hint(
        pen,
        place,
        &format!("enter {}   esc leaves{count}", words.enter),
    );
}

fn draw_entry<T>(pen: &mut Pen, line: Rect, entry: &Entry<T>, names: u16) {
    let mut x = line.x + 1;
    if let Some(sign) = entry.sign {
        let (glyph, style) = glyph(pen, sign);
        pen.symbol(x, line.y, glyph, style);
    }
    x += 2;
    let off = |role| if entry.off { Role::Faint } else { role };
    let right = line.right().saturating_sub(2);
    let note_room = (right.saturating_sub(x) / 3).min(24);
    let note = pen.fit(&entry.note, note_room, Cut::End);
    let style = pen.style(off(if entry.sign.is_some() {
        Role::Faint
    } else {
        Role::Key
    }));
    pen.right(
        right.saturating_sub(note_room),
        line.y,
        note_room,
        &note,
        style,
    );
    let note_width = u16::try_from(text::width(&note)).unwrap_or(0);
    let room = right.saturating_sub(x + note_width + 1);
    let style = pen.style(off(Role::Text));
    let used = marked(
        pen,
        (x, line.y, room),
        &entry.name,
        (&entry.marks, 0),
        style,
    );
    let used = used.max(names.min(room)) + 1;
    let before = text::graphemes(&entry.name).count() + 1;
    let style = pen.style(off(Role::Secondary));
    let rest = (x + used, line.y, room.saturating_sub(used));
    marked(pen, rest, &entry.about, (&entry.marks, before), style);
}

/// Text cut to its room; `marks` count graphemes from `before` this text begins on.
fn marked(
    pen: &mut Pen,
    (x, y, room): (u16, u16, u16),
    text: &str,
    (marks, before): (&[u32], usize),
    style: Style,
) -> u16 {
    let text = pen.fit(text, room, Cut::End);
    let matched = pen.style(Role::Match);
    let mut used = 0;
    for (at, (grapheme, _)) in text::graphemes(&text).enumerate() {
        let index = u32::try_from(before + at).unwrap_or(u32::MAX);
        let style = if marks.binary_search(&index).is_ok() {
            style.patch(matched)
        } else {
            style
        };
        used += pen.put(x + used, y, room - used, &grapheme, style);
    }
    used
}

fn glyph(pen: &Pen, sign: Sign) -> (&'static str, Style) {
    match sign {
        Sign::Session(state) => sessions::glyph(pen, state),
        Sign::Node(_, _, State::Error) => (pen.glyph(Glyph::Error), pen.style(Role::Error)),
        Sign::Node(kind, mcp, state) => {
            let (glyph, role) = tree::kind(kind, mcp);
            let role = if state.is_running() {
                Role::Running
            } else {
                role
            };
            (pen.glyph(glyph), pen.style(role))
        }
    }
}
