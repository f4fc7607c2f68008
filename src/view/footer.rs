//! The last line: a word about what happened, or the keys.

use super::ask;
use super::paint::{Pen, role};
use crate::theme::Role;
use crate::ui::mouse::Target;
use crate::ui::state::Mode;
use crate::ui::{Action, UiState, text};
use ratatui::layout::Rect;

pub(super) fn draw(pen: &mut Pen, area: Rect, ui: &UiState) {
    if area.is_empty() {
        return;
    }
    if let Mode::Ask(asked) = &ui.mode
        && ask::line(pen, area, asked)
    {
        return;
    }
    let mut x = area.x + 1;
    if let Some(toast) = &ui.toast {
        let style = pen.style(role(toast.tone));
        let room = area.width.saturating_sub(2);
        let text = pen.fit(&toast.text, room, text::Cut::End);
        x += pen.put(x, area.y, room, &text, style) + 3;
    }
    keys(pen, x, area, ui);
}

/// Keys that do something now, as many as fit; help is always among them.
fn keys(pen: &mut Pen, mut x: u16, area: Rect, ui: &UiState) {
    let entries = ui.keymap.footer(ui, pen.theme.ascii);
    let width = |key: &str, word: &str| {
        u16::try_from(text::width(key) + 1 + word.len()).unwrap_or(u16::MAX)
    };
    let reserve = entries
        .iter()
        .find(|(action, ..)| **action == Action::Help)
        .map_or(0, |(_, k, w)| width(k, w) + 2);
    let (key_style, word_style) = (pen.style(Role::Key), pen.style(Role::Secondary));
    let mut full = false;
    for (action, key, word) in &entries {
        let is_help = **action == Action::Help;
        let keep = if is_help { 0 } else { reserve };
        full |= !is_help && x.saturating_add(width(key, word)).saturating_add(keep) > area.right();
        if full && !is_help {
            continue;
        }
        let from = x;
        x += pen.put(x, area.y, area.right().saturating_sub(x), key, key_style) + 1;
        x += pen.put(x, area.y, area.right().saturating_sub(x), word, word_style) + 2;
        pen.target(
            Rect::new(from, area.y, (x - from).saturating_sub(2), 1),
            Target::Does((*action).clone()),
        );
    }
}
