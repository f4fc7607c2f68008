//! One story out of several tellings: for every field the best telling wins, none is added to
//! another.

use super::readers;
use super::source::{self, Group, Source};
use super::table::{Field, Reader, Row, TABLE, Telling};
use crate::model::detail::{Message, Part, Speaker, Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;

/// The messages that the evidence of one model call or tool call tells: what the model read, what
/// it wrote, the tool's call and its answer. What several pieces of evidence tell appears once,
/// from the best source: the first telling of the table that says it, and of several pieces of
/// evidence that tell it in the same way the one that says most.
pub fn messages(spans: &[&Span], logs: &[&LogRecord]) -> Vec<Message> {
    let groups = source::groups(spans, logs);
    let mut messages = with_system(
        spoken(Field::System, &groups),
        spoken(Field::Input, &groups),
    );
    messages.extend(spoken(Field::Output, &groups));
    let named = spans.first().map_or("tool", |span| span.name.as_str());
    let tool = tool(&groups, named);
    if !tool.is_empty() {
        forget(&mut messages, &tool);
        messages.extend(tool);
    }
    messages
}

/// The same of a model call: a tool's call that its evidence tells as it would a run of the tool is what
/// the model asked for, unless its answer tells that itself.
pub fn messages_of_call(spans: &[&Span], logs: &[&LogRecord]) -> Vec<Message> {
    let mut messages = messages(spans, logs);
    let calls = |m: &Message| m.parts.iter().any(|p| matches!(p, Part::ToolCall { .. }));
    let told = messages.iter().any(|m| m.output && calls(m));
    let last_read = messages.iter().rposition(|m| m.output);
    let after = last_read.map_or(messages.len(), |at| at + 1);
    let asked = messages.split_off(after).into_iter();
    let asked = asked.filter(|message| !told || !calls(message));
    let asked: Vec<Message> = asked
        .map(|message| Message {
            output: calls(&message),
            ..message
        })
        .collect();
    messages.extend(asked);
    messages
}

/// How much a telling says: nothing, only placeholders, or content; then parts, then characters.
type Worth = (Level, usize, usize);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Nothing,
    Placeholder,
    Content,
}

/// The best that is told of something. A telling of content ends the search; placeholders are
/// what is left when no telling has content.
fn best<T: Default>(
    groups: &[Group<'_>],
    tell: impl Fn(&Telling, &Group<'_>) -> T,
    worth: impl Fn(&T) -> Worth,
) -> T {
    let mut kept = T::default();
    for telling in &TABLE.telling {
        for group in groups {
            let told = tell(telling, group);
            if worth(&told) > worth(&kept) {
                kept = told;
            }
        }
        if worth(&kept).0 == Level::Content {
            break;
        }
    }
    kept
}

/// The rows of a telling that look for a field in a carrier.
fn rows<'a>(
    telling: &'a Telling,
    field: Field,
    source: &'a Source<'_>,
) -> impl Iterator<Item = &'a Row> {
    telling
        .rows
        .iter()
        .filter(move |row| row.field == field && source.suits(row))
}

/// The messages of a field.
fn spoken(field: Field, groups: &[Group<'_>]) -> Vec<Message> {
    let tell = |telling: &Telling, group: &Group<'_>| {
        let read = |row: &Row, source: &Source<'_>| {
            let mut messages = readers::messages(row, source);
            messages
                .iter_mut()
                .flat_map(|message| &mut message.parts)
                .for_each(mark_redacted);
            (row.reader, messages)
        };
        let in_source = |source| rows(telling, field, source).map(move |row| read(row, source));
        group.iter().flat_map(in_source).fold(Vec::new(), append)
    };
    best(groups, tell, |messages| {
        let parts = || messages.iter().flat_map(|message| &message.parts);
        let content = parts()
            .filter(|part| !matches!(part, Part::Stand(_)))
            .count();
        let level = match (parts().count(), content) {
            (0, _) => Level::Nothing,
            (_, 0) => Level::Placeholder,
            _ => Level::Content,
        };
        (level, content, parts().map(length).sum())
    })
}

/// Adds what a further row tells. A document that tells a growing history again adds only what is
/// new in it; an event is one message, and may be said twice.
fn append(mut messages: Vec<Message>, (reader, more): (Reader, Vec<Message>)) -> Vec<Message> {
    let known = if reader == Reader::Event {
        0
    } else {
        messages.len()
    };
    for message in more {
        if !messages.iter().take(known).any(|before| *before == message) {
            messages.push(message);
        }
    }
    messages
}

/// The characters that a part shows, roughly.
fn length(part: &Part) -> usize {
    match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Stand(text) => text.len(),
        Part::ToolCall { name, .. } => name.len(),
        Part::ToolResult { .. } => 0,
    }
}

/// A sender's placeholder is shown as what it is and not as content.
fn mark_redacted(part: &mut Part) {
    match part {
        Part::Text(text) if is_redacted(text) => *part = Part::Stand("redacted".to_owned()),
        Part::Reasoning(text) if is_redacted(text) => {
            *part = Part::Stand("reasoning, redacted".to_owned());
        }
        _ => {}
    }
}

fn is_redacted(text: &str) -> bool {
    TABLE.redacted.iter().any(|word| word == text.trim())
}

/// The value of a field of a tool call. Maps that rows of one telling find in one carrier are one.
fn valued(field: Field, groups: &[Group<'_>]) -> Option<Value> {
    let join = |one: Value, other: Value| match (one, other) {
        (Value::Map(mut entries), Value::Map(more)) => {
            entries.extend(more);
            Value::Map(entries)
        }
        (one, _) => one,
    };
    let tell = |telling: &Telling, group: &Group<'_>| {
        group.iter().find_map(|source| {
            let values = rows(telling, field, source).filter_map(|row| readers::value(row, source));
            values.reduce(join)
        })
    };
    best(groups, tell, |value| match value {
        None => (Level::Nothing, 0, 0),
        Some(Value::Text(text)) if is_redacted(text) => (Level::Placeholder, 0, 0),
        Some(_) => (Level::Content, 0, 0),
    })
}

/// A tool's call and answer as two messages; none when neither is told. `named` is what the tool
/// is called when nothing names it.
fn tool(groups: &[Group<'_>], named: &str) -> Vec<Message> {
    if several_tools(groups) {
        return Vec::new();
    }
    let text = |field| match valued(field, groups) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let id = text(Field::ToolId);
    let call = valued(Field::Arguments, groups).map(|arguments| {
        let name = text(Field::ToolName).unwrap_or_else(|| named.to_owned());
        let part = Part::ToolCall {
            id: id.clone(),
            name,
            arguments,
        };
        Message {
            speaker: Speaker::Assistant,
            output: false,
            parts: vec![part],
        }
    });
    let answer = valued(Field::Result, groups).map(|result| {
        let part = Part::ToolResult { id, result };
        Message {
            speaker: Speaker::Tool,
            output: false,
            parts: vec![part],
        }
    });
    call.into_iter().chain(answer).collect()
}

/// Whether the evidence names more than one tool call: then it is not that of a single one.
fn several_tools(groups: &[Group<'_>]) -> bool {
    let mut ids = TABLE.telling.iter().flat_map(|telling| {
        groups.iter().flatten().flat_map(move |source| {
            rows(telling, Field::ToolId, source).filter_map(move |row| readers::value(row, source))
        })
    });
    let first = ids.next();
    first.is_some_and(|first| ids.any(|id| id != first))
}

/// Takes out of the messages what the tool's own call and answer say again.
fn forget(messages: &mut Vec<Message>, tool: &[Message]) {
    let again = |part: &Part| {
        tool.iter().flat_map(|message| &message.parts).any(|own| match (own, part) {
            (Part::ToolCall { id: Some(own), .. }, Part::ToolCall { id: Some(id), .. })
            | (Part::ToolResult { id: Some(own), .. }, Part::ToolResult { id: Some(id), .. }) => own == id,
            _ => false,
        })
    };
    for message in messages.iter_mut() {
        message.parts.retain(|part| !again(part));
    }
    messages.retain(|message| !message.parts.is_empty());
}

/// The system prompt that stands apart, before the messages, unless these have it too; of two
/// that hold one another the longer one is kept.
fn with_system(system: Vec<Message>, mut input: Vec<Message>) -> Vec<Message> {
    let (apart, within) = (system_text(&system), system_text(&input));
    let speaks = |message: &Message| message.speaker == Speaker::System;
    if !within.is_empty() && within.contains(&apart) || apart.is_empty() && input.iter().any(speaks)
    {
        return input;
    }
    if apart.contains(&within) {
        input.retain(|message| !speaks(message));
    }
    system.into_iter().chain(input).collect()
}

/// All that the system says, without white space.
fn system_text(messages: &[Message]) -> String {
    let system = messages
        .iter()
        .filter(|message| message.speaker == Speaker::System);
    let texts = system
        .flat_map(|message| &message.parts)
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.split_whitespace()),
            _ => None,
        });
    texts.flatten().collect()
}
