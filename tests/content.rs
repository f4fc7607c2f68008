//! Content on real bodies: what the transcript must hold is written by hand from what each case's
//! driver said and its model server served (`truth.json` of the corpus names calls and tools), not
//! from our own output. Long texts of the fixtures were cut or left out.
#![expect(clippy::unwrap_used, reason = "test")]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use prost::Message as _;
use spanfall::convention::content::{Evidence, evidence_detail, messages, missing};
use spanfall::model::detail::{Message, Part, Value};
use spanfall::wire::payload::Origin;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FAILS: &str = "user: The test test_parse_empty fails. Find out why and fix it.";
const CODER: &str = "system: You are Coder, a careful coding agent.";
const PLAN: &str =
    "Plan: 1) find the parser and its tests, 2) handle empty input, 3) run the tests.";
const GUARD: &str = "The parser does not guard against empty input; I add a guard.";
const FOUND_PARSE: &str = "src/parser.py:1: def parse(s):   (matches for 'def parse': 1)";
const FOUND_TEST: &str = "src/parser.py:1: def parse(s):   (matches for 'test_parse_empty': 1)";
const EDIT: &str = r"path: src/parser.py, content: def parse(s):\n    if s is None:\n        return []\n    return s.split(',')\n";

struct Case {
    spans: Vec<(Span, Arc<Origin>)>,
    logs: Vec<LogRecord>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/content")
        .join(name)
}

/// A case as OTLP/JSON lines.
fn case(name: &str) -> Case {
    let mut case = Case {
        spans: Vec::new(),
        logs: Vec::new(),
    };
    let text = std::fs::read_to_string(data(&format!("{name}.jsonl"))).unwrap();
    for line in text.lines() {
        if line.contains("\"resourceSpans\"") {
            add_spans(&mut case, serde_json::from_str(line).unwrap());
        } else {
            let request: ExportLogsServiceRequest = serde_json::from_str(line).unwrap();
            let scopes = request
                .resource_logs
                .into_iter()
                .flat_map(|group| group.scope_logs);
            case.logs.extend(scopes.flat_map(|group| group.log_records));
        }
    }
    assert!(!case.spans.is_empty() || !case.logs.is_empty());
    case
}

fn add_spans(case: &mut Case, request: ExportTraceServiceRequest) {
    for group in request.resource_spans {
        for scope in group.scope_spans {
            let origin = Arc::new(Origin {
                resource: group.resource.clone().unwrap_or_default(),
                scope: scope.scope.unwrap_or_default(),
                schema_url: scope.schema_url,
            });
            case.spans.extend(
                scope
                    .spans
                    .into_iter()
                    .map(|span| (span, Arc::clone(&origin))),
            );
        }
    }
}

impl Case {
    /// The nth span of a name that begins so.
    fn span(&self, name: &str, nth: usize) -> &Span {
        self.spans
            .iter()
            .map(|(span, _)| span)
            .filter(|span| span.name.starts_with(name))
            .nth(nth)
            .unwrap()
    }

    fn logs_of(&self, span: &Span) -> Vec<&LogRecord> {
        self.logs
            .iter()
            .filter(|record| record.span_id == span.span_id)
            .collect()
    }

    /// The transcript of a span and the log records that carry its id.
    fn told(&self, name: &str, nth: usize) -> Vec<String> {
        let span = self.span(name, nth);
        transcript(&messages(&[span], &self.logs_of(span)))
    }

    /// Log records of an event.
    fn events(&self, name: &str) -> Vec<&LogRecord> {
        self.logs
            .iter()
            .filter(|record| attribute(&record.attributes, "event.name") == name)
            .collect()
    }
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    let found = attributes.iter().find(|pair| pair.key == key);
    match found.and_then(|pair| pair.value.as_ref()?.value.as_ref()) {
        Some(Any::StringValue(text)) => text,
        _ => "",
    }
}

/// One line a part: who, `>` for what the model wrote, what.
fn transcript(messages: &[Message]) -> Vec<String> {
    let line = |message: &Message, part: &Part| {
        let who = format!("{:?}", message.speaker).to_lowercase();
        let mark = if message.output { '>' } else { ':' };
        let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "-".to_owned());
        let what = match part {
            Part::Text(text) => text.clone(),
            Part::Reasoning(text) => format!("(thinks) {text}"),
            Part::Stand(text) => format!("({text})"),
            Part::ToolCall {
                id: call,
                name,
                arguments,
            } => format!("calls {name} {} ({})", id(call), flat(arguments)),
            Part::ToolResult { id: call, result } => {
                format!("answers {} {}", id(call), flat(result))
            }
        };
        format!("{who}{mark} {what}").replace('\n', "\\n")
    };
    messages
        .iter()
        .flat_map(|message| message.parts.iter().map(move |part| line(message, part)))
        .collect()
}

fn flat(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{key}: {}", flat(value)))
                .collect();
            entries.join(", ")
        }
        other => format!("{other:?}"),
    }
}

/// What the second call of the coding driver read and wrote, in the order that chat completions
/// have: the calls of `ids` were asked for, answered, and `write` was asked for.
fn second_call(ids: [&str; 2], write: &str) -> Vec<String> {
    vec![
        CODER.to_owned(),
        FAILS.to_owned(),
        format!("assistant: {PLAN}"),
        format!("assistant: calls search_code {} (query: def parse)", ids[0]),
        format!(
            "assistant: calls search_code {} (query: test_parse_empty)",
            ids[1]
        ),
        format!("tool: answers {} {FOUND_PARSE}", ids[0]),
        format!("tool: answers {} {FOUND_TEST}", ids[1]),
        format!("assistant> {GUARD}"),
        format!("assistant> calls write_file {write} ({EDIT})"),
    ]
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn responses_api_on_spans_from_protobuf() {
    let mut case = Case {
        spans: Vec::new(),
        logs: Vec::new(),
    };
    for file in ["0001.traces.pb", "0002.traces.pb"] {
        let bytes = std::fs::read(data("genai-openai-responses").join(file)).unwrap();
        add_spans(
            &mut case,
            ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap(),
        );
    }
    assert_eq!(
        case.told("chat", 0),
        [
            CODER,
            FAILS,
            &format!("assistant> {PLAN}"),
            "assistant> calls search_code call_a183012432234040 (query: def parse)",
            "assistant> calls search_code call_8f539c5ce9cb4ce1 (query: test_parse_empty)",
        ]
    );
    let mut second = second_call(
        ["call_a183012432234040", "call_8f539c5ce9cb4ce1"],
        "call_d607c80aed624609",
    );
    let thought = "The failing test is about empty input. I should look for the parser and its tests before editing.";
    second.insert(2, format!("assistant: (thinks) {thought}"));
    assert_eq!(case.told("chat", 1), second);
}

#[test]
fn log_events_with_bodies() {
    let case = case("openai-v2-default-content");
    // This library leaves the text out of messages that ask for tools.
    let expected: Vec<String> = second_call(
        ["call_d0a84916bcf84366", "call_0e767056721a4408"],
        "call_ace313a0a0f64d56",
    )
    .into_iter()
    .filter(|line| *line != format!("assistant: {PLAN}"))
    .collect();
    assert_eq!(case.told("chat", 1), expected);
}

#[test]
fn log_events_of_the_javascript_library() {
    let case = case("otel-openai");
    assert_eq!(
        case.told("chat", 1),
        [
            "system: You answer about the weather.",
            "user: What is the weather in Lisbon and in Oslo?",
            "assistant: calls get_weather call_fJBd0Kh8oOOL8dKLzdocJ2is (city: Lisbon)",
            "assistant: calls get_weather call_NnFRIBXuDL7DxtpYlSXpfKtH (city: Oslo)",
            "tool: answers call_fJBd0Kh8oOOL8dKLzdocJ2is celsius: Int(21), sky: sun",
            "tool: answers call_NnFRIBXuDL7DxtpYlSXpfKtH celsius: Int(4), sky: rain",
            "assistant> Lisbon has 21 °C and sun; Oslo has 4 °C and rain. Take a coat north.",
        ]
    );
}

#[test]
fn messages_on_spans() {
    let case = case("openai-v2-latest-span");
    let expected = second_call(
        ["call_f57c2ecb8ea94d32", "call_1f818f8cfbe24f45"],
        "call_63963493d5114c42",
    );
    // This library tells the calls before the text.
    assert_eq!(sorted(case.told("chat", 1)), sorted(expected));
}

#[test]
fn a_span_and_its_details_event_are_one_telling() {
    let case = case("genai-openai-span-event");
    let span = case.span("chat", 1);
    let logs = case.logs_of(span);
    assert_eq!(logs.len(), 1);
    let expected = second_call(
        ["call_dbd00914303041c1", "call_340d5ed815c64f74"],
        "call_2ad1f16fd58b45db",
    );
    assert_eq!(
        sorted(transcript(&messages(&[span], &logs))),
        sorted(expected)
    );
    assert_eq!(messages(&[span], &[]), messages(&[], &logs));
    assert_eq!(messages(&[span], &[]), messages(&[span], &logs));
    assert_eq!(messages(&[span], &[]), messages(&[span, span], &logs));
}

#[test]
fn openinference_and_the_raw_request_say_the_same() {
    let case = case("openinference-openai");
    let expected = second_call(
        ["call_e3d4f211038c4c85", "call_5b60a2e444164107"],
        "call_f04128f8627f47c8",
    );
    assert_eq!(case.told("ChatCompletion", 1), expected);
    assert_eq!(
        transcript(&messages(&[&raw(case.span("ChatCompletion", 1))], &[])),
        expected
    );
}

#[test]
fn anthropic_blocks_flattened_and_raw() {
    let case = case("openinference-anthropic");
    let told = case.told("messages.create", 1);
    let thought = "The failing test is about empty input. I should look for the parser and its tests before editing.";
    let ids = ["toolu_15244aa373ae41948f34", "toolu_3d11bf955ea1478db0db"];
    let mut expected = second_call(ids, "toolu_3796bd72a4254a7089e4");
    expected.insert(2, format!("assistant: (thinks) {thought}"));
    assert!(told[0].starts_with(CODER), "{}", told[0]);
    assert_eq!(told[1..], expected[1..]);
    assert_eq!(
        transcript(&messages(&[&raw(case.span("messages.create", 1))], &[])),
        told
    );
}

/// The span without its flattened messages: only the raw request and response are left.
fn raw(span: &Span) -> Span {
    let mut span = span.clone();
    let before = span.attributes.len();
    span.attributes
        .retain(|pair| !pair.key.contains("_messages."));
    assert!(span.attributes.len() < before);
    span
}

#[test]
fn tool_spans_tell_call_and_answer() {
    let edit = r"path: src/parser.py, content: def parse(s):\n    return [] if s is None else s.split(',')\n";
    let agents = case("openinference-openai-agents");
    assert_eq!(
        agents.told("search_code", 0),
        [
            "assistant: calls search_code - (query: def parse)",
            &format!("tool: answers - {FOUND_PARSE}")
        ],
        "tool.parameters is the schema here"
    );
    let expected = [
        format!("assistant: calls write_file - ({edit})"),
        "tool: answers - wrote 59 bytes to src/parser.py".to_owned(),
    ];
    let autogen = case("autogen-openinference");
    assert_eq!(autogen.told("coder.write_file", 0), expected);
    let mut span = autogen.span("coder.write_file", 0).clone();
    span.attributes.retain(|pair| pair.key != "input.value");
    assert_eq!(
        transcript(&messages(&[&span], &[])),
        expected,
        "tool.parameters holds the arguments"
    );
}

#[test]
fn span_events_tell_messages_and_tools() {
    let case = case("strands-openai");
    assert_eq!(
        case.told("chat", 0),
        [
            "system: You are Lead, you delegate.",
            FAILS,
            "assistant> First the code.",
            "assistant> calls ask_coder call_18496530cec14575 (request: The test test_parse_empty fails. Find out why and fix it.)",
        ]
    );
    let edit = r"path: src/parser.py, content: def parse(s):\n    return [] if s is None else s.split(',')\n";
    assert_eq!(
        case.told("execute_tool", 0),
        [
            &format!("assistant: calls write_file call_55b90e7436714613 ({edit})"),
            "tool: answers call_55b90e7436714613 wrote 59 bytes to src/parser.py",
        ],
        "attributes and events of one span are one telling"
    );
}

/// The evidence of the Claude Code model call with this request id.
fn claude_call<'a>(case: &'a Case, request: &str) -> (&'a Span, Vec<&'a LogRecord>) {
    let of_request = |attributes: &[KeyValue]| attribute(attributes, "request_id") == request;
    let mut spans = case.spans.iter().map(|(span, _)| span);
    let span = spans
        .find(|span| span.name.ends_with("llm_request") && of_request(&span.attributes))
        .unwrap();
    let answers = ["api_request", "assistant_response", "api_response_body"];
    let mut logs: Vec<&LogRecord> = answers
        .iter()
        .flat_map(|name| case.events(name))
        .filter(|record| of_request(&record.attributes))
        .collect();
    let bodies: Vec<&str> = logs
        .iter()
        .map(|record| attribute(&record.attributes, "request_body_id"))
        .collect();
    let asked = case.events("api_request_body").into_iter();
    let asked: Vec<_> = asked
        .filter(|record| bodies.contains(&attribute(&record.attributes, "request_body_id")))
        .collect();
    logs.extend(asked);
    (span, logs)
}

#[test]
fn claude_code_bodies_win_and_a_cut_one_is_read_up_to_the_cut() {
    let case = case("claude-code-detailed");
    let (span, logs) = claude_call(&case, "req_0118DwkNhFdnXsiVpzz63Ffk");
    let told = transcript(&messages(&[span], &logs));
    let told: Vec<&str> = told
        .iter()
        .map(String::as_str)
        .filter(|line| !line.contains("(left out)"))
        .collect();
    let prompt = "prompt: Survey the package: find every caller of windows() and report file and line., \
                  description: Survey callers, subagent_type: general-purpose";
    assert_eq!(
        told,
        [
            "user: Think it through: should windows() be lazy?",
            "assistant: (reasoning, redacted)",
            "user: Use a sub-agent to list every caller of windows().",
            "assistant: (reasoning, redacted)",
            "assistant: I will hand the survey to a sub-agent.",
            &format!("assistant: calls Agent toolu_012isAjIhKtJ0RlgLKOmxgJT ({prompt})"),
            "tool: (cut off by the sender; more may have followed)",
            "assistant> The sub-agent found two callers: src/report.py line 4 and tests/test_window.py line 5. \
             Nothing else uses `windows()`.",
        ]
    );
}

#[test]
fn claude_code_spans_and_events_tell_when_bodies_do_not() {
    let case = case("claude-code-detailed");
    let (span, logs) = claude_call(&case, "req_0119QeWJKY40uvSwMFLZDe1f");
    let from_span = [
        "user: Think it through: should windows() be lazy?",
        "user: Use a sub-agent to list every caller of windows().",
        "assistant> I will hand the survey to a sub-agent.",
    ];
    assert_eq!(transcript(&messages(&[span], &[])), from_span);
    let said: Vec<_> = logs
        .into_iter()
        .filter(|record| !attribute(&record.attributes, "response").is_empty())
        .collect();
    assert_eq!(transcript(&messages(&[], &said)), [from_span[2]]);
}

#[test]
fn claude_code_tools() {
    let case = case("claude-code-detailed");
    let read = r#"file_path: /tmp/work/inventory/src/report.py, content: from window import windows\n\ndef report(xs):\n    return "\n".join(str(sum(w)) for w in windows(xs, 3))\n"#;
    let told = case.told("claude_code.tool", 2);
    let call = "assistant: calls Read toolu_01e3nNyjOq9wMxEhh2FDEEtf (file_path: /tmp/work/inventory/src/report.py)";
    let answer = format!("tool: answers toolu_01e3nNyjOq9wMxEhh2FDEEtf {read}");
    assert_eq!(told[0], call);
    assert_eq!(told[1], answer);
    let logged = case.events("tool_result");
    let grep: Vec<_> = logged
        .into_iter()
        .filter(|record| attribute(&record.attributes, "tool_name") == "Grep")
        .collect();
    assert_eq!(
        transcript(&messages(&[], &grep)),
        [
            "assistant: calls Grep toolu_01CzJr4i0B3JrTAwR4y9ojfl (pattern: windows, path: /tmp/work/inventory/.)"
        ]
    );
}

#[test]
fn claude_code_prompt_is_told_once_by_span_and_event() {
    let case = case("claude-code-tui");
    let span = case.span("claude_code.interaction", 0);
    let prompt = "user: Please fix the off-by-one in src/window.py, run the tests and tell me what you changed.";
    assert_eq!(
        transcript(&messages(&[span], &case.events("user_prompt"))),
        [prompt]
    );
    assert_eq!(
        transcript(&messages(&[], &case.events("user_prompt"))),
        [prompt]
    );
    let read = "assistant: calls Read toolu_01u8jzPde0IgxLd6GncfBAep (file_path: /tmp/work/inventory/src/window.py)";
    assert_eq!(case.told("claude_code.tool", 0), [read]);
}

#[test]
fn redacted_content_is_said_to_be_redacted() {
    let case = case("claude-code-logs-json");
    let prompts = case.events("user_prompt");
    assert_eq!(
        transcript(&messages(&[], &prompts[..1])),
        ["user: (redacted)"]
    );
    let answers = case.events("assistant_response");
    assert_eq!(
        transcript(&messages(&[], &answers[..1])),
        ["assistant> (redacted)"]
    );
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue {
        value: Some(Any::StringValue(value.to_owned())),
    });
    KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    }
}

fn event(name: &str, attributes: &[(&str, &str)]) -> Event {
    let attributes = attributes
        .iter()
        .map(|(key, value)| text(key, value))
        .collect();
    Event {
        name: name.to_owned(),
        attributes,
        ..Event::default()
    }
}

#[test]
fn span_events_of_the_first_conventions() {
    let asked = r#"[{"role":"user","content":"Hello?"}]"#;
    let wrote = r#"[{"role":"assistant","content":"Hello."}]"#;
    let events = vec![
        event("gen_ai.content.prompt", &[("gen_ai.prompt", asked)]),
        event("gen_ai.content.completion", &[("gen_ai.completion", wrote)]),
    ];
    let span = Span {
        events,
        ..Span::default()
    };
    assert_eq!(
        transcript(&messages(&[&span], &[])),
        ["user: Hello?", "assistant> Hello."]
    );
}

#[test]
fn message_events_as_span_events_with_attributes() {
    let events = vec![
        event("gen_ai.system.message", &[("content", "Be brief.")]),
        event(
            "gen_ai.user.message",
            &[("content", r#"[{"text": "Weather?"}]"#)],
        ),
        event("gen_ai.user.message", &[("content", "continue")]),
        event("gen_ai.user.message", &[("content", "continue")]),
        event(
            "gen_ai.choice",
            &[
                (
                    "message",
                    r#"[{"toolUse":{"toolUseId":"t1","name":"weather","input":{"city":"Oslo"}}}]"#,
                ),
                ("finish_reason", "tool_use"),
            ],
        ),
    ];
    let span = Span {
        events,
        ..Span::default()
    };
    assert_eq!(
        transcript(&messages(&[&span], &[])),
        [
            "system: Be brief.",
            "user: Weather?",
            "user: continue",
            "user: continue",
            "assistant> calls weather t1 (city: Oslo)"
        ]
    );
}

#[test]
fn every_part_of_the_conventions() {
    let parts = r#"[{"role":"assistant","parts":[
        {"type":"reasoning","content":"hm"},{"type":"thinking","content":"hm too"},
        {"type":"tool_call","id":"c1","name":"find","arguments":"{\"n\": 12345678901234567890}"},
        {"type":"server_tool_call","id":"s1","name":"search","server_tool_call":{"type":"web","query":"x"}},
        {"type":"tool_call_response","id":"c1","result":"by result"},
        {"type":"tool_call_response","id":"c2","response":{"ok":true}},
        {"type":"blob","modality":"image","mime_type":"image/png","content":"QUJD"},
        {"type":"uri","modality":"video","uri":"https://example.org/v.mp4"},
        {"type":"file","modality":"document","file_id":"f1"},
        {"type":"compaction","content":"so far"},{"type":"mood","level":3},{"type":"text"}]}]"#;
    let span = Span {
        attributes: vec![text("gen_ai.output.messages", parts)],
        ..Span::default()
    };
    assert_eq!(
        transcript(&messages(&[&span], &[])),
        [
            "assistant> (thinks) hm",
            "assistant> (thinks) hm too",
            "assistant> calls find c1 (n: 12345678901234567890)",
            "assistant> calls search s1 (type: web, query: x)",
            "assistant> answers c1 by result",
            "assistant> answers c2 ok: Bool(true)",
            "assistant> (image image/png 4 base64 characters)",
            "assistant> (video https://example.org/v.mp4)",
            "assistant> (document f1)",
            "assistant> so far",
            "assistant> (mood)",
        ]
    );
}

#[test]
fn providers_bodies() {
    let told = |request: &str, response: &str| {
        let attributes = vec![text("input.value", request), text("output.value", response)];
        transcript(&messages(
            &[&Span {
                attributes,
                ..Span::default()
            }],
            &[],
        ))
    };
    let responses = told(
        r#"{"model":"m","instructions":"Be brief.","input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]},
            {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"done"}]}"#,
        r#"{"id":"r","object":"response","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"easy"}]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Bye"}]}]}"#,
    );
    let expected = [
        "system: Be brief.",
        "user: Hi",
        "assistant: calls f c1 ()",
        "tool: answers c1 done",
    ];
    assert_eq!(responses[..4], expected);
    assert_eq!(
        responses[4..],
        ["assistant> (thinks) easy", "assistant> Bye"]
    );
    let gemini = told(
        r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"systemInstruction":{"parts":[{"text":"Be brief."}]}}"#,
        r#"{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]}}]}"#,
    );
    assert_eq!(
        gemini,
        [
            "system: Be brief.",
            "user: Hi",
            "assistant> calls f - (a: Int(1))"
        ]
    );
    assert_eq!(
        told("Hi", r#"{"unknown": "shape"}"#),
        ["user: Hi", r#"assistant> {"unknown": "shape"}"#]
    );
}

#[test]
fn of_two_tellings_alike_the_richer_is_kept() {
    let span = |json: &str| Span {
        attributes: vec![text("gen_ai.input.messages", json)],
        ..Span::default()
    };
    let poor = span(r#"[{"role":"user","parts":[{"type":"text","content":"[REDACTED]"}]}]"#);
    let rich = span(r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#);
    assert_eq!(transcript(&messages(&[&poor], &[])), ["user: (redacted)"]);
    for spans in [[&poor, &rich], [&rich, &poor]] {
        assert_eq!(transcript(&messages(&spans, &[])), ["user: Hi"]);
    }
}

#[test]
fn why_there_are_no_messages() {
    let says =
        |dialect: &str, switch: &str| missing(dialect).is_some_and(|why| why.contains(switch));
    assert!(says(
        "otel-genai-newest",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"
    ));
    assert!(says(
        "otel-1.28-1.36",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"
    ));
    assert!(says("claude-code", "OTEL_LOG_USER_PROMPTS"));
    assert!(says("openinference", "OPENINFERENCE_HIDE_INPUTS"));
    assert_eq!(missing("vllm"), None);
    assert_eq!(missing("otelish"), None);
}

#[test]
fn a_span_opened() {
    let case = case("claude-code-detailed");
    let (span, origin) = case
        .spans
        .iter()
        .find(|(span, _)| span.name == "claude_code.llm_request")
        .unwrap();
    let detail = evidence_detail(Evidence::Span(span), origin);
    let says = |label: &str| {
        detail
            .envelope
            .iter()
            .find(|(name, _)| name == label)
            .map(|(_, text)| text.as_str())
    };
    assert_eq!(detail.title, "span claude_code.llm_request");
    assert!(
        detail
            .scope
            .starts_with("com.anthropic.claude_code.tracing"),
        "{}",
        detail.scope
    );
    assert_eq!(says("trace id"), Some("961b94d8f309b426cb0ba66bcd5247cc"));
    assert_eq!(says("span id"), Some("351e175706ec64c6"));
    assert_eq!(says("kind"), Some("internal"));
    assert!(
        detail
            .attributes
            .contains(&("ttft_ms".to_owned(), Value::Int(3047)))
    );
    assert!(detail.resource.contains(&(
        "service.name".to_owned(),
        Value::Text("claude-code".to_owned())
    )));
    assert_eq!(detail.events[0].name, "gen_ai.request.attempt");
    assert_eq!(
        detail.events[0].attributes,
        [("attempt".to_owned(), Value::Int(1))]
    );
    assert!(detail.facts.is_empty());
}

#[test]
fn an_envelope_says_what_was_dropped() {
    let span = Span {
        name: "s".to_owned(),
        start_time_unix_nano: 1_795_178_766_139_000_001,
        end_time_unix_nano: 1_795_178_767_639_000_003,
        dropped_attributes_count: 3,
        dropped_links_count: 2,
        events: vec![Event {
            dropped_attributes_count: 1,
            ..event("e", &[])
        }],
        ..Span::default()
    };
    let detail = evidence_detail(Evidence::Span(&span), &Origin::default());
    let says = |label: &str| {
        detail
            .envelope
            .iter()
            .find(|(name, _)| name == label)
            .map(|(_, text)| text.as_str())
    };
    assert_eq!(says("start"), Some("2026-11-20T12:46:06.139000001Z"));
    assert_eq!(says("duration"), Some("1500.000002 ms"));
    for (label, count) in [
        ("dropped attributes", '3'),
        ("dropped links", '2'),
        ("dropped attributes of event e", '1'),
    ] {
        assert!(
            says(label).is_some_and(|text| text.starts_with(count)),
            "{label}"
        );
    }
    let running = Span {
        end_time_unix_nano: 0,
        ..span
    };
    let detail = evidence_detail(Evidence::Span(&running), &Origin::default());
    assert!(
        detail
            .envelope
            .contains(&("duration".to_owned(), "not ended".to_owned()))
    );
}

#[test]
fn a_log_record_opened() {
    let body = KeyValueList {
        values: vec![text("content", r#"{"a": [1]}"#)],
    };
    let record = LogRecord {
        time_unix_nano: 1,
        event_name: "gen_ai.user.message".to_owned(),
        body: Some(AnyValue {
            value: Some(Any::KvlistValue(body)),
        }),
        ..LogRecord::default()
    };
    let detail = evidence_detail(Evidence::Log(&record), &Origin::default());
    assert_eq!(detail.title, "log gen_ai.user.message");
    let list = Value::List(vec![Value::Int(1)]);
    let opened = Value::Map(vec![(
        "content".to_owned(),
        Value::Map(vec![("a".to_owned(), list)]),
    )]);
    assert_eq!(detail.attributes, [("body".to_owned(), opened)]);
    assert!(detail.envelope.contains(&(
        "time".to_owned(),
        "1970-01-01T00:00:00.000000001Z".to_owned()
    )));
}

#[test]
fn attribute_names_stand_in_tables_only() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/convention/content");
    let mut read = 0;
    for entry in std::fs::read_dir(room).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let code = std::fs::read_to_string(&path).unwrap();
            read += 1;
            for name in ["\"gen_ai.", "\"llm.", "\"claude_code.", "\"openinference."] {
                assert!(!code.contains(name), "{} has {name}", path.display());
            }
        }
    }
    assert!(read > 5);
}
