//! What libraries of the Python world say in their own ways, read into the same conversation. The
//! values are from real captures, shortened; what must come out is written by hand.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::Span;
use spanfall::convention::content::messages;
use spanfall::model::detail::{Message, Part, Value};

const CALL: &str = "call write_file(path: a.py)";

fn span(name: &str, attributes: &[(&str, &str)]) -> Span {
    let pair = |(key, value): &(&str, &str)| KeyValue {
        key: (*key).to_owned(),
        value: Some(AnyValue {
            value: Some(Any::StringValue((*value).to_owned())),
        }),
        ..KeyValue::default()
    };
    Span {
        name: name.to_owned(),
        attributes: attributes.iter().map(pair).collect(),
        ..Span::default()
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Map(entries) => {
            let entry = |(key, value): &(String, Value)| format!("{key}: {}", plain(value));
            entries.iter().map(entry).collect::<Vec<_>>().join(", ")
        }
        other => format!("{other:?}"),
    }
}

/// One line a part: who speaks, and what.
fn told(span: &Span) -> Vec<String> {
    let line = |message: &Message| {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Reasoning(text) => format!("thinks {text}"),
            Part::ToolCall {
                name, arguments, ..
            } => format!("call {name}({})", plain(arguments)),
            Part::ToolResult { result, .. } => format!("result {}", plain(result)),
            Part::Stand(text) => format!("[{text}]"),
        };
        let who = format!("{:?}", message.speaker).to_lowercase();
        let said: Vec<String> = message.parts.iter().map(part).collect();
        format!("{who}: {}", said.join(" + "))
    };
    messages(&[span], &[]).iter().map(line).collect()
}

#[test]
fn langsmith_tells_runs_inputs_and_outputs() {
    let call = span(
        "ChatOpenAI",
        &[
            ("langsmith.span.kind", "llm"),
            (
                "gen_ai.prompt",
                r#"{"messages":[[{"lc":1,"type":"constructor","id":["langchain","schema","messages","SystemMessage"],"kwargs":{"content":"You are Planner.","type":"system"}},{"lc":1,"type":"constructor","id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"Fix it.","type":"human"}}]]}"#,
            ),
            (
                "gen_ai.completion",
                r#"{"generations":[[{"text":"I write.","generation_info":{"finish_reason":"tool_calls"},"type":"ChatGeneration","message":{"lc":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"kwargs":{"content":"I write.","type":"ai","tool_calls":[{"name":"write_file","args":{"path":"a.py"},"id":"call_1","type":"tool_call"}]}}}]]}"#,
            ),
        ],
    );
    assert_eq!(
        told(&call),
        [
            "system: You are Planner.",
            "user: Fix it.",
            &format!("assistant: I write. + {CALL}")
        ]
    );
    let tool = span(
        "write_file",
        &[
            ("langsmith.span.kind", "tool"),
            ("gen_ai.prompt", r#"{"path":"a.py"}"#),
            (
                "gen_ai.completion",
                r#"{"output":{"content":"wrote 1 byte","type":"tool","name":"write_file","tool_call_id":"call_1"}}"#,
            ),
        ],
    );
    assert_eq!(
        told(&tool),
        [&format!("assistant: {CALL}"), "tool: result wrote 1 byte"]
    );
}

#[test]
fn mlflow_words_are_json_texts() {
    let tool = span(
        "write_file",
        &[
            ("mlflow.spanType", "\"TOOL\""),
            ("mlflow.spanInputs", r#"{"path": "a.py"}"#),
            ("mlflow.spanOutputs", "\"wrote 1 byte\""),
        ],
    );
    assert_eq!(
        told(&tool),
        [&format!("assistant: {CALL}"), "tool: result wrote 1 byte"]
    );
    let call = span(
        "predict",
        &[
            ("mlflow.spanType", "\"LLM\""),
            ("mlflow.spanInputs", "\"Fix it.\""),
            (
                "mlflow.spanOutputs",
                r#"{"choices": [{"message": {"role": "assistant", "content": "Done."}}]}"#,
            ),
        ],
    );
    assert_eq!(told(&call), ["user: Fix it.", "assistant: Done."]);
}

#[test]
fn haystack_keeps_a_call_with_its_answer() {
    let call = span(
        "haystack.agent.step.llm",
        &[
            (
                "haystack.agent.step.llm.input",
                r#"{"messages": [{"role": "user", "meta": {}, "name": null, "content": [{"text": "Fix it."}]}, {"role": "tool", "content": [{"tool_call_result": {"result": "wrote 1 byte", "origin": {"tool_name": "write_file", "arguments": {"path": "a.py"}, "id": "call_1"}, "error": false}}]}]}"#,
            ),
            (
                "haystack.agent.step.llm.output",
                r#"{"replies": [{"role": "assistant", "meta": {"model": "m"}, "content": [{"tool_call": {"tool_name": "write_file", "arguments": {"path": "a.py"}, "id": "call_2"}}]}]}"#,
            ),
        ],
    );
    assert_eq!(
        told(&call),
        [
            "user: Fix it.",
            "tool: result wrote 1 byte",
            &format!("assistant: {CALL}")
        ]
    );
}

#[test]
fn a_decorated_function_is_told_by_its_arguments() {
    let tool = span(
        "tool.write_file",
        &[
            ("traceloop.span.kind", "tool"),
            ("traceloop.entity.name", "write_file"),
            (
                "traceloop.entity.input",
                r#"{"args": [], "kwargs": {"path": "a.py"}}"#,
            ),
            ("traceloop.entity.output", "\"wrote 1 byte\""),
        ],
    );
    assert_eq!(
        told(&tool),
        [&format!("assistant: {CALL}"), "tool: result wrote 1 byte"]
    );
    let agent = span(
        "agent.coder",
        &[
            ("traceloop.span.kind", "agent"),
            (
                "traceloop.entity.input",
                r#"{"args": ["Fix it."], "kwargs": {}}"#,
            ),
            ("traceloop.entity.output", "\"Done.\""),
        ],
    );
    assert_eq!(told(&agent), ["user: Fix it.", "assistant: Done."]);
    let respan = span(
        "tool.write_file",
        &[
            ("respan.tool.name", "write_file"),
            ("respan.tool.arguments", r#"{"path": "a.py"}"#),
            ("respan.tool.result", "wrote 1 byte"),
        ],
    );
    assert_eq!(told(&respan), told(&tool));
}

#[test]
fn events_in_one_list_are_told_apart() {
    let call = span(
        "chat gpt-4o",
        &[(
            "events",
            r#"[{"content": "You are Coder.", "role": "system", "event.name": "gen_ai.system.message"}, {"content": "Fix it.", "role": "user", "event.name": "gen_ai.user.message"}, {"index": 0, "message": {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "write_file", "arguments": "{\"path\": \"a.py\"}"}}]}, "event.name": "gen_ai.choice"}]"#,
        )],
    );
    assert_eq!(
        told(&call),
        [
            "system: You are Coder.",
            "user: Fix it.",
            &format!("assistant: {CALL}")
        ]
    );
}

#[test]
fn flattened_messages_and_python_texts_are_read() {
    let call = span(
        "litellm_request",
        &[
            ("gen_ai.prompt.0.role", "user"),
            ("gen_ai.prompt.0.content", "Fix it."),
            ("gen_ai.completion.0.role", "assistant"),
            ("gen_ai.completion.0.content", "Done."),
        ],
    );
    assert_eq!(told(&call), ["user: Fix it.", "assistant: Done."]);
    let python = span(
        "call",
        &[(
            "input.value",
            "{'messages': [{'role': 'user', 'content': \"Don't break it.\"}]}",
        )],
    );
    assert_eq!(told(&python), ["user: Don't break it."]);
}
