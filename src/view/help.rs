//! Help: the key table and what the signs mean.

use super::overlay;
use super::paint::Pen;
use crate::theme::{Glyph, Phase, Role};
use crate::ui::UiState;
use crate::ui::keymap::label;
use ratatui::layout::Rect;
use ratatui::style::Style;

type Entry = (String, Style, String);

/// Cells of the column of signs where there is one.
const SIGNS_WIDTH: u16 = 50;

const SIGNS: [(Glyph, Role, &str); 20] = [
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

pub(super) fn draw(pen: &mut Pen, area: Rect, ui: &UiState, scroll: usize) {
    let wide = area.width >= 112;
    let width = if wide {
        area.width.min(122) - 4
    } else {
        area.width.min(64)
    };
    let (keys, signs) = (keys(pen, ui), signs(pen));
    let columns: Vec<Vec<Entry>> = if wide {
        vec![keys, signs]
    } else {
        vec![keys.into_iter().chain(signs).collect()]
    };
    let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
    let Some(place) = overlay::open(pen, area, (width, lines), "Keys and signs") else {
        return;
    };
    let shown = usize::from(place.height);
    let scroll = scroll.min(lines.saturating_sub(shown));
    let each = if wide {
        place.width.saturating_sub(SIGNS_WIDTH)
    } else {
        place.width
    };
    for (column, x) in columns.iter().zip([place.x, place.x + each]) {
        for ((key, style, text), y) in column.iter().skip(scroll).take(shown).zip(place.y..) {
            pen.right(x, y, 12, key, *style);
            let style = pen.style(Role::Text);
            let room = if x > place.x { SIGNS_WIDTH } else { each };
            pen.put(x + 14, y, room.saturating_sub(14), text, style);
        }
    }
    let more = if lines > shown {
        "  more below and above: up and down"
    } else {
        ""
    };
    overlay::hint(pen, place, &format!("esc closes{more}"));
}

fn keys(pen: &Pen, ui: &UiState) -> Vec<Entry> {
    let (key, off) = (pen.style(Role::Key), pen.style(Role::Faint));
    let bound = ui.keymap.bindings();
    bound
        .map(|(b, keys)| {
            let style = if (b.when)(ui) { key } else { off };
            (label(keys, pen.theme.ascii), style, b.help.to_owned())
        })
        .collect()
}

fn signs(pen: &Pen) -> Vec<Entry> {
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
    glyphs.chain(phases).collect()
}
