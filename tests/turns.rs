//! Traces that are one turn, and spans of two libraries that are one call, though no parent and no
//! id says so.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/items.rs"]
mod items;

use items::{MS, Nothing, With, span, span_id, store, trace, trees};
use spanfall::model::evidence::{FactValue, Field, Item, Op};
use spanfall::model::node::{NodeKind, Tree};
use std::sync::Arc;

/// What stands where in trees.
fn shape(trees: &[Arc<Tree>]) -> Vec<String> {
    let nodes = trees.iter().flat_map(|tree| &tree.nodes);
    nodes
        .map(|n| {
            format!(
                "{} {:?} {} {} {:?}",
                n.depth, n.kind, n.name, n.start, n.rolled
            )
        })
        .collect()
}

/// The trees that items make, whatever order they come in.
fn every_tree(items: &[Item<'static>]) -> Vec<Arc<Tree>> {
    let made = |items: Vec<Item<'static>>| {
        let mut store = store(items);
        let trees = trees(&mut store, &Nothing);
        for tree in &trees {
            invariants::check(tree);
        }
        trees
    };
    let want = made(items.to_vec());
    let mut turned = items.to_vec();
    for _ in 0..items.len() {
        turned.rotate_left(1);
        assert_eq!(shape(&made(turned.clone())), shape(&want));
    }
    want
}

fn kinds(trees: &[Arc<Tree>], kind: NodeKind) -> usize {
    let nodes = trees.iter().flat_map(|tree| &tree.nodes);
    nodes.filter(|n| n.kind == kind).count()
}

/// A bare call in a trace of its own.
fn call(n: u64, from_ms: u64, to_ms: u64) -> Item<'static> {
    let item = span(n, 0, Op::Call, "chat", from_ms, to_ms).in_trace(n);
    item.text(Field::RequestModel, "gpt-4o").tokens(10, 1)
}

fn by(mut item: Item<'static>, scope: &str, key: u64) -> Item<'static> {
    let mut origin = (*item.origin).clone();
    (origin.scope, origin.key) = (scope.into(), key);
    item.origin = Arc::new(origin);
    item
}

fn below(mut item: Item<'static>, parent: u64) -> Item<'static> {
    item.parent = span_id(parent);
    item
}

#[test]
fn calls_that_answer_what_the_one_before_asked_for_are_one_turn() {
    let items = [
        call(1, 5, 10).id(Field::ToolAsked, "a"),
        call(2, 20, 30)
            .id(Field::ToolAnswered, "a")
            .id(Field::ToolAsked, "b"),
        call(3, 40, 50).id(Field::ToolAnswered, "b"),
        call(4, 60, 70),
    ];
    let trees = every_tree(&items);
    assert_eq!(trees.len(), 1);
    assert_eq!(kinds(&trees, NodeKind::Turn), 2);
    assert_eq!(kinds(&trees, NodeKind::Call), 4);
    assert_eq!(trees[0].nodes[0].rolled.model_calls, 3);
}

#[test]
fn a_trace_linked_to_another_stands_beside_it_in_one_turn() {
    let linked = |item: Item<'static>, n: u64| {
        let mut item = item;
        let facts = spanfall::model::evidence::link_facts(trace(n), items::span_id(1));
        let beside = facts
            .into_iter()
            .filter(|(field, _)| *field != Field::LinkSpan);
        item.facts
            .extend(beside.map(|(field, value)| (field, 0, value)));
        item
    };
    let items = [
        span(1, 0, Op::Internal, "send", 1, 5).text(Field::Title, "Fix it."),
        linked(span(2, 0, Op::Agent, "coder", 10, 20).in_trace(2), 1),
        linked(span(3, 0, Op::Agent, "reviewer", 30, 40).in_trace(3), 2),
    ];
    let trees = every_tree(&items);
    assert_eq!(trees.len(), 1);
    let turn = &trees[0].nodes[0];
    assert_eq!((turn.kind, &*turn.name), (NodeKind::Turn, "Fix it."));
    let agents = trees[0].nodes.iter().filter(|n| n.kind == NodeKind::Agent);
    assert!(agents.map(|n| n.depth).all(|depth| depth == 1));
}

#[test]
fn two_libraries_spans_of_a_failed_call_are_one() {
    let failed = |n, from, to| call(n, from, to).failed();
    let twins = [
        by(failed(1, 1, 100), "outer", 1),
        by(failed(2, 5, 95), "inner", 2),
        by(failed(3, 200, 300), "outer", 1),
    ];
    let trees = every_tree(&twins);
    assert_eq!(kinds(&trees, NodeKind::Call), 2);
    let first = trees[0]
        .nodes
        .iter()
        .find(|n| n.kind == NodeKind::Call)
        .unwrap();
    assert_eq!(first.sources.len(), 2);
    // Another model, another outcome or an id of its own says that they are two.
    let mut other_model = twins.to_vec();
    other_model[1]
        .facts
        .retain(|(field, ..)| *field != Field::RequestModel);
    let model = FactValue::Text("gpt-5".into());
    other_model[1].facts.push((Field::RequestModel, 0, model));
    assert_eq!(kinds(&every_tree(&other_model), NodeKind::Call), 3);
    let mut answered = twins.to_vec();
    answered[1].failed = false;
    assert_eq!(kinds(&every_tree(&answered), NodeKind::Call), 3);
    let ids = [
        by(call(1, 1, 100).id(Field::ResponseId, "x"), "outer", 1),
        by(call(2, 5, 95).id(Field::ResponseId, "y"), "inner", 2),
    ];
    assert_eq!(kinds(&every_tree(&ids), NodeKind::Call), 2);
}

/// Exporters send what ends first: the call is there before the run that it is of.
#[test]
fn a_turn_of_which_only_what_it_set_off_has_come_is_titled_by_what_that_was_asked() {
    let call = below(call(2, 10, 20).in_trace(1), 1);
    let title = |items: &[Item<'static>]| every_tree(items)[0].nodes[0].name.to_string();
    assert_eq!(
        title(std::slice::from_ref(&call)),
        "request not received yet"
    );
    let asked = call.text(Field::Title, "And again?");
    assert_eq!(title(std::slice::from_ref(&asked)), "And again?");
    let run = span(1, 0, Op::Agent, "run", 0, 30).text(Field::AgentName, "desk");
    let told = run.text(Field::Title, "Once more: and again?");
    assert_eq!(title(&[asked, told]), "Once more: and again?");
}

/// `OpenLIT` tells of a node of `LangGraph` as of an agent, twice: of its own and of `LangChain`'s.
#[test]
fn two_libraries_spans_of_an_agent_s_run_are_one() {
    let agent = |n: u64, up: u64, from: u64, to: u64| {
        let item = span(n, up, Op::Agent, "invoke_agent agent", from, to);
        item.text(Field::AgentName, "agent")
    };
    let spans = |inner_from: u64, inner: &str| {
        [
            by(span(1, 0, Op::Workflow, "scout", 0, 400), "graph", 1),
            by(agent(2, 1, 10, 100), "graph", 1),
            by(span(3, 1, Op::Internal, "run", 0, 400), inner, 2),
            by(agent(4, 3, inner_from, 101), inner, 2),
            below(call(5, 20, 90).in_trace(1), 4),
        ]
    };
    let trees = every_tree(&spans(11, "chain"));
    assert_eq!(kinds(&trees, NodeKind::Agent), 1);
    let agent = trees[0].nodes.iter().find(|n| n.kind == NodeKind::Agent);
    assert_eq!(agent.unwrap().rolled.model_calls, 1);
    // A run that began later is another, and so is one that the same library tells of.
    assert_eq!(kinds(&every_tree(&spans(60, "chain")), NodeKind::Agent), 2);
    let mut same = spans(11, "graph");
    same[3].origin = same[1].origin.clone();
    assert_eq!(kinds(&every_tree(&same), NodeKind::Agent), 2);
}

/// OpenInference's `LangChain` spans are nobody's context, so what instruments the client beside it makes
/// a trace of every call; and two libraries round `LangChain` make two trees of one trace.
#[test]
fn two_libraries_spans_of_a_call_are_one_wherever_they_stand() {
    let counted = |n: u64, from: u64, to: u64, input: u64| {
        let item = span(n, 0, Op::Call, "chat", from, to).text(Field::RequestModel, "gpt-4o");
        item.tokens(input, 7)
    };
    let graph = |n: u64, from: u64| by(span(n, 0, Op::Agent, "desk", from, from + 100), "graph", 1);
    let session = |item: Item<'static>, id: &str| item.text(Field::Session, id);
    let spans = |client_input: u64| {
        [
            session(graph(1, 0), "s"),
            by(below(counted(2, 10, 90, 1007), 1), "graph", 1),
            by(counted(3, 12, 88, client_input).in_trace(3), "client", 2),
            session(graph(4, 5).in_trace(4), "t"),
            by(below(counted(5, 11, 91, 1014).in_trace(4), 4), "graph", 1),
            by(counted(6, 12, 89, 1014).in_trace(6), "client", 2),
        ]
    };
    let mut turned = spans(1007).to_vec();
    for _ in 0..turned.len() {
        turned.rotate_left(1);
        let trees = items::trees(&mut store(turned.clone()), &Nothing);
        assert_eq!((trees.len(), kinds(&trees, NodeKind::Call)), (2, 2));
        assert_eq!(kinds(&trees, NodeKind::Turn), 2, "{:#?}", shape(&trees));
        let nodes = || trees.iter().flat_map(|tree| &tree.nodes);
        let mut calls = nodes().filter(|n| n.kind == NodeKind::Call);
        assert!(calls.all(|call| call.sources.len() == 2));
        let mut agents = nodes().filter(|n| n.kind == NodeKind::Agent);
        assert!(agents.all(|agent| agent.rolled.model_calls == 1));
    }
    // Other counts are another call's.
    let mut store = store(spans(1008).to_vec());
    assert_eq!(
        kinds(&items::trees(&mut store, &Nothing), NodeKind::Call),
        3
    );

    let one_trace = [
        graph(1, 0),
        by(span(7, 1, Op::Internal, "tools", 0, 95), "chain", 2),
        by(below(counted(2, 10, 90, 1007), 1), "graph", 1),
        by(below(counted(8, 12, 88, 1007), 7), "chain", 2),
        by(below(counted(9, 12, 87, 1007), 1), "client", 3),
        by(span(10, 1, Op::Tool, "get", 92, 94), "graph", 1).text(Field::ToolName, "get"),
        by(span(11, 7, Op::Tool, "get", 92, 95), "chain", 2).text(Field::ToolName, "get"),
    ];
    let trees = every_tree(&one_trace);
    assert_eq!(kinds(&trees, NodeKind::Call), 1);
    assert_eq!(kinds(&trees, NodeKind::Tool), 1);
    // What one library tells of twice is two.
    let mut two = one_trace.to_vec();
    two[3].origin = two[2].origin.clone();
    two[6].origin = two[5].origin.clone();
    let trees = every_tree(&two);
    assert_eq!(kinds(&trees, NodeKind::Call), 2);
    assert_eq!(kinds(&trees, NodeKind::Tool), 2);
}

/// The Responses API goes on with a conversation by its last answer's id, which is then its name.
#[test]
fn what_goes_on_after_an_answer_is_of_its_session() {
    let run = |n: u64, from: u64| {
        let item = span(n, 0, Op::Agent, "desk", from, from + 50).in_trace(n);
        item.text(Field::AgentName, "desk")
    };
    let answer = |n: u64, trace: u64, id: &str| {
        let item = call(n, trace * 100 + 10, trace * 100 + 40).in_trace(trace);
        below(item, trace).id(Field::ResponseId, id)
    };
    let after =
        |item: Item<'static>, id: &str| item.text(Field::Session, id).id(Field::AfterResponse, id);
    let items = [
        run(1, 100),
        answer(11, 1, "resp_1"),
        after(run(2, 200), "resp_1"),
        after(answer(12, 2, "resp_2"), "resp_1"),
        after(run(3, 300), "resp_2"),
    ];
    let trees = every_tree(&items);
    assert_eq!((trees.len(), kinds(&trees, NodeKind::Turn)), (1, 3));
    let stranger = after(run(4, 400), "resp_9");
    let all = items.into_iter().chain([stranger]).collect();
    assert_eq!(store(all).sessions().len(), 2, "nobody gave that answer");
}

#[test]
fn calls_that_name_one_prompt_are_one_turn_with_the_tools_between() {
    let said = |item: Item<'static>| {
        item.text(Field::Session, "s")
            .number(Field::Conversation, 1)
    };
    let asked = |n, prompt, at| said(call(n, at, at + 50)).number(Field::TurnKey, prompt);
    let tools = span(2, 0, Op::Internal, "run tools", 60, 70).in_trace(2);
    let spans = [
        asked(1, 11, 1),
        said(tools),
        asked(3, 11, 80),
        asked(4, 12, 200),
    ];
    let trees = every_tree(&spans);
    assert_eq!(kinds(&trees, NodeKind::Turn), 2);
    let first = trees[0].nodes.iter().find(|n| n.kind == NodeKind::Turn);
    assert_eq!(first.unwrap().descendants, 3);
}

/// A framework closes its span when it has a stream in hand; the client's opens when somebody reads.
#[test]
fn a_span_that_ended_before_its_first_token_is_the_call_that_saw_the_same_token() {
    let layer = |n: u64, scope: &str, from_ms: u64, to_ms: u64, first_ms: u64| {
        let item = span(n, 9, Op::Call, "chat", from_ms, to_ms).text(Field::RequestModel, "gpt-4o");
        by(item.number(Field::FirstTokenAt, first_ms * MS), scope, n)
    };
    let spans = [
        span(9, 0, Op::Workflow, "run", 0, 9000),
        layer(1, "framework", 10, 12, 5340),
        layer(2, "client", 5000, 6000, 5330),
    ];
    assert_eq!(kinds(&every_tree(&spans), NodeKind::Call), 1);

    let mut another = spans.to_vec();
    another[2] = layer(2, "client", 5000, 6000, 5600);
    assert_eq!(
        kinds(&every_tree(&another), NodeKind::Call),
        2,
        "another token"
    );

    let mut whole = spans.to_vec();
    whole[1] = layer(1, "framework", 10, 5500, 5340);
    assert_eq!(
        kinds(&every_tree(&whole), NodeKind::Call),
        2,
        "a span that tells its end"
    );
}

#[test]
fn the_second_span_of_a_stream_joins_the_call_that_it_opened() {
    let stream = span(2, 0, Op::Stream, "streaming response", 400, 400).in_trace(2);
    let stream = stream
        .text(Field::RequestModel, "gpt-4o")
        .number(Field::DurationNs, 300 * MS);
    let opened = span(1, 0, Op::Call, "chat", 1, 100).text(Field::RequestModel, "gpt-4o");
    let trees = every_tree(&[opened, stream.clone().tokens(10, 5)]);
    assert_eq!(kinds(&trees, NodeKind::Call), 1);
    let call = trees[0]
        .nodes
        .iter()
        .find(|n| n.kind == NodeKind::Call)
        .unwrap();
    assert_eq!(
        (call.end, call.rolled.usage.output),
        (Some(400 * MS), Some(5))
    );
    // Without the call, it is the call.
    assert_eq!(kinds(&every_tree(&[stream]), NodeKind::Call), 1);
}

#[test]
fn turns_without_a_prompt_are_told_apart_by_their_number() {
    let told = |n: u64, at: u64| call(n, at, at + 10).text(Field::Title, "fix it");
    let trees = every_tree(&[call(1, 0, 10), call(2, 1_000, 1_010), told(3, 2_000)]);
    let turns = trees[0].nodes.iter().filter(|n| n.kind == NodeKind::Turn);
    let titles: Vec<_> = turns.map(|n| (&*n.name, n.detail.as_deref())).collect();
    let want = [
        ("turn 1", Some("gpt-4o")),
        ("turn 2", Some("gpt-4o")),
        ("fix it", None),
    ];
    assert_eq!(titles, want);
}

#[test]
fn a_tool_in_a_trace_of_its_own_goes_on_with_the_call_before_it() {
    let talk = |item: Item<'static>| item.text(Field::Session, "s").id(Field::Conversation, "s");
    let tool = span(2, 0, Op::Tool, "t", 12, 15).in_trace(2);
    let trees = every_tree(&[talk(call(1, 0, 10)), talk(tool), talk(call(3, 20, 30))]);
    let nodes = trees[0].nodes.iter();
    let shape: Vec<_> = nodes.map(|n| (n.depth, &*n.name)).collect();
    let want = [
        (0, "turn 1"),
        (1, "gpt-4o"),
        (1, "t"),
        (0, "turn 2"),
        (1, "gpt-4o"),
    ];
    assert_eq!(shape, want);
}

/// What a mark in the span of call `n` tells.
fn mark(content: u64, n: u64, at_ms: u64) -> Item<'static> {
    let mut item = items::record(content, Op::Mark, "message", at_ms, at_ms).in_trace(n);
    item.span = items::span_id(n);
    item
}

/// The rows of trees: depth and name.
fn rows(trees: &[Arc<Tree>]) -> Vec<(u32, &str)> {
    let nodes = trees.iter().flat_map(|tree| &tree.nodes);
    nodes.map(|n| (n.depth, &*n.name)).collect()
}

/// The turns of sessions as the list tells them: start, end and calls.
fn listed(items: &[Item<'static>]) -> Vec<(u64, Option<u64>, u64)> {
    let store = store(items.to_vec());
    let turns = store.sessions().iter().flat_map(|s| &s.turns);
    turns
        .map(|t| {
            (
                t.start / MS,
                t.end.map(|end| end / MS),
                t.figures.model_calls,
            )
        })
        .collect()
}

#[test]
fn calls_that_name_no_tool_go_on_with_the_one_that_was_asked_the_same_and_waits() {
    let asked = |item: Item<'static>| item.text(Field::Title, "Fix it.");
    let asks = |item: Item<'static>| asked(item).text(Field::FinishReasons, "tool_calls");
    let goes_on = |item: Item<'static>| item.number(Field::GoesOn, 1);
    let done = |item: Item<'static>| asked(item).text(Field::FinishReasons, "stop");
    let items = [
        asks(call(1, 0, 10)),
        goes_on(asks(call(2, 20, 30))),
        goes_on(done(call(3, 40, 50))),
        done(call(4, 60, 70)),
        goes_on(done(call(5, 80, 90))), // with whom is not known
    ];
    let trees = every_tree(&items);
    let (turn, said) = ((0, "Fix it."), (1, "gpt-4o"));
    assert_eq!(
        rows(&trees),
        [turn, said, said, said, turn, said, turn, said]
    );
    assert_eq!(trees[0].nodes[0].rolled.model_calls, 3);
    assert_eq!(trees[0].nodes[0].end, Some(50 * MS));
    assert_eq!(trees[0].nodes[0].rolled.idle_ns, 20 * MS);
    let want = [(0, Some(50), 3), (60, Some(70), 1), (80, Some(90), 1)];
    assert_eq!(listed(&items), want);
}

#[test]
fn records_that_name_the_tools_join_the_calls_that_they_are_written_in() {
    let asks = |content, n, at, id| mark(content, n, at).id(Field::ToolAsked, id);
    let told = |content, n, at, id| mark(content, n, at).id(Field::ToolAnswered, id);
    let items = [
        call(1, 0, 10),
        asks(11, 1, 10, "a"),
        call(2, 20, 30),
        told(21, 2, 20, "a"),
        asks(22, 2, 30, "b"),
        call(3, 40, 50),
        told(31, 3, 40, "a"),
        told(32, 3, 40, "b"),
        call(4, 60, 70), // a new question after the same history
        told(41, 4, 60, "a"),
        told(42, 4, 60, "b"),
    ];
    let trees = every_tree(&items);
    let said = (1, "gpt-4o");
    assert_eq!(
        rows(&trees),
        [(0, "turn 1"), said, said, said, (0, "turn 2"), said]
    );
    assert_eq!(listed(&items), [(0, Some(50), 3), (60, Some(70), 1)]);
}

#[test]
fn any_of_the_tools_that_were_asked_for_together_joins() {
    let asks = call(1, 0, 10)
        .id(Field::ToolAsked, "a")
        .id(Field::ToolAsked, "b");
    let trees = every_tree(&[asks.clone(), call(2, 20, 30).id(Field::ToolAnswered, "b")]);
    assert_eq!(kinds(&trees, NodeKind::Turn), 1);
    let trees = every_tree(&[asks, call(2, 20, 30).id(Field::ToolAnswered, "c")]);
    assert_eq!(kinds(&trees, NodeKind::Turn), 2);
}

#[test]
fn of_messages_that_came_at_one_moment_none_is_taken_for_the_last() {
    let user = |content, at, text| mark(content, 1, at).text(Field::Title, text);
    let title = |items: &[Item<'static>]| every_tree(items)[0].nodes[0].name.to_string();
    let (one, two) = (user(11, 0, "one"), user(12, 1, "two"));
    assert_eq!(title(&[call(1, 0, 10), one.clone(), two.clone()]), "two");
    assert_eq!(
        title(&[call(1, 0, 10), one.clone(), user(12, 0, "two")]),
        "turn 1"
    );
    let own = call(1, 0, 10).text(Field::Title, "the span's own");
    assert_eq!(title(&[own, one, two]), "the span's own");
}
