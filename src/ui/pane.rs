//! The text of the detail's tabs as lines of toned spans: made once per node, tab and width, and
//! scrolled by whoever draws. The attributes are a tree of their own, and the summary is made
//! anew with the clock; both are small.

use super::attributes::one_line;
use super::form::{self, Form};
use super::{read, text};
use crate::model::detail::{
    Detail, EventDetail, EvidenceDetail, Message, Part, Provenance, Speaker,
};
use crate::model::node::Node;

/// A tab of the detail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The figures of the node.
    #[default]
    Summary,
    /// What the model read and wrote.
    Messages,
    /// What changed since the call before.
    Changes,
    /// Tools: what they took and brought, and which were on offer.
    Tools,
    /// Attributes as received, foldable.
    Attributes,
    /// Span events and joined log records.
    Events,
    /// The evidence, and where each fact came from.
    Source,
}

impl Tab {
    /// All tabs in their order.
    pub const ALL: [Self; 7] = [
        Self::Summary,
        Self::Messages,
        Self::Changes,
        Self::Tools,
        Self::Attributes,
        Self::Events,
        Self::Source,
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Messages => "Messages",
            Self::Changes => "Changes",
            Self::Tools => "Tools",
            Self::Attributes => "Attributes",
            Self::Events => "Events",
            Self::Source => "Source",
        }
    }

    /// It tells of what was said in the session, which has to be read for it.
    pub(crate) fn reads(self) -> bool {
        matches!(self, Self::Changes | Self::Tools)
    }

    /// The tab so many places to the right, round and round.
    pub(super) fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|t| *t == self).unwrap_or(0);
        let next = (at + by) % Self::ALL.len();
        Self::ALL.get(next).copied().unwrap_or_default()
    }
}

/// What a piece of text means; the theme knows what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The number or name that matters.
    Text,
    /// The same, stressed.
    Strong,
    /// Beside it.
    Secondary,
    /// Labels, units, ids.
    Faint,
    /// Money.
    Cost,
    /// A failure.
    Error,
    /// Something to know.
    Warning,
    /// It runs.
    Running,
    /// Time to the first token.
    Wait,
    /// Decode time.
    Decode,
    /// What tools do.
    Tool,
    /// What was looked for.
    Match,
}

/// A line of toned text, safe to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its parts in order.
    pub spans: Vec<(Tone, String)>,
}

impl Line {
    /// A line of one tone.
    pub fn of(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            spans: vec![(tone, text.into())],
        }
    }

    /// The line and another part.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.spans.push((tone, text.into()));
        self
    }
}

/// What is told of a node without evidence of its own.
pub const NOTHING: &str = "nothing was received of this itself";

/// The lines of Messages, Events or Source, and the one to begin with; none for the others. `clock`
/// asks for wall-clock times, so many seconds east of UTC.
pub(super) fn lines(
    tab: Tab,
    node: &Node,
    detail: &Detail,
    width: usize,
    clock: Option<i32>,
    form: Form,
) -> (Vec<Line>, usize) {
    match tab {
        Tab::Messages => messages(detail, width, form),
        Tab::Events => (events(node, detail, width, clock), 0),
        Tab::Source => {
            let mut out = Vec::new();
            if detail.evidence.is_empty() {
                wrapped(&mut out, Tone::Faint, NOTHING, width);
            }
            out.extend(detail.evidence.iter().flat_map(|e| source(e, width)));
            (out, 0)
        }
        Tab::Summary | Tab::Changes | Tab::Tools | Tab::Attributes => (Vec::new(), 0),
    }
}

fn wrapped(out: &mut Vec<Line>, tone: Tone, text: &str, width: usize) {
    let lines = text::wrap(text, width.saturating_sub(2));
    out.extend(lines.into_iter().map(|l| Line::of(tone, format!("  {l}"))));
}

/// All messages; to begin with, the last one of the input: what came before it was read before.
fn messages(detail: &Detail, width: usize, form: Form) -> (Vec<Line>, usize) {
    let (mut out, mut begin) = (Vec::new(), 0);
    let answered = detail.messages.iter().any(|m| m.output);
    if detail.messages.is_empty() {
        let why = detail
            .no_messages
            .as_deref()
            .unwrap_or("no messages were sent with this");
        wrapped(&mut out, Tone::Faint, why, width);
    }
    for message in &detail.messages {
        if answered && !message.output {
            begin = out.len();
        }
        out.push(speaker(message));
        for part in &message.parts {
            self::part(&mut out, part, width, form);
        }
    }
    (out, begin)
}

fn speaker(message: &Message) -> Line {
    let (tone, name) = match &message.speaker {
        Speaker::System => (Tone::Secondary, "system".into()),
        Speaker::User => (Tone::Warning, "user".into()),
        Speaker::Assistant => (Tone::Decode, "assistant".into()),
        Speaker::Tool => (Tone::Tool, "tool".into()),
        Speaker::Named(name) => (Tone::Secondary, text::sanitize(name)),
    };
    let way = if message.output {
        "  written in this call"
    } else {
        ""
    };
    Line::of(tone, name).and(Tone::Faint, way)
}

fn part(out: &mut Vec<Line>, part: &Part, width: usize, form: Form) {
    if let Part::ToolCall { name, .. } = part {
        let name = text::sanitize(name);
        out.push(Line::of(Tone::Tool, format!("  calls {name}")));
    }
    // What stands beside the words is quieter.
    let quiet = match part {
        Part::Text(_) => Tone::Text,
        Part::Stand(_) => Tone::Faint,
        _ => Tone::Secondary,
    };
    let (lines, whole) = read::lay(part, form, width.saturating_sub(2));
    for line in lines {
        let mut padded = Line::of(Tone::Faint, "  ");
        let toned = line.spans.into_iter().map(|(tone, text)| match tone {
            Tone::Text => (quiet, text),
            tone => (tone, text),
        });
        padded.spans.extend(toned);
        out.push(padded);
    }
    if !whole {
        let size = super::ask::bytes(form::size(part));
        out.push(Line::of(
            Tone::Faint,
            format!("  … this is the beginning of {size}: r reads it whole"),
        ));
    }
}

fn events(node: &Node, detail: &Detail, width: usize, clock: Option<i32>) -> Vec<Line> {
    let mut events: Vec<&EventDetail> = detail.evidence.iter().flat_map(|e| &e.events).collect();
    events.sort_by_key(|e| e.time);
    let mut out = Vec::new();
    if events.is_empty() {
        wrapped(&mut out, Tone::Faint, "no events", width);
    }
    for event in events {
        let (sign, apart) = match event.time.checked_sub(node.start) {
            Some(after) => ("+", after),
            None => ("-", node.start - event.time),
        };
        let time = match clock {
            Some(offset) => text::clock(event.time, offset),
            None => format!("{sign}{}", text::duration(apart)),
        };
        out.push(
            Line::of(Tone::Faint, format!("{time:>8}  "))
                .and(Tone::Text, text::sanitize(&event.name)),
        );
        out.extend(event.attributes.iter().map(|(key, value)| {
            Line::of(Tone::Faint, format!("          {}  ", text::sanitize(key)))
                .and(Tone::Secondary, one_line(value))
        }));
    }
    out
}

/// Cells of the labels in the source tab.
const FIELD: usize = 18;

/// A fact, and what else told of the same: agreeing or not.
fn fact(fact: &Provenance, width: usize) -> Vec<Line> {
    let key = format!("  {}", text::sanitize(&fact.key));
    let by = [fact.dialect.as_str(), fact.reader.as_str()];
    let by: Vec<_> = by.into_iter().filter(|t| !t.is_empty()).collect();
    let by = format!("  {}", text::sanitize(&by.join(" · ")));
    let value = |value: &str, beside: usize| {
        let room = width.saturating_sub(FIELD + 3 + beside).max(24);
        text::cut(value, room, text::Cut::End, "…")
    };
    // The value stands as it was sent: its unit is the reader's, not the field's.
    let field = fact.field.strip_suffix(" ns").unwrap_or(&fact.field);
    let mut out = vec![
        Line::of(Tone::Faint, format!("  {:<FIELD$} ", text::sanitize(field)))
            .and(
                Tone::Text,
                value(&fact.value, text::width(&key) + text::width(&by)),
            )
            .and(Tone::Secondary, key)
            .and(Tone::Faint, by),
    ];
    out.extend(fact.lost.iter().map(|(key, lost)| {
        let key = format!("  {}", text::sanitize(key));
        let (tone, word) = if *lost == fact.value {
            (Tone::Faint, "  same")
        } else {
            (Tone::Warning, "  not")
        };
        Line::of(tone, format!("  {word:<FIELD$} "))
            .and(Tone::Secondary, value(lost, text::width(&key)))
            .and(Tone::Faint, key)
    }));
    out
}

fn source(evidence: &EvidenceDetail, width: usize) -> Vec<Line> {
    let safe = |t: &str| text::sanitize(t).into_owned();
    let mut out = vec![
        Line::of(Tone::Strong, safe(&evidence.title))
            .and(Tone::Secondary, format!("  {}", safe(&evidence.why)))
            .and(Tone::Faint, format!("  {}", safe(&evidence.scope))),
    ];
    if evidence.dropped {
        let why = "its bytes were dropped to hold the memory limit; the facts stay";
        wrapped(&mut out, Tone::Warning, why, width);
    }
    out.extend(evidence.facts.iter().flat_map(|f| fact(f, width)));
    out.extend(evidence.envelope.iter().map(|(label, value)| {
        Line::of(Tone::Faint, format!("  {:<18} ", safe(label))).and(Tone::Secondary, safe(value))
    }));
    out
}
