//! The list of sessions: two lines each.

use super::numbers::cost;
use super::paint::Pen;
use super::text::{self, Cut};
use crate::model::node::{SessionState, SessionSummary};
use crate::theme::{Glyph, Role};
use crate::ui::layout::Layout;
use crate::ui::mouse::Target;
use crate::ui::state::Panel;
use crate::ui::{Picture, UiState, title};
use ratatui::layout::Rect;
use ratatui::style::Style;

pub(super) fn draw(pen: &mut Pen, layout: &Layout, picture: &Picture, ui: &UiState, now: u64) {
    let area = layout.sessions;
    pen.target(area, Target::Panel(Panel::Sessions));
    let fit = usize::from(area.height / 2);
    let below = Rect {
        width: layout.divider.x,
        ..layout.rule
    };
    draw_rest(pen, below, picture.sessions, (ui.sessions_scroll, fit));
    let shown = picture.sessions.iter().skip(ui.sessions_scroll).take(fit);
    for (session, y) in shown.zip((area.y..).step_by(2)) {
        let area = Rect::new(area.x, y, area.width, 2);
        pen.target(area, Target::Session(session.id));
        if ui.is_pinned(session.id) {
            let (mark, style) = (pen.glyph(Glyph::Pinned), pen.style(Role::Faint));
            pen.symbol(area.x + 1, y + 1, mark, style);
        }
        if ui.is_marked(session.id, None) {
            let (mark, style) = (pen.glyph(Glyph::Marked), pen.style(Role::Key));
            pen.symbol(area.x, y, mark, style);
        }
        entry(pen, area, session, picture.utc_offset, now);
        if Some(session.id) == ui.session() {
            let focused = ui.focus == Panel::Sessions;
            let role = if focused {
                Role::Selection
            } else {
                Role::SelectionUnfocused
            };
            let style = pen.style(role);
            pen.tint(area, style);
        }
    }
}

/// On the rule below: how many more there are than fit, and what matters of them.
fn draw_rest(
    pen: &mut Pen,
    rule: Rect,
    sessions: &[SessionSummary],
    (scroll, fit): (usize, usize),
) {
    if rule.is_empty() || fit == 0 || sessions.len() <= fit {
        return;
    }
    let seen = scroll..scroll + fit;
    let hidden = sessions
        .iter()
        .enumerate()
        .filter(|(i, _)| !seen.contains(i));
    let running = hidden
        .clone()
        .filter(|(_, s)| s.state == SessionState::Running)
        .count();
    let mut runs = vec![(
        format!(" {} more ", hidden.count()),
        pen.style(Role::Secondary),
    )];
    if running > 0 {
        let glyph = pen.glyph(Glyph::SessionRunning);
        runs.push((
            format!("{glyph} {running} running "),
            pen.style(Role::Running),
        ));
    }
    pen.runs(rule.x + 2, rule.y, rule.width.saturating_sub(3), &runs);
}

/// Glyph and style of a session's state.
pub(super) fn state(pen: &Pen, session: &SessionSummary) -> (&'static str, Style) {
    glyph(pen, session.state)
}

pub(super) fn glyph(pen: &Pen, state: SessionState) -> (&'static str, Style) {
    let (glyph, role) = match state {
        SessionState::Running => (Glyph::SessionRunning, Role::Running),
        SessionState::Idle => (Glyph::SessionIdle, Role::Text),
        SessionState::Ended => (Glyph::SessionIdle, Role::Secondary),
        SessionState::Stale => (Glyph::SessionStale, Role::Warning),
    };
    (pen.glyph(glyph), pen.style(role))
}

/// A title, never empty. A single word is no prompt but an agent, model or service, which many
/// sessions share: its start goes with it.
pub(super) fn title(session: &SessionSummary, utc_offset: i32) -> String {
    let title = title::prompt(&session.title);
    if title.contains(char::is_whitespace) {
        return title.into_owned();
    }
    let word = match text::model_short(&title) {
        "" => "untitled",
        word => word,
    };
    let start = text::clock(session.start, utc_offset);
    let minutes = start.rsplit_once(':').map_or("", |(minutes, _)| minutes);
    format!("{word} {minutes}")
}

fn entry(pen: &mut Pen, area: Rect, session: &SessionSummary, utc_offset: i32, now: u64) {
    let (x, y, width) = (area.x, area.y, area.width);
    let (glyph, style) = state(pen, session);
    pen.symbol(x + 1, y, glyph, style);
    let figures = &session.figures;
    let complete = figures.unpriced_calls == 0 && !session.joined_midway;
    let money = cost(pen, figures.cost, complete);
    let money_width = u16::try_from(text::width(&money)).unwrap_or(0);
    let room = width.saturating_sub(3 + money_width + 2);
    let name = pen.fit(&title(session, utc_offset), room, Cut::End);
    let strong = pen.style(Role::Strong);
    pen.put(x + 3, y, room, &name, strong);
    let style = pen.style(figures.cost.map_or(Role::Faint, |_| Role::Cost));
    pen.right(x, y, width.saturating_sub(1), &money, style);

    let running = session.state == SessionState::Running;
    let end = if running { now } else { session.end };
    let time = text::duration(end.saturating_sub(session.start));
    let time_width = u16::try_from(time.len()).unwrap_or(0);
    let room = width.saturating_sub(3 + time_width + 2);
    let turns = session.turns.len();
    let turns = format!(
        " {} {turns} turn{}",
        pen.glyph(Glyph::Dot),
        if turns == 1 { "" } else { "s" }
    );
    let errors = match figures.errors {
        0 => String::new(),
        n => format!("  {} {}", pen.glyph(Glyph::Error), text::count(n)),
    };
    // How it went is told before how many turns it took.
    let all = text::width(&session.emitter) + text::width(&turns) + text::width(&errors);
    let turns = if all > usize::from(room) && !errors.is_empty() {
        ""
    } else {
        &turns
    };
    let others = u16::try_from(text::width(turns) + text::width(&errors)).unwrap_or(0);
    let style = pen.style(Role::Secondary);
    let emitter = pen.fit(&session.emitter, room.saturating_sub(others), Cut::End);
    let mut used = pen.put(x + 3, y + 1, room, &emitter, style);
    used += pen.put(x + 3 + used, y + 1, room.saturating_sub(used), turns, style);
    let red = pen.style(Role::Error);
    pen.put(x + 3 + used, y + 1, room.saturating_sub(used), &errors, red);
    let style = if running {
        pen.style(Role::Running)
    } else {
        style
    };
    pen.right(x, y + 1, width.saturating_sub(1), &time, style);
}
