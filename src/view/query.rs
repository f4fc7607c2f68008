//! The line of a query, and below it what is wrong at which column, or what may stand there.

use super::input;
use super::paint::Pen;
use super::text::{self, Cut};
use crate::theme::{Glyph, Role};
use crate::ui::UiState;
use crate::ui::query_line::QueryLine;
use ratatui::layout::Rect;

/// How many rows match, and how far they are looked through.
pub(super) fn count(ui: &UiState) -> String {
    match ui.search.percent() {
        Some(percent) => format!("{}… {percent}%", ui.match_count),
        None => text::count_exact(ui.match_count as u64),
    }
}

/// Draws both lines; `footer` is the lower one.
pub(super) fn draw(pen: &mut Pen, footer: Rect, line: &QueryLine, ui: &UiState) {
    if footer.is_empty() {
        return;
    }
    let upper = Rect {
        y: footer.y.saturating_sub(1),
        ..footer
    };
    let style = pen.style(Role::Overlay);
    pen.clear(upper, style);
    pen.clear(footer, style);
    let key = pen.style(Role::Key);
    pen.put(upper.x + 1, upper.y, 1, "/", key);
    let count = match ui.search.is_empty() {
        true => String::new(),
        false if ui.match_count == 1 => format!("{} match", count(ui)),
        false => format!("{} matches", count(ui)),
    };
    let count_room = u16::try_from(text::width(&count)).unwrap_or(0) + 2;
    let room = upper.width.saturating_sub(4 + count_room);
    input::draw(pen, (upper.x + 2, upper.y, room), &line.input);
    let faint = pen.style(Role::Faint);
    pen.right(
        upper.x,
        upper.y,
        upper.width.saturating_sub(1),
        &count,
        faint,
    );
    if upper.y == footer.y {
        return;
    }
    match ui.search.error() {
        // What is not finished is offered its end.
        Some(error) if error.at < line.input.value().len() || !line.completes() => {
            let value = line.input.value();
            let before = value.get(..error.at).unwrap_or(value);
            let skip = line.input.visual_scroll(usize::from(room));
            let at = text::width(before).saturating_sub(skip);
            let at = u16::try_from(at).unwrap_or(u16::MAX).min(room);
            complaint(pen, footer, upper.x + 2 + at, &error.why);
        }
        _ => offers(pen, footer, line),
    }
}

/// A caret under the column that is wrong, and what is wrong on the side where there is room.
fn complaint(pen: &mut Pen, area: Rect, at: u16, why: &str) {
    let style = pen.style(Role::Warning);
    let at = at.min(area.right().saturating_sub(1));
    pen.put(at, area.y, 1, "^", style);
    let width = u16::try_from(text::width(why)).unwrap_or(u16::MAX);
    let (before, after) = (
        at.saturating_sub(area.x + 2),
        area.right().saturating_sub(at + 3),
    );
    if width <= after || after >= before {
        let why = pen.fit(why, after, Cut::End);
        pen.put(at + 2, area.y, after, &why, style);
    } else {
        let why = pen.fit(why, before, Cut::End);
        let used = u16::try_from(text::width(&why)).unwrap_or(before);
        pen.put(at.saturating_sub(used + 1), area.y, used, &why, style);
    }
}

/// What may stand at the cursor: as many as fit, the chosen one among them, and what it is.
fn offers(pen: &mut Pen, area: Rect, line: &QueryLine) {
    let items = &line.offers.items;
    let (faint, secondary) = (pen.style(Role::Faint), pen.style(Role::Secondary));
    let key = pen.style(Role::Key);
    let mut x = area.x + 2;
    if items.is_empty() {
        let arrows = if pen.theme.ascii { "up down" } else { "↑↓" };
        for (name, word) in [
            ("enter", "keeps it"),
            ("esc", "drops it"),
            (arrows, "earlier ones"),
        ] {
            x += pen.put(x, area.y, area.right().saturating_sub(x), name, key) + 1;
            x += pen.put(x, area.y, area.right().saturating_sub(x), word, secondary) + 2;
        }
        return;
    }
    let chosen = line.chosen.as_ref().map(|(at, _)| *at);
    let about = items.get(chosen.unwrap_or(0)).map_or("", |i| &i.about);
    let about = pen.fit(about, area.width / 2, Cut::End);
    let about_room = u16::try_from(text::width(&about)).unwrap_or(0);
    let end = area.right().saturating_sub(about_room + 3);
    x += pen.put(x, area.y, end.saturating_sub(x), "tab", key) + 2;
    // The page on which the chosen one stands.
    let widths: Vec<u16> = items
        .iter()
        .map(|i| {
            u16::try_from(text::width(&i.text))
                .unwrap_or(u16::MAX)
                .min(40)
        })
        .collect();
    let mut first = 0;
    let mut used = 0u16;
    for (at, width) in widths.iter().enumerate().take(chosen.unwrap_or(0) + 1) {
        used = used.saturating_add(width + 2);
        if x.saturating_add(used) > end {
            (first, used) = (at, width + 2);
        }
    }
    for ((at, item), width) in items.iter().enumerate().zip(&widths).skip(first) {
        let room = end.saturating_sub(x);
        if *width > room {
            let more = pen.glyph(Glyph::Ellipsis);
            pen.put(x, area.y, room, more, faint);
            break;
        }
        let text = pen.fit(&item.text, *width, Cut::End);
        let width = pen.put(x, area.y, room, &text, secondary);
        if chosen == Some(at) {
            let style = pen.style(Role::Selection);
            pen.tint(Rect::new(x, area.y, width, 1), style);
        }
        x += width + 2;
    }
    pen.right(end, area.y, about_room + 2, &about, faint);
}
