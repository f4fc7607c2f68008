//! The one table of fields: what can be asked of a node, and in which unit.

use super::number::Unit;
use Kind::{Number, Text, Word};

/// What can be asked of a node by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table says what each is")]
pub enum Field {
    Name,
    Tool,
    Model,
    Provider,
    Agent,
    Status,
    Kind,
    Session,
    Turn,
    Finding,
    Error,
    Finish,
    Text,
    Trace,
    Span,
    Duration,
    Start,
    Ttft,
    Queue,
    Prefill,
    Decode,
    Speed,
    Cost,
    Input,
    Output,
    Cached,
    Reasoning,
    Context,
    Attempts,
}

/// What a field's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A number of this unit.
    Number(Unit),
}

/// A line of the table.
#[derive(Debug)]
pub struct Info {
    /// The field.
    pub field: Field,
    /// As it is written.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What it is.
    pub help: &'static str,
}

/// Words of `status:`.
pub(super) const STATES: &[&str] = &["running", "ok", "error", "abandoned"];
/// Words of `kind:`. A tool that MCP carried is `tool` and `mcp`.
pub(super) const KINDS: &[&str] = &[
    "turn",
    "workflow",
    "agent",
    "call",
    "tool",
    "mcp",
    "retrieval",
    "embedding",
    "wait",
    "other",
];

macro_rules! fields {
    ($($field:ident $name:literal $kind:expr, $help:literal;)*) => {
        &[$(Info { field: Field::$field, name: $name, kind: $kind, help: $help }),*]
    };
}

/// All fields.
pub static FIELDS: &[Info] = fields! {
    Tool "tool" Text, "the tool that ran";
    Model "model" Text, "the model that answered, or was asked for";
    Agent "agent" Text, "the agent that it is, or that it was done by";
    Status "status" Word(STATES), "how it stands";
    Kind "kind" Word(KINDS), "what it is";
    Duration "dur" Number(Unit::Time), "how long it took";
    Ttft "ttft" Number(Unit::Time), "time to the first token of a model call";
    Cost "cost" Number(Unit::Money), "USD of a call, or of all calls below";
    Input "in" Number(Unit::Count), "input tokens, cached ones included";
    Output "out" Number(Unit::Count), "output tokens";
    Cached "cached" Number(Unit::Cached), "input tokens read from the cache, or their share in %";
    Turn "turn" Number(Unit::Count), "the number of the turn that it is in";
    Session "session" Text, "title, key or emitter of the session";
    Finding "finding" Text, "a rule that found something here";
    Error "error" Text, "the error, in the reporter's words";
    Finish "finish" Text, "why the model stopped";
    Text "text" Text, "anything that was sent with it: messages, arguments, attributes";
    Name "name" Text, "what the row is called";
    Provider "provider" Text, "who serves the model";
    Reasoning "reasoning" Number(Unit::Count), "output tokens spent on reasoning";
    Context "context" Number(Unit::Count), "tokens in the model's context after a call";
    Attempts "attempts" Number(Unit::Count), "how often a call was tried";
    Speed "speed" Number(Unit::Rate), "tokens per second while decoding";
    Queue "queue" Number(Unit::Time), "time in the engine's queue";
    Prefill "prefill" Number(Unit::Time), "prefill, as the engine tells it";
    Decode "decode" Number(Unit::Time), "from the first token to the last";
    Start "start" Number(Unit::Time), "when it began, since the session did";
    Trace "trace" Text, "a trace id that it was told by";
    Span "span" Text, "a span id that it was told by";
};

impl Field {
    /// Its line of the table.
    pub fn info(self) -> &'static Info {
        let line = FIELDS.iter().find(|i| i.field == self);
        line.unwrap_or(&FIELDS[0])
    }

    /// The field of a name.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|i| i.name == name).map(|i| i.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_line_and_its_name() {
        for info in FIELDS {
            assert_eq!(info.field.info().name, info.name);
            assert_eq!(Field::named(info.name), Some(info.field));
            assert!(info.name.bytes().all(|b| b.is_ascii_lowercase()));
        }
    }
}
