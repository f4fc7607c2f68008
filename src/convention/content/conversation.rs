//! Messages out of a document: the conventions' lists, a provider's request or response, a
//! library's way of writing down either.

use super::json;
use super::look::{field, items, text};
use super::parts;
use crate::model::detail::{Message, Part, Speaker, Value};

/// The messages of a document, or `None` when it is of no known shape. Who speaks is `speaker`
/// where the document does not say.
pub fn messages(document: &Value, speaker: &Speaker, output: bool) -> Option<Vec<Message>> {
    let parsed;
    let document = match document {
        Value::Text(text) => {
            parsed = json::container(text)?;
            &parsed
        }
        other => other,
    };
    let context = Context { speaker, output };
    match items(document) {
        Some(items) => context.list(&items),
        None => context.document(document),
    }
}

/// A text as one message.
pub fn said(text: &str, speaker: &Speaker, output: bool) -> Vec<Message> {
    let context = Context { speaker, output };
    context.one(
        speaker.clone(),
        parts::content(&Value::Text(text.to_owned())),
    )
}

/// One map as one message: a log body or an event's attributes.
pub fn message(map: &Value, speaker: &Speaker, output: bool) -> Vec<Message> {
    Context { speaker, output }.message(map)
}

/// A role in the word of its sender.
pub fn speaker(role: &str) -> Speaker {
    match role.to_ascii_lowercase().as_str() {
        "system" | "developer" => Speaker::System,
        "user" | "human" => Speaker::User,
        "assistant" | "model" | "ai" => Speaker::Assistant,
        "tool" | "function" => Speaker::Tool,
        _ => Speaker::Named(role.to_owned()),
    }
}

/// What holds for every message of a document.
struct Context<'a> {
    speaker: &'a Speaker,
    output: bool,
}

impl Context<'_> {
    /// A list of messages, of blocks of one message, or of lists of messages.
    fn list(&self, list: &[&Value]) -> Option<Vec<Message>> {
        let nested = |item: &&Value| matches!(item, Value::List(_));
        if !list.is_empty() && list.iter().all(nested) {
            let flat: Vec<&Value> = list
                .iter()
                .filter_map(|item| items(item))
                .flatten()
                .collect();
            return if flat.iter().any(nested) {
                None
            } else {
                self.list(&flat)
            };
        }
        if list.iter().all(|item| is_message(item)) {
            return Some(list.iter().flat_map(|item| self.message(item)).collect());
        }
        if list.iter().all(|item| matches!(item, Value::Text(_))) {
            let one = |item: &&Value| self.one(self.speaker.clone(), parts::content(item));
            return Some(list.iter().flat_map(one).collect());
        }
        // Answers of an API, whole, one after another.
        let answers = || list.iter().map(|item| self.answer(item)).collect();
        if let Some(answers) = Some(list).filter(|l| !l.is_empty()).and_then(|_| answers()) {
            let answers: Vec<Vec<Message>> = answers;
            return Some(answers.concat());
        }
        let blocks: Option<Vec<Part>> = list.iter().map(|item| parts::part(item)).collect();
        Some(self.one(self.speaker.clone(), blocks?))
    }

    /// One answer of an API in a list of such.
    fn answer(&self, document: &Value) -> Option<Vec<Message>> {
        field(document, &["choices", "candidates"])?;
        self.document(document)
    }

    /// A request, a response, or a single message.
    fn document(&self, document: &Value) -> Option<Vec<Message>> {
        let mut found = Vec::new();
        let system = [
            "system",
            "instructions",
            "systemInstruction",
            "system_instruction",
        ];
        let asked = ["messages", "input", "contents", "chat_history", "prompt"];
        let given = [
            "choices",
            "candidates",
            "output",
            "outputs",
            "generations",
            "replies",
            "message",
            "response",
            "combined_chunk_content",
        ];
        if let Some(list) = field(document, &asked) {
            if let Some(prompt) = field(document, &system) {
                found.extend(self.spoken(prompt, Speaker::System));
            }
            let spoken = match list {
                Value::Text(text) => said(text, self.speaker, self.output),
                list => self.list(&items(list)?)?,
            };
            found.extend(spoken);
            return Some(found);
        }
        if is_message(document) {
            return Some(self.message(document));
        }
        // Gemini CLI's own record of a call that has ended.
        if let Some(parts) =
            field(document, &["response"]).and_then(|response| field(response, &["responseParts"]))
        {
            return Some(self.one(Speaker::Tool, parts::content(parts)));
        }
        if field(document, &["callId"]).is_some()
            && let Some(call) = parts::part(document)
        {
            return Some(self.one(Speaker::Assistant, vec![call]));
        }
        if let Some(text) = parts::only_argument(document) {
            return Some(said(text, self.speaker, self.output));
        }
        match field(document, &given)? {
            Value::Text(text) => Some(said(text, self.speaker, self.output)),
            list => self.list(&items(list)?),
        }
    }

    /// A system prompt beside the messages.
    fn spoken(&self, prompt: &Value, speaker: Speaker) -> Vec<Message> {
        let parts = match field(prompt, &["parts"]) {
            Some(parts) => parts::content(parts),
            None => parts::content(prompt),
        };
        self.one(speaker, parts)
    }

    fn one(&self, speaker: Speaker, parts: Vec<Part>) -> Vec<Message> {
        if parts.is_empty() {
            return Vec::new();
        }
        vec![Message {
            speaker,
            output: self.output,
            parts,
        }]
    }

    /// One message; nothing when nothing is in it.
    fn message(&self, map: &Value) -> Vec<Message> {
        let (inner, wrapping) = unwrapped(map);
        // Langfuse's LangChain handler puts the tools on offer among the messages.
        if field(inner, &["content"]).is_some_and(parts::is_definition) {
            return Vec::new();
        }
        let role = text(inner, &["role"]).or(wrapping).or(author(inner));
        let mut parts = thoughts(inner);
        let told = [
            "parts",
            "contents",
            "content",
            "message",
            "text",
            "prompt",
            "completion",
        ];
        let read = |key: &&str| {
            field(inner, &[key])
                .map(parts::content)
                .filter(|parts| !parts.is_empty())
        };
        add(&mut parts, told.iter().find_map(read).unwrap_or_default());
        add(
            &mut parts,
            field(inner, &["refusal"])
                .map(parts::content)
                .unwrap_or_default(),
        );
        let called = field(inner, &["tool_calls", "toolCalls"])
            .and_then(items)
            .unwrap_or_default();
        add(
            &mut parts,
            called
                .iter()
                .filter_map(|call| parts::part(call).or_else(|| parts::tool_call(call)))
                .collect(),
        );
        add(&mut parts, legacy_call(inner).into_iter().collect());
        if is_item(inner) {
            parts = parts::part(inner).into_iter().collect();
        }
        let mut speaker = role.map_or_else(|| self.speaker.clone(), speaker);
        let answers = |part: &Part| matches!(part, Part::ToolResult { .. });
        if role.is_none() {
            speaker = match parts.first() {
                Some(Part::ToolCall { .. } | Part::Reasoning(_)) => Speaker::Assistant,
                Some(Part::ToolResult { .. }) => Speaker::Tool,
                _ => speaker,
            };
        } else if speaker == Speaker::User && !parts.is_empty() && parts.iter().all(answers) {
            speaker = Speaker::Tool; // providers that have no role of tools let the user say it
        }
        if speaker == Speaker::Tool && !parts.iter().any(|part| answers(part) || is_call(part)) {
            let result = field(inner, &["content", "contents", "parts"]).map(parts::answered);
            let id = parts::id(inner);
            parts = result
                .map(|result| Part::ToolResult { id, result })
                .into_iter()
                .collect();
        }
        self.one(speaker, parts)
    }
}

fn is_call(part: &Part) -> bool {
    matches!(part, Part::ToolCall { .. })
}

/// Adds parts, except a tool call that is already there: some senders write each call twice.
fn add(parts: &mut Vec<Part>, more: Vec<Part>) {
    for part in more {
        if !(is_call(&part) && parts.contains(&part)) {
            parts.push(part);
        }
    }
}

/// Reasoning that stands beside the content.
fn thoughts(map: &Value) -> Vec<Part> {
    let Some(told) = text(map, &["reasoning_content", "reasoning", "thinking"]) else {
        return Vec::new();
    };
    // Some write the blocks of it as JSON.
    let blocks = parts::content(&Value::Text(told.to_owned())).into_iter();
    let thought = |part| match part {
        Part::Text(text) => Part::Reasoning(text),
        part => part,
    };
    blocks.map(thought).collect()
}

/// The one function call of a message, as before there were lists of tool calls.
fn legacy_call(map: &Value) -> Option<Part> {
    if let Some(call) = field(map, &["function_call"]) {
        return parts::tool_call(call);
    }
    let name = text(map, &["function_call_name"])?;
    let arguments = field(map, &["function_call_arguments_json"]);
    let arguments = arguments.map_or(Value::Null, super::value::opened);
    Some(Part::ToolCall {
        id: None,
        name: name.to_owned(),
        arguments,
    })
}

/// An item of a list of messages that is a part by itself (the Responses API's way).
fn is_item(map: &Value) -> bool {
    let kind = text(map, &["type"]).unwrap_or_default();
    text(map, &["role"]).is_none()
        && (kind == "reasoning" || kind.contains("_call") && parts::part(map).is_some())
}

/// Whether a map is a message by itself.
fn is_message(map: &Value) -> bool {
    let has = |keys: &[&str]| field(map, keys).is_some();
    has(&[
        "role",
        "parts",
        "message",
        "tool_calls",
        "toolCalls",
        "prompt",
        "completion",
    ]) || matches!(field(map, &["content"]), Some(Value::Map(_)))
        || is_item(map)
        || role_of_wrapping(map).is_some()
        || (has(&["finish_reason"]) && has(&["text", "content"]))
}

/// Who speaks in `AutoGen`'s messages, which name the person or the agent.
fn author(map: &Value) -> Option<&'static str> {
    field(map, &["models_usage"])?;
    Some(match text(map, &["source"])? {
        "user" => "user",
        _ => "assistant",
    })
}

/// The message inside its wrappings: a choice, a flattened index, a serialized object, a generation
/// that holds one; and who speaks, where a wrapping says so.
fn unwrapped(map: &Value) -> (&Value, Option<&'static str>) {
    let wrappings = [
        "message",
        "kwargs",
        "data",
        "prompt",
        "completion",
        "content",
    ];
    let (mut inner, mut role) = (map, role_of_wrapping(map));
    for _ in 0..3 {
        match field(inner, &wrappings) {
            Some(within @ Value::Map(_)) if text(inner, &["role"]).is_none() => inner = within,
            _ => break,
        }
        role = role.or_else(|| role_of_wrapping(inner));
    }
    (inner, role)
}

/// Who speaks, by the name of the class that was serialized: `SystemMessage`, `human`.
fn role_of_wrapping(map: &Value) -> Option<&'static str> {
    let class = match field(map, &["id"])
        .and_then(items)
        .and_then(|path| path.last().copied())
    {
        Some(Value::Text(class)) => class.as_str(),
        _ => text(map, &["type"])?,
    };
    match class {
        "system" | "SystemMessage" => Some("system"),
        "human" | "HumanMessage" => Some("user"),
        "ai" | "AIMessage" | "AIMessageChunk" => Some("assistant"),
        "tool" | "ToolMessage" => Some("tool"),
        _ => None,
    }
}
