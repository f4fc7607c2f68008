//! The lines of a transcript: made for what is on the screen, as it is drawn.

use super::form::{self, Form};
use super::pane::{Line, Tone};
use super::read::lay;
use super::reader::Reader;
use super::toned::wrap;
use super::{Picture, arguments, cost_tables, text, title};
use crate::model::book::{Book, PartId};
use crate::model::detail::{Part, Speaker, Value};
use crate::model::node::{Node, State, Tree};
use crate::model::transcript::{Entry, What};

/// Cells of the label before what is said.
const LABEL: usize = 11;
/// Cells of the tokens at the right.
const TOKENS: usize = 8;
/// Deeper entries are not indented more.
const DEEPEST: u16 = 6;

/// What lines are made from.
#[derive(Clone, Copy)]
pub struct Sheet<'a> {
    /// The picture.
    pub picture: &'a Picture<'a>,
    /// What was said.
    pub book: &'a Book,
    /// The tree.
    pub tree: &'a Tree,
}

/// An entry has more to show than its line.
pub fn opens(what: &What) -> bool {
    part(what).is_some() || matches!(what, What::Failed(_) | What::Missing(_))
}

/// The part that an entry tells, if it tells one.
pub fn part(what: &What) -> Option<PartId> {
    match what {
        What::Said { said, .. } => Some(said.part),
        What::Result { part, .. } => Some(*part),
        _ => None,
    }
}

fn speaker(speaker: &Speaker) -> (Tone, String) {
    match speaker {
        Speaker::System => (Tone::Secondary, "system".to_owned()),
        Speaker::User => (Tone::Warning, "user".to_owned()),
        Speaker::Assistant => (Tone::Decode, "assistant".to_owned()),
        Speaker::Tool => (Tone::Tool, "tool".to_owned()),
        Speaker::Named(name) => (
            Tone::Secondary,
            text::cut(name, LABEL - 1, text::Cut::End, "…"),
        ),
    }
}

/// Who says a part, and how.
fn label_of(who: &Speaker, part: &Part) -> (Tone, String) {
    match part {
        Part::Reasoning(_) => (Tone::Secondary, "reasoning".to_owned()),
        Part::ToolCall { .. } => (Tone::Tool, "calls".to_owned()),
        Part::ToolResult { .. } => (Tone::Tool, "result".to_owned()),
        _ => speaker(who),
    }
}

/// A part's heading in the pager.
pub fn heading(who: &Speaker, part: &Part) -> String {
    let (_, label) = label_of(who, part);
    match part {
        Part::ToolCall { name, .. } => format!("{label} {}", text::sanitize(name)),
        _ => label,
    }
}

/// The body of an expanded entry, without what stands before its first line.
pub(super) fn body(book: &Book, entry: &Entry, form: Form, width: usize) -> Vec<Line> {
    let room = width.saturating_sub(indent(entry, width) + TOKENS + 1);
    if let What::Failed(why) | What::Missing(why) = &entry.what {
        let tone = match entry.what {
            What::Failed(_) => Tone::Error,
            _ => Tone::Warning,
        };
        return wrap(&[(tone, why)], room);
    }
    let Some(part) = part(&entry.what).and_then(|id| book.part(id)) else {
        return Vec::new();
    };
    let (mut lines, whole) = lay(part, form, room);
    if matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. }) {
        lines.insert(0, Line::default()); // the tool's name
    }
    if !whole {
        let size = super::ask::bytes(form::size(part));
        let told = format!("… this is the beginning of {size}: r reads it whole");
        lines.push(Line::of(Tone::Faint, told));
    }
    lines
}

/// Cells before what is said.
fn indent(entry: &Entry, width: usize) -> usize {
    usize::from(entry.depth.min(DEEPEST)) * 2 + 2 + if width < 50 { 2 } else { LABEL }
}

impl Sheet<'_> {
    /// What an entry is, for a title.
    pub fn label(&self, entry: &Entry) -> String {
        match &entry.what {
            What::Said { said, .. } => self
                .book
                .part(said.part)
                .map_or_else(String::new, |part| heading(self.book.speaker(*said), part)),
            What::Result { tool, .. } => match tool {
                Some(tool) => format!("result of {}", text::sanitize(tool)),
                None => "result".to_owned(),
            },
            _ => self
                .tree
                .nodes
                .get(entry.at as usize)
                .map_or_else(String::new, |node| title::node(node).into_owned()),
        }
    }

    /// The lines of an entry.
    pub fn lines(&self, reader: &Reader, at: usize, width: usize) -> Vec<Line> {
        let Some(entry) = reader.transcript.entries.get(at) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        if at > 0 && matches!(entry.what, What::Turn) {
            lines.push(Line::default());
        }
        let head = self.head(reader, entry, width);
        let Some(body) = reader.expanded.get(&entry.id) else {
            lines.push(head);
            return lines;
        };
        let pad = " ".repeat(indent(entry, width));
        for (i, line) in body.iter().enumerate() {
            if i == 0 {
                lines.push(head.clone());
                continue;
            }
            let mut padded = Line::of(Tone::Faint, pad.clone());
            padded.spans.extend(line.spans.iter().cloned());
            lines.push(padded);
        }
        lines
    }

    fn head(&self, reader: &Reader, entry: &Entry, width: usize) -> Line {
        let pad = " ".repeat(usize::from(entry.depth.min(DEEPEST)) * 2);
        let node = self.tree.nodes.get(entry.at as usize);
        match (&entry.what, node) {
            (What::Said { said, tokens, .. }, _) => self.said(
                reader,
                entry,
                self.book.speaker(*said),
                (*tokens, None),
                width,
            ),
            (What::Result { tool, tokens, .. }, _) => {
                let tool = tool.as_deref();
                self.said(reader, entry, &Speaker::Tool, (*tokens, tool), width)
            }
            (What::Again(n), _) => {
                let told = format!("{} as above", count(*n, "message"));
                Line::of(Tone::Faint, format!("{pad}  {:LABEL$}{told}", ""))
            }
            (What::Dropped(n), _) => {
                let told = format!("{} of what was read before left out", count(*n, "part"));
                Line::of(Tone::Warning, format!("{pad}  {:LABEL$}{told}", ""))
            }
            (What::Failed(why), _) => {
                told(reader, entry, (Tone::Error, "✗ ", "failed", why), width)
            }
            (What::Missing(why), _) => {
                told(reader, entry, (Tone::Warning, "▲ ", "not sent", why), width)
            }
            (what, Some(node)) => self.named(what, node, &pad, width),
            (_, None) => Line::default(),
        }
    }

    /// A heading: a turn, an agent, a call, a tool.
    fn named(&self, what: &What, node: &Node, pad: &str, width: usize) -> Line {
        let (sign, tone) = match what {
            What::Turn => ("❯", Tone::Strong),
            What::Agent => ("◆", Tone::Strong),
            What::Tool => ("ƒ", Tone::Tool),
            _ => ("✦", Tone::Secondary),
        };
        let state = match node.state {
            State::Running(_) => ("  running", Tone::Running),
            State::Error => ("  failed", Tone::Error),
            State::Abandoned => ("  never ended", Tone::Warning),
            State::Ok => ("", Tone::Faint),
        };
        let figures = self.figures(node, width);
        let used = pad.len() + 2 + text::width(state.0) + text::width(&figures) + 1;
        let name = title::node(node);
        let name = text::cut(&name, width.saturating_sub(used), text::Cut::End, "…");
        let gap = width.saturating_sub(used - 1 + text::width(&name));
        Line::of(tone, format!("{pad}{sign} "))
            .and(tone, name)
            .and(state.1, state.0)
            .and(Tone::Faint, " ".repeat(gap))
            .and(Tone::Faint, figures)
    }

    /// Tokens, cost and time, as far as there is room.
    fn figures(&self, node: &Node, width: usize) -> String {
        let figures = &node.rolled;
        let time = text::duration(node.duration(self.picture.now));
        if width < 72 {
            return format!("{time:>7}");
        }
        let whole = figures.usage_complete();
        let input = cost_tables::tokens(figures.usage.input, whole);
        let output = cost_tables::tokens(figures.usage.output, whole);
        let cost = cost_tables::money(figures);
        let arrows = format!("{input:>6} in {output:>6} out");
        if figures.model_calls + figures.running_calls == 0 {
            return format!("{time:>7}");
        }
        format!("{arrows}  {cost:>8}  {time:>7}")
    }

    fn said(
        &self,
        reader: &Reader,
        entry: &Entry,
        who: &Speaker,
        (tokens, tool): (Option<u64>, Option<&str>),
        width: usize,
    ) -> Line {
        let Some(part) = part(&entry.what).and_then(|id| self.book.part(id)) else {
            return Line::default();
        };
        let pad = " ".repeat(usize::from(entry.depth.min(DEEPEST)) * 2);
        let open = reader.expanded.get(&entry.id);
        let (tone, label) = label_of(who, part);
        let wide = if width < 50 { 2 } else { LABEL };
        let label = text::cut(&label, wide - 1, text::Cut::End, "");
        let tokens = match (tokens, form::size(part)) {
            (Some(n), _) => Some(text::count(n)),
            (None, size) if size >= 10_000 => Some(super::ask::bytes(size)),
            _ => None,
        };
        // What is said has the whole line where no tokens stand at its end.
        let behind = tokens.as_ref().map_or(0, |_| TOKENS + 1);
        let room = width.saturating_sub(indent(entry, width) + behind);
        let mut line = Line::of(Tone::Faint, String::new()).and(tone, format!("{label:wide$}"));
        let mut sign = "▾ ";
        let mut used = 0;
        let name = match part {
            Part::ToolCall { name, .. } => Some(name.as_str()),
            _ => tool,
        };
        if let Some(name) = name {
            let name = text::cut(name, room.min(40), text::Cut::End, "…");
            used += text::width(&name) + 1;
            line = line.and(Tone::Text, name).and(Tone::Text, " ");
        }
        let tone = match part {
            Part::Text(_) if *who != Speaker::System => Tone::Text,
            Part::Stand(_) => Tone::Faint,
            _ => Tone::Secondary,
        };
        if let Some(first) = open.and_then(|lines| lines.first()) {
            used += first
                .spans
                .iter()
                .map(|(_, t)| text::width(t))
                .sum::<usize>();
            line.spans.extend(first.spans.iter().cloned());
        } else {
            let (told, whole) = one_line(part, room.saturating_sub(used));
            sign = if whole { "  " } else { "▸ " };
            used += text::width(&told);
            line = line.and(tone, told);
        }
        if let Some((_, head)) = line.spans.first_mut() {
            *head = pad + sign;
        }
        let Some(tokens) = tokens else { return line };
        let gap = " ".repeat((room + 1).saturating_sub(used));
        line.and(Tone::Faint, format!("{gap}{tokens:>TOKENS$}"))
    }
}

/// Something told by us or by the reporter of an error.
fn told(
    reader: &Reader,
    entry: &Entry,
    (tone, sign, label, why): (Tone, &str, &str, &str),
    width: usize,
) -> Line {
    let pad = " ".repeat(usize::from(entry.depth.min(DEEPEST)) * 2);
    let wide = if width < 50 { 2 } else { LABEL };
    let label = text::cut(label, wide - 1, text::Cut::End, "");
    let mut line = Line::of(tone, format!("{pad}{sign}{label:wide$}"));
    let open = reader.expanded.get(&entry.id);
    if let Some(first) = open.and_then(|lines| lines.first()) {
        line.spans.extend(first.spans.iter().cloned());
    } else {
        let room = width.saturating_sub(indent(entry, width));
        line = line.and(tone, text::cut(why, room, text::Cut::End, "…"));
    }
    line
}

/// A part in one line, and whether that is all of it.
fn one_line(part: &Part, room: usize) -> (String, bool) {
    let told = form::preview(part, room.saturating_mul(4) + 8);
    let told = match part {
        Part::ToolCall { .. } if told == "{}" => String::new(),
        Part::ToolCall { .. } => return (arguments::line(&told, room, "…"), false),
        _ => told,
    };
    let flat = |part: &Part| match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Stand(text) => {
            text.len() == told.len() && !text.contains('\n')
        }
        Part::ToolCall { .. } => true,
        Part::ToolResult { result, .. } => {
            matches!(result, Value::Text(text) if text.len() == told.len())
        }
    };
    let whole = flat(part) && text::width(&told) <= room;
    let mut cut = text::cut(&told, room, text::Cut::End, "…");
    if !whole && !cut.ends_with('…') && told.len() < form::size(part) {
        cut = text::cut(&format!("{cut} …"), room, text::Cut::End, "…");
    }
    (cut, whole)
}

fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
