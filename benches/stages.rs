//! What each stage costs, on a captured session of 200 model calls: `cargo bench`.
#![expect(clippy::unwrap_used, reason = "a bench of our own data")]

use divan::Bencher;
use spanfall::app::lore::Known;
use spanfall::model::store::Store;
use spanfall::record::{self, Recorded};
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
