//! What single rows say: errors in words, calls that end before their tools, hand-overs by name.
#![expect(clippy::unwrap_used, reason = "test")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/cases.rs"]
mod cases;
#[path = "support/invariants.rs"]
mod invariants;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/items.rs"]
mod items;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/otlp.rs"]
mod otlp;

use items::{MS, Nothing, With, record, span, store, trees};
use serde_json::json;
use spanfall::model::evidence::{FactValue, Field, Item, Op};
use spanfall::model::node::{Node, NodeKind, Tree};
use std::sync::Arc;

fn tree(items: Vec<Item<'static>>) -> Arc<Tree> {
    let mut all = trees(&mut store(items), &Nothing);
    assert_eq!(all.len(), 1, "one session");
    invariants::check(&all[0]);
    all.remove(0)
}

fn first(tree: &Tree, kind: NodeKind) -> &Node {
    tree.nodes.iter().find(|n| n.kind == kind).unwrap()
}

fn error(item: Item<'static>) -> String {
    let tree = tree(vec![item]);
    let error = first(&tree, NodeKind::Call).error.clone();
    error.unwrap().to_string()
}

fn failed_call() -> Item<'static> {
    span(1, 0, Op::Call, "chat", 0, 10).failed()
}

#[test]
fn an_error_s_words_go_before_its_kind_and_have_it_beside_them() {
    let told = |kind: &str, words: &str| {
        let item = failed_call().text(Field::ErrorType, kind);
        error(item.text(Field::Error, words))
    };
    assert_eq!(told("400", "too long"), "400: too long");
    assert_eq!(
        told("openai.BadRequestError", "Error code: 400"),
        "openai.BadRequestError: Error code: 400"
    );
    // Words that have the kind in them need it no second time.
    for (kind, words) in [
        ("openai.BadRequestError", "BadRequestError: Error code: 400"),
        ("file_not_found", "File not found: nope.py"),
        ("400", "Error code: 400"),
    ] {
        assert_eq!(told(kind, words), words);
    }
}

#[test]
fn without_words_the_kind_is_what_is_known() {
    let only = failed_call().text(Field::ErrorType, "overloaded_error");
    assert_eq!(error(only), "overloaded_error");
    assert_eq!(error(failed_call()), "failed");
}

/// A call from 0 to 500 ms that ended for this reason, and two tools: below it, or beside it, whose
/// library is known to wait for them.
fn asking(reason: &str, below: bool, tools: [(u64, u64); 2]) -> (u64, Option<u64>) {
    let (up, holds) = if below { (2, 0) } else { (1, 1) };
    let call = span(2, 1, Op::Call, "chat", 0, 500).text(Field::FinishReasons, reason);
    let call = call.number(Field::TtftNs, 300 * MS);
    let call = call.number(Field::HoldsTools, holds);
    let tool = |id: u64, (from, to): (u64, u64)| {
        let tool = span(id, up, Op::Tool, "look", from, to);
        tool.text(Field::ToolName, &format!("look {id}"))
    };
    let agent = span(1, 0, Op::Agent, "agent", 0, 900);
    let tree = tree(vec![agent, call, tool(3, tools[0]), tool(4, tools[1])]);
    let call = first(&tree, NodeKind::Call);
    let decode = call.call.as_ref().unwrap().phases.decode;
    (call.end.unwrap() / MS, decode.map(|ns| ns / MS))
}

#[test]
fn an_answer_stood_when_the_tools_began_that_it_asked_for() {
    let both = [(400, 490), (410, 498)];
    for below in [true, false] {
        assert_eq!(asking("tool_calls", below, both), (410, Some(110)));
        assert_eq!(asking("tool-calls", below, both), (410, Some(110)));
    }
    // One after the other: only the first of them tells.
    assert_eq!(
        asking("tool_use", true, [(400, 450), (451, 499)]),
        (400, Some(100))
    );
}

#[test]
fn a_call_that_goes_on_after_its_tools_ends_where_it_says() {
    let both = [(400, 490), (410, 498)];
    // The client asks again within the span, or the model's server ran the tools.
    assert_eq!(asking("stop", true, both), (500, Some(200)));
    // A tool that ends after the call was not waited for.
    let longer = [(480, 490), (485, 600)];
    assert_eq!(asking("tool_use", false, longer), (500, Some(200)));
}

#[test]
fn tools_that_begin_while_an_answer_is_read_do_not_end_it() {
    let call = span(2, 1, Op::Call, "chat", 0, 500).text(Field::FinishReasons, "tool_use");
    let tool = span(3, 1, Op::Tool, "look", 400, 498);
    let tree = tree(vec![span(1, 0, Op::Agent, "agent", 0, 900), call, tool]);
    assert_eq!(first(&tree, NodeKind::Call).end, Some(500 * MS));
}

/// An engine's span of one token beside another's, and what the client says was written.
fn queued(written: u64) -> Option<u64> {
    let client = span(1, 0, Op::Call, "chat", 0, 100).tokens(10, written);
    let engine = |id: u64, at: u64, tokens: u64, queue: u64| {
        let engine = span(id, 1, Op::Engine, "request", at, 90);
        let engine = engine.number(Field::QueueNs, queue * MS);
        engine.tokens(10, tokens)
    };
    let tree = tree(vec![client, engine(2, 5, 1, 3), engine(3, 10, written, 4)]);
    let call = first(&tree, NodeKind::Call).call.clone().unwrap();
    call.phases.queue.map(|ns| ns / MS)
}

#[test]
fn an_engine_of_one_token_read_the_prompt_for_another_only_if_that_wrote_more() {
    assert_eq!(queued(20), Some(7), "one queue after the other");
    assert_eq!(
        queued(1),
        Some(4),
        "a router's span and the engine's: one queue"
    );
}

#[test]
fn a_hand_over_is_named_by_whom_it_is_to() {
    let hands = |item: Item<'static>| {
        let tree = tree(vec![span(1, 0, Op::Agent, "a", 0, 90), item]);
        first(&tree, NodeKind::Other).name.to_string()
    };
    let told = span(2, 1, Op::Handoff, "agent_handoff Agent", 5, 5);
    assert_eq!(hands(told.clone()), "agent_handoff Agent");
    assert_eq!(
        hands(told.text(Field::HandoffTo, "coder")),
        "handoff to coder"
    );
}

#[test]
fn an_embedding_has_its_own_tokens_and_adds_them_to_no_sum() {
    let made = span(2, 1, Op::Embedding, "embed", 0, 10).number(Field::InputTokens, 5);
    let tree = tree(vec![span(1, 0, Op::Agent, "a", 0, 90), made]);
    let embedding = first(&tree, NodeKind::Embedding);
    assert_eq!(embedding.claimed.unwrap().input, Some(5));
    assert_eq!(tree.nodes[0].rolled.usage.input, None);
}

/// What the tables make of a root span.
fn read(scope: &str, name: &str, attributes: &serde_json::Value) -> Item<'static> {
    otlp::span(&cases::known(), scope, name, attributes)
}

#[test]
fn chains_in_a_graph_s_node_are_plumbing_and_others_are_not() {
    let node = "langfuse.observation.metadata.langgraph_node";
    let chain = json!({"langfuse.observation.type": "chain", node: "\"model\""});
    assert_eq!(read("langfuse-sdk", "model", &chain).op, Op::Internal);
    let bare = json!({"langfuse.observation.type": "chain"});
    assert_eq!(read("langfuse-sdk", "model", &bare).op, Op::Other);
    let call = json!({"langfuse.observation.type": "generation", node: "\"model\""});
    assert_eq!(read("langfuse-sdk", "ChatOpenAI", &call).op, Op::Call);
}

#[test]
fn an_operation_that_its_library_does_not_know_is_plumbing() {
    let of = |operation: &str| {
        let told = json!({"gen_ai.operation.name": operation, "gen_ai.agent.name": "Agent"});
        read(
            "opentelemetry.instrumentation.openai_agents",
            operation,
            &told,
        )
        .op
    };
    assert_eq!(of("unknown"), Op::Internal);
    assert_eq!(of("agent_handoff"), Op::Handoff);
    assert_eq!(of("plan"), Op::Other);
}

#[test]
fn what_was_sent_again_was_tried_once_more_than_that() {
    let sent = |more: &serde_json::Value| {
        let mut told = json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"});
        told.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let tree = tree(vec![read("com.anthropic.sdk.python", "messages", &told)]);
        first(&tree, NodeKind::Call).call.clone().unwrap().attempts
    };
    assert_eq!(sent(&json!({"http.request.resend_count": 2})), 3);
    assert_eq!(sent(&json!({"http.request.resend_count": 0})), 1);
    assert_eq!(sent(&json!({})), 1);
}

#[test]
fn a_prompt_that_a_running_turn_takes_in_is_a_row_of_its_own() {
    let prompt = |more: &serde_json::Value| {
        let mut told = json!({"prompt": "and the tests?"});
        told.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        otlp::claude_event(&cases::known(), "user_prompt", "p1", 100, &told)
    };
    let taken_in = prompt(&json!({"delivery.mode": "mid_turn"}));
    assert_eq!(taken_in.op, Op::Other);
    let name = |item: &Item<'static>| {
        let fact = item.facts.iter().find(|f| f.0 == Field::DisplayName);
        fact.map(|f| f.2.clone())
    };
    assert_eq!(
        name(&taken_in),
        Some(FactValue::Text("and the tests?".into()))
    );
    assert_eq!(prompt(&json!({})).op, Op::Turn);
    assert_eq!(prompt(&json!({"delivery.mode": "queued"})).op, Op::Turn);
}

/// Records of two agents of one kind that ran from 100 and 150 to 900 and 1000 ms, and their totals.
fn two_agents(totals: [u64; 2]) -> Vec<Item<'static>> {
    let of = |content: u64, op: Op, from: u64, to: u64| {
        record(content, op, "r", from, to).id(Field::TurnKey, "p")
    };
    let agent = |content: u64, from: u64, to: u64, total: u64| {
        let agent = of(content, Op::Agent, from, to).text(Field::AgentName, "surveyor");
        agent.number(Field::TotalTokens, total)
    };
    let call = |content: u64, from: u64, to: u64, read: u64, input: u64| {
        let call = of(content, Op::Call, from, to).text(Field::AgentName, "surveyor");
        let call = call.text(Field::RequestModel, "m").tokens(input, 10);
        call.number(Field::CacheRead, read)
    };
    let tool = |content: u64, name: &str, from: u64, to: u64| {
        of(content, Op::Tool, from, to).text(Field::ToolName, name)
    };
    vec![
        of(1, Op::Turn, 0, 0).text(Field::Title, "survey"),
        agent(2, 100, 900, totals[0]),
        agent(3, 150, 1000, totals[1]),
        call(4, 110, 300, 0, 1000),
        call(5, 160, 600, 0, 2000),
        tool(6, "Grep", 310, 320),
        call(7, 330, 890, 1000, 1100),
        tool(8, "Read", 605, 610),
        call(9, 620, 990, 2000, 2200),
    ]
}

fn lines(items: Vec<Item<'static>>) -> Vec<String> {
    let tree = tree(items);
    let line = |n: &Node| {
        let detail = n.detail.as_deref().unwrap_or_default();
        format!("{}{} {detail}", " ".repeat(n.depth as usize), n.name)
    };
    tree.nodes
        .iter()
        .map(|n| line(n).trim_end().to_owned())
        .collect()
}

#[test]
fn calls_of_agents_at_once_are_told_apart_by_totals_and_cache() {
    let apart = [
        "survey",
        " surveyor",
        "  m",
        "  Grep",
        "  m",
        " surveyor",
        "  m",
        "  Read",
        "  m",
    ];
    assert_eq!(lines(two_agents([1110, 2210])), apart);
}

#[test]
fn what_nobody_tells_apart_is_a_sub_agent_s() {
    let told = lines(two_agents([77, 78]));
    let open: Vec<&String> = told
        .iter()
        .filter(|l| l.contains("a sub-agent's"))
        .collect();
    assert_eq!(open.len(), 6, "{told:#?}");
    assert!(told.iter().all(|l| !l.starts_with("  ")), "{told:#?}");
}
