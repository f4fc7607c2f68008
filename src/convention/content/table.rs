//! The tables of this room: where content is told (`messages.toml`) and what turns it on
//! (`switches.toml`). Names of attributes and events stand there and nowhere else.

use crate::model::detail::Speaker;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `messages.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The attribute that names a log record before the record's own field does.
    pub event_name: String,
    /// Names of events that hold the model's answer.
    pub answer_events: Vec<String>,
    /// Names of events that hold the system's words.
    pub system_events: Vec<String>,
    /// Texts that senders put where content was.
    pub redacted: Vec<String>,
    /// Where tools on offer are told, the best first.
    pub offers: Vec<Row>,
    /// Ways of telling, the best first.
    pub telling: Vec<Telling>,
}

/// One way of telling content: the rows that belong together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telling {
    /// Its rows; what several of them say of one field adds up.
    pub rows: Vec<Row>,
}

/// One key and what it holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What is told.
    pub field: Field,
    /// Where the key is looked for.
    pub on: Carrier,
    /// The attribute's name, a family's name, or `*` for all there is.
    pub key: String,
    /// How its value is read.
    pub reader: Reader,
    /// Names of the events that count; empty for any and for spans.
    #[serde(default)]
    pub events: Vec<String>,
    /// Attributes that the same carrier must have, with one of the values (case does not matter).
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// Attributes that it must not have with one of the values.
    #[serde(default)]
    pub unless: BTreeMap<String, Vec<String>>,
    /// Who speaks where the content does not say; else the field decides.
    pub role: Option<String>,
    /// What was streamed stands there piece by piece, each as a message: pieces of one kind that
    /// follow one another are one.
    #[serde(default)]
    pub pieces: bool,
}

impl Row {
    /// Who speaks where the content does not say.
    pub fn speaker(&self) -> Speaker {
        match (&self.role, self.field) {
            (Some(role), _) => super::conversation::speaker(role),
            (None, Field::System) => Speaker::System,
            (None, Field::Output) => Speaker::Assistant,
            (None, _) => Speaker::User,
        }
    }
}

/// What a row tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The system prompt, where it stands apart from the messages.
    System,
    /// Messages that the model read.
    Input,
    /// Messages that the model wrote.
    Output,
    /// A tool's name.
    ToolName,
    /// A tool call's id.
    ToolId,
    /// A tool call's arguments.
    Arguments,
    /// A tool call's answer.
    Result,
    /// Tools that a model may ask for.
    Offers,
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// A span's attributes.
    Span,
    /// A span event's attributes.
    SpanEvent,
    /// A log record's attributes.
    Log,
    /// A log record's body.
    LogBody,
}

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// A document of messages, structured or as JSON text; a text of no known shape is one message.
    Messages,
    /// As `messages`, and what is left of a JSON text that its sender cut.
    Body,
    /// A family of flattened keys that holds a list of messages.
    Family,
    /// The whole carrier as one message.
    Event,
    /// A body in the event's name, after the words that are the key.
    Name,
    /// A list of such events in one value, each with its name: those that the field is about.
    Events,
    /// A text, as it is.
    Text,
    /// The model's reasoning, as it is.
    Reasoning,
    /// Where the content is kept instead: an address.
    Reference,
    /// Texts under headings in brackets, `[USER]` and `[TOOL RESULT: id]`, between rules.
    Headed,
    /// A value, JSON text opened.
    Value,
    /// A value that stands under its own name in a map.
    Named,
    /// A value below a first line in brackets.
    Labelled,
    /// A value, unless it is a JSON Schema.
    Arguments,
}

/// `switches.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switches {
    switch: Vec<Switch>,
}

/// What turns content on in some dialects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    /// Dialects, or the beginnings of their names up to a hyphen.
    dialects: Vec<String>,
    /// What to say.
    why: String,
}

/// `messages.toml`, read once.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| load(include_str!("messages.toml")));

static SWITCHES: LazyLock<Switches> = LazyLock::new(|| load(include_str!("switches.toml")));

#[expect(
    clippy::expect_used,
    reason = "the tables are compiled in and a test loads them"
)]
fn load<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("a table that is compiled in is well-formed")
}

/// Keys that hold messages, arguments or answers.
pub fn content_keys() -> impl Iterator<Item = &'static str> {
    let rows = TABLE.telling.iter().flat_map(|t| &t.rows);
    let contents = rows.filter(|r| !matches!(r.field, Field::ToolName | Field::ToolId));
    contents.map(|r| r.key.as_str())
}

/// Why a call told in this dialect shows no messages: the switch of its library that turns
/// content on. The longest name that fits wins: `otel-1.28` is an `otel`.
pub fn missing(dialect: &str) -> Option<&'static str> {
    let fits = |name: &str| {
        dialect
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let rows = SWITCHES.switch.iter();
    rows.filter_map(|row| {
        let longest = row
            .dialects
            .iter()
            .filter(|name| fits(name))
            .map(String::len)
            .max()?;
        Some((longest, row.why.as_str()))
    })
    .max_by_key(|(longest, _)| *longest)
    .map(|(_, why)| why)
}
