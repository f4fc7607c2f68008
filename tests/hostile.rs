//! Evidence that no sane program sends: the picture stays sound, is the same in any order, and is
//! made in a time that does not explode.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/items.rs"]
mod items;

use items::{MS, Nothing, With, record, span, span_id, store, trace, trees};
use proptest::prelude::*;
use spanfall::model::evidence::{Field, Item, Op};
use spanfall::model::figures::Figures;
use spanfall::model::ids::EvidenceId;
use spanfall::model::node::{Node, NodeKind, SessionSummary, Sign, State, Tree};
use spanfall::model::store::Store;
use spanfall::report;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is shown, without the places of evidence in the store and in an order of its own.
#[derive(Debug, PartialEq)]
struct Picture {
    trees: Vec<Tree>,
    sessions: Vec<SessionSummary>,
    totals: Figures,
}

fn picture(store: &mut Store) -> Picture {
    let mut trees: Vec<Tree> = trees(store, &Nothing)
        .iter()
        .map(|t| (**t).clone())
        .collect();
    trees.iter().for_each(invariants::check);
    for source in trees
        .iter_mut()
        .flat_map(|t| &mut t.nodes)
        .flat_map(|n| &mut n.sources)
    {
        source.evidence = EvidenceId(0);
    }
    // Agents of one name may be the first of two sessions that start at once.
    trees.sort_by_cached_key(|t| (t.start, format!("{:?}", t.nodes)));
    let mut sessions = store.sessions().to_vec();
    sessions.sort_by_key(|s| s.id);
    Picture {
        trees,
        sessions,
        totals: store.totals(),
    }
}

/// The trees of items, which must be the same when they come in reverse, one by one.
fn shown(items: Vec<Item<'static>>) -> Vec<Tree> {
    let forward = picture(&mut store(items.clone()));
    let mut store = Store::new();
    let now = items.iter().map(|i| i.arrival).max().unwrap();
    for item in items.into_iter().rev() {
        store.apply(vec![item]);
        store.refresh(&Nothing, now);
        picture(&mut store);
    }
    assert_eq!(
        forward,
        picture(&mut store),
        "in reverse it is another picture"
    );
    forward.trees
}

fn only(items: Vec<Item<'static>>) -> Tree {
    let mut trees = shown(items);
    assert_eq!(trees.len(), 1, "{trees:#?}");
    trees.remove(0)
}

fn named<'a>(tree: &'a Tree, name: &str) -> &'a Node {
    let mut found = tree.nodes.iter().filter(|n| &*n.name == name);
    let node = found
        .next()
        .unwrap_or_else(|| panic!("no {name}: {tree:#?}"));
    assert!(found.next().is_none(), "two of {name}");
    node
}

fn parent_name<'a>(tree: &'a Tree, name: &str) -> Option<&'a str> {
    named(tree, name)
        .parent
        .map(|p| &*tree.nodes[p as usize].name)
}

#[test]
fn a_span_that_is_its_own_parent_is_a_root() {
    let tree = only(vec![span(1, 1, Op::Call, "m", 0, 5)]);
    assert_eq!(
        tree.nodes
            .iter()
            .filter(|n| n.kind == NodeKind::Call)
            .count(),
        1
    );
}

#[test]
fn cycles_are_cut_and_nothing_is_lost() {
    for length in [2, 3, 50] {
        let ring =
            (1..=length).map(|i| span(i, i % length + 1, Op::Tool, &format!("t{i}"), i, i + 1));
        let mut items: Vec<Item<'static>> = ring.collect();
        items.push(span(100, 2, Op::Call, "m", 60, 61)); // hangs on the ring
        let tree = only(items);
        let tools = tree
            .nodes
            .iter()
            .filter(|n| n.kind == NodeKind::Tool)
            .count();
        assert_eq!(tools as u64, length);
        assert_eq!(parent_name(&tree, "m"), Some("t2"));
    }
}

#[test]
fn a_cut_cycle_is_reported() {
    let mut store = Store::new();
    store.apply(vec![
        span(1, 2, Op::Tool, "t", 0, 1),
        span(2, 1, Op::Call, "m", 0, 1),
    ]);
    store.refresh(&Nothing, 1);
    let report = report::build(&mut store, &Nothing);
    let rules: Vec<&str> = report.findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, ["parent-cycle"]);
}

#[test]
fn the_same_span_id_in_two_traces_is_two_spans() {
    let trees = shown(vec![
        span(1, 0, Op::Agent, "a", 0, 9),
        span(2, 1, Op::Call, "m", 1, 2),
        span(1, 0, Op::Agent, "b", 0, 9).in_trace(2),
        span(2, 1, Op::Call, "n", 1, 2).in_trace(2),
    ]);
    let names: Vec<Vec<&str>> = trees
        .iter()
        .map(|t| t.nodes.iter().map(|n| &*n.name).collect())
        .collect();
    let mut names = names.concat();
    names.sort_unstable();
    // Each trace with a call is a session's first turn.
    assert_eq!(names, ["a", "b", "m", "n", "turn 1", "turn 1"]);
}

#[test]
fn odd_times_are_borne() {
    let late = u64::MAX / MS;
    let mut beyond = span(4, 1, Op::Tool, "beyond", 0, 0);
    (beyond.start, beyond.end) = (u64::MAX, u64::MAX);
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, late),
        span(2, 1, Op::Tool, "instant", 5, 5),
        span(3, 1, Op::Tool, "epoch", 0, 7),
        beyond,
        span(5, 1, Op::Call, "m", 3, 4),
    ]);
    assert_eq!(named(&tree, "instant").end, Some(5 * MS));
    assert_eq!(named(&tree, "epoch").start, 0);
    let at_the_end = |id| {
        let mut item = span(id, 1, Op::Agent, "late", 0, 0).text(Field::AgentName, "late");
        (item.start, item.end) = (u64::MAX, u64::MAX);
        item
    };
    let twins = only(vec![at_the_end(6), by_another(at_the_end(7))]);
    assert_eq!(twins.nodes.iter().filter(|n| &*n.name == "late").count(), 1);
    let turn = &tree.nodes[0];
    assert_eq!(
        (turn.kind, turn.rolled.tool_calls, turn.rolled.model_calls),
        (NodeKind::Turn, 3, 1)
    );
}

#[test]
fn an_end_before_the_start_never_makes_a_negative_time() {
    let mut backwards = span(2, 1, Op::Tool, "backwards", 50, 50);
    backwards.end = 10 * MS;
    let tree = only(vec![
        span(1, 0, Op::Agent, "a", 0, 90),
        backwards,
        span(3, 1, Op::Call, "m", 1, 2),
    ]);
    let node = named(&tree, "backwards");
    assert_eq!((node.start, node.end), (50 * MS, Some(50 * MS)));
}

#[test]
fn a_span_never_un_ends() {
    let done = span(2, 1, Op::Tool, "t", 1, 8);
    let mut snapshot = span(2, 1, Op::Tool, "t", 1, 0);
    snapshot.arrival = 99 * MS; // it comes late
    let tree = only(vec![span(1, 0, Op::Call, "m", 0, 9), done, snapshot]);
    let node = named(&tree, "t");
    assert_eq!((node.state, node.end), (State::Ok, Some(8 * MS)));
}

#[test]
fn of_two_copies_the_later_wins() {
    let first = span(2, 1, Op::Tool, "first", 1, 8);
    let mut second = span(2, 1, Op::Tool, "second", 1, 8);
    (second.arrival, second.bytes) = (first.arrival + 1, bytes::Bytes::from_static(&[1]));
    let tree = only(vec![span(1, 0, Op::Call, "m", 0, 9), first, second]);
    named(&tree, "second");
    assert_eq!(
        tree.nodes
            .iter()
            .filter(|n| n.kind == NodeKind::Tool)
            .count(),
        1
    );
}

#[test]
fn a_placeholder_is_replaced_in_place() {
    let mut store = store(vec![span(2, 1, Op::Call, "m", 10, 20)]);
    let before = picture(&mut store).trees.remove(0);
    let placeholder = named(&before, "agent? (1 child)");
    assert_eq!(parent_name(&before, "m"), Some(placeholder.name.as_ref()));
    assert_eq!(placeholder.state, State::Running(Sign::Implied));
    assert_eq!(placeholder.start, 10 * MS, "as early as its first child");

    store.apply(vec![span(1, 0, Op::Agent, "a", 5, 25)]);
    store.refresh(&Nothing, 25 * MS);
    let after = picture(&mut store).trees.remove(0);
    let agent = named(&after, "m")
        .parent
        .map(|p| &after.nodes[p as usize])
        .unwrap();
    assert_eq!(
        (agent.id, agent.kind, agent.arrived),
        (placeholder.id, NodeKind::Agent, true)
    );
    assert_eq!(agent.state, State::Ok);
    assert_eq!(named(&before, "m").id, named(&after, "m").id);
    assert_eq!(before.nodes.len(), after.nodes.len());
}

#[test]
fn records_of_spans_that_never_come_are_kept() {
    let mut orphan = record(1, Op::Call, "m", 3, 4);
    orphan.span = span_id(77);
    let tree = only(vec![orphan]);
    let call = tree
        .nodes
        .iter()
        .find(|n| n.kind == NodeKind::Call)
        .unwrap();
    assert!(call.from_logs);
    assert_eq!(call.end, Some(4 * MS));
}

#[test]
fn one_answer_told_in_two_traces_is_one_call() {
    let answer = |item: Item<'static>| item.id(Field::ResponseId, "resp-1").tokens(10, 3);
    let tree = only(vec![
        answer(span(1, 0, Op::Call, "m", 0, 9)),
        answer(span(1, 0, Op::Call, "m", 1, 8)).in_trace(2),
    ]);
    let calls: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Call)
        .collect();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].sources.len(), 2);
    assert_eq!(calls[0].rolled.usage.input, Some(10));
}

#[test]
fn an_agent_that_a_span_and_a_record_name_is_two_nodes_of_two_ids() {
    let span = span(2, 0, Op::Agent, "s", 12, 19)
        .number(Field::PendingParent, 2)
        .number(Field::AgentId, 2)
        .text(Field::Session, "x");
    let record = record(1, Op::Agent, "r", 12, 16)
        .in_trace(0)
        .number(Field::TurnKey, 2)
        .number(Field::AgentId, 2)
        .text(Field::Session, "x");
    let tree = only(vec![span, record]);
    let agents = tree.nodes.iter().filter(|n| n.kind == NodeKind::Agent);
    assert_eq!(agents.count(), 2);
}

#[test]
fn two_runs_of_one_agent_that_start_at_once_stand_in_one_order() {
    let run = |n| {
        span(n, 0, Op::Call, "m", 1, 2 + n)
            .in_trace(n)
            .number(Field::AgentId, 1)
    };
    let one = |n| only(vec![run(n)]).nodes[0].id;
    assert_eq!(one(1), one(2), "each begins with the agent's placeholder");
    only(vec![run(1), run(2)]);
    only(vec![run(2), run(1)]);
}

/// How long it takes to make the picture once, and a node count to prove that it was made.
fn time_of(items: Vec<Item<'static>>) -> (Duration, usize) {
    let start = Instant::now();
    let mut store = store(items);
    let nodes = trees(&mut store, &Nothing)
        .iter()
        .map(|t| t.nodes.len())
        .sum();
    (start.elapsed(), nodes)
}

/// The time for four times as much may be four times as long, with room for noise; that of a
/// quadratic way would be sixteen times as long. Other programs only ever add to a time, so the
/// least of several counts.
fn grows_as_its_input(what: &str, made: impl Fn(u64) -> Vec<Item<'static>>, n: u64) {
    let (mut small, mut large) = (Duration::MAX, Duration::MAX);
    for _ in 0..25 {
        small = small.min(time_of(made(n / 4)).0);
        let (time, nodes) = time_of(made(n));
        large = large.min(time);
        assert!(nodes as u64 >= n, "{what}: {nodes} nodes of {n} spans");
        if large < small * 10 {
            return;
        }
    }
    panic!("{what}: {n} take {large:?}, a quarter of them {small:?}");
}

#[test]
fn a_chain_of_ten_thousand_spans_is_no_trouble() {
    let chain = |n| {
        (1..=n)
            .map(|i| span(i, i - 1, Op::Tool, &format!("t{i}"), i, 2 * n - i))
            .collect()
    };
    grows_as_its_input("a chain of tools", chain, 10_000);
    let steps = |n| {
        (1..=n)
            .map(|i| {
                span(
                    i,
                    i - 1,
                    if i == n { Op::Call } else { Op::Other },
                    "s",
                    i,
                    2 * n,
                )
            })
            .collect()
    };
    grows_as_its_input("a chain of steps", steps, 10_000);
    let mut store = store(chain(10_000));
    for tree in &trees(&mut store, &Nothing) {
        invariants::check(tree);
    }
}

#[test]
fn layers_of_one_thing_ten_thousand_deep_are_no_trouble() {
    let same = |op: Op, field: Field| {
        move |n: u64| -> Vec<Item<'static>> {
            let layer = |i| span(i, i - 1, op, "x", i, 3 * n - i).text(field, "x");
            let mut items: Vec<Item<'static>> = (1..=n).map(layer).collect();
            items.extend((1..=n).map(|i| span(n + i, n, Op::Other, "s", n + i, n + i)));
            items
        }
    };
    grows_as_its_input(
        "nested runs of a tool",
        same(Op::Tool, Field::ToolName),
        10_000,
    );
    grows_as_its_input(
        "nested runs of an agent",
        same(Op::Agent, Field::AgentName),
        10_000,
    );
    grows_as_its_input("nested calls", same(Op::Call, Field::RequestModel), 10_000);
}

#[test]
fn prompts_within_prompts_and_rings_are_no_trouble() {
    let prompts = |n| {
        (1..=n)
            .map(|i| span(i, i - 1, Op::Turn, "p", i, 3 * n - i))
            .collect()
    };
    grows_as_its_input("nested prompts", prompts, 10_000);
    let ring = |n| {
        (1..=n)
            .map(|i| span(i, i % n + 1, Op::Tool, "t", i, i))
            .collect()
    };
    grows_as_its_input("a ring of tools", ring, 10_000);
}

/// `n` spans below one.
fn below(parent: u64, n: u64, op: Op) -> Vec<Item<'static>> {
    (2..n + 2)
        .map(|i| span(i, parent, op, &format!("c{i}"), 2 * i, 2 * i + 1))
        .collect()
}

#[test]
fn a_parent_of_twenty_thousand_is_no_trouble() {
    let with_parent = |mut items: Vec<Item<'static>>| {
        items.push(span(1, 0, Op::Agent, "a", 0, u64::MAX / MS));
        items
    };
    grows_as_its_input(
        "tools of an agent",
        |n| with_parent(below(1, n, Op::Tool)),
        20_000,
    );
    grows_as_its_input(
        "tools of a missing parent",
        |n| below(3_000_000, n, Op::Tool),
        20_000,
    );
}

#[test]
fn twenty_thousand_pieces_of_one_call_are_no_trouble() {
    // Whatever joins them, other spans stand for their number among the nodes.
    let attempts = |n: u64| {
        let mut items: Vec<Item<'static>> = below(1, n, Op::Call)
            .into_iter()
            .map(With::failed)
            .collect();
        items.push(span(1, 0, Op::Agent, "a", 0, 9 * n));
        items.extend(below(2, n, Op::Other).into_iter().map(|i| Item {
            span: span_id(u64::from_be_bytes(i.span.0) + n),
            ..i
        }));
        items
    };
    grows_as_its_input("attempts", attempts, 20_000);
    let notes = |n: u64| {
        let note = |i| Item {
            span: span_id(1),
            ..record(i, Op::Mark, "note", i, i)
        };
        let mut items: Vec<Item<'static>> = (1..=n).map(note).collect();
        items.push(span(1, 0, Op::Call, "m", 0, n));
        items.extend(below(1, n, Op::Other));
        items
    };
    grows_as_its_input("notes", notes, 20_000);
}

#[test]
fn twenty_thousand_missing_parents_are_no_trouble() {
    let orphans = |n: u64| -> Vec<Item<'static>> {
        (1..=n)
            .map(|i| span(i, n + i, Op::Call, "m", i, i + 1))
            .collect()
    };
    grows_as_its_input("orphans", orphans, 20_000);
}

#[test]
fn twenty_thousand_records_of_one_prompt_are_no_trouble() {
    let records = |n: u64| -> Vec<Item<'static>> {
        let one = |i: u64| {
            let mut item = record(
                i,
                if i.is_multiple_of(2) {
                    Op::Tool
                } else {
                    Op::Call
                },
                "r",
                10 * i,
                10 * i + 5,
            );
            item.trace = trace(0);
            item.number(Field::TurnKey, 1).number(Field::ToolCallId, i)
        };
        (1..=n).map(one).collect()
    };
    grows_as_its_input("records of a prompt", records, 20_000);
}

#[test]
fn two_thousand_sub_agents_of_one_prompt_are_no_trouble() {
    let agents = |n: u64| -> Vec<Item<'static>> {
        let prompt = |mut item: Item<'static>| {
            item.trace = trace(0);
            item.number(Field::TurnKey, 1)
        };
        let tool = |i| {
            prompt(
                record(i, Op::Tool, "Agent", 10 * i, 10 * i + 8)
                    .number(Field::Delegates, 1)
                    .number(Field::ToolCallId, i),
            )
        };
        let call = |i| {
            prompt(record(n + i, Op::Call, "m", 10 * i + 1, 10 * i + 5).number(Field::AgentId, i))
        };
        (1..=n / 2).map(tool).chain((1..=n / 2).map(call)).collect()
    };
    grows_as_its_input("sub-agents", agents, 4_000);
}

#[test]
fn ten_thousand_calls_of_unnamed_sub_agents_are_no_trouble() {
    let agents = |n: u64| -> Vec<Item<'static>> {
        let of_prompt = |mut item: Item<'static>| {
            item.trace = trace(0);
            item.number(Field::TurnKey, 1)
                .text(Field::AgentName, "explore")
        };
        // The calls of two agents in turn; each reads from the cache what the one before it sent.
        let sent = |i: u64| 1000 * i;
        let call = |i: u64| {
            let call = of_prompt(record(i, Op::Call, "m", 10 * i, 10 * i + 5)).tokens(sent(i), 10);
            let before = i.checked_sub(2).filter(|i| *i > 0);
            before
                .into_iter()
                .fold(call, |call, i| call.number(Field::CacheRead, sent(i)))
        };
        let run = |last: u64| {
            let run = of_prompt(record(n + last, Op::Agent, "explore", 1, 10 * n + 10));
            run.number(Field::TotalTokens, sent(last) + 10)
        };
        (1..=n).map(call).chain([run(n - 1), run(n)]).collect()
    };
    grows_as_its_input("calls of unnamed sub-agents", agents, 10_000);
    let mut store = store(agents(100));
    let trees = trees(&mut store, &Nothing);
    let nodes = trees.iter().flat_map(|tree| &tree.nodes);
    let runs = nodes.filter(|n| n.kind == NodeKind::Agent);
    let calls: Vec<u32> = runs.map(|run| run.descendants).collect();
    assert_eq!(calls, [50, 50], "each has its own");
}

fn any_op() -> impl Strategy<Value = Op> {
    prop::sample::select(vec![
        Op::Turn,
        Op::Workflow,
        Op::Agent,
        Op::Call,
        Op::Call,
        Op::Engine,
        Op::Embedding,
        Op::Tool,
        Op::Tool,
        Op::ToolPart,
        Op::ToolStart,
        Op::Wait,
        Op::Handoff,
        Op::Mark,
        Op::Internal,
        Op::Other,
    ])
}

/// A fact out of few, so that things meet.
fn any_fact() -> impl Strategy<Value = (Field, u64)> {
    let ids = prop::sample::select(vec![
        Field::TurnKey,
        Field::AgentId,
        Field::ToolCallId,
        Field::ResponseId,
        Field::AfterResponse,
        Field::InputTokens,
    ]);
    let flags = prop::sample::select(vec![
        Field::Delegates,
        Field::Machine,
        Field::Refused,
        Field::Command,
    ]);
    prop_oneof![
        (ids, 1..3u64),
        (flags, Just(1)),
        (Just(Field::PendingParent), 0..5u64)
    ]
}

/// A text out of few.
fn any_text() -> impl Strategy<Value = (Field, &'static str)> {
    let fields = vec![
        Field::Session,
        Field::AgentName,
        Field::ToolName,
        Field::RequestModel,
        Field::Subagent,
    ];
    (
        prop::sample::select(fields),
        prop::sample::select(vec!["x", "y"]),
    )
}

/// Told by another library of the same process.
fn by_another(mut item: Item<'static>) -> Item<'static> {
    let mut origin = (*item.origin).clone();
    (origin.scope, origin.key) = ("another".into(), 2);
    item.origin = Arc::new(origin);
    item
}

prop_compose! {
    fn any_item()(
        op in any_op(),
        log in prop::bool::weighted(0.3),
        id in 1..8u64, parent in 0..8u64, of in 0..3u64, from in 0..20u64, took in 0..12u64, ends in prop::bool::weighted(0.85),
        failed in prop::bool::weighted(0.2),
        other in prop::bool::weighted(0.3),
        facts in prop::collection::vec(any_fact(), 0..3),
        texts in prop::collection::vec(any_text(), 0..2),
        seed in any::<u64>(),
    ) -> Item<'static> {
        let to = from + took;
        let mut item = if log { record(seed, op, "r", from, to) } else { span(id, parent, op, "s", from, to) };
        if log {
            item.span = span_id(parent);
        } else if !ends {
            item.end = 0;
        }
        item.trace = trace(if log { of } else { of.max(1) });
        item.failed = failed;
        if other {
            item = by_another(item);
        }
        item.bytes = seed.to_be_bytes().to_vec().into();
        for (field, value) in facts {
            if !item.facts.iter().any(|(f, ..)| *f == field) {
                item = item.number(field, value);
            }
        }
        for (field, value) in texts {
            if !item.facts.iter().any(|(f, ..)| *f == field) {
                item = item.text(field, value);
            }
        }
        item
    }
}

/// The items in a line each.
fn told(items: &[Item<'static>]) -> String {
    let line = |i: &Item<'static>| {
        let facts = i.facts.iter().map(|(f, _, v)| format!("{f:?}={v:?}"));
        let facts: Vec<String> = facts.collect();
        let open = if i.end == 0 { " open" } else { "" };
        let (trace, from, to) = (i.trace.0[15], i.start / MS, i.end / MS);
        format!(
            "{}{:?} {:?} {trace}/{:?}<{:?} {from}-{to}{open} failed={} {}",
            i.origin.scope,
            i.signal,
            i.op,
            i.span,
            i.parent,
            i.failed,
            facts.join(" ")
        )
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Where two pictures differ first.
fn difference(want: &Picture, got: &Picture) -> String {
    let (a, b) = (format!("{want:#?}"), format!("{got:#?}"));
    let mut lines = a.lines().zip(b.lines()).enumerate();
    let first = lines.find(|(_, (a, b))| a != b);
    first.map_or("one goes on".into(), |(n, (a, b))| {
        format!("line {n}: {a} | {b}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_evidence_gives_one_sound_picture(
        (items, shuffled) in prop::collection::vec(any_item(), 1..14).prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
        batch in 1..5usize,
    ) {
        let now = items.iter().map(|i| i.arrival).max().unwrap();
        let lines = format!("{}\nshuffled, {batch} at once:\n{}", told(&items), told(&shuffled));
        let made = std::panic::catch_unwind(|| {
            let want = picture(&mut store(items));
            let mut got = Store::new();
            for some in shuffled.chunks(batch) {
                got.apply(some.to_vec());
                got.refresh(&Nothing, now);
                picture(&mut got);
            }
            (want, picture(&mut got))
        });
        prop_assert!(made.is_ok(), "{lines}");
        let (want, got) = made.unwrap();
        prop_assert!(want == got, "{lines}\n{}", difference(&want, &got));
    }
}
