//! Questions: a menu, a few lines laid over the screen, or the last line.

use super::paint::Pen;
use super::text::{self, Cut};
use super::{input, overlay};
use crate::theme::{Glyph, Role};
use crate::ui::Action;
use crate::ui::ask::{Answer, Ask, bytes};
use crate::ui::copy::Copied;
use crate::ui::mouse::Target;
use crate::ui::save::{Form, Save};
use ratatui::layout::Rect;
use tui_input::Input;

/// Cells of a menu at most.
const WIDTH: u16 = 76;
/// Lines of names that a path could go on with.
const NAMES: usize = 4;

pub(super) fn draw(pen: &mut Pen, area: Rect, ask: &Ask) {
    match ask {
        Ask::Copy(items, chosen) => copy(pen, area, items, *chosen),
        Ask::Save(asked) => save(pen, area, asked),
        Ask::Open(input, names) => open(pen, area, input, names),
        Ask::Clear | Ask::Leave(_) => {}
    }
}

fn copy(pen: &mut Pen, area: Rect, items: &[Copied], chosen: usize) {
    let size = (WIDTH, items.len());
    let Some(place) = overlay::open(pen, area, size, "Copy") else {
        return;
    };
    let height = usize::from(place.height);
    let first = (chosen + 1).saturating_sub(height);
    for ((at, item), y) in items
        .iter()
        .enumerate()
        .skip(first)
        .zip(place.y..place.bottom())
    {
        let line = Rect::new(place.x, y, place.width, 1);
        pen.target(line, Target::Does(Action::Answer(Answer::Pick(item.key))));
        let style = pen.style(Role::Key);
        pen.put(line.x + 2, y, 1, &item.key.to_string(), style);
        let style = pen.style(Role::Text);
        pen.put(line.x + 5, y, 18, item.what, style);
        let style = pen.style(Role::Faint);
        pen.right(line.x + 22, y, 9, &bytes(item.text.len()), style);
        let start: String = item.text.chars().take(200).collect();
        let start = start.split_whitespace().collect::<Vec<_>>().join(" ");
        let room = line.width.saturating_sub(35);
        let start = pen.fit(&start, room, Cut::End);
        let style = pen.style(Role::Secondary);
        pen.put(line.x + 33, y, room, &start, style);
        if at == chosen {
            let style = pen.style(Role::Selection);
            pen.tint(line, style);
        }
    }
    overlay::hint(pen, place, "enter or its key copies   esc closes");
}

fn save(pen: &mut Pen, area: Rect, save: &Save) {
    let Some(place) = overlay::open(pen, area, (WIDTH, 4), "Save") else {
        return;
    };
    let taken = save.taken.as_deref() == Some(save.input.value().trim());
    let what = save
        .offers
        .iter()
        .map(|what| (*what == save.what(), what.title()));
    choice(pen, place, 0, ("what", "tab"), what, Answer::What);
    let form = Form::ALL
        .iter()
        .map(|form| (*form == save.form(), form.title()));
    choice(pen, place, 1, ("as", "shift-tab"), form, Answer::Form);
    file(pen, place, 2, &save.input);
    if taken && place.height > 3 {
        let style = pen.style(Role::Warning);
        let room = place.width.saturating_sub(10);
        pen.put(
            place.x + 8,
            place.y + 3,
            room,
            "is there already: enter overwrites it",
            style,
        );
    }
    let hint = match (taken, save.leave) {
        (true, _) => "enter overwrites   esc closes",
        (false, true) => "enter saves and quits   esc closes",
        (false, false) => "enter saves   esc closes",
    };
    overlay::hint(pen, place, hint);
}

fn open(pen: &mut Pen, area: Rect, input: &Input, names: &[String]) {
    let room = WIDTH.min(area.width).saturating_sub(14);
    let mut names = rows_of(names, usize::from(room));
    let more = names.len() > NAMES;
    names.truncate(NAMES);
    let size = (WIDTH, 1 + names.len());
    let Some(place) = overlay::open(pen, area, size, "Open a recording") else {
        return;
    };
    file(pen, place, 0, input);
    let style = pen.style(Role::Secondary);
    let last = names.len();
    for (line, at) in names.iter().zip(1u16..) {
        let cut = more && usize::from(at) == last;
        let sign = if cut { pen.glyph(Glyph::Ellipsis) } else { "" };
        let y = place.y + at;
        if y < place.bottom() {
            pen.put(place.x + 8, y, room + 4, &format!("{line} {sign}"), style);
        }
    }
    overlay::hint(
        pen,
        place,
        "enter opens a file or folder   tab completes   esc closes",
    );
}

/// Names in rows of at most so many cells, two between them.
fn rows_of(names: &[String], cells: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for name in names {
        let name = text::cut(&text::sanitize(name), cells, Cut::End, "…");
        match rows.last_mut() {
            Some(row) if text::width(row) + 2 + text::width(&name) <= cells => {
                row.push_str("  ");
                row.push_str(&name);
            }
            _ => rows.push(name),
        }
    }
    rows
}

/// The line of a file's name.
fn file(pen: &mut Pen, place: Rect, line: u16, input: &Input) {
    if line >= place.height {
        return;
    }
    let y = place.y + line;
    let style = pen.style(Role::Faint);
    pen.put(place.x + 2, y, 5, "file", style);
    let room = place.width.saturating_sub(10);
    input::draw(pen, (place.x + 8, y, room), input);
}

/// A line with what can be chosen, the chosen one stressed, and the key that goes on to the next.
fn choice<'a>(
    pen: &mut Pen,
    place: Rect,
    line: u16,
    (label, key): (&str, &str),
    all: impl Iterator<Item = (bool, &'a str)>,
    next: Answer,
) {
    if line >= place.height {
        return;
    }
    let area = Rect::new(place.x, place.y + line, place.width, 1);
    pen.target(area, Target::Does(Action::Answer(next)));
    let faint = pen.style(Role::Faint);
    pen.put(area.x + 2, area.y, 5, label, faint);
    let key_width = u16::try_from(key.len()).unwrap_or(0) + 2;
    let end = area.right().saturating_sub(key_width + 1);
    let mut x = area.x + 8;
    for (chosen, title) in all {
        let role = if chosen {
            Role::TabActive
        } else {
            Role::Secondary
        };
        let style = pen.style(role);
        let width = u16::try_from(text::width(title)).unwrap_or(u16::MAX);
        if x.saturating_add(width) > end && !chosen {
            continue;
        }
        x += pen.put(x, area.y, end.saturating_sub(x), title, style) + 2;
    }
    let style = pen.style(Role::Key);
    pen.right(end, area.y, key_width, key, style);
}

/// The last line of a question that needs no more.
pub(super) fn line(pen: &mut Pen, area: Rect, ask: &Ask) -> bool {
    let question = match ask {
        Ask::Clear => "clear all that was received?".to_owned(),
        Ask::Leave(1) => "1 span or record is not saved".to_owned(),
        Ask::Leave(n) => format!("{} spans and records are not saved", text::count_exact(*n)),
        Ask::Copy(..) | Ask::Save(_) | Ask::Open(..) => return false,
    };
    let keys: u16 = ask
        .keys()
        .iter()
        .map(|(key, word, _)| u16::try_from(key.len() + word.len() + 3).unwrap_or(u16::MAX))
        .sum();
    let style = pen.style(Role::Warning);
    let room = area.width.saturating_sub(keys + 3);
    let question = pen.fit(&question, room, Cut::End);
    let mut x = area.x + 1;
    x += pen.put(x, area.y, room, &question, style) + 2;
    let (key_style, word_style) = (pen.style(Role::Key), pen.style(Role::Secondary));
    for (key, word, answer) in ask.keys() {
        let from = x;
        let room = |x: u16| area.right().saturating_sub(x);
        x += pen.put(x, area.y, room(x), key, key_style) + 1;
        x += pen.put(x, area.y, room(x), word, word_style);
        let does = answer.clone().map_or(Action::Back, Action::Answer);
        pen.target(Rect::new(from, area.y, x - from, 1), Target::Does(does));
        x += 2;
    }
    true
}
