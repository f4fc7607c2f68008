//! The screen, drawn: a pure function of picture, state, theme and time into a buffer. Takes
//! everything by `&`; what it draws is decided in `ui`.
//!
//! ```text
//! header     spanfall  ● :4317 :4318   3 sessions  1 running   in 182k …        header.rs
//! titles     ── Sessions ────────┬── fix the off-by-one claude-code ───────     this file
//! sessions    ◉ fix …     $0.035 │ ▾ ❯ fix …   15.1k  $0.027  16.9s  ━━━━━━     sessions.rs, tree.rs,
//! tree          claude-code  2m  │   ▾ ◆ main  15.1k  $0.027  16.9s  ━━━━━━     columns.rs, waterfall.rs
//! budget      turn 2  16.9s   ████ wait+prefill 17%  ████████ decode 34%        budget.rs
//! detail     ── chat sonnet ──── Summary ─ Messages ─ Attributes ──────────     detail.rs
//! footer      ↑↓ move  ←→ fold  enter drill in  / find                          footer.rs
//! ```

mod ask;
mod axis;
mod budget;
mod columns;
mod detail;
mod empty;
mod footer;
mod header;
mod help;
mod input;
mod numbers;
mod overlay;
mod page;
mod pager;
mod paint;
mod pick;
mod query;
mod ruler;
mod scale;
mod sessions;
pub mod text;
mod themes;
mod transcript;
mod tree;
mod waterfall;

use crate::model::node::SessionSummary;
use crate::theme::{Glyph, Role, Theme};
use crate::ui::facets::{Facets, Of};
use crate::ui::layout::Layout;
use crate::ui::mouse::{Edge, Hits, Target};
use crate::ui::sort::Sort;
use crate::ui::state::{Mode, Panel};
use crate::ui::{Action, Picture, UiState, View};
use paint::Pen;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

const PALETTE: pick::Words = pick::Words {
    title: "Actions",
    empty: "no action is called so",
    enter: "does it",
    names: 16,
};

const JUMP: pick::Words = pick::Words {
    title: "Jump",
    empty: "nothing is called so",
    enter: "goes there",
    names: 0,
};

fn facet_words(facets: &Facets) -> pick::Words {
    let (title, enter) = match &facets.of {
        Of::Values(_) => ("Values of what is shown", "looks for it"),
        Of::Shown => ("Facets of what is shown", "lists its values"),
        Of::Runs => ("Tools and who ran them", "shows these runs"),
    };
    let empty = if facets.is_counting() {
        "counting"
    } else {
        "nothing is called so"
    };
    pick::Words {
        title,
        empty,
        enter,
        names: 24,
    }
}

/// Draws the screen into an area of a buffer and writes no cell outside it; tells what of it can be
/// pointed at.
pub fn draw(
    picture: &Picture,
    ui: &UiState,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) -> Hits {
    let now = picture.now;
    let layout = ui.layout_for((area.width, area.height));
    let mut pen = Pen::new(buffer, area, theme);
    let pen = &mut pen;
    let whole = Rect::new(0, 0, area.width, area.height);
    pen.ground();
    header::draw(pen, layout.header, picture, ui.budget);
    if ui.view == View::Transcript {
        transcript::draw(pen, &layout, picture, ui);
    } else if ui.view != View::Trace {
        page::draw(pen, &layout, ui);
    } else if picture.sessions.is_empty() {
        if layout.mini {
            empty::draw_line(pen, whole, picture.receiver);
        } else {
            let body = Rect {
                y: 2,
                height: area.height - 3,
                ..whole
            };
            empty::draw(pen, body, picture.receiver);
        }
    } else {
        draw_main(pen, &layout, picture, ui, now);
    }
    footer::draw(pen, layout.footer, ui);
    match &ui.mode {
        Mode::Help { scroll } => help::draw(pen, whole, ui, *scroll),
        Mode::Palette(list) => pick::draw(pen, whole, list, &PALETTE),
        Mode::Jump(jump) => pick::draw(pen, whole, &jump.list, &JUMP),
        Mode::Themes { .. } => themes::draw(pen, whole, ui),
        Mode::Ask(asked) => ask::draw(pen, whole, asked),
        Mode::Pager(pager) => pager::draw(pen, whole, ui, pager),
        Mode::Facets(facets) => pick::draw(pen, whole, &facets.list, &facet_words(facets)),
        Mode::Filter(line) => query::draw(pen, layout.footer, line, ui),
        Mode::Main => {}
    }
    std::mem::take(&mut pen.hits)
}

fn draw_main(pen: &mut Pen, layout: &Layout, picture: &Picture, ui: &UiState, now: u64) {
    let session = picture.sessions.iter().find(|s| Some(s.id) == ui.session());
    if !layout.title.is_empty() {
        draw_title(pen, layout, picture, session, ui);
    }
    edges(pen, layout);
    let (bar, rule) = (pen.glyph(Glyph::Bar), pen.style(Role::Rule));
    for y in layout.divider.top()..layout.divider.bottom() {
        pen.symbol(layout.divider.x, y, bar, rule);
    }
    if !layout.rule.is_empty() {
        pen.rule(layout.rule);
        if !layout.divider.is_empty() {
            let tee = pen.glyph(Glyph::TeeUp);
            pen.symbol(layout.divider.x, layout.rule.y, tee, rule);
        }
    }
    sessions::draw(pen, layout, picture, ui, now);
    if !layout.rows.is_empty() {
        tree::draw(pen, layout, picture, ui, now);
    }
    budget::draw(pen, layout.budget, picture, ui, now);
    if !layout.tabs.is_empty() {
        detail::draw(pen, layout.tabs, layout.detail, picture, ui, now);
    }
}

/// Panels, and the borders between them that can be dragged.
fn edges(pen: &mut Pen, layout: &Layout) {
    pen.target(layout.columns, Target::Panel(Panel::Tree));
    pen.target(layout.divider, Target::Edge(Edge::Sessions, 0));
    for above in [layout.rule, layout.budget, layout.tabs] {
        let beyond = layout.detail.y.saturating_sub(above.y);
        if !layout.rows.is_empty() && !layout.mini {
            pen.target(above, Target::Edge(Edge::Detail, beyond));
        }
    }
}

/// The rule with the titles of sessions and tree. Without a panel of sessions it names the session
/// and its place among the others.
fn draw_title(
    pen: &mut Pen,
    layout: &Layout,
    picture: &Picture,
    session: Option<&SessionSummary>,
    ui: &UiState,
) {
    let area = layout.title;
    pen.rule(area);
    let title = |panel| {
        if ui.focus == panel {
            Role::Title
        } else {
            Role::TitleUnfocused
        }
    };
    let mut x = area.x;
    if !layout.divider.is_empty() {
        let style = pen.style(title(Panel::Sessions));
        let mut at = 2 + pen.put(2, area.y, layout.divider.x, " Sessions ", style);
        if picture.receiver.dismissed > 0 {
            let text = format!(" {} dismissed ", picture.receiver.dismissed);
            let style = pen.style(Role::Secondary);
            let room = layout.divider.x.saturating_sub(at + 1);
            at += 1;
            let used = pen.put(at, area.y, room, &text, style);
            pen.target(Rect::new(at, area.y, used, 1), Target::Does(Action::Recall));
        }
        let (tee, style) = (pen.glyph(Glyph::TeeDown), pen.style(Role::Rule));
        pen.symbol(layout.divider.x, area.y, tee, style);
        x = layout.divider.x + 1;
    }
    let mut tags = tags(pen, picture, session, ui);
    if layout.divider.is_empty() && picture.sessions.len() > 1 {
        let at = picture
            .sessions
            .iter()
            .position(|s| Some(s.id) == ui.session())
            .map_or(0, |i| i + 1);
        tags.insert(
            0,
            (
                format!("{at}/{} {{ }}", picture.sessions.len()),
                pen.style(Role::Secondary),
            ),
        );
    }
    let end = draw_tags(pen, area, x, &tags);
    let Some(session) = session else { return };
    x += 2;
    if layout.divider.is_empty() {
        let (glyph, style) = sessions::state(pen, session);
        pen.put(x, area.y, 3, &format!(" {glyph} "), style);
        x += 2;
    }
    let room = end.saturating_sub(x + 2);
    let style = pen.style(title(Panel::Tree));
    let name = sessions::title(session, picture.utc_offset);
    draw_session_name(pen, (x, area.y, room), &name, &session.emitter, style);
}

/// A session's title and, where there is room, who reports it.
fn draw_session_name(
    pen: &mut Pen,
    (mut x, y, room): (u16, u16, u16),
    name: &str,
    emitter: &str,
    style: Style,
) {
    let emitter = pen.fit(emitter, 20, text::Cut::End);
    let emitter_width = u16::try_from(text::width(&emitter)).unwrap_or(0);
    let told = name
        .strip_prefix(&emitter)
        .is_some_and(|rest| rest.starts_with(' '));
    let name_room = if room > emitter_width + 18 && !told {
        room - emitter_width - 1
    } else {
        room
    };
    let name = pen.fit(name, name_room.saturating_sub(2), text::Cut::End);
    x += pen.put(x, y, room, &format!(" {name} "), style);
    if name_room < room {
        let style = pen.style(Role::Secondary);
        pen.put(x, y, emitter_width + 1, &format!("{emitter} "), style);
    }
}

/// Tags from the right edge, as many as leave room for a title; gives where they begin.
fn draw_tags(pen: &mut Pen, area: Rect, left: u16, tags: &[(String, Style)]) -> u16 {
    let mut end = area.right().saturating_sub(2);
    for (tag, style) in tags.iter().rev() {
        let width = u16::try_from(text::width(tag) + 2).unwrap_or(u16::MAX);
        if end < left + 20 + width {
            break;
        }
        end -= width;
        pen.put(end, area.y, width, &format!(" {tag} "), *style);
        end -= 1;
    }
    end
}

/// What holds for the tree just now, in a word each.
fn tags(
    pen: &Pen,
    picture: &Picture,
    session: Option<&SessionSummary>,
    ui: &UiState,
) -> Vec<(String, Style)> {
    let (secondary, warning) = (pen.style(Role::Secondary), pen.style(Role::Warning));
    let mut tags = Vec::new();
    if let Some(session) = session.filter(|s| s.joined_midway) {
        let since = text::clock(session.start, picture.utc_offset);
        let since = since.rsplit_once(':').map_or("", |(minutes, _)| minutes);
        tags.push((format!("joined {since}, earlier turns not seen"), warning));
    }
    if session.is_some_and(|s| s.cycles > 0) {
        tags.push(("a cycle of parents was cut".to_owned(), warning));
    }
    if session.is_some_and(|s| s.content_dropped) {
        tags.push(("content dropped".to_owned(), warning));
    }
    if !ui.search.is_empty() && !ui.is_filtering() {
        let text = pen.fit(ui.search.text(), 20, text::Cut::End);
        let count = query::count(ui);
        tags.push((format!("/{text} {count}"), pen.style(Role::Match)));
    }
    if ui.sort != Sort::Time {
        tags.push((format!("by {}", ui.sort.name()), secondary));
    }
    if ui.internals {
        let more = match picture.store.unlisted {
            0 => String::new(),
            n => format!(", {} more not listed", text::count(n)),
        };
        tags.push((format!("internals{more}"), secondary));
    }
    if ui.paused {
        let queued = text::count(picture.receiver.queued_bytes);
        let queued = if picture.receiver.queued_bytes > 0 {
            format!(", {queued}B waiting")
        } else {
            String::new()
        };
        tags.push((format!("paused{queued}"), warning));
    }
    if ui.follow {
        tags.push(("follow".to_owned(), pen.style(Role::Running)));
    }
    tags
}
