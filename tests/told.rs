//! What single spans tell that came from real libraries, cut to the attributes that say it.
#![expect(clippy::unwrap_used, reason = "test")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/otlp.rs"]
mod otlp;

use otlp::span;
use serde_json::{Value, json};
use spanfall::app::lore::Known;
use spanfall::model::evidence::{FactValue, Field, Item, Op, join_key};

const OPENINFERENCE: &str = "openinference.instrumentation.";

fn told(scope: &str, name: &str, attributes: &Value) -> Item<'static> {
    span(&Known::embedded().unwrap(), scope, name, attributes)
}

fn text<'a>(item: &'a Item<'_>, field: Field) -> Option<&'a str> {
    item.facts.iter().find_map(|(f, _, value)| match value {
        FactValue::Text(text) if *f == field => Some(&**text),
        _ => None,
    })
}

fn numbers(item: &Item<'_>, field: Field) -> Vec<u64> {
    let of = item.facts.iter().filter(|(f, ..)| *f == field);
    of.filter_map(|(_, _, value)| match value {
        FactValue::Number(n) => Some(*n),
        FactValue::Text(_) => None,
    })
    .collect()
}

/// pydantic-ai 2.68: results of tools are the user's messages, and a run that goes on holds those of
/// the runs before it.
#[test]
fn a_run_that_goes_on_is_titled_by_its_own_question() {
    let said = |role: &str, part: Value| json!({"role": role, "parts": [part]});
    let messages = json!([
        said(
            "user",
            json!({"type": "text", "content": "Weather in Lisbon?"})
        ),
        said(
            "assistant",
            json!({"type": "tool_call", "id": "a", "name": "get_weather"})
        ),
        said(
            "user",
            json!({"type": "tool_call_response", "id": "a", "result": "18 C"})
        ),
        said("assistant", json!({"type": "text", "content": "18 C."})),
        said("user", json!({"type": "text", "content": "And again?"})),
        said(
            "assistant",
            json!({"type": "tool_call", "id": "b", "name": "get_weather"})
        ),
        said(
            "user",
            json!({"type": "tool_call_response", "id": "b", "result": "17 C"})
        ),
    ])
    .to_string();
    let mut run =
        json!({"gen_ai.operation.name": "invoke_agent", "pydantic_ai.all_messages": messages});
    let first = told("pydantic-ai", "invoke_agent desk", &run);
    assert_eq!(text(&first, Field::Title), Some("Weather in Lisbon?"));
    run["pydantic_ai.new_message_index"] = 4.into();
    let second = told("pydantic-ai", "invoke_agent desk", &run);
    assert_eq!(text(&second, Field::Title), Some("And again?"));
    // A call by itself says no more than what it was sent.
    let call = json!({"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages});
    let call = told("pydantic-ai", "chat gpt-4o", &call);
    assert_eq!(text(&call, Field::Title), Some("And again?"));
}

/// mlflow 3.17 round the `OpenAI` client: a bare call asks for a tool, the next one answers.
#[test]
fn mlflow_s_bare_calls_say_what_they_asked_for_and_answer() {
    let asked = json!({"choices": [{"message": {"role": "assistant", "content": null,
        "tool_calls": [{"id": "call_00010", "type": "function"}]}, "finish_reason": "tool_calls"}]});
    let first = json!({"mlflow.spanType": "\"CHAT_MODEL\"",
        "mlflow.spanInputs": json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Weather?"}]}).to_string(),
        "mlflow.spanOutputs": asked.to_string()});
    let first = told("mlflow.tracing.provider", "Completions", &first);
    assert_eq!(numbers(&first, Field::ToolAsked), [join_key("call_00010")]);
    assert_eq!(
        text(&first, Field::RequestModel),
        Some("gpt-4o"),
        "all that a refused call has"
    );
    let sent = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Weather?"},
        {"role": "assistant", "tool_calls": [{"id": "call_00010"}]},
        {"role": "tool", "tool_call_id": "call_00010", "content": "18 C"}]});
    let next = json!({"mlflow.spanType": "\"CHAT_MODEL\"", "mlflow.spanInputs": sent.to_string()});
    let next = told("mlflow.tracing.provider", "Completions", &next);
    assert_eq!(
        numbers(&next, Field::ToolAnswered),
        [join_key("call_00010")]
    );
    assert_eq!(numbers(&next, Field::GoesOn), [1]);
    assert_eq!(text(&next, Field::Title), Some("Weather?"));
}

/// openinference-instrumentation-haystack 0.1.46 keeps messages as Python prints them; `LangGraph` is
/// often asked with pairs.
#[test]
fn questions_are_read_however_a_program_wrote_them() {
    let message = "ChatMessage(_role=<ChatRole.USER: 'user'>, _content=[TextContent(text='Weather in Lisbon?')], _name=None, _meta={})";
    let asked = |kind: &str, input: Value| {
        let input = input.to_string();
        let span = json!({"openinference.span.kind": kind, "input.value": input, "input.mime_type": "application/json"});
        told(&format!("{OPENINFERENCE}haystack"), "run", &span)
    };
    for input in [
        json!({"data": {"desk": {"messages": [message]}}}),
        json!({"messages": [message], "tools": null}),
        json!({"messages": [["user", "Weather in Lisbon?"]]}),
    ] {
        let item = asked("CHAIN", input);
        assert_eq!(text(&item, Field::Title), Some("Weather in Lisbon?"));
    }
}

/// openinference-instrumentation-autogen-agentchat round a stream that was not asked for its usage.
#[test]
fn a_call_of_which_nobody_counted_anything_has_no_counts() {
    let counted = |input: u64, output: u64| {
        let call = json!({"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": input, "llm.token_count.completion": output});
        let call = told(
            &format!("{OPENINFERENCE}autogen_agentchat"),
            "create",
            &call,
        );
        [Field::InputTokens, Field::OutputTokens].map(|f| numbers(&call, f).first().copied())
    };
    assert_eq!(counted(0, 0), [None, None]);
    assert_eq!(counted(12, 0), [Some(12), Some(0)]);
}

/// @mastra/otel-exporter 1.4.0: the span of a refused call ends well.
#[test]
fn a_call_that_ended_in_an_error_failed() {
    let ended = |why: &str| {
        let call = json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.finish_reasons": format!("[\"{why}\"]")});
        told("@mastra/otel-exporter", "chat gpt-4o", &call).failed
    };
    assert!(ended("error"));
    assert!(!ended("stop"));
}

/// Agent Framework 1.23 with the Responses API: the conversation goes by the last answer's id.
#[test]
fn a_conversation_that_goes_by_an_answer_goes_on_with_it() {
    let run = |conversation: &str| {
        let run = json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": conversation});
        numbers(
            &told("agent_framework", "invoke_agent desk", &run),
            Field::AfterResponse,
        )
    };
    assert_eq!(
        run("resp_66896de7148c40cbb552"),
        [join_key("resp_66896de7148c40cbb552")]
    );
    assert_eq!(run("conv_1"), [0; 0]);
}

/// @voltagent/core 2.x: the parts of an agent's run say that they are an agent's, and which part.
#[test]
fn voltagent_tells_agents_from_what_they_do() {
    let part = |more: Value| {
        let mut all =
            json!({"conversation.id": "c-1", "entity.type": "agent", "entity.name": "desk"});
        let more = more.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        told("@voltagent/core", "a span", &all)
    };
    let run = part(json!({"input": "Weather in Lisbon?", "usage.prompt_tokens": 2021}));
    assert_eq!(
        (run.op, text(&run, Field::Title)),
        (Op::Agent, Some("Weather in Lisbon?"))
    );
    assert_eq!(text(&run, Field::Session), Some("c-1"));
    let scout = part(json!({"subagent.name": "scout"}));
    assert_eq!(
        (scout.op, text(&scout, Field::AgentName)),
        (Op::Agent, Some("scout"))
    );
    let call = part(
        json!({"span.type": "llm", "llm.model": "gpt-4o", "llm.usage.prompt_tokens": 1014, "llm.usage.cached_tokens": 130}),
    );
    assert_eq!(
        (call.op, text(&call, Field::RequestModel)),
        (Op::Call, Some("gpt-4o"))
    );
    assert_eq!(numbers(&call, Field::InputTokens), [1014]);
    let tool = part(
        json!({"span.type": "tool", "tool.name": "get_weather", "input": "{\"city\":\"Lisbon\"}"}),
    );
    assert_eq!(
        (tool.op, text(&tool, Field::ToolName)),
        (Op::Tool, Some("get_weather"))
    );
    assert_eq!(part(json!({"span.type": "memory"})).op, Op::Internal);
}

/// @arizeai/openinference-instrumentation-langchain 4.1.1 tells no provider of its own.
#[test]
fn langchain_s_metadata_names_the_provider() {
    let metadata = json!({"ls_provider": "openai", "ls_model_type": "chat"}).to_string();
    let mut call =
        json!({"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "metadata": metadata});
    let told_by = |call: &Value| {
        let call = told(
            "@arizeai/openinference-instrumentation-langchain",
            "ChatOpenAI",
            call,
        );
        text(&call, Field::Provider).map(str::to_owned)
    };
    assert_eq!(told_by(&call).as_deref(), Some("openai"));
    call["llm.provider"] = "azure".into();
    assert_eq!(told_by(&call).as_deref(), Some("azure"));
}
