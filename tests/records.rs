//! Agents that are told by log records: calls in parts, prompts by time, conversations.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/invariants.rs"]
mod invariants;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/items.rs"]
mod items;

use items::{MS, Nothing, With, record, span, store, trees};
use spanfall::model::evidence::{Field, Item, Op};
use spanfall::model::node::{Node, NodeKind, Sign, State, Tree};
use std::sync::Arc;

/// A record of a conversation without a trace.
fn said(content: u64, talk: &str, op: Op, from: u64, to: u64) -> Item<'static> {
    let record = record(content, op, "r", from, to).in_trace(0);
    record
        .text(Field::Session, talk)
        .id(Field::Conversation, talk)
}

fn only(items: Vec<Item<'static>>) -> Arc<Tree> {
    let mut all = trees(&mut store(items), &Nothing);
    for tree in &all {
        invariants::check(tree);
    }
    assert_eq!(all.len(), 1, "one session");
    all.remove(0)
}

fn of_kind(tree: &Tree, kind: NodeKind) -> Vec<&Node> {
    tree.nodes.iter().filter(|n| n.kind == kind).collect()
}

fn asked() -> Vec<Item<'static>> {
    vec![
        said(1, "a", Op::Turn, 100, 100).text(Field::Title, "fix it"),
        said(2, "a", Op::Attempt, 110, 120),
        said(3, "a", Op::CallPart, 121, 121),
        said(4, "a", Op::CallPart, 400, 400).number(Field::Chunk, 1),
        said(5, "a", Op::CallPart, 450, 450).number(Field::Chunk, 1),
    ]
}

#[test]
fn a_request_runs_until_its_answer_comes() {
    let tree = only(asked());
    let calls = of_kind(&tree, NodeKind::Call);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].state, State::Running(Sign::Known));
    let ttft = calls[0].call.as_ref().unwrap().phases.ttft;
    assert_eq!(
        ttft,
        Some(290 * MS),
        "from the request to the first chunk of content"
    );
    assert_eq!(calls[0].sources.len(), 1, "chunks are not listed");

    let mut all = asked();
    let answer = said(6, "a", Op::Call, 700, 700).tokens(10, 3);
    all.push(answer.number(Field::TtftNs, 300 * MS));
    let tree = only(all);
    let calls = of_kind(&tree, NodeKind::Call);
    assert_eq!((calls[0].start, calls[0].end), (110 * MS, Some(700 * MS)));
    let phases = &calls[0].call.as_ref().unwrap().phases;
    assert_eq!(
        (phases.ttft, phases.decode),
        (Some(300 * MS), Some(290 * MS))
    );
    assert_eq!(
        tree.nodes[calls[0].parent.unwrap() as usize].name.as_ref(),
        "fix it"
    );
}

/// The span of an answer comes before that which tells whose it is.
#[test]
fn a_span_without_a_conversation_is_part_of_the_call_in_whose_time_it_lies() {
    let part = |from: u64, to: u64| {
        let part = span(9, 8, Op::CallPart, "sampling", from, to).tokens(10, 3);
        part.text(Field::Session, "a")
    };
    let answer = || said(6, "a", Op::Call, 700, 700).tokens(10, 3);
    // While the call runs as far as its records tell; when they told its end, late or early; the next.
    for (items, calls) in [
        (vec![part(112, 700)], 1),
        (vec![part(112, 700), answer()], 1),
        (vec![part(112, 830), answer()], 1),
        (vec![part(790, 990), answer()], 2),
    ] {
        let all = asked().into_iter().chain(items);
        let tree = only(all.map(|item| item.in_trace(1)).collect());
        let told = of_kind(&tree, NodeKind::Call);
        assert_eq!(told.len(), calls, "{told:?}");
        let input = told.iter().filter_map(|n| n.call.as_ref()?.usage.input);
        assert_eq!(input.sum::<u64>(), 10 * calls as u64);
    }
}

#[test]
fn a_refused_request_that_is_tried_again_is_one_call() {
    let mut items = asked();
    items[1].failed = true;
    items.truncate(2);
    let tree = only(items.clone());
    assert_eq!(of_kind(&tree, NodeKind::Call)[0].state, State::Error);
    items.push(said(7, "a", Op::Attempt, 300, 310));
    items.push(said(8, "a", Op::Call, 700, 700).tokens(10, 3));
    let tree = only(items);
    let calls = of_kind(&tree, NodeKind::Call);
    assert_eq!((calls.len(), calls[0].state), (1, State::Ok));
    let call = calls[0].call.as_ref().unwrap();
    assert_eq!((call.attempts, call.answered_from), (2, 300 * MS));
}

#[test]
fn answers_find_the_request_that_began_when_they_say() {
    let mut items = asked();
    items.truncate(2);
    items.push(said(7, "a", Op::Attempt, 200, 200));
    items.push(said(8, "a", Op::Call, 111, 500).tokens(1, 1));
    items.push(said(9, "a", Op::Call, 201, 400).tokens(2, 2));
    let tree = only(items);
    let told = |n: &Node| {
        (
            n.start / MS,
            n.end.unwrap() / MS,
            n.call.as_ref().unwrap().usage.input,
        )
    };
    let calls: Vec<_> = of_kind(&tree, NodeKind::Call)
        .into_iter()
        .map(told)
        .collect();
    assert_eq!(calls, [(110, 500, Some(1)), (200, 400, Some(2))]);
}

#[test]
fn a_child_conversation_hangs_below_the_tool_that_began_it() {
    let spawn = said(3, "b", Op::AgentStart, 210, 210).id(Field::ParentSession, "a");
    let spawn = spawn.id(Field::AgentId, "b");
    let mut spawn = spawn;
    for fact in &mut spawn.facts {
        if fact.0 == Field::Conversation {
            let parent = record(0, Op::Mark, "", 0, 0).id(Field::Conversation, "a");
            fact.2 = parent.facts[0].2.clone();
        }
    }
    let tree = only(vec![
        said(1, "a", Op::Turn, 100, 100).text(Field::Title, "fix it"),
        said(2, "a", Op::Tool, 200, 220)
            .text(Field::ToolName, "spawn")
            .number(Field::Delegates, 1),
        spawn,
        said(4, "b", Op::Call, 250, 400).tokens(10, 3),
        said(5, "b", Op::Tool, 400, 420)
            .text(Field::ToolName, "sh")
            .text(Field::AgentName, "scout"),
    ]);
    let agent = of_kind(&tree, NodeKind::Agent);
    assert_eq!((agent.len(), agent[0].name.as_ref()), (1, "scout"));
    assert_eq!(
        agent[0].state,
        State::Running(Sign::Known),
        "nobody told its end"
    );
    assert_eq!(
        tree.nodes[agent[0].parent.unwrap() as usize].name.as_ref(),
        "spawn"
    );
    let below = |n: &&Node| tree.nodes[n.parent.unwrap() as usize].id == agent[0].id;
    assert!(of_kind(&tree, NodeKind::Call).iter().all(below));
    assert_eq!(
        of_kind(&tree, NodeKind::Tool)
            .into_iter()
            .filter(below)
            .count(),
        1
    );
    assert_eq!(of_kind(&tree, NodeKind::Turn).len(), 1);
}
