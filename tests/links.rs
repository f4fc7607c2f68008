//! Roots that hang under a span of another trace, as a followed link says.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/invariants.rs"]
mod invariants;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/items.rs"]
mod items;

use items::{Nothing, With, span, span_id, store, trace, trees};
use spanfall::model::evidence::{Field, Item, Op, link_facts};
use spanfall::model::node::Tree;
use std::sync::Arc;

/// The item, hanging under span `id` of trace `n`.
fn linked(mut item: Item<'static>, n: u64, id: u64) -> Item<'static> {
    let facts = link_facts(trace(n), span_id(id));
    item.facts
        .extend(facts.map(|(field, value)| (field, 0, value)));
    item
}

fn outline(tree: &Tree) -> Vec<String> {
    let line = |n: &spanfall::model::node::Node| {
        format!("{}{:?} {}", "  ".repeat(n.depth as usize), n.kind, n.name)
    };
    tree.nodes.iter().map(line).collect()
}

fn every_tree(items: Vec<Item<'static>>) -> Vec<Arc<Tree>> {
    let mut store = store(items);
    let trees = trees(&mut store, &Nothing);
    for tree in &trees {
        invariants::check(tree);
    }
    trees
}

/// Every order of so many things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let shorter = orders(n - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, n - 1);
        order
    };
    let longer = shorter
        .iter()
        .flat_map(|o| (0..n).map(move |at| insert(o, at)));
    longer.collect()
}

/// Trace 1: a prompt whose tool starts an agent; trace 2: that agent and its call; trace 3: what
/// the agent passed on, below its call.
fn a_sub_agent_in_its_own_trace() -> Vec<Item<'static>> {
    vec![
        span(1, 0, Op::Turn, "prompt", 0, 100).text(Field::Title, "do it"),
        span(2, 1, Op::Tool, "task", 10, 20),
        linked(span(3, 0, Op::Agent, "sub", 15, 90).in_trace(2), 1, 2),
        span(4, 3, Op::Call, "m", 20, 80).in_trace(2).tokens(10, 1),
        linked(span(5, 0, Op::Tool, "note", 30, 40).in_trace(3), 2, 3),
    ]
}

const JOINED: [&str; 5] = [
    "Turn do it",
    "  Tool task",
    "    Agent sub",
    "      Call m",
    "      Tool note",
];

#[test]
fn linked_traces_are_one_tree_in_whatever_order_they_come() {
    for order in orders(5) {
        let items = a_sub_agent_in_its_own_trace();
        let shuffled = order.iter().map(|&at| items[at].clone()).collect();
        let found = every_tree(shuffled);
        assert_eq!(found.len(), 1, "{order:?}");
        assert_eq!(outline(&found[0]), JOINED, "{order:?}");
        assert_eq!(found[0].nodes[0].rolled.model_calls, 1);
    }
}

#[test]
fn they_are_so_after_every_arrival_too() {
    for order in orders(5) {
        let items = a_sub_agent_in_its_own_trace();
        let mut store = spanfall::model::store::Store::new();
        for at in order {
            store.apply(vec![items[at].clone()]);
            store.refresh(&Nothing, 200_000_000);
            for tree in trees(&mut store, &Nothing) {
                invariants::check(&tree);
            }
        }
        assert_eq!(outline(&trees(&mut store, &Nothing)[0]), JOINED);
    }
}

#[test]
fn the_linked_span_has_not_come() {
    let items = a_sub_agent_in_its_own_trace();
    let found = every_tree(items[2..4].to_vec());
    assert_eq!(found.len(), 1);
    let tree = &found[0];
    let agent = tree.nodes.iter().find(|n| &*n.name == "sub").unwrap();
    let host = &tree.nodes[agent.parent.unwrap() as usize];
    assert!(!host.arrived, "a placeholder stands for it");
    let whole = every_tree(items);
    let tool = whole[0].nodes.iter().find(|n| &*n.name == "task").unwrap();
    assert_eq!(host.id, tool.id, "the span replaces it in place");
}

#[test]
fn a_call_below_a_linked_root_makes_the_outer_trace_the_turn() {
    let found = every_tree(vec![
        span(1, 0, Op::Other, "send", 0, 100).text(Field::Title, "hello"),
        linked(span(2, 0, Op::Agent, "coder", 10, 90).in_trace(2), 1, 1),
        span(3, 2, Op::Call, "m", 20, 80).in_trace(2),
    ]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        outline(&found[0]),
        [
            "Turn hello",
            "  Other send",
            "    Agent coder",
            "      Call m"
        ]
    );
}

#[test]
fn links_in_a_circle_are_cut() {
    let found = every_tree(vec![
        linked(span(1, 0, Op::Tool, "a", 0, 10), 2, 2),
        linked(span(2, 0, Op::Tool, "b", 1, 10).in_trace(2), 1, 1),
        linked(span(3, 0, Op::Tool, "c", 2, 10).in_trace(3), 3, 3),
    ]);
    let shown: Vec<Vec<String>> = found.iter().map(|t| outline(t)).collect();
    assert_eq!(
        shown,
        [
            vec!["Tool a".to_owned(), "  Tool b".to_owned()],
            vec!["Tool c".to_owned()]
        ]
    );
}
