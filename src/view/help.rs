//! Help: the keys in force by what they are for, and what the signs mean.

use super::overlay;
use super::paint::Pen;
use super::text::Cut;
use crate::theme::{Glyph, Phase, Role};
use crate::ui::UiState;
use crate::ui::help::{self, Purpose};
use crate::ui::keymap::label;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A line: a key or sign with its look, and what it means. A heading has none.
type Entry = (String, Style, String);

const SIGNS: [(Glyph, Role, &str); help::SIGNS] = [
    (
        Glyph::Turn,
        Role::Turn,
        "turn: one request and what it led to",
    ),
    (Glyph::Workflow, Role::Agent, "workflow"),
    (Glyph::Agent, Role::Agent, "agent"),
    (Glyph::Call, Role::Call, "model call"),
    (Glyph::Tool, Role::Tool, "tool call"),
    (Glyph::Mcp, Role::Tool, "tool call over MCP"),
    (Glyph::Retrieval, Role::Tool, "retrieval"),
    (Glyph::Embedding, Role::Tool, "embedding"),
    (Glyph::Wait, Role::Human, "waiting for you"),
    (Glyph::Other, Role::Secondary, "other span"),
    (Glyph::Error, Role::Error, "failed"),
    (
        Glyph::Warning,
        Role::Warning,
        "found; refused, lost, unreadable",
    ),
    (Glyph::SessionRunning, Role::Running, "session runs"),
    (Glyph::SessionIdle, Role::Text, "session idle or ended"),
    (
        Glyph::SessionStale,
        Role::Warning,
        "session without a sign of life",
    ),
    (Glyph::Times, Role::Warning, "so many attempts"),
    (Glyph::Unknown, Role::Text, "unknown"),
    (Glyph::AtLeast, Role::Text, "at least: parts are unknown"),
    (
        Glyph::Presumed,
        Role::Running,
        "presumed: nothing has come since",
    ),
    (Glyph::FromLogs, Role::Text, "made from log events"),
];

// A container is no phase.
const _: () = assert!(Phase::ALL.len() == help::BARS + 1);

/// Cells of keys and signs.
const KEY: u16 = 9;
/// Cells of a column at most, and where there is but one.
const COLUMN: u16 = 60;
const ALONE: u16 = 64;

pub(super) fn draw(pen: &mut Pen, area: Rect, ui: &UiState, scroll: usize) {
    let many = help::columns(area.width);
    let width = match many {
        1 => area.width.min(ALONE),
        // A click beside it closes it.
        many => (area.width - 2).min(many * COLUMN),
    };
    let mut sections = keys(pen, ui);
    sections.extend(signs(pen));
    let columns = help::spread(sections, usize::from(many));
    let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
    let Some(place) = overlay::open(pen, area, (width, lines), "Keys and signs") else {
        return;
    };
    let shown = usize::from(place.height);
    let scroll = scroll.min(lines.saturating_sub(shown));
    let each = place.width / many;
    for (column, x) in columns.iter().zip((place.x..).step_by(usize::from(each))) {
        for ((key, style, told), y) in column.iter().skip(scroll).take(shown).zip(place.y..) {
            let heading = key.is_empty();
            let from = if heading { 2 } else { KEY + 3 };
            pen.right(x + 1, y, KEY, key, *style);
            let role = if heading { Role::Strong } else { Role::Text };
            let (style, room) = (pen.style(role), each.saturating_sub(from + 1));
            let told = pen.fit(told, room, Cut::End);
            pen.put(x + from, y, room, &told, style);
        }
    }
    let more = match (scroll, lines.saturating_sub(shown)) {
        (_, 0) => "",
        (0, _) => "   more below: down",
        (at, last) if at == last => "   more above: up",
        _ => "   more below and above: down, up",
    };
    overlay::hint(pen, place, &format!("esc closes   dim: not here{more}"));
}

fn heading(title: &str) -> Entry {
    (String::new(), Style::default(), title.to_owned())
}

fn keys(pen: &Pen, ui: &UiState) -> Vec<Vec<Entry>> {
    let (key, off) = (pen.style(Role::Key), pen.style(Role::Faint));
    let section = |purpose: Purpose| {
        let bound = ui.keymap.bindings();
        let bound = bound.filter(|(b, _)| Purpose::of(&b.action) == purpose);
        let entries = bound.map(|(b, keys)| {
            let style = if (b.when)(ui) { key } else { off };
            // A heading is what has no key: an action without one is found in the palette.
            let mut keys = label(keys, pen.theme.ascii);
            if keys.is_empty() {
                pen.glyph(Glyph::Unknown).clone_into(&mut keys);
            }
            (keys, style, b.help.to_owned())
        });
        std::iter::once(heading(purpose.title()))
            .chain(entries)
            .collect()
    };
    Purpose::ALL.map(section).into()
}

fn signs(pen: &Pen) -> [Vec<Entry>; 2] {
    let glyphs = SIGNS.iter().map(|(glyph, role, text)| {
        (
            pen.glyph(*glyph).to_owned(),
            pen.style(*role),
            (*text).to_owned(),
        )
    });
    let phases = Phase::ALL
        .iter()
        .filter(|p| **p != Phase::Container)
        .map(|p| {
            let glyph = if p.is_solid() && pen.theme.solid_bars() {
                pen.theme.eighths(8)
            } else {
                pen.theme.texture(*p)
            };
            (glyph.repeat(3), pen.style(p.role()), p.label().to_owned())
        });
    [
        std::iter::once(heading("signs")).chain(glyphs).collect(),
        std::iter::once(heading("bars")).chain(phases).collect(),
    ]
}
