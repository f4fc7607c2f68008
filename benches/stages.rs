//! What each stage costs, on a captured session of 200 model calls, and the screen on a turn of
//! 100,000 rows: `cargo bench`.
#![expect(clippy::unwrap_used, reason = "a bench of our own data")]

#[path = "../tests/view/fixture.rs"]
#[allow(dead_code, clippy::pedantic, reason = "the tests' own")]
mod fixture;

use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use spanfall::app::lore::Known;
use spanfall::findings::Walk;
use spanfall::model::ids::NodeId;
use spanfall::model::store::Store;
use spanfall::model::timing::Times;
use spanfall::record::{self, Recorded};
use spanfall::theme::{Depth, Theme};
use spanfall::ui::latency::Latency;
use spanfall::ui::ledger::Ledger;
use spanfall::ui::{Action, Picture, UiState, View, update};
use spanfall::view;
use spanfall::wire::payload::Decoded;
use spanfall::{ingest, wire};
use std::path::Path;

fn main() {
    divan::main();
}

fn requests() -> Vec<Recorded> {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/python/long-session");
    record::read(&[case]).unwrap().requests
}

fn decoded() -> Vec<Decoded> {
    requests()
        .iter()
        .map(|r| wire::decode(&r.payload))
        .collect()
}

fn filled(known: &Known) -> Store {
    let mut store = Store::new();
    for request in &decoded() {
        store.apply(ingest::prepare(&known.tables, request, 1).items);
    }
    store
}

#[divan::bench]
fn decode(bencher: Bencher) {
    let requests = requests();
    bencher.bench(|| {
        requests
            .iter()
            .map(|r| wire::decode(&r.payload).spans.len())
            .sum::<usize>()
    });
}

#[divan::bench]
fn prepare(bencher: Bencher) {
    let (known, decoded) = (Known::embedded().unwrap(), decoded());
    bencher.bench(|| {
        decoded
            .iter()
            .map(|d| ingest::prepare(&known.tables, d, 1).items.weight())
            .sum::<usize>()
    });
}

#[divan::bench]
fn apply(bencher: Bencher) {
    let (known, decoded) = (Known::embedded().unwrap(), decoded());
    let packs = || {
        decoded
            .iter()
            .map(|d| ingest::prepare(&known.tables, d, 1).items)
            .collect::<Vec<_>>()
    };
    bencher.with_inputs(packs).bench_values(|packs| {
        let mut store = Store::new();
        for pack in packs {
            store.apply(pack);
        }
        store
    });
}

#[divan::bench]
fn correlate(bencher: Bencher) {
    let known = Known::embedded().unwrap();
    bencher
        .with_inputs(|| filled(&known))
        .bench_values(|mut store| {
            store.refresh(&known, 2);
            store
        });
}

/// Every rule sees every node of a turn of 100,000.
#[divan::bench]
fn judge(bencher: Bencher) {
    let data = wide();
    let session = &data.sessions[0];
    bencher.bench_local(|| {
        let mut walk = Walk::new(session);
        walk.nodes(&data.tree.nodes);
        walk.end(session).at(session, 0, true).len()
    });
}

const ROWS: u32 = 100_000;
const SIZE: (u16, u16) = (200, 60);

/// A turn with so many rows below it: calls and tools, one after another, a gap after each.
fn wide() -> fixture::Fixture {
    let mut data = fixture::fixture();
    let call = data.tree.nodes.iter().find(|n| n.call.is_some()).cloned();
    let call = call.unwrap();
    let mut turn = data.tree.nodes.swap_remove(0);
    (turn.descendants, turn.end) = (ROWS, None);
    let start = turn.start;
    data.tree.nodes = vec![turn];
    data.tree.nodes.extend((0..ROWS).map(|i| {
        let mut node = call.clone();
        node.id = NodeId(u64::from(i) + 2);
        node.alias = node.id;
        node.start = start + u64::from(i) * 500_000;
        node.end = Some(node.start + 400_000);
        (node.parent, node.depth) = (Some(0), 1);
        node
    }));
    data
}

fn opened(data: &fixture::Fixture, actions: &[Action]) -> UiState {
    let mut ui = UiState::new(SIZE.0, SIZE.1);
    for action in [Action::Data].iter().chain(actions) {
        update(&mut ui, &data.picture(), action.clone());
    }
    assert_eq!(ui.rows().len(), ROWS as usize + 1);
    ui
}

/// The rows made anew, as after each change of the tree.
fn rows_after(bencher: Bencher, actions: &[Action]) {
    let data = wide();
    let mut ui = opened(&data, actions);
    let mut tree_version = 1;
    bencher.bench_local(|| {
        tree_version += 1;
        let picture = Picture {
            tree_version,
            ..data.picture()
        };
        update(&mut ui, &picture, Action::Data)
    });
}

#[divan::bench]
fn rows(bencher: Bencher) {
    rows_after(bencher, &[]);
}

#[divan::bench]
fn rows_and_gaps(bencher: Bencher) {
    rows_after(bencher, &[Action::WholeSession]);
}

/// What a page tells, worked out anew: of all rows, whatever changed.
#[divan::bench]
fn spent(bencher: Bencher) {
    let data = wide();
    bencher.bench_local(|| Ledger::of(&data.tree));
}

#[divan::bench]
fn latencies(bencher: Bencher) {
    let data = wide();
    let session = data.sessions[0].id;
    bencher.bench_local(|| Latency::of([(session, &Times::of(&data.tree.nodes))]));
}

/// A page after which nothing but the time has changed.
fn page(bencher: Bencher, view: View) {
    let data = wide();
    let mut ui = opened(&data, &[Action::View(view)]);
    bencher.bench_local(|| update(&mut ui, &data.picture(), Action::Data));
}

#[divan::bench]
fn page_of_cost(bencher: Bencher) {
    page(bencher, View::Cost);
}

#[divan::bench]
fn page_of_latency(bencher: Bencher) {
    page(bencher, View::Latency);
}

/// A frame after which nothing but the time has changed.
fn frame_after(bencher: Bencher, actions: &[Action]) {
    let data = wide();
    let ui = opened(&data, actions);
    let theme = Theme::built_in("dark", Depth::True, false).unwrap();
    bencher.bench_local(|| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        view::draw(&data.picture(), &ui, &theme, buffer.area, &mut buffer);
        buffer
    });
}

#[divan::bench]
fn frame(bencher: Bencher) {
    frame_after(bencher, &[]);
}

#[divan::bench]
fn frame_of_session_zoomed(bencher: Bencher) {
    frame_after(
        bencher,
        &[Action::WholeSession, Action::ZoomIn, Action::ZoomIn],
    );
}

/// The first slice of a search through 100,000 rows, and all of it.
fn search(bencher: Bencher, query: &str, whole: bool) {
    let data = wide();
    let mut ui = opened(&data, &[]);
    let mut clock = 0;
    bencher.bench_local(|| {
        clock += 1;
        update(
            &mut ui,
            &data.picture(),
            Action::Query(format!("{query} not \"{clock} xyz\"")),
        );
        while whole && ui.is_searching() {
            update(&mut ui, &data.picture(), Action::Data);
        }
    });
}

const QUERY: &str = "kind:call (dur>2s or model:sonnet) under:(kind:turn) status:ok xyzzy";

#[divan::bench]
fn search_slice(bencher: Bencher) {
    search(bencher, QUERY, false);
}

#[divan::bench]
fn search_all(bencher: Bencher) {
    search(bencher, QUERY, true);
}
