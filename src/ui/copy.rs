//! What can be copied of what is selected: made when it is asked for, as received, not as drawn.

use super::page::{Target, View};
use super::pane::{Line, Tab};
use super::state::UiState;
use super::{Picture, marks, set_up};
use crate::model::detail::{Detail, EvidenceDetail, Message, Part, Speaker, Value};
use crate::model::ids::SpanId;
use crate::model::node::Node;
use serde_json::{Map, json};

/// One thing to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The key that picks it in the menu.
    pub key: char,
    /// What it is.
    pub what: &'static str,
    /// The text itself.
    pub text: String,
}

/// Everything that can be copied now. What is not known, or not there yet, is not offered.
pub(super) fn items(ui: &UiState, picture: &Picture) -> Vec<Copied> {
    match ui.view {
        View::SetUp => return of_agent(ui, picture),
        View::Trace if picture.sessions.is_empty() => {
            let text = set_up::variables(picture.receiver).join("\n");
            let what = "the variables to export";
            return one('v', what, text).into_iter().collect();
        }
        View::Trace | View::Transcript => {}
        View::Latency | View::Cost | View::Diff | View::Health => return of_page(ui, picture),
    }
    let mut items = Vec::new();
    let mut offer = |key, what, text: String| {
        if !text.is_empty() {
            items.push(Copied { key, what, text });
        }
    };
    let session = picture.sessions.iter().find(|s| Some(s.id) == ui.session());
    if let Some(node) = ui.selected_node(picture) {
        let source = node.sources.first();
        let span = source.map(|s| s.span).filter(|s| *s != SpanId::default());
        offer('n', "name", name(node));
        offer(
            'i',
            "span id",
            span.map_or_else(String::new, |s| s.to_string()),
        );
        let trace = source.map(|s| s.trace).filter(|t| !t.is_zero());
        offer(
            't',
            "trace id",
            trace.map_or_else(String::new, |t| t.to_string()),
        );
        if let Some(error) = &node.error {
            offer('e', "error", error.to_string());
        }
    }
    if let Some(detail) = ui.shown_detail(picture) {
        offer('a', "attributes, JSON", attributes(&detail.evidence));
        offer('m', "messages", messages(&detail.messages));
        offer('b', "the open tab", tab(ui, picture, detail));
    }
    if let Some(session) = session {
        offer('s', "session key", session.key.to_string());
        offer('T', "session title", session.title.to_string());
    }
    items
}

/// One thing, unless it is empty.
fn one(key: char, what: &'static str, text: String) -> Option<Copied> {
    let something = !text.is_empty();
    something.then_some(Copied { key, what, text })
}

/// How to set up the agent that is opened or chosen, in lines as they were written.
fn of_agent(ui: &UiState, picture: &Picture) -> Vec<Copied> {
    let chosen = ui.page.cursor.and_then(|line| ui.page.lines.get(line));
    let agent = ui.set_up.or(match chosen.and_then(|line| line.target) {
        Some(Target::SetUp(agent)) => Some(agent),
        _ => None,
    });
    let setup = agent.and_then(|agent| picture.setups.get(agent));
    let text = setup.map_or_else(String::new, |setup| setup.text.clone());
    one('x', "how to set it up", text).into_iter().collect()
}

/// A page as it stands, and the session that it is about.
fn of_page(ui: &UiState, picture: &Picture) -> Vec<Copied> {
    let text: Vec<String> = ui.page.lines.iter().map(|l| plain(&l.line)).collect();
    let session = picture.sessions.iter().find(|s| Some(s.id) == ui.session());
    let session = session.filter(|_| ui.view != View::Health);
    let (key, title) = session.map_or_else(Default::default, |s| {
        (s.key.to_string(), s.title.to_string())
    });
    [
        one('p', "this page", text.join("\n").trim_end().to_owned()),
        one('s', "session key", key),
        one('T', "session title", title),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The text of a line.
fn plain(line: &Line) -> String {
    let parts: Vec<&str> = line.spans.iter().map(|(_, text)| text.as_str()).collect();
    parts.concat().trim_end().to_owned()
}

/// The name, and what tells it from its namesakes.
fn name(node: &Node) -> String {
    match &node.detail {
        Some(detail) => format!("{} {detail}", node.name),
        None => node.name.to_string(),
    }
}

fn tab(ui: &UiState, picture: &Picture, detail: &Detail) -> String {
    let summary: Vec<Line>;
    let lines = match (ui.tab, ui.selected_node(picture)) {
        (Tab::Attributes, _) => return attributes(&detail.evidence),
        (Tab::Summary, Some(node)) => {
            let width = usize::from(ui.layout().detail.width.saturating_sub(2));
            summary = marks::lines(picture, node, picture.now, width);
            &summary
        }
        _ => &ui.pane,
    };
    lines.iter().map(plain).collect::<Vec<_>>().join("\n")
}

/// The attributes of each piece of evidence: an object, or a list of them.
fn attributes(evidence: &[EvidenceDetail]) -> String {
    let objects = evidence
        .iter()
        .filter(|e| !e.attributes.is_empty())
        .map(|e| object(&e.attributes));
    let mut objects: Vec<_> = objects.collect();
    let all = match objects.len() {
        0 => return String::new(),
        1 => objects.remove(0),
        _ => serde_json::Value::Array(objects),
    };
    serde_json::to_string_pretty(&all).unwrap_or_default()
}

fn object(pairs: &[(String, Value)]) -> serde_json::Value {
    let pairs = pairs.iter().map(|(key, value)| (key.clone(), json(value)));
    serde_json::Value::Object(pairs.collect::<Map<_, _>>())
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Double(d) => json!(d),
        Value::Text(t) => json!(t),
        Value::Bytes(bytes) => json!(bytes),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(pairs) => object(pairs),
    }
}

/// The messages as text, each under its speaker.
fn messages(messages: &[Message]) -> String {
    let all = messages.iter().map(|message| {
        let speaker = match &message.speaker {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
            Speaker::Tool => "tool",
            Speaker::Named(name) => name,
        };
        let parts: Vec<String> = message.parts.iter().map(part).collect();
        format!("{speaker}:\n{}", parts.join("\n"))
    });
    all.collect::<Vec<_>>().join("\n\n")
}

fn part(part: &Part) -> String {
    let value = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => serde_json::to_string_pretty(&json(other)).unwrap_or_default(),
    };
    match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Stand(text) => text.clone(),
        Part::ToolCall {
            name, arguments, ..
        } => format!("calls {name} {}", value(arguments)),
        Part::ToolResult { result, .. } => value(result),
    }
}
