//! Who handed over to whom: by hand, and in captures whose programs are known.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/cases.rs"]
mod cases;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/items.rs"]
mod items;

use cases::{corpus, known};
use items::{Nothing, With, span, store, trees};
use spanfall::app::load;
use spanfall::model::correlate::{EdgeKind, edges};
use spanfall::model::evidence::{Field, Item, Op};

type Line = (EdgeKind, String, String, usize);

fn lines(items: Vec<Item<'static>>) -> Vec<Line> {
    let mut store = store(items);
    let all = trees(&mut store, &Nothing);
    let all: Vec<_> = all.iter().flat_map(|tree| edges(tree)).collect();
    all.iter().map(line).collect()
}

fn line(edge: &spanfall::model::correlate::Edge) -> Line {
    (
        edge.kind,
        edge.from.to_string(),
        edge.to.to_string(),
        edge.nodes.len(),
    )
}

fn handoff(from: &str, to: &str) -> Line {
    (EdgeKind::Handoff, from.into(), to.into(), 1)
}

fn delegation(from: &str, to: &str, n: usize) -> Line {
    (EdgeKind::Delegation, from.into(), to.into(), n)
}

fn agent(id: u64, parent: u64, name: &str, from: u64, to: u64) -> Item<'static> {
    span(id, parent, Op::Agent, "run", from, to).text(Field::AgentName, name)
}

fn call(id: u64, parent: u64, from: u64) -> Item<'static> {
    span(id, parent, Op::Call, "m", from, from + 1)
}

#[test]
fn an_agent_below_a_tool_works_for_the_agent_above_it() {
    let told = lines(vec![
        span(9, 0, Op::Turn, "do it", 0, 100),
        agent(1, 9, "lead", 0, 100),
        span(2, 1, Op::Tool, "ask", 10, 40),
        span(3, 2, Op::Other, "step", 10, 40),
        agent(4, 3, "coder", 11, 39),
        call(5, 4, 12),
        span(6, 1, Op::Tool, "ask", 50, 90),
        agent(7, 6, "coder", 51, 89),
        call(8, 7, 52),
    ]);
    assert_eq!(told, [delegation("lead", "coder", 2)]);
}

#[test]
fn an_agent_that_is_nobody_s_tool_is_no_edge() {
    let told = lines(vec![
        agent(1, 0, "outer", 0, 100),
        agent(2, 1, "inner", 10, 90),
        call(3, 2, 20),
        span(4, 1, Op::Tool, "t", 91, 95),
    ]);
    assert_eq!(told, []);
}

#[test]
fn a_tool_names_who_goes_on_in_its_own_spelling() {
    let told = lines(vec![
        span(9, 0, Op::Turn, "do it", 0, 100),
        agent(1, 9, "Planner", 0, 40),
        span(2, 1, Op::Tool, "transfer_to_code_reviewer", 30, 31)
            .text(Field::HandoffTo, "code_reviewer"),
        agent(3, 9, "Code Reviewer", 41, 90),
        call(4, 3, 50),
    ]);
    assert_eq!(told, [handoff("Planner", "Code Reviewer")]);
}

#[test]
fn where_nobody_says_who_goes_on_the_next_agent_does() {
    let told = lines(vec![
        span(9, 0, Op::Turn, "do it", 0, 100),
        agent(1, 9, "planner", 0, 40),
        span(2, 1, Op::Tool, "transfer_to_agent", 30, 31).number(Field::HandsOver, 1),
        agent(3, 9, "coder", 41, 60),
        call(4, 3, 50),
        agent(5, 9, "reviewer", 61, 90),
        call(6, 5, 70),
    ]);
    assert_eq!(told, [handoff("planner", "coder")]);
    let nobody = lines(vec![
        span(9, 0, Op::Turn, "do it", 0, 100),
        agent(1, 9, "planner", 0, 40),
        span(2, 1, Op::Tool, "transfer_to_agent", 30, 31).number(Field::HandsOver, 1),
    ]);
    assert_eq!(nobody, [], "nobody went on");
}

#[test]
fn an_answer_that_asks_for_an_agent_hands_over_once_that_agent_begins() {
    let asks = |from| call(2, 1, from).text(Field::HandoffTo, "coder");
    let told = |begins, name| {
        lines(vec![
            span(9, 0, Op::Turn, "do it", 0, 100),
            agent(1, 9, "planner", 0, 40),
            asks(30),
            agent(3, 9, name, begins, 90),
            call(4, 3, begins + 1),
        ])
    };
    assert_eq!(told(41, "coder"), [handoff("planner", "coder")]);
    assert_eq!(told(41, "reviewer"), [], "another began");
    assert_eq!(told(20, "coder"), [], "it had begun before");
    let mut both = vec![
        span(9, 0, Op::Turn, "do it", 0, 100),
        agent(1, 9, "planner", 0, 40),
        asks(30),
        span(5, 1, Op::Tool, "transfer_to_coder", 32, 33).text(Field::HandoffTo, "coder"),
        agent(3, 9, "coder", 41, 90),
    ];
    assert_eq!(lines(both.clone()), [handoff("planner", "coder")]);
    both.truncate(4);
    both.remove(3);
    assert_eq!(lines(both), [], "nobody went on");
}

#[test]
fn an_agent_goes_on_with_what_another_answered() {
    let told = |name, heard, from| {
        lines(vec![
            span(9, 0, Op::Turn, "do it", 0, 100),
            agent(1, 9, "writer", 0, 40).number(Field::Said, 7),
            agent(2, 9, name, from, 90).number(Field::Heard, heard),
        ])
    };
    assert_eq!(told("editor", 7, 41), [handoff("writer", "editor")]);
    assert_eq!(told("editor", 8, 41), [], "something else");
    assert_eq!(told("writer", 7, 41), [], "itself");
    assert_eq!(told("editor", 7, 30), [], "before it was said");
}

/// Whom each program hands over to. By its source: a planner, coder and reviewer in a row; a
/// supervisor that calls on a planner, then on a reviewer; a lead whose tool asks a coder before it
/// is killed; Claude Code with one sub-agent; a coordinator with its surveyor; models called without
/// agents; agents that a workflow runs in a row without handing over.
#[test]
fn programs_hand_over_as_they_are_written() {
    let cases: [(&str, Vec<Line>); 9] = [
        // No span tells of the hand-over: the answer asks for it.
        (
            "python/openai-agents-genai-llm",
            vec![handoff("Planner", "Coder"), handoff("Coder", "Reviewer")],
        ),
        // The reviewer is sent what the coder said last.
        (
            "python/agent-framework-workflow",
            vec![handoff("coder", "reviewer")],
        ),
        (
            "python/openinference-openai-agents",
            vec![handoff("Planner", "Coder"), handoff("Coder", "Reviewer")],
        ),
        (
            "python/openinference-langgraph-supervisor",
            vec![
                handoff("supervisor", "planner"),
                handoff("supervisor", "reviewer"),
            ],
        ),
        (
            "python/killed-sigkill-pending",
            vec![delegation("lead", "coder", 1)],
        ),
        (
            "cli/claude-code-one-process",
            vec![delegation("main", "general-purpose", 1)],
        ),
        (
            "cli/vercel-ai6-json",
            vec![delegation("coordinator", "surveyor", 1)],
        ),
        ("python/genai-openai-default", vec![]),
        ("python/semconv-latest", vec![]),
    ];
    let known = known();
    for (case, want) in cases {
        let (mut store, _) = load::load(&[corpus().join(case)], &known).unwrap();
        let all = trees(&mut store, &known);
        let found: Vec<_> = all.iter().flat_map(|tree| edges(tree)).collect();
        let found: Vec<Line> = found.iter().map(line).collect();
        assert_eq!(found, want, "{case}");
    }
}
