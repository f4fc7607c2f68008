//! The readers that the table names: what a row makes of a carrier.

use super::conversation;
use super::json;
use super::look::{field, text};
use super::parts;
use super::source::Source;
use super::table::{Field, Reader, Row, TABLE};
use super::value::{opened, unflatten};
use crate::model::detail::{Message, Part, Speaker, Value};

/// What stands at the end of messages whose document was cut.
const CUT: &str = "cut off by the sender; more may have followed";

/// The messages that a row finds in a carrier that suits it.
pub fn messages(row: &Row, source: &Source<'_>) -> Vec<Message> {
    let messages = read(row, source);
    if row.pieces {
        joined(messages)
    } else {
        messages
    }
}

/// Pieces of one kind that follow one another as one.
fn joined(messages: Vec<Message>) -> Vec<Message> {
    let mut out: Vec<Message> = Vec::new();
    for message in messages {
        let before = out.last_mut().filter(|b| b.speaker == message.speaker);
        let before = before.map(|before| before.parts.as_mut_slice());
        match (before, message.parts.as_slice()) {
            (Some([Part::Text(all)]), [Part::Text(piece)])
            | (Some([Part::Reasoning(all)]), [Part::Reasoning(piece)]) => all.push_str(piece),
            _ => out.push(message),
        }
    }
    out
}

fn read(row: &Row, source: &Source<'_>) -> Vec<Message> {
    let (speaker, output) = (row.speaker(), row.field == Field::Output);
    if row.reader == Reader::Name {
        let body = source.named_after(&row.key);
        let body = body.map(|body| Value::Text(body.to_owned()));
        let read = |body| conversation::messages(&body, &speaker, output);
        return body.and_then(read).unwrap_or_default();
    }
    if row.reader == Reader::Family {
        let family = unflatten(&source.family(&row.key));
        let list = field(&family, &[&row.key]);
        let read = |list| conversation::messages(list, &speaker, output);
        return list.and_then(read).unwrap_or_default();
    }
    let Some(value) = source.value(&row.key) else {
        return Vec::new();
    };
    let known = || conversation::messages(&value, &speaker, output);
    let one = |part: Part| {
        let (speaker, parts) = (speaker.clone(), vec![part]);
        vec![Message {
            speaker,
            output,
            parts,
        }]
    };
    match (row.reader, &value) {
        (Reader::Event, Value::Map(_)) => conversation::message(&value, &speaker, output),
        (Reader::Events, _) => events(row, &value, &speaker, output),
        (Reader::Body, Value::Text(text)) => {
            known().unwrap_or_else(|| salvaged(text, &speaker, output))
        }
        (Reader::Headed, Value::Text(text)) => headed(text, output),
        (Reader::Text, Value::Text(text)) => one(Part::Text(text.clone())),
        (Reader::Reasoning, Value::Text(text)) => one(Part::Reasoning(text.clone())),
        (Reader::Reference, Value::Text(place)) => one(Part::Stand(elsewhere(place))),
        (Reader::Messages, Value::Text(text)) => known().unwrap_or_else(|| {
            // MLflow and others write plain text in JSON's quotes too.
            let quoted = match json::parse(text) {
                Some(Value::Text(inner)) => Some(inner),
                _ => None,
            };
            conversation::said(quoted.as_ref().unwrap_or(text), &speaker, output)
        }),
        (Reader::Messages, _) => known().unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Events of the conventions' 1.28 era in one list, by their names: the answer, the system's words,
/// or what else the model read.
fn events(row: &Row, list: &Value, speaker: &Speaker, output: bool) -> Vec<Message> {
    let Value::List(events) = opened(list) else {
        return Vec::new();
    };
    let about = |event: &Value| match text(event, &[&TABLE.event_name]).unwrap_or_default() {
        name if TABLE.answer_events.iter().any(|e| e == name) => Field::Output,
        name if TABLE.system_events.iter().any(|e| e == name) => Field::System,
        _ => Field::Input,
    };
    let mine = events.iter().filter(|event| about(event) == row.field);
    mine.flat_map(|event| conversation::message(event, speaker, output))
        .collect()
}

/// What stands for content that its sender put somewhere else.
fn elsewhere(place: &str) -> String {
    format!("kept elsewhere: {place}")
}

/// What there is of a document that was cut, with a word about it; the text where it is no JSON.
fn salvaged(text: &str, speaker: &Speaker, output: bool) -> Vec<Message> {
    let rest = json::salvage(text).and_then(|rest| conversation::messages(&rest, speaker, output));
    let mut messages = rest.unwrap_or_else(|| conversation::said(text, speaker, output));
    if let Some(last) = messages.last_mut() {
        last.parts.push(Part::Stand(CUT.to_owned()));
    }
    messages
}

/// Texts under headings. A rule without a heading below it belongs to the text.
fn headed(text: &str, output: bool) -> Vec<Message> {
    let mut pieces: Vec<(&str, String)> = Vec::new();
    for piece in text.split("\n\n---\n\n") {
        match (label(piece), pieces.last_mut()) {
            (Some((head, body)), _) => pieces.push((head, body.to_owned())),
            (None, Some((_, before))) => *before = format!("{before}\n\n---\n\n{piece}"),
            (None, None) => pieces.push(("USER", piece.to_owned())),
        }
    }
    let message = |(head, body): (&str, String)| {
        let (kind, id) = head.split_once(": ").unwrap_or((head, ""));
        let (speaker, part) = match kind {
            "TOOL RESULT" => {
                let id = (!id.is_empty()).then(|| id.to_owned());
                let result = parts::answered(&Value::Text(body));
                (Speaker::Tool, Part::ToolResult { id, result })
            }
            "ASSISTANT" => (Speaker::Assistant, Part::Text(body)),
            "SYSTEM" => (Speaker::System, Part::Text(body)),
            _ => (Speaker::User, Part::Text(body)),
        };
        Message {
            speaker,
            output,
            parts: vec![part],
        }
    };
    pieces.into_iter().map(message).collect()
}

/// A first line in brackets, and what is below it.
fn label(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    Some((first.strip_prefix('[')?.strip_suffix(']')?, rest))
}

/// The value that a row finds in a carrier that suits it: a tool's name, id, arguments, answer.
pub fn value(row: &Row, source: &Source<'_>) -> Option<Value> {
    let value = source.value(&row.key)?;
    let read = |value: &Value| {
        if row.field == Field::Result {
            parts::answered(value)
        } else {
            parts::named_arguments(opened(value))
        }
    };
    match (row.reader, &value) {
        (Reader::Text, Value::Text(_)) => Some(value),
        (Reader::Reference, Value::Text(place)) => Some(Value::Text(elsewhere(place))),
        (Reader::Value, Value::Map(entries)) if row.key == "*" => match entries.as_slice() {
            [(_, only)] => Some(read(only)),
            _ => Some(read(&value)),
        },
        (Reader::Value, _) => Some(read(&value)),
        (Reader::Labelled, Value::Text(text)) => {
            let below = label(text).map_or(text.as_str(), |(_, rest)| rest);
            Some(read(&Value::Text(below.to_owned())))
        }
        (Reader::Named, _) => {
            let name = row.key.rsplit('.').next().unwrap_or(&row.key);
            Some(Value::Map(vec![(name.to_owned(), read(&value))]))
        }
        (Reader::Arguments, _) => Some(opened(&value)).filter(|value| !is_schema(value)),
        _ => None,
    }
}

/// Whether a value looks like a JSON Schema of an object and not like arguments.
fn is_schema(value: &Value) -> bool {
    let object = field(value, &["type"]) == Some(&Value::Text("object".to_owned()));
    let properties = matches!(field(value, &["properties"]), Some(Value::Map(_)));
    properties && (object || field(value, &["required"]).is_some())
        || field(value, &["$schema"]).is_some()
}
