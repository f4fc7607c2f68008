//! The screen before there is a session: where we listen, what to paste, and what has come so
//! far, so that it is plain which of the first-minute failures it is.

use super::paint::Pen;
use super::text::{self, Cut};
use crate::theme::Role;
use crate::ui::{ReceiverView, set_up};
use ratatui::layout::Rect;

type Text = (Role, String);

/// Cells of the widest line.
const WIDTH: u16 = 66;

pub(super) fn draw(pen: &mut Pen, area: Rect, receiver: &ReceiverView) {
    let mut lines = Vec::new();
    match &receiver.recording {
        Some(name) => lines.push((Role::Strong, format!("nothing of an agent in {name}"))),
        None => listening(&mut lines, receiver, area.width > WIDTH),
    }
    lines.push((Role::Text, String::new()));
    lines.extend(heard(receiver));
    let indent = (area.width.saturating_sub(WIDTH) / 2).max(2);
    // What came, at the end, is never out of sight: gaps go first.
    while lines.len() > usize::from(area.height)
        && let Some(gap) = lines.iter().rposition(|(_, line)| line.is_empty())
    {
        lines.remove(gap);
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let top = area.y + area.height.saturating_sub(height) / 3;
    for ((role, line), y) in lines.into_iter().zip(top..area.bottom()) {
        let room = area.width.saturating_sub(indent + 1);
        let line = pen.fit(&line, room, Cut::End);
        let style = pen.style(role);
        pen.put(area.x + indent, y, room, &line, style);
    }
}

fn listening(lines: &mut Vec<Text>, receiver: &ReceiverView, wide: bool) {
    if receiver.listeners.is_empty() {
        lines.push((Role::Warning, "spanfall is not listening".to_owned()));
        return;
    }
    lines.push((Role::Brand, "spanfall is listening".to_owned()));
    lines.push((Role::Text, String::new()));
    for same in receiver.listeners.chunk_by(|a, b| a.protocol == b.protocol) {
        let addresses: Vec<_> = same.iter().map(|l| l.address.as_str()).collect();
        let protocol = same.first().map_or("", |l| l.protocol.as_str());
        let line = format!("{protocol:<11} {}", addresses.join("   "));
        lines.push((Role::Text, line));
    }
    lines.push((Role::Text, String::new()));
    for line in set_up::variables(receiver) {
        let variables = line.trim_start_matches("export ").split(' ');
        if wide {
            lines.push((Role::Text, line));
        } else {
            lines.extend(variables.map(|v| (Role::Text, format!("export {v}"))));
        }
    }
    lines.push((Role::Text, String::new()));
    lines.push((
        Role::Secondary,
        if wide {
            "a   set up an agent: Claude Code, Codex, Gemini CLI, Python, Node"
        } else {
            "a   set up an agent: Claude Code, Codex, Python, Node"
        }
        .to_owned(),
    ));
    lines.push((
        Role::Secondary,
        "d   play a recorded session         ?   keys and signs".to_owned(),
    ));
    lines.push((
        Role::Secondary,
        "o   open a recording                y   copy these lines".to_owned(),
    ));
}

/// What has come: nobody, refused, only metrics, or nothing of an agent.
fn heard(r: &ReceiverView) -> Vec<Text> {
    let mut lines = Vec::new();
    let refused = r.refused_total();
    let some = r.spans + r.logs + r.metrics;
    let cleared = r.cleared.0 + r.cleared.1;
    if cleared > 0 {
        let text = format!("{} spans and records cleared", text::count_exact(cleared));
        lines.push((Role::Secondary, text));
    }
    if r.dismissed > 0 {
        let text = format!(
            "{} dismissed; u brings them back",
            n(r.dismissed, "session")
        );
        lines.push((Role::Secondary, text));
        return lines;
    }
    if refused > 0 {
        lines.push((Role::Warning, format!("{} refused", n(refused, "request"))));
        lines.extend(
            r.refused
                .iter()
                .take(5)
                .map(|(why, times)| (Role::Text, format!("{times:>5}x  {why}"))),
        );
        if r.refused.len() > 5 {
            lines.push((
                Role::Faint,
                format!("and for {} other reasons", r.refused.len() - 5),
            ));
        }
    } else if r.connections == 0 && some == 0 && r.recording.is_none() {
        lines.push((Role::Running, "no connection yet".to_owned()));
    } else if some == 0 && r.rejected == 0 && r.recording.is_none() {
        let text = format!(
            "{}, no data yet; exporters send every 5 s, metrics every 60 s",
            n(r.connections, "connection")
        );
        lines.push((Role::Running, text));
    }
    if r.rejected > 0 {
        lines.push((
            Role::Warning,
            format!("{} could not be read", n(r.rejected, "record")),
        ));
    }
    lines.extend(understood(r));
    lines
}

/// Data came, but nothing of an agent in it.
fn understood(r: &ReceiverView) -> Vec<Text> {
    let mut lines = Vec::new();
    if r.spans + r.logs == 0 && r.metrics > 0 {
        lines.push((
            Role::Warning,
            format!(
                "only metrics: {}, no span and no log record",
                n(r.metrics, "point")
            ),
        ));
        lines.push((
            Role::Text,
            "switch traces on: OTEL_TRACES_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp".to_owned(),
        ));
        lines.push((Role::Secondary, "3   what they say of times".to_owned()));
    }
    let (spans, logs) = (
        r.spans.saturating_sub(r.cleared.0),
        r.logs.saturating_sub(r.cleared.1),
    );
    if spans + logs > 0 {
        let what = match (spans, logs) {
            (spans, 0) => n(spans, "span"),
            (0, logs) => n(logs, "log record"),
            (spans, logs) => format!("{} and {}", n(spans, "span"), n(logs, "log record")),
        };
        let from = match r.services.first() {
            Some(service) => format!(" from `{}`", text::sanitize(service)),
            None => String::new(),
        };
        lines.push((Role::Warning, format!("{what}{from} received")));
        lines.push((
            Role::Warning,
            "none of a model call, agent or tool".to_owned(),
        ));
        lines.push((Role::Text, "i shows them anyway".to_owned()));
    }
    lines
}

/// A count of things.
fn n(n: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        text::count_exact(n),
        if n == 1 { "" } else { "s" }
    )
}

/// What stands in a screen too small for anything else.
pub(super) fn draw_line(pen: &mut Pen, area: Rect, receiver: &ReceiverView) {
    let line = heard(receiver).into_iter().next();
    let (role, text) = line.unwrap_or_else(|| match &receiver.recording {
        Some(name) => (Role::Strong, format!("nothing of an agent in {name}")),
        None => (Role::Running, "listening".to_owned()),
    });
    let style = pen.style(role);
    let text = pen.fit(&text, area.width, Cut::End);
    pen.put(area.x, area.y, area.width, &text, style);
}
