//! What the detail pane shows of one node: read from the evidence's own bytes when asked for.

use super::ids::NodeId;
use std::sync::Arc;

/// A character turns the writing direction, or sets a part of a text apart that does (Unicode, annex 9: marks,
/// embeddings, overrides and isolates). Whoever prints received text shows it in place of sending it.
pub fn turns_writing(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// An attribute's value (OTLP `AnyValue`), JSON text inside strings opened up.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value was set.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// A string.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A map, in the sender's order.
    Map(Vec<(String, Value)>),
}

/// Who speaks in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// System prompt or instructions.
    System,
    /// The person or the calling program.
    User,
    /// The model.
    Assistant,
    /// A tool's answer.
    Tool,
    /// Any other role, in its own word.
    Named(String),
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text.
    Text(String),
    /// The model's reasoning.
    Reasoning(String),
    /// A request for a tool.
    ToolCall {
        /// Call id.
        id: Option<String>,
        /// Tool name.
        name: String,
        /// Arguments as sent.
        arguments: Value,
    },
    /// A tool's answer.
    ToolResult {
        /// Call id.
        id: Option<String>,
        /// The answer.
        result: Value,
    },
    /// Image, audio, file, blob: a labelled stand-in.
    Stand(String),
}

/// One message that a model read or wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub speaker: Speaker,
    /// Written by the model in this call (true) or part of its input (false).
    pub output: bool,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// One span event or joined log record.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDetail {
    /// Its name.
    pub name: String,
    /// Time, ns since the epoch.
    pub time: u64,
    /// Its attributes and body.
    pub attributes: Vec<(String, Value)>,
}

/// One fact and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// The field, `input tokens`.
    pub field: String,
    /// The value as read.
    pub value: String,
    /// The attribute key or event.
    pub key: String,
    /// The dialect whose table has the rule.
    pub dialect: String,
    /// The reader, `count`, `seconds`, …
    pub reader: String,
    /// What else was there and lost against it: (key, value).
    pub lost: Vec<(String, String)>,
}

/// One piece of evidence, opened.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceDetail {
    /// `span chat gpt-5`, `log api_request`.
    pub title: String,
    /// Why it belongs to the node.
    pub why: String,
    /// Instrumentation scope, name and version.
    pub scope: String,
    /// Ids, kind, status, times, size, arrival: label and text.
    pub envelope: Vec<(String, String)>,
    /// Attributes as received.
    pub attributes: Vec<(String, Value)>,
    /// Attributes of the resource.
    pub resource: Vec<(String, Value)>,
    /// Span events and links.
    pub events: Vec<EventDetail>,
    /// Facts that were read from it.
    pub facts: Vec<Provenance>,
    /// The bytes were dropped to hold the memory limit.
    pub dropped: bool,
}

/// Everything the detail pane can show of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The node.
    pub node: NodeId,
    /// Messages in order, input first.
    pub messages: Vec<Message>,
    /// Why there are no messages, when there are none: which switch turns them on.
    pub no_messages: Option<Arc<str>>,
    /// Its evidence.
    pub evidence: Vec<EvidenceDetail>,
}
