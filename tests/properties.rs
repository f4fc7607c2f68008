//! What must hold for any order, repetition and batching of what is received, shown on real
//! captures, and for evidence that no sane program sends.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/invariants.rs"]
mod invariants;

use cases::{corpus, known};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use spanfall::app::lore::Known;
use spanfall::model::evidence::Item;
use spanfall::model::ids::{EvidenceId, SessionId};
use spanfall::model::node::Tree;
use spanfall::model::store::Store;
use spanfall::{ingest, record, report, wire};
use std::collections::BTreeMap;

/// Small cases that are unlike each other: spans and logs of one agent, logs alone, an engine
/// below its client, spans that never ended, two libraries' spans of one call, two processes.
const CASES: [&str; 6] = [
    "cli/claude-code-one-process",
    "cli/claude-code-older-logs",
    "python/semconv-vllm",
    "python/killed-sigkill-pending",
    "python/openinference-anthropic",
    "python/mcp-native",
];

/// The items of a case in order of arrival.
fn items(case: &str, known: &Known) -> Vec<Item<'static>> {
    let requests = record::read(&[corpus().join(case)]).unwrap().requests;
    let mut items = Vec::new();
    for request in &requests {
        let (payload, tables) = (&request.payload, &known.tables);
        let decoded = wire::decode(payload);
        ingest::each(tables, &decoded, payload.received_ns, |item| {
            items.push(item.into_owned());
        });
    }
    items
}

/// What is shown: the report without the counts of what came, and the trees without the places
/// of their evidence in the store.
#[derive(Debug, PartialEq)]
struct Shown {
    report: serde_json::Value,
    trees: BTreeMap<SessionId, Tree>,
}

fn shown(store: &mut Store, known: &Known, now: u64) -> Shown {
    store.refresh(known, now);
    let mut report = serde_json::to_value(report::build(store, known)).unwrap();
    report.as_object_mut().unwrap().remove("received");
    let ids: Vec<SessionId> = store.sessions().iter().map(|s| s.id).collect();
    let tree = |id: SessionId| {
        let mut tree = (*store.tree(id, known).unwrap().0).clone();
        invariants::check(&tree);
        for source in tree.nodes.iter_mut().flat_map(|n| &mut n.sources) {
            source.evidence = EvidenceId(0);
        }
        (id, tree)
    };
    Shown {
        report,
        trees: ids.into_iter().map(tree).collect(),
    }
}

/// A way to hand `n` items over: the order of items, some of them twice, and the ends of batches.
fn delivery(n: usize) -> impl Strategy<Value = Vec<(usize, bool)>> {
    let twice = prop::collection::vec(0..n, 0..n / 2);
    let order = twice
        .prop_flat_map(move |twice| Just((0..n).chain(twice).collect::<Vec<_>>()).prop_shuffle());
    order.prop_flat_map(|order| {
        let ends = prop::collection::vec(prop::bool::weighted(0.1), order.len());
        ends.prop_map(move |ends| order.iter().copied().zip(ends).collect())
    })
}

#[test]
fn order_repetition_and_batches_do_not_matter() {
    let known = known();
    for case in CASES {
        let items = items(case, &known);
        let now = items
            .iter()
            .map(|i| i.arrival.max(i.end).max(i.start))
            .max()
            .unwrap();
        let mut store = Store::new();
        store.apply(items.clone());
        let want = shown(&mut store, &known, now);
        let mut runner = TestRunner::new(Config {
            cases: 24,
            failure_persistence: None,
            ..Config::default()
        });
        runner
            .run(&delivery(items.len()), |delivery| {
                let mut store = Store::new();
                for (at, end_of_batch) in delivery {
                    store.apply(vec![items[at].clone()]);
                    if end_of_batch {
                        store.refresh_some(&known, now, 1 + at % 5);
                    }
                }
                let got = shown(&mut store, &known, now);
                prop_assert!(got == want, "{case}: {}", difference(&want, &got));
                Ok(())
            })
            .unwrap();
    }
}

/// Where two pictures differ first.
fn difference(want: &Shown, got: &Shown) -> String {
    let (a, b) = (format!("{want:#?}"), format!("{got:#?}"));
    let mut lines = a.lines().zip(b.lines()).enumerate();
    let first = lines.find(|(_, (a, b))| a != b);
    first.map_or("one goes on".into(), |(n, (a, b))| {
        format!("line {n}: {a} | {b}")
    })
}

#[test]
fn every_prefix_of_the_arrivals_is_a_sound_picture() {
    let known = known();
    for case in CASES {
        let items = items(case, &known);
        let mut store = Store::new();
        for item in items.clone() {
            let now = item.arrival;
            store.apply(vec![item]);
            shown(&mut store, &known, now);
        }
        let mut at_once = Store::new();
        at_once.apply(items);
        let now = at_once.last_time();
        let (a, b) = (
            shown(&mut at_once, &known, now),
            shown(&mut store, &known, now),
        );
        assert!(
            a == b,
            "{case}: one by one is another picture: {}",
            difference(&a, &b)
        );
    }
}

#[test]
fn the_same_evidence_gives_the_same_picture_again() {
    let known = known();
    for case in CASES {
        let picture = || {
            let mut store = Store::new();
            store.apply(items(case, &known));
            let now = store.last_time();
            shown(&mut store, &known, now)
        };
        let first = picture();
        assert!((0..3).all(|_| picture() == first), "{case}");
        let mut store = Store::new();
        store.apply(items(case, &known));
        let now = store.last_time();
        shown(&mut store, &known, now);
        assert!(
            !store.refresh(&known, now),
            "{case}: nothing came, and yet something changed"
        );
    }
}
