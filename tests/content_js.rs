//! Messages of the JavaScript and JVM dialects, from spans as those libraries send them. The first
//! ones are cut from real captures (the names are the corpus's), the Genkit one follows its schema
//! of requests and responses (genkit, js/ai/src/model-types.ts).

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use spanfall::convention::content::messages;
use spanfall::model::detail::{Message, Part};

fn span(attributes: &[(&str, &str)]) -> Span {
    let attribute = |(key, text): &(&str, &str)| KeyValue {
        key: (*key).to_owned(),
        value: Some(AnyValue {
            value: Some(Any::StringValue((*text).to_owned())),
        }),
        ..KeyValue::default()
    };
    Span {
        name: "span".to_owned(),
        attributes: attributes.iter().map(attribute).collect(),
        ..Span::default()
    }
}

/// One line a part: who, `>` for what the model wrote, what.
fn told(attributes: &[(&str, &str)]) -> Vec<String> {
    let span = span(attributes);
    let line = |message: &Message, part: &Part| {
        let mark = if message.output { '>' } else { ':' };
        let what = match part {
            Part::Text(text) => text.clone(),
            Part::Reasoning(text) => format!("(thinks) {text}"),
            Part::Stand(text) => format!("({text})"),
            Part::ToolCall { id, name, .. } => {
                format!("calls {name} {}", id.as_deref().unwrap_or("-"))
            }
            Part::ToolResult { id, .. } => format!("answers {}", id.as_deref().unwrap_or("-")),
        };
        format!("{:?}{mark} {what}", message.speaker).to_lowercase()
    };
    let messages = messages(&[&span], &[]);
    let parts = messages.iter();
    parts
        .flat_map(|m| m.parts.iter().map(move |part| line(m, part)))
        .collect()
}

#[test]
fn ai_sdk_calls_tell_prompt_reasoning_text_and_tools() {
    // vercel-ai6-json, its second call, with a reasoning as `ai.response.reasoning` holds it
    let prompt = r#"[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"weather?"}]},{"role":"assistant","content":[{"type":"tool-call","toolCallId":"call_1","toolName":"get_weather","input":{"city":"Lisbon"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"call_1","toolName":"get_weather","output":{"type":"json","value":{"celsius":21}}}]}]"#;
    let calls =
        r#"[{"toolCallId":"call_2","toolName":"get_weather","input":"{\"city\": \"Oslo\"}"}]"#;
    let lines = told(&[
        ("ai.prompt.messages", prompt),
        ("ai.response.reasoning", "one more city"),
        ("ai.response.text", "Lisbon is warm."),
        ("ai.response.toolCalls", calls),
    ]);
    assert_eq!(
        lines,
        [
            "system: be brief",
            "user: weather?",
            "assistant: calls get_weather call_1",
            "tool: answers call_1",
            "assistant> (thinks) one more city",
            "assistant> lisbon is warm.",
            "assistant> calls get_weather call_2",
        ]
    );
}

#[test]
fn ai_sdk_outer_spans_tell_the_prompt_and_its_system_text() {
    let lines = told(&[("ai.prompt", r#"{"system":"be brief","prompt":"weather?"}"#)]);
    assert_eq!(lines, ["system: be brief", "user: weather?"]);
}

#[test]
fn sentry_lists_texts() {
    // sentry-node
    let lines = told(&[
        (
            "gen_ai.request.messages",
            r#"[{"role":"user","content":"weather?"}]"#,
        ),
        ("gen_ai.response.text", r#"["Lisbon has 21 degrees"]"#),
    ]);
    assert_eq!(
        lines,
        ["user: weather?", "assistant> lisbon has 21 degrees"]
    );
}

#[test]
fn genkit_requests_and_responses() {
    let input = r#"{"messages":[{"role":"system","content":[{"text":"be brief"}]},{"role":"user","content":[{"text":"weather?"},{"media":{"contentType":"image/png","url":"gs://bucket/sky.png"}}]}]}"#;
    let output = r#"{"message":{"role":"model","content":[{"reasoning":"look it up"},{"toolRequest":{"name":"get_weather","ref":"c1","input":{"city":"Lisbon"}}}]},"finishReason":"stop","usage":{"inputTokens":9}}"#;
    let lines = told(&[
        ("genkit:metadata:subtype", "model"),
        ("genkit:input", input),
        ("genkit:output", output),
    ]);
    assert_eq!(
        lines,
        [
            "system: be brief",
            "user: weather?",
            "user: (media gs://bucket/sky.png)",
            "assistant> (thinks) look it up",
            "assistant> calls get_weather c1"
        ]
    );
}

#[test]
fn content_kept_elsewhere_is_shown_as_such() {
    let lines = told(&[
        ("gen_ai.input.messages_ref", "s3://traces/1/input.json"),
        ("gen_ai.output.messages.ref", "https://blobs/1/output.json"),
    ]);
    assert_eq!(
        lines,
        [
            "user: (kept elsewhere: s3://traces/1/input.json)",
            "assistant> (kept elsewhere: https://blobs/1/output.json)"
        ]
    );
}
