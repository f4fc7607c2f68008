//! Parts of a message, in the shapes that the conventions, the providers and the libraries give
//! them: one block in, one [`Part`] out.

use super::json;
use super::look::{field, items, text};
use super::value::opened;
use crate::model::detail::{Part, Value};

/// Words that blocks use for a request for a tool.
const CALLS: [&str; 10] = [
    "tool_call",
    "tool-call",
    "tool_use",
    "function_call",
    "function",
    "custom_tool_call",
    "server_tool_call",
    "server_tool_use",
    "mcp_tool_use",
    "mcp_call",
];

/// Words that blocks use for a tool's answer; others end in `tool_result`.
const RESULTS: [&str; 5] = [
    "tool_call_response",
    "tool-result",
    "function_call_output",
    "custom_tool_call_output",
    "server_tool_call_response",
];

/// The parts that a message's content holds: a text, one block, or a list of texts and blocks.
pub fn content(value: &Value) -> Vec<Part> {
    match value {
        Value::Text(text) => blocks_in_text(text).unwrap_or_else(|| written(text)),
        Value::Map(_) => match items(value) {
            Some(items) => items.into_iter().filter_map(part).collect(),
            None => part(value).into_iter().collect(),
        },
        Value::List(items) => items.iter().filter_map(part).collect(),
        _ => Vec::new(),
    }
}

/// A text part, unless there is nothing in it.
fn written(text: &str) -> Vec<Part> {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![Part::Text(text.to_owned())]
    }
}

/// The blocks of a text that is a JSON list of nothing but blocks; a text that happens to be some
/// other JSON stays a text.
fn blocks_in_text(text: &str) -> Option<Vec<Part>> {
    let Value::List(items) = json::container(text)? else {
        return None;
    };
    let block = |item: &Value| matches!(item, Value::Map(_)).then(|| part(item)).flatten();
    let parts: Option<Vec<Part>> = items.iter().map(block).collect();
    parts.filter(|parts| {
        !parts.is_empty() && !parts.iter().all(|part| matches!(part, Part::Stand(_)))
    })
}

/// One block. `None` when it says nothing: a text part whose content was not captured.
pub fn part(block: &Value) -> Option<Part> {
    if let Value::Text(text) = block {
        return written(text).pop();
    }
    // OpenInference wraps a block by what it is.
    if let Some(call) = field(block, &["tool_call"]).filter(|inner| matches!(inner, Value::Map(_)))
    {
        return tool_call(call);
    }
    // Haystack keeps the call with its answer.
    if let Some(answer) = field(block, &["tool_call_result"]) {
        let call = field(answer, &["origin"]).unwrap_or(answer);
        return Some(Part::ToolResult {
            id: id(call),
            result: field(answer, &["result"]).map_or(Value::Null, answered),
        });
    }
    if let Some(inner) = field(block, &["message_content"]) {
        return part(inner);
    }
    match text(block, &["type", "kind"]) {
        Some(kind) => typed(kind, block),
        None => untyped(block),
    }
}

/// A block that says what it is.
fn typed(kind: &str, block: &Value) -> Option<Part> {
    if CALLS.contains(&kind) {
        return tool_call(block);
    }
    if RESULTS.contains(&kind) || kind.ends_with("tool_result") {
        return Some(tool_result(block));
    }
    match kind {
        "text" | "input_text" | "output_text" | "summary_text" | "refusal" => {
            text(block, &["content", "text", "refusal"]).map(|text| Part::Text(text.to_owned()))
        }
        "reasoning" | "thinking" | "reasoning_text" => reasoning(block),
        "redacted_thinking" => Some(Part::Stand(
            "reasoning, encrypted by the provider".to_owned(),
        )),
        _ => match text(block, &["content", "text"]) {
            Some(said)
                if text(block, &["modality", "mime_type", "media_type", "data"]).is_none() =>
            {
                Some(Part::Text(said.to_owned()))
            }
            _ => Some(Part::Stand(stand_in(kind, block))),
        },
    }
}

/// A block that is told by its keys: Bedrock's, Gemini's, a bare text.
fn untyped(block: &Value) -> Option<Part> {
    if let Some(call) = field(block, &["toolUse", "functionCall", "toolRequest"]) {
        return tool_call(call);
    }
    if let Some(result) = field(block, &["toolResult", "functionResponse", "toolResponse"]) {
        return Some(tool_result(result));
    }
    // The AI SDK lists the calls of an answer without saying what they are.
    if field(block, &["toolName"]).is_some() && field(block, &["toolCallId"]).is_some() {
        return match field(block, &["result", "output"]) {
            Some(_) => Some(tool_result(block)),
            None => tool_call(block),
        };
    }
    // Gemini CLI's own record of a call.
    if field(block, &["callId"]).is_some() && field(block, &["args"]).is_some() {
        return tool_call(block);
    }
    // AutoGen's, in a message: what was asked for, and what came back.
    let has = |key: &str| field(block, &[key]).is_some();
    if has("call_id") && has("content") {
        return Some(tool_result(block));
    }
    if has("id") && has("name") && has("arguments") {
        return tool_call(block);
    }
    if let Some(thought) = text(block, &["reasoning"]) {
        return Some(Part::Reasoning(thought.to_owned()));
    }
    if let Some(inner) = field(block, &["reasoningContent"]) {
        return reasoning(field(inner, &["reasoningText"]).unwrap_or(inner));
    }
    if let Some(text) = text(block, &["text", "content"]) {
        let thought = field(block, &["thought"]) == Some(&Value::Bool(true));
        let text = text.to_owned();
        return Some(if thought {
            Part::Reasoning(text)
        } else {
            Part::Text(text)
        });
    }
    let (kind, inner) = [
        "image",
        "inlineData",
        "fileData",
        "document",
        "video",
        "audio",
        "media",
    ]
    .iter()
    .find_map(|kind| Some((*kind, field(block, &[kind])?)))?;
    Some(Part::Stand(stand_in(kind, inner)))
}

/// The model's reasoning, whole or in summaries.
fn reasoning(block: &Value) -> Option<Part> {
    if let Some(text) = text(block, &["content", "thinking", "text", "reasoning"]) {
        return Some(Part::Reasoning(text.to_owned()));
    }
    let pieces = field(block, &["summary", "content"])
        .and_then(items)
        .unwrap_or_default();
    let texts: Vec<&str> = pieces
        .into_iter()
        .filter_map(|piece| text(piece, &["text"]))
        .collect();
    (!texts.is_empty()).then(|| Part::Reasoning(texts.join("\n")))
}

/// A tool on offer: a function with its parameters, and no arguments for them.
pub fn is_definition(block: &Value) -> bool {
    let function = field(block, &["function"]).filter(|inner| matches!(inner, Value::Map(_)));
    function.is_some_and(|inner| {
        field(inner, &["parameters"]).is_some() && field(inner, &["arguments"]).is_none()
    })
}

/// A request for a tool: the block itself, or its `function`.
pub fn tool_call(block: &Value) -> Option<Part> {
    let function = field(block, &["function"]).filter(|inner| matches!(inner, Value::Map(_)));
    let inner = function.unwrap_or(block);
    let name = text(inner, &["name", "toolName", "tool_name"])?;
    let arguments = field(inner, &["arguments", "input", "args", "server_tool_call"]);
    Some(Part::ToolCall {
        id: id(block).or_else(|| id(inner)),
        name: name.to_owned(),
        arguments: arguments.map_or(Value::Null, opened),
    })
}

/// A tool's answer.
fn tool_result(block: &Value) -> Part {
    let answer = field(
        block,
        &[
            "response",
            "result",
            "content",
            "output",
            "server_tool_call_response",
            "error",
        ],
    );
    Part::ToolResult {
        id: id(block),
        result: answer.map_or(Value::Null, answered),
    }
}

/// The id that ties a call and its answer together.
pub fn id(block: &Value) -> Option<String> {
    let keys = [
        "tool_call_id",
        "call_id",
        "tool_use_id",
        "toolCallId",
        "toolUseId",
        "callId",
        "id",
        "ref",
    ];
    text(block, &keys).map(str::to_owned)
}

/// A tool's answer as one reads it: JSON opened, a quoted text without its quotes, and a list of
/// nothing but texts as one text.
pub fn answered(value: &Value) -> Value {
    if let Value::Text(quoted) = value
        && quoted.starts_with('"')
        && let Some(Value::Text(inner)) = json::parse(quoted)
    {
        return opened(&Value::Text(inner));
    }
    let value = unwrapped(opened(value));
    let Value::List(blocks) = &value else {
        return value;
    };
    let bare = |block: &Value| match part(block)? {
        Part::Text(text) => Some(text),
        _ => None,
    };
    match blocks.iter().map(bare).collect::<Option<Vec<String>>>() {
        Some(texts)
            if !texts.is_empty() && blocks.iter().all(|item| matches!(item, Value::Map(_))) =>
        {
            Value::Text(texts.join("\n"))
        }
        _ => value,
    }
}

/// What a tool gave back, out of `LangChain`'s message of it and out of a run's outputs.
fn unwrapped(value: Value) -> Value {
    let inner = match &value {
        Value::Map(entries) if entries.len() == 1 => field(&value, &["output"]),
        _ => Some(&value),
    };
    let inner = inner.map(|m| match field(m, &["data"]) {
        Some(data) if text(m, &["type"]) == Some("tool") => data,
        _ => m,
    });
    let message = inner.filter(|m| field(m, &["tool_call_id"]).is_some());
    let content = message.and_then(|m| field(m, &["content"])).or(inner);
    match content {
        Some(inner) if inner != &value => inner.clone(),
        _ => value,
    }
}

/// A call's arguments as Python passes them: the named ones, where no others are.
pub fn named_arguments(value: Value) -> Value {
    let positional = field(&value, &["args"]).and_then(items);
    match field(&value, &["kwargs"]) {
        Some(named @ Value::Map(_)) if positional.is_none_or(|args| args.is_empty()) => {
            named.clone()
        }
        _ => value,
    }
}

/// The text that a Python function was called with, if that is all.
pub fn only_argument(value: &Value) -> Option<&str> {
    let positional = field(value, &["args"]).and_then(items)?;
    let named = matches!(field(value, &["kwargs"]), Some(Value::Map(named)) if !named.is_empty());
    match (positional.as_slice(), named) {
        ([Value::Text(text)], false) => Some(text),
        _ => None,
    }
}

/// What stands for content that a terminal cannot show: its kind, type and place or size.
fn stand_in(kind: &str, block: &Value) -> String {
    let kind = text(block, &["modality"]).unwrap_or(kind);
    let source = field(
        block,
        &["source", "image", "image_url", "input_audio", "file"],
    )
    .unwrap_or(block);
    let source = field(source, &["image", "source"]).unwrap_or(source);
    let look = |keys: &[&str]| text(block, keys).or_else(|| text(source, keys));
    let mut words = vec![kind.replace('_', " ")];
    words.extend(
        look(&["mime_type", "media_type", "mimeType", "mediaType", "format"]).map(str::to_owned),
    );
    let bare = match source {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    };
    if let Some(place) =
        bare.or_else(|| look(&["uri", "url", "file_id", "fileUri", "filename", "file_name"]))
    {
        words.push(match place.split_once(',') {
            Some((head, data)) if head.starts_with("data:") => {
                format!("{} base64 characters", data.len())
            }
            _ => place.to_owned(),
        });
    } else if let Some(data) = look(&["data", "content", "file_data", "bytes"]) {
        words.push(format!("{} base64 characters", data.len()));
    }
    words.join(" ")
}
