//! What the nodes and figures of small pieces of evidence must be, worked out by hand.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/items.rs"]
mod items;
#[path = "support/otlp.rs"]
mod otlp;

use items::{MS, Nothing, With, record, span, span_id, store, trace, trees};
use serde_json::json;
use spanfall::app::lore::Known;
use spanfall::model::correlate::{Lore, PriceAnswer, PriceQuestion};
use spanfall::model::evidence::{Field, Item, Op};
use spanfall::model::node::{Node, NodeKind, SessionState, SessionSummary, Sign, State, Tree};
use spanfall::model::sessions::STALE_AFTER_NS;
use spanfall::model::store::Store;
use spanfall::model::usage::{CostBasis, PicoUsd, Usage};
use spanfall::report;
use std::sync::Arc;

fn only(items: Vec<Item<'static>>) -> Arc<Tree> {
    let mut store = store(items);
    the_tree(&mut store, &Nothing)
}

fn the_tree(store: &mut Store, lore: &dyn Lore) -> Arc<Tree> {
    let mut trees = trees(store, lore);
    assert_eq!(trees.len(), 1, "{trees:#?}");
    invariants::check(&trees[0]);
    trees.remove(0)
}

/// The tree in a line a node: depth, kind, name.
fn outline(tree: &Tree) -> Vec<String> {
    let line = |n: &Node| format!("{}{:?} {}", "  ".repeat(n.depth as usize), n.kind, n.name);
    tree.nodes.iter().map(line).collect()
}

fn named<'a>(tree: &'a Tree, name: &str) -> &'a Node {
    let found = tree.nodes.iter().find(|n| &*n.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {:#?}", outline(tree)))
}

// Figures

/// A turn of a second: a call, a tool that waits for a person, a call.
fn one_turn() -> Vec<Item<'static>> {
    vec![
        span(1, 0, Op::Turn, "do it", 0, 1000),
        span(2, 1, Op::Call, "m", 100, 300)
            .tokens(1000, 20)
            .number(Field::TtftNs, 50 * MS),
        span(3, 1, Op::Tool, "Edit", 300, 700),
        span(4, 3, Op::Wait, "permission", 350, 600),
        span(5, 1, Op::Call, "m", 800, 900).tokens(1100, 30),
    ]
}

#[test]
fn the_time_of_a_turn_is_split_by_hand() {
    let tree = only(one_turn());
    let f = tree.nodes[0].rolled;
    assert_eq!(f.wall_ns, 1000 * MS);
    assert_eq!(f.model_ns, (200 + 100) * MS);
    assert_eq!(
        (f.wait_ns, f.decode_ns),
        (50 * MS, 150 * MS),
        "of the one call that tells"
    );
    assert_eq!(f.human_ns, 250 * MS);
    assert_eq!(f.tool_ns, (400 - 250) * MS, "without the person");
    assert_eq!(
        f.idle_ns,
        (100 + 100 + 100) * MS,
        "before, between and after"
    );
    assert_eq!(
        (f.model_calls, f.tool_calls, f.failed_calls, f.errors),
        (2, 1, 0, 0)
    );
    assert_eq!(
        (f.usage.input, f.usage.output, f.usage.reasoning),
        (Some(2100), Some(50), None)
    );
    assert!(f.usage_complete());
}

#[test]
fn idle_time_counts_once_where_things_overlap() {
    let tree = only(vec![
        span(1, 0, Op::Turn, "do it", 0, 1000),
        span(2, 1, Op::Tool, "a", 100, 600),
        span(3, 1, Op::Tool, "b", 200, 400),
        span(4, 1, Op::Tool, "c", 500, 800),
    ]);
    let f = tree.nodes[0].rolled;
    assert_eq!(f.idle_ns, (100 + 200) * MS);
    assert_eq!(
        f.tool_ns,
        (500 + 200 + 300) * MS,
        "tools side by side each count"
    );
}

#[test]
fn a_tool_that_runs_an_agent_leaves_the_time_to_it() {
    let tree = only(vec![
        span(1, 0, Op::Turn, "do it", 0, 1000),
        span(2, 1, Op::Tool, "Agent", 0, 900),
        span(3, 2, Op::Agent, "helper", 0, 900),
        span(4, 3, Op::Call, "m", 100, 400).tokens(10, 1),
        span(5, 3, Op::Tool, "Read", 400, 450),
    ]);
    let f = tree.nodes[0].rolled;
    assert_eq!((f.tool_ns, f.model_ns), (50 * MS, 300 * MS));
    assert_eq!((f.tool_calls, f.agents), (2, 1));
}

#[test]
fn what_a_container_claims_is_no_part_of_a_sum() {
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, 100).tokens(9999, 999),
        span(2, 1, Op::Call, "m", 10, 20).tokens(100, 10),
    ]);
    let agent = named(&tree, "a");
    let agent = tree
        .nodes
        .iter()
        .find(|n| n.kind == NodeKind::Agent)
        .unwrap_or(agent);
    assert_eq!(agent.claimed.and_then(|u| u.input), Some(9999));
    assert_eq!(agent.rolled.usage.input, Some(100));
}

#[test]
fn a_reported_zero_is_no_cost_where_the_table_knows_the_price() {
    let call = |id, model: &str| {
        span(id, 1, Op::Call, model, 100 * id, 100 * id + 50)
            .tokens(1_000, 10)
            .text(Field::Provider, "openai")
            .text(Field::RequestModel, model)
            .number(Field::Cost, 0)
    };
    let items = vec![
        span(1, 0, Op::Turn, "ask", 0, 1000),
        call(2, "gpt-4o"),
        call(3, "nobody-sells-this"),
    ];
    let tree = the_tree(&mut store(items), &Known::embedded().unwrap());
    let costs: Vec<_> = tree
        .nodes
        .iter()
        .filter_map(|n| n.call.as_deref())
        .map(|c| (c.cost, c.cost_basis))
        .collect();
    // 1,000 at $2.50 and 10 at $10 the million; of the other nothing else is known.
    assert_eq!(
        costs,
        [
            (Some(PicoUsd(2_600_000_000)), CostBasis::Computed),
            (Some(PicoUsd(0)), CostBasis::Reported)
        ]
    );
}

#[test]
fn a_call_that_told_no_tokens_makes_the_sum_at_least() {
    let tree = only(vec![
        span(1, 0, Op::Turn, "do it", 0, 100),
        span(2, 1, Op::Call, "m", 10, 20).tokens(100, 10),
        span(3, 1, Op::Tool, "t", 20, 21),
        span(4, 1, Op::Call, "m", 30, 40),
        span(5, 1, Op::Tool, "t", 40, 41),
        span(6, 1, Op::Call, "m", 50, 60).failed(),
    ]);
    let f = tree.nodes[0].rolled;
    assert_eq!((f.model_calls, f.failed_calls, f.untold_calls), (3, 1, 1));
    assert_eq!(f.usage.input, Some(100));
    assert!(!f.usage_complete());
}

// Calls, tools, agents

#[test]
fn failed_siblings_and_the_answer_are_one_call() {
    let attempt =
        |id, from, to| span(id, 1, Op::Call, "chat", from, to).text(Field::RequestModel, "m");
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, 100),
        attempt(2, 0, 10).failed(),
        attempt(3, 20, 30).failed(),
        attempt(4, 40, 60).tokens(7, 3),
    ]);
    let calls: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Call)
        .collect();
    assert_eq!(calls.len(), 1);
    let call = calls[0].call.as_ref().unwrap();
    assert_eq!((call.attempts, calls[0].state), (3, State::Ok));
    assert_eq!((calls[0].start, calls[0].end), (0, Some(60 * MS)));
    assert_eq!(call.answered_from, 40 * MS);
    assert_eq!(tree.nodes[0].rolled.usage.input, Some(7));
    assert_eq!(tree.nodes[0].rolled.failed_calls, 0);
}

#[test]
fn another_model_or_a_tool_between_makes_another_call() {
    let call = |id, from, model: &str| {
        span(id, 1, Op::Call, "chat", from, from + 5).text(Field::RequestModel, model)
    };
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, 100),
        call(2, 0, "m").failed(),
        call(3, 10, "n").failed(),
        span(4, 1, Op::Tool, "t", 20, 25),
        call(5, 30, "n"),
    ]);
    let f = tree.nodes[0].rolled;
    assert_eq!((f.model_calls, f.failed_calls), (3, 2));
}

#[test]
fn a_framework_s_span_round_a_client_s_is_the_same_call() {
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, 100),
        span(2, 1, Op::Call, "framework", 0, 50).tokens(70, 30),
        span(3, 2, Op::Other, "http", 1, 49),
        span(4, 3, Op::Call, "client", 2, 48)
            .tokens(100, 30)
            .text(Field::ResponseModel, "m-1"),
    ]);
    let calls: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Call)
        .collect();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].rolled.usage.input,
        Some(100),
        "the layer nearest to the wire tells"
    );
    assert_eq!((&*calls[0].name, calls[0].sources.len()), ("m-1", 2));
}

#[test]
fn a_span_over_two_answered_calls_is_no_call() {
    let tree = only(vec![
        span(1, 0, Op::Call, "outer", 0, 100).tokens(30, 3),
        span(2, 1, Op::Call, "m", 0, 10).tokens(10, 1),
        span(3, 1, Op::Call, "m", 20, 30).tokens(20, 2),
    ]);
    let f = tree.nodes[0].rolled;
    assert_eq!((f.model_calls, f.usage.input), (2, Some(30)));
    assert_eq!(
        tree.nodes
            .iter()
            .find(|n| n.kind == NodeKind::Other)
            .map(|n| &*n.name),
        Some("outer")
    );
}

#[test]
fn an_agent_within_itself_is_one_run_and_entered_again_two() {
    let agent = |id, parent, from, to| {
        span(id, parent, Op::Agent, "run", from, to).text(Field::AgentName, "planner")
    };
    let nested = only(vec![
        agent(1, 0, 0, 100),
        agent(2, 1, 1, 99),
        span(3, 2, Op::Call, "m", 5, 9),
    ]);
    assert_eq!(nested.nodes[0].rolled.agents, 1);

    let again = only(vec![
        span(9, 0, Op::Turn, "do it", 0, 300),
        agent(1, 9, 0, 100),
        span(3, 1, Op::Call, "m", 5, 9),
        span(4, 9, Op::Agent, "run", 100, 200).text(Field::AgentName, "coder"),
        agent(5, 9, 200, 300),
        span(6, 5, Op::Call, "m", 205, 209),
    ]);
    assert_eq!(again.nodes[0].rolled.agents, 3);

    let through_a_tool = only(vec![
        agent(1, 0, 0, 100),
        span(2, 1, Op::Tool, "ask", 1, 99),
        agent(3, 2, 2, 98),
        span(4, 3, Op::Call, "m", 5, 9),
    ]);
    assert_eq!(
        through_a_tool.nodes[0].rolled.agents, 2,
        "an agent that calls itself as a tool"
    );
}

#[test]
fn a_call_is_of_its_nearest_agent() {
    let tree = only(vec![
        span(1, 0, Op::Agent, "outer", 0, 100),
        span(2, 1, Op::Agent, "inner", 10, 90),
        span(3, 2, Op::Other, "step", 10, 80),
        span(4, 3, Op::Call, "m", 20, 30),
        span(5, 1, Op::Call, "n", 92, 95),
    ]);
    let agent = |name: &str| {
        named(&tree, name)
            .call
            .as_ref()
            .unwrap()
            .agent
            .clone()
            .unwrap()
    };
    assert_eq!((&*agent("m"), &*agent("n")), ("inner", "outer"));
}

#[test]
fn layers_of_one_tool_are_one_run() {
    let tool = |id, parent, name: &str, from, to| {
        span(id, parent, Op::Tool, name, from, to).text(Field::ToolName, "write_file")
    };
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, 100),
        span(2, 1, Op::Call, "m", 0, 10),
        tool(3, 1, "execute_tool write_file", 10, 60).id(Field::ToolCallId, "call-1"),
        span(4, 3, Op::Internal, "MCP send tools/call", 11, 59),
        tool(5, 4, "tools/call write_file", 12, 58).number(Field::Mcp, 1),
        span(6, 3, Op::ToolPart, "execution", 12, 58),
        tool(7, 1, "execute_tool write_file", 70, 80).id(Field::ToolCallId, "call-2"),
    ]);
    let tools: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Tool)
        .collect();
    assert_eq!(tools.len(), 2, "{:#?}", outline(&tree));
    assert_eq!(
        (tools[0].start, tools[0].end, tools[0].mcp),
        (10 * MS, Some(60 * MS), true)
    );
    assert_eq!(&*tools[0].name, "write_file");
    assert!(!tools[1].mcp);
    assert_eq!(tree.nodes[0].rolled.tool_ns, (50 + 10) * MS);
}

#[test]
fn a_tool_within_a_tool_of_another_name_is_another_run() {
    let tree = only(vec![
        span(1, 0, Op::Call, "m", 0, 5),
        span(2, 0, Op::Tool, "outer", 10, 90).text(Field::ToolName, "ask_coder"),
        span(3, 2, Op::Tool, "inner", 20, 80).text(Field::ToolName, "run_tests"),
    ]);
    assert_eq!(
        tree.nodes
            .iter()
            .filter(|n| n.kind == NodeKind::Tool)
            .count(),
        2
    );
}

#[test]
fn the_record_of_a_span_already_seen_adds_nothing() {
    let told = |item: Item<'static>| {
        item.id(Field::ToolCallId, "call-1")
            .text(Field::ToolName, "Read")
    };
    let mut event = told(record(1, Op::Tool, "tool_result", 10, 20));
    event.span = span_id(1);
    let tree = only(vec![
        span(1, 0, Op::Turn, "do it", 0, 100),
        told(span(2, 1, Op::Tool, "tool", 10, 20)),
        event,
    ]);
    assert_eq!(tree.nodes[0].rolled.tool_calls, 1);
    assert_eq!(named(&tree, "Read").sources.len(), 2);
}

#[test]
fn children_that_name_an_agent_show_one_below_a_missing_parent() {
    let tree = only(vec![
        span(2, 1, Op::Call, "m", 10, 20).text(Field::AgentName, "coder"),
        span(3, 1, Op::Tool, "t", 20, 30).text(Field::AgentName, "coder"),
        span(4, 1, Op::Call, "m", 30, 40).text(Field::AgentName, "coder"),
    ]);
    let agents: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Agent)
        .collect();
    assert_eq!(agents.len(), 1);
    assert_eq!((&*agents[0].name, agents[0].descendants), ("coder", 3));
    assert_eq!(
        (agents[0].arrived, agents[0].state),
        (false, State::Running(Sign::Implied))
    );
    let call = tree
        .nodes
        .iter()
        .find(|n| n.kind == NodeKind::Call)
        .unwrap();
    assert_eq!(call.call.as_ref().unwrap().agent.as_deref(), Some("coder"));
}

#[test]
fn children_of_two_agents_name_no_missing_parent() {
    let tree = only(vec![
        span(2, 1, Op::Call, "m", 10, 20).text(Field::AgentName, "coder"),
        span(3, 1, Op::Call, "m", 30, 40).text(Field::AgentName, "planner"),
    ]);
    assert!(tree.nodes.iter().all(|n| n.kind != NodeKind::Agent));
    named(&tree, "agent? (2 children)");
}

#[test]
fn a_tool_that_was_refused_did_not_run() {
    let decided = |refused: u64| {
        let mut item = record(1, Op::ToolStart, "tool_decision", 10, 10);
        item.span = span_id(1);
        item.id(Field::ToolCallId, "call-1")
            .text(Field::ToolName, "Bash")
            .number(Field::Refused, refused)
    };
    let turn = || span(1, 0, Op::Turn, "do it", 0, 100);
    let refused = only(vec![turn(), decided(1)]);
    assert_eq!(refused.nodes[0].rolled.tool_calls, 0);
    assert_eq!(refused.nodes[0].rolled.errors, 0);
    assert!(
        refused.nodes.iter().all(|n| !n.state.is_running()),
        "{refused:#?}"
    );

    let begun = only(vec![turn(), decided(0)]);
    let tool = named(&begun, "Bash");
    assert_eq!(
        (tool.kind, tool.state),
        (NodeKind::Tool, State::Running(Sign::Known))
    );
    assert_eq!(tool.start, 10 * MS);
}

// Sessions

fn summary(store: &Store) -> &SessionSummary {
    assert_eq!(store.sessions().len(), 1);
    &store.sessions()[0]
}

#[test]
fn a_session_falls_stale_in_silence_and_any_record_revives_it() {
    let running = span(1, 0, Op::Turn, "do it", 0, 0).text(Field::Session, "s");
    let mut store = store(vec![running, span(2, 1, Op::Call, "m", 10, 0)]);
    assert_eq!(summary(&store).state, SessionState::Running);
    assert_eq!(summary(&store).figures.running_calls, 1);
    let arrived = 10 * MS;

    store.refresh(&Nothing, arrived + STALE_AFTER_NS);
    assert_eq!(summary(&store).state, SessionState::Running, "not yet");
    assert!(store.refresh(&Nothing, arrived + STALE_AFTER_NS + 1_000 * MS));
    assert_eq!(summary(&store).state, SessionState::Stale);
    let tree = the_tree(&mut store, &Nothing);
    assert!(
        tree.nodes.iter().all(|n| n.state == State::Abandoned),
        "{:#?}",
        outline(&tree)
    );
    assert_eq!(
        summary(&store).figures.model_calls,
        0,
        "neither answered nor failed"
    );
    assert_eq!(summary(&store).figures.running_calls, 0);

    let late = STALE_AFTER_NS / MS + 2_000;
    let mut end = span(2, 1, Op::Call, "m", 10, 20).tokens(5, 5);
    end.arrival = late * MS;
    store.apply(vec![end]);
    store.refresh(&Nothing, late * MS);
    assert_eq!(
        summary(&store).state,
        SessionState::Running,
        "the turn has not ended"
    );
    assert_eq!(summary(&store).figures.model_calls, 1);
    let tree = the_tree(&mut store, &Nothing);
    assert_eq!(tree.nodes[0].state, State::Running(Sign::Known));
}

#[test]
fn a_session_with_nothing_open_is_idle_however_long_it_is_silent() {
    let mut store = store(vec![
        span(1, 0, Op::Turn, "do it", 0, 50).text(Field::Session, "s"),
        span(2, 1, Op::Call, "m", 10, 20),
    ]);
    assert_eq!(summary(&store).state, SessionState::Idle);
    store.refresh(&Nothing, 10 * STALE_AFTER_NS);
    assert_eq!(summary(&store).state, SessionState::Idle);
}

#[test]
fn a_trace_without_a_key_ends_with_itself() {
    let store = store(vec![
        span(1, 0, Op::Agent, "a", 0, 50),
        span(2, 1, Op::Call, "m", 10, 20),
    ]);
    assert_eq!(
        (summary(&store).state, &*summary(&store).key_name),
        (SessionState::Ended, "trace")
    );
}

#[test]
fn a_turn_that_only_frames_a_run_ends_as_it_did() {
    let state = |items| the_tree(&mut store(items), &Nothing).nodes[0].state;
    let failed = vec![
        span(1, 0, Op::Agent, "coder", 0, 100).failed(),
        span(2, 1, Op::Call, "m", 10, 90).failed(),
    ];
    assert_eq!(state(failed), State::Error);
    let mended = vec![
        span(1, 0, Op::Agent, "coder", 0, 100),
        span(2, 1, Op::Tool, "t", 10, 20).failed(),
        span(3, 1, Op::Call, "m", 30, 90),
    ];
    assert_eq!(state(mended), State::Ok);
}

#[test]
fn one_key_over_traces_is_one_session_and_the_gap_is_idle() {
    let turn = |n: u64, from: u64| {
        let turn = span(1, 0, Op::Turn, &format!("prompt {n}"), from, from + 100)
            .text(Field::Session, "s");
        [
            turn.in_trace(n),
            span(2, 1, Op::Call, "m", from, from + 100).in_trace(n),
        ]
    };
    let store = store([turn(2, 500), turn(1, 0)].concat());
    let session = summary(&store);
    let titles: Vec<&str> = session.turns.iter().map(|t| &*t.title).collect();
    assert_eq!(titles, ["prompt 1", "prompt 2"]);
    assert_eq!(&*session.title, "prompt 1");
    assert_eq!(
        (session.figures.wall_ns, session.figures.idle_ns),
        (600 * MS, 400 * MS)
    );
}

/// As [`Nothing`], but the roots of traces are prompts, as Claude Code's are.
struct RootsAreTurns;

impl Lore for RootsAreTurns {
    fn differ(&self, question: &PriceQuestion<'_>) -> bool {
        Nothing.differ(question)
    }
    fn price(&self, question: &PriceQuestion<'_>) -> PriceAnswer {
        Nothing.price(question)
    }
    fn emitter(&self, _: u8) -> Option<&str> {
        Some("by-hand")
    }
    fn roots_are_turns(&self, _: u8) -> bool {
        true
    }
    fn rule_key(&self, _: u16) -> &'static str {
        "session.id"
    }
}

#[test]
fn a_session_joined_midway_says_so() {
    let call = |n: u64, from| {
        span(2, 1, Op::Call, "m", from, from + 50)
            .text(Field::Session, "s")
            .in_trace(n)
    };
    let mut store = Store::new();
    store.apply(vec![
        call(1, 10),
        span(1, 0, Op::Turn, "second prompt", 100, 200)
            .text(Field::Session, "s")
            .in_trace(2),
        call(2, 110),
    ]);
    store.refresh(&RootsAreTurns, 200 * MS);
    assert!(summary(&store).joined_midway);
    assert_eq!(&*summary(&store).title, "second prompt");
    let tree = the_tree(&mut store, &RootsAreTurns);
    let first = &tree.nodes[0];
    assert_eq!(
        (first.kind, first.arrived, &*first.name),
        (NodeKind::Turn, false, "prompt not received yet")
    );

    let first = span(1, 0, Op::Turn, "first prompt", 0, 90)
        .text(Field::Session, "s")
        .in_trace(1);
    store.apply(vec![first]);
    store.refresh(&RootsAreTurns, 200 * MS);
    assert!(!summary(&store).joined_midway);
    assert_eq!(&*summary(&store).title, "first prompt");
}

// Memory

/// `n` sessions of one ended turn each, session `i` from `i` seconds on, with a kilobyte a span.
fn sessions(n: u64) -> Vec<Item<'static>> {
    let session = |i: u64| {
        let start = i * 1000;
        let bytes = |item: Item<'static>| Item {
            bytes: vec![7; 1000].into(),
            ..item
        };
        let turn = span(1, 0, Op::Turn, "do it", start, start + 100)
            .text(Field::Session, &format!("s{i}"))
            .in_trace(i);
        let call = span(2, 1, Op::Call, "m", start, start + 50)
            .tokens(100, 10)
            .in_trace(i);
        [bytes(turn), bytes(call)]
    };
    (1..=n).flat_map(session).collect()
}

#[test]
fn content_goes_first_and_from_the_oldest() {
    let mut store = store(sessions(10));
    let (before, totals) = (store.weight(), store.totals());
    store.hold(before, &|_| false);
    assert_eq!(store.weight(), before, "at the limit nothing goes");
    // Nine tenths of the limit are left; each span has 1000 bytes of content, a session two.
    store.hold(before - 1, &|_| false);
    let gone = store.counters.content_dropped;
    assert_eq!(
        before - store.weight(),
        usize::try_from(gone).unwrap() * 1000
    );
    assert!(store.weight() <= (before - 1) - (before - 1) / 10);
    assert_eq!(
        (store.counters.evicted, store.counters.evicted_sessions),
        (0, 0)
    );
    assert_eq!(store.sessions().len(), 10);
    store.refresh(&Nothing, 20_000 * MS);
    assert_eq!(store.totals(), totals);
    let dropped: Vec<bool> = store.sessions().iter().map(|s| s.content_dropped).collect();
    let oldest = usize::try_from(gone / 2).unwrap();
    assert_eq!(dropped, (0..10).map(|i| i < oldest).collect::<Vec<_>>());
}

#[test]
fn then_whole_sessions_go_and_the_totals_keep_them() {
    let mut store = store(sessions(10));
    let totals = store.totals();
    let weight = store.weight();
    // Without content the rest of a session is less than a tenth of what it was with it.
    let spared = store.sessions()[0].id;
    store.hold(weight / 6, &|id| id == spared);
    assert!(
        store.weight() <= weight / 6,
        "{} of {weight}",
        store.weight()
    );
    let left = store.sessions().len();
    assert!((1..10).contains(&left));
    assert_eq!(store.counters.evicted_sessions, 10 - left as u64);
    assert_eq!(
        store.counters.evicted,
        2 * (10 - left as u64),
        "two spans each"
    );
    assert_eq!(store.sessions()[0].id, spared, "although it is the oldest");
    let now = store.totals();
    assert_eq!(
        (now.model_calls, now.usage),
        (totals.model_calls, totals.usage)
    );

    // What was spared is whole: its bytes, its tree.
    let members = store.members(spared);
    assert!(
        members
            .iter()
            .all(|&m| store.evidence(m).unwrap().bytes.len() == 1000)
    );
    let (tree, _) = store.tree(spared, &Nothing).unwrap();
    assert_eq!(tree.nodes.len(), 2);
    store.refresh(&Nothing, 20_000 * MS);
    assert_eq!(store.totals().usage.input, Some(1000));
}

#[test]
fn what_is_compressed_weighs_less_reads_the_same_and_lets_more_stay() {
    let held = |compressed: bool| {
        let mut store = store(sessions(3000));
        let all = store.weight();
        while compressed && store.can_squeeze() {
            store.squeeze();
        }
        let weight = store.weight();
        store.hold(all / 4 * 3, &|_| false);
        assert!(store.weight() <= all / 4 * 3);
        for id in store.sessions().iter().map(|s| s.id).collect::<Vec<_>>() {
            for evidence in store
                .members(id)
                .iter()
                .map(|&m| store.evidence(m).unwrap())
            {
                let bytes = store.bytes(evidence);
                assert_eq!(bytes.len(), evidence.bytes.len());
                assert!(bytes.iter().all(|&b| b == 7));
            }
        }
        (all, weight, store.counters.content_dropped)
    };
    let ((all, plain, dropped), (_, less, dropped_less)) = (held(false), held(true));
    assert_eq!(plain, all);
    assert!(
        less < all - 4_500_000,
        "{less} of {all}: 6 MB of sevens, all but the last block"
    );
    assert!(dropped_less < dropped, "{dropped_less} < {dropped}");
}

#[test]
fn a_running_session_keeps_the_content_of_its_newest_turn() {
    let mut items = sessions(1);
    let open = |id, parent, op| {
        span(id, parent, op, "x", 5000, 0)
            .text(Field::Session, "s1")
            .in_trace(9)
    };
    items.extend([open(1, 0, Op::Turn), open(2, 1, Op::Call)].map(|i| Item {
        bytes: vec![7; 1000].into(),
        ..i
    }));
    let mut store = store(items);
    assert_eq!(summary(&store).state, SessionState::Running);
    store.hold(store.weight() - 1, &|_| false);
    assert_eq!(
        store.counters.content_dropped,
        2 * u64::from(store.counters.evicted == 0)
    );
    let newest = store
        .members(summary(&store).id)
        .into_iter()
        .filter_map(|m| store.evidence(m))
        .filter(|e| e.trace == trace(9));
    assert!(newest.map(|e| e.bytes.len()).all(|n| n == 1000));
}

// What counts mean

fn counts(scope: &str, name: &str, attributes: &serde_json::Value) -> Usage {
    let known = Known::embedded().unwrap();
    let mut store = Store::new();
    store.apply(vec![otlp::span(&known, scope, name, attributes)]);
    let now = store.last_time();
    store.refresh(&known, now);
    store.totals().usage
}

#[test]
fn a_root_is_titled_by_what_was_written_for_people() {
    let title = |input: &str| {
        let known = Known::embedded().unwrap();
        let attributes = json!({"openinference.span.kind": "AGENT", "input.value": input});
        let item = otlp::span(&known, "agno", "Weatherman.run", &attributes);
        let tree = the_tree(&mut store(vec![item]), &known);
        tree.nodes[0].name.to_string()
    };
    assert_eq!(title("Is it (still) raining?"), "Is it (still) raining?");
    assert_eq!(title(r#"{"task": "Find out."}"#), "Find out.");
    // A document that was cut, and objects printed for a programmer, are no titles.
    for input in [
        r#"{"task": "Find"#,
        "<Context at 0x7f>",
        "AgentInput(input=[])",
    ] {
        assert_eq!(title(input), "turn 1");
    }
}

#[test]
fn a_moment_said_of_a_failed_call_does_not_mend_it() {
    let failed = span(2, 1, Op::Call, "chat", 10, 90)
        .text(Field::RequestModel, "m")
        .failed();
    let tree = only(vec![
        span(1, 0, Op::Turn, "ask", 0, 100),
        failed,
        span(3, 2, Op::Call, "error", 80, 80),
    ]);
    let call = tree.nodes.iter().find(|n| n.kind == NodeKind::Call);
    assert_eq!(call.unwrap().state, State::Error);
    assert_eq!(tree.nodes[0].rolled.failed_calls, 1);
}

#[test]
fn input_that_excludes_the_cache_is_made_whole() {
    // Claude Code: input_tokens is what neither came from the cache nor went into it.
    let usage = counts(
        "com.anthropic.claude_code.tracing",
        "claude_code.llm_request",
        &json!({"input_tokens": 4, "cache_read_tokens": 100, "cache_creation_tokens": 30, "output_tokens": 7}),
    );
    assert_eq!(
        (
            usage.input,
            usage.cache_read,
            usage.cache_write,
            usage.output
        ),
        (Some(134), Some(100), Some(30), Some(7))
    );
}

#[test]
fn bedrock_is_read_as_its_reporter_counts() {
    // Converse tells 701 without the cache of 320, and a total with it.
    let openinference = |prompt: u64| {
        let attributes = json!({"openinference.span.kind": "LLM", "llm.token_count.prompt": prompt,
            "llm.token_count.completion": 42, "llm.token_count.total": 1063,
            "llm.token_count.prompt_details.cache_read": 300, "llm.token_count.prompt_details.cache_write": 20});
        counts(
            "openinference.instrumentation.bedrock",
            "bedrock.converse",
            &attributes,
        )
        .input
    };
    assert_eq!(openinference(701), Some(1021)); // as they come, older versions
    assert_eq!(openinference(1021), Some(1021)); // added up, 0.1.61
    let botocore = json!({"gen_ai.operation.name": "chat", "gen_ai.system": "aws.bedrock",
        "gen_ai.usage.input_tokens": 701, "gen_ai.usage.output_tokens": 42,
        "gen_ai.usage.cache_read.input_tokens": 300, "gen_ai.usage.cache_creation.input_tokens": 20});
    let scope = "opentelemetry.instrumentation.botocore.bedrock-runtime";
    assert_eq!(counts(scope, "chat m", &botocore).input, Some(1021));
}

#[test]
fn input_that_includes_the_cache_stays() {
    let usage = counts(
        "opentelemetry.instrumentation.genai.openai",
        "chat gpt-4o",
        &json!({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 150, "gen_ai.usage.cache_read.input_tokens": 128, "gen_ai.usage.output_tokens": 7}),
    );
    assert_eq!((usage.input, usage.cache_read), (Some(150), Some(128)));
}

#[test]
fn of_a_reporter_unknown_the_counts_themselves_tell() {
    let told = |input: u64, read: u64, total: Option<u64>, reasoning: u64| {
        let mut attributes = json!({"openinference.span.kind": "LLM", "llm.token_count.prompt": input, "llm.token_count.completion": 50,
            "llm.token_count.prompt_details.cache_read": read, "llm.token_count.completion_details.reasoning": reasoning});
        if let Some(total) = total {
            attributes["llm.token_count.total"] = total.into();
        }
        let usage = counts("somebody.unknown", "llm", &attributes);
        (usage.input, usage.output)
    };
    assert_eq!(
        told(10, 90, None, 0),
        (Some(100), Some(50)),
        "more from the cache than in all: it is beside"
    );
    assert_eq!(
        told(200, 90, None, 0),
        (Some(200), Some(50)),
        "nothing speaks against the rule"
    );
    assert_eq!(
        told(200, 90, Some(250), 0),
        (Some(200), Some(50)),
        "200 + 50"
    );
    assert_eq!(
        told(200, 90, Some(340), 0),
        (Some(290), Some(50)),
        "200 + 90 + 50"
    );
    assert_eq!(
        told(200, 0, Some(280), 30),
        (Some(200), Some(80)),
        "200 + 50 + 30: reasoning is beside"
    );
    assert_eq!(
        told(200, 0, Some(250), 30),
        (Some(200), Some(50)),
        "200 + 50, reasoning within"
    );
}

// Claude Code by its log events alone

fn claude(events: impl FnOnce(&Known) -> Vec<Item<'static>>) -> (Arc<Tree>, SessionSummary) {
    let known = Known::embedded().unwrap();
    let mut store = Store::new();
    store.apply(events(&known));
    let now = store.last_time();
    store.refresh(&known, now);
    let tree = the_tree(&mut store, &known);
    (tree, summary(&store).clone())
}

#[test]
fn a_background_agent_s_result_goes_on_with_the_turn_that_sent_it() {
    let (tree, session) = claude(|known| {
        let event =
            |name: &str, prompt: &str, at, more| otlp::claude_event(known, name, prompt, at, &more);
        let call = |prompt: &str, at, ms, id: &str, agent: Option<&str>| {
            let mut more = json!({"model": "claude-sonnet-4-5", "input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 0, "cache_creation_tokens": 0,
                "duration_ms": ms, "request_id": id});
            if let Some(agent) = agent {
                more["agent_id"] = agent.into();
                more["agent.name"] = "general-purpose".into();
            }
            event("api_request", prompt, at, more)
        };
        vec![
            event(
                "user_prompt",
                "p1",
                0,
                json!({"prompt": "survey the callers"}),
            ),
            call("p1", 1000, 900, "r1", None),
            event(
                "tool_decision",
                "p1",
                1001,
                json!({"tool_name": "Agent", "tool_use_id": "t1", "decision": "accept"}),
            ),
            event(
                "tool_result",
                "p1",
                1010,
                json!({"tool_name": "Agent", "tool_use_id": "t1", "success": "true", "duration_ms": 9,
                "tool_parameters": "{\"subagent_type\":\"general-purpose\"}"}),
            ),
            call("p1", 1500, 400, "r2", None),
            call("p1", 1900, 800, "r3", Some("a1")),
            event(
                "tool_result",
                "p1",
                2000,
                json!({"tool_name": "Grep", "tool_use_id": "t2", "success": "true", "duration_ms": 50, "agent_id": "a1"}),
            ),
            call("p1", 2500, 400, "r4", Some("a1")),
            event(
                "subagent_completed",
                "p1",
                2510,
                json!({"agent_type": "general-purpose", "agent_id": "a1", "duration_ms": 1500}),
            ),
            event(
                "user_prompt",
                "p2",
                2600,
                json!({"prompt": "<task-notification> a1 is done"}),
            ),
            call("p2", 3000, 300, "r5", None),
            event("user_prompt", "p3", 9000, json!({"prompt": "thanks"})),
            call("p3", 9500, 400, "r6", None),
        ]
    });
    assert_eq!(
        outline(&tree),
        [
            "Turn survey the callers",
            "  Call claude-sonnet-4-5",
            "  Tool Agent",
            "    Agent general-purpose",
            "      Call claude-sonnet-4-5",
            "      Tool Grep",
            "      Call claude-sonnet-4-5",
            "  Call claude-sonnet-4-5",
            "  Other <task-notification> a1 is done",
            "    Call claude-sonnet-4-5",
            "Turn thanks",
            "  Call claude-sonnet-4-5",
        ]
    );
    let titles: Vec<&str> = session.turns.iter().map(|t| &*t.title).collect();
    assert_eq!(titles, ["survey the callers", "thanks"]);
    assert_eq!(session.turns[0].figures.model_calls, 5);
    assert_eq!(session.turns[0].figures.usage.input, Some(50));
    assert_eq!(
        session.turns[0].figures.wall_ns,
        3000 * MS,
        "from the prompt to the last answer"
    );
    assert_eq!(tree.nodes[0].rolled.model_calls, 5);
    assert_eq!(session.figures.agents, 1);
    // Nothing ran from 0 to 100, 1000 to 1001, 1010 to 1100, 1900 to 1950, 2000 to 2100 and 2500
    // to 2700, where the agent's result came back; between the turns; and from 9000 to 9100.
    let first = (100 + 1 + 90 + 50 + 100 + 200) * MS;
    assert_eq!(session.turns[0].figures.idle_ns, first);
    assert_eq!(tree.nodes[0].rolled.idle_ns, first);
    assert_eq!(session.figures.idle_ns, first + (6000 + 100) * MS);
    assert!(tree.nodes.iter().all(|n| n.from_logs));
}

#[test]
fn prompts_that_wait_in_the_queue_join_the_turn_that_runs() {
    let (tree, session) = claude(|known| {
        let event =
            |name: &str, prompt: &str, at, more| otlp::claude_event(known, name, prompt, at, &more);
        let call = |prompt: &str, at, id: &str| {
            event(
                "api_request",
                prompt,
                at,
                json!({"model": "m", "input_tokens": 10, "output_tokens": 5, "duration_ms": 300, "request_id": id}),
            )
        };
        vec![
            event("user_prompt", "p1", 0, json!({"prompt": "first"})),
            event(
                "user_prompt",
                "p1",
                100,
                json!({"prompt": "second, queued"}),
            ),
            event("user_prompt", "p1", 200, json!({"prompt": "third, queued"})),
            call("p1", 400, "r1"),
            call("p1", 800, "r2"),
        ]
    });
    assert_eq!(outline(&tree), ["Turn first", "  Call m", "  Call m"]);
    assert_eq!(session.turns.len(), 1);
    assert_eq!(session.turns[0].figures.wall_ns, 800 * MS);
}

#[test]
fn a_slash_command_is_no_turn_and_leaving_ends_the_session() {
    let (tree, session) = claude(|known| {
        let event =
            |name: &str, prompt: &str, at, more| otlp::claude_event(known, name, prompt, at, &more);
        vec![
            event("user_prompt", "p1", 0, json!({"prompt": "hello"})),
            event(
                "api_request",
                "p1",
                500,
                json!({"model": "m", "input_tokens": 10, "output_tokens": 5, "duration_ms": 300, "request_id": "r1"}),
            ),
            event(
                "user_prompt",
                "p2",
                900,
                json!({"prompt": "/exit", "command_name": "exit"}),
            ),
        ]
    });
    let turns: Vec<&str> = tree
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Turn)
        .map(|n| &*n.name)
        .collect();
    assert_eq!(turns, ["hello"]);
    assert_eq!(
        (session.turns.len(), session.state),
        (1, SessionState::Ended)
    );
}

#[test]
fn a_tool_that_the_person_refused_is_in_no_count() {
    let (tree, session) = claude(|known| {
        let event =
            |name: &str, prompt: &str, at, more| otlp::claude_event(known, name, prompt, at, &more);
        vec![
            event("user_prompt", "p1", 0, json!({"prompt": "delete it"})),
            event(
                "api_request",
                "p1",
                500,
                json!({"model": "m", "input_tokens": 10, "output_tokens": 5, "duration_ms": 300, "request_id": "r1"}),
            ),
            event(
                "tool_decision",
                "p1",
                700,
                json!({"tool_name": "Bash", "tool_use_id": "t1", "decision": "reject"}),
            ),
        ]
    });
    assert_eq!(
        (
            session.figures.tool_calls,
            session.figures.failed_tools,
            session.figures.errors
        ),
        (0, 0, 0)
    );
    assert!(tree.nodes.iter().all(|n| n.kind != NodeKind::Tool));
    assert!(
        tree.nodes
            .iter()
            .all(|n| n.state != State::Running(Sign::Known)),
        "{:#?}",
        outline(&tree)
    );
}

#[test]
fn a_failed_call_s_record_adds_no_tokens() {
    let (_, session) = claude(|known| {
        let event = |name: &str, at, more| otlp::claude_event(known, name, "p1", at, &more);
        vec![
            event("user_prompt", 0, json!({"prompt": "hello"})),
            event(
                "api_error",
                500,
                json!({"model": "m", "duration_ms": 300, "error": "overloaded", "request_id": "r1"}),
            ),
        ]
    });
    assert_eq!(
        (session.figures.model_calls, session.figures.failed_calls),
        (1, 1)
    );
    assert_eq!(session.figures.usage, Usage::default());
    assert!(
        session.figures.usage_complete(),
        "nothing was answered that could have told"
    );
}

#[test]
fn what_is_none_of_an_agent_is_shown_when_asked_for() {
    let mut shop = vec![
        span(1, 0, Op::Other, "GET /cart", 0, 40),
        span(2, 1, Op::Other, "SELECT", 5, 10).in_trace(1),
    ];
    shop.push(span(3, 0, Op::Other, "GET /pay", 50, 60).in_trace(2));
    let mut shop = store(shop);
    assert!(shop.sessions().is_empty());
    let (found, more) = shop.strangers(10);
    let titles: Vec<&str> = found.iter().map(|s| &*s.title).collect();
    assert_eq!((titles, more), (vec!["GET /cart", "GET /pay"], 0));
    let (tree, _) = shop.tree(found[0].id, &Nothing).unwrap();
    assert_eq!(outline(&tree), ["Other GET /cart", "  Other SELECT"]);
    let (found, more) = shop.strangers(1);
    assert_eq!((found.len(), more), (1, 1), "what is left out is told");
}

// What a span sent at its start says

/// A span of a scope with attributes, sent at its start.
fn started(name: &str, attributes: &serde_json::Value) -> Item<'static> {
    let known = Known::embedded().unwrap();
    otlp::started(&known, "some.scope", name, attributes)
}

/// The conventions' names are `chat MODEL`, `execute_tool TOOL`, `invoke_agent AGENT`; attributes
/// may be set later.
#[test]
fn a_span_that_runs_is_known_by_its_name() {
    let none = json!({});
    assert_eq!(started("chat gpt-4o", &none).op, Op::Call);
    assert_eq!(started("execute_tool get_weather", &none).op, Op::Tool);
    assert_eq!(started("invoke_agent Planner", &none).op, Op::Agent);
    assert_eq!(started("chatter", &none).op, Op::Other);
    let known = Known::embedded().unwrap();
    let ended = otlp::span(&known, "some.scope", "chat with Bob", &none);
    assert_eq!(ended.op, Op::Other, "what has ended had its chance");
}

#[test]
fn nothing_is_presumed_beside_what_is_known_to_run() {
    let turn = span(1, 0, Op::Turn, "do it", 0, 0);
    let tool = span(2, 1, Op::Tool, "t", 1, 5);
    let presumed = |more: Option<Item<'static>>| {
        let mut items = vec![turn.clone(), tool.clone()];
        items.extend(more);
        let tree = only(items);
        tree.nodes
            .iter()
            .any(|n| n.state == State::Running(Sign::Presumed))
    };
    assert!(presumed(None), "after a tool comes a call");
    let open = span(3, 1, Op::Other, "something", 6, 0);
    assert!(!presumed(Some(open)));
}

#[test]
fn a_reason_is_told_once_however_many_chunks_repeat_it() {
    let call =
        span(1, 0, Op::Call, "m", 0, 9).text(Field::FinishReasons, "stop\nstop\nlength\nstop");
    let tree = only(vec![call]);
    let call = tree.nodes.iter().find_map(|n| n.call.as_ref()).unwrap();
    let reasons: Vec<&str> = call.finish_reasons.iter().map(|r| &**r).collect();
    assert_eq!(reasons, ["stop", "length"]);
}

#[test]
fn agents_without_a_model_call_are_pointed_out() {
    let found = |op: Op| {
        let agent = span(1, 0, Op::Agent, "a", 0, 9);
        let mut store = store(vec![agent, span(2, 1, op, "x", 1, 5)]);
        let report = report::build(&mut store, &Nothing);
        report.findings.iter().any(|f| f.rule == "no-model-calls")
    };
    assert!(found(Op::Tool));
    assert!(!found(Op::Call));
}
