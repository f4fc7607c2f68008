//! How long things took, against what really happened.

use crate::corpus::{cases, store};
use serde_json::Value as Json;
use spanfall::app::lore::Known;
use spanfall::model::node::{NodeKind, State};
use spanfall::model::timing::Times;
use spanfall::ui::latency::Latency;
use std::path::{Path, PathBuf};

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(case)
}

fn latency_of(case: &str) -> Latency {
    let known = Known::embedded().unwrap();
    let mut store = store(&known, &folder(case));
    let ids: Vec<_> = store.sessions().iter().map(|s| s.id).collect();
    let times = |id| (id, Times::of(&store.tree(id, &known).unwrap().0.nodes));
    let times: Vec<_> = ids.into_iter().map(times).collect();
    Latency::of(times.iter().map(|(id, times)| (*id, times)))
}

/// The client sees what the server sent so much later at most, ms: the first call of an agent sets
/// its client up.
const LATER: f64 = 60.0;

fn near(ns: Option<u64>, served_ms: f64) {
    let ms = ns.unwrap() as f64 / 1e6;
    assert!(
        (served_ms - 0.5..served_ms + LATER).contains(&ms),
        "{ms} ms, served after {served_ms}"
    );
}

/// Eleven calls, all streamed. The served times to the first token in `truth.json`, in order: 302.7
/// 304.7 306.3 307.2 310.8 311.2 311.6 313.7 319.9 431.4 535.4. Rank ⌈0.5·11⌉ is the sixth, ⌈0.9·11⌉
/// the tenth, ⌈0.99·11⌉ the last: no p99.
#[test]
fn quantiles_are_those_of_what_was_served() {
    let latency = latency_of("cli/claude-code-one-process");
    let [of] = latency.models.as_slice() else {
        panic!("{:?}", latency.models);
    };
    assert_eq!(of.model.as_deref(), Some("claude-sonnet-4-5"));
    assert_eq!(of.provider.as_deref(), Some("anthropic"));
    assert_eq!(
        (of.calls, of.failed, of.retried, of.first.count()),
        (11, 0, 0, 11)
    );
    near(of.first.median(), 311.2);
    near(of.first.tail(900), 431.4);
    assert_eq!(of.first.tail(990), None);
    near(of.first.most(), 535.4);
    // 421 tokens of output, eleven of them first ones, in 3664.3 ms of decoding: 111.9 a second. The
    // client also waits for the last event, some ms a call.
    assert_eq!((of.decode.tokens, of.decode.calls), (421 - 11, 11));
    let speed = of.decode.per_second().unwrap();
    assert!((100.0..112.0).contains(&speed), "{speed}");
    // The sixth of the served times per token: 8.84 ms.
    let per_token = of.per_token.median().unwrap() as f64 / 1e6;
    assert!((8.5..9.8).contains(&per_token), "{per_token}");
    assert!(of.engine.calls == 0 && of.engine.speed.per_second().is_none());
    // The first call had the latest first token.
    near(latency.firsts[0].first, 535.4);
    assert_eq!(latency.firsts.len(), 3);
    let names: Vec<_> = latency.tools.iter().map(|t| (&*t.name, t.runs)).collect();
    let told = [
        ("Bash", 1),
        ("Read", 2),
        ("Grep", 1),
        ("Agent", 1),
        ("Edit", 1),
    ];
    assert!(told.iter().all(|t| names.contains(t)), "{names:?}");
}

/// Five calls of gpt-5. The server read 53, 66, 90 − 64, 106 − 64 and 111 − 64 tokens of input that
/// were not cached. It says that it was at them for 207.55, 123.36, 149.94, 123.37 and 145.07 ms.
#[test]
fn prefill_speed_is_of_uncached_tokens() {
    let latency = latency_of("python/semconv-vllm");
    let of = |model: &str| {
        let named = |m: &&_| served_by(m, model);
        latency.models.iter().find(named).unwrap()
    };
    let engine = &of("gpt-5").engine;
    assert_eq!(engine.speed.tokens, 53 + 66 + 26 + 42 + 47);
    assert!(!engine.speed.at_most && engine.calls == 5);
    let seconds = 0.207_551 + 0.123_364 + 0.149_940 + 0.123_374 + 0.145_071;
    let speed = engine.speed.per_second().unwrap();
    assert!((speed - 234.0 / seconds).abs() < 0.1, "{speed}");
    // In the queue for 60, 0, 20, 40 and 60 ms.
    assert_eq!(engine.queue.median(), Some(40_000_000));
    assert_eq!(engine.queue.most(), Some(60_000_000));
}

fn served_by(of: &spanfall::ui::latency::Served, model: &str) -> bool {
    of.model.as_deref() == Some(model)
}

/// Six calls that were not streamed tell no first token, and what failed is in no quantile.
#[test]
fn what_was_not_told_is_counted() {
    let latency = latency_of("python/genai-openai-default");
    let truth = std::fs::read_to_string(folder("python/genai-openai-default").join("truth.json"));
    let truth: Json = serde_json::from_str(&truth.unwrap()).unwrap();
    let calls = truth["calls"].as_array().unwrap();
    let served = |model: &str, stream: bool| {
        let told = calls.iter().filter(|c| c["model"] == model);
        told.filter(|c| c["stream"] == stream && c["status"] == 200)
            .count()
    };
    let of = |model: &str| {
        let of = latency.models.iter();
        of.filter(|m| m.model.as_deref().is_some_and(|m| m.starts_with(model)))
            .min_by_key(|m| m.model.as_deref().map(str::len))
            .unwrap_or_else(|| panic!("{model} in {:#?}", latency.models))
    };
    let plain = of("gpt-4o-2026");
    assert_eq!(plain.calls as usize, served("gpt-4o", false));
    assert!(plain.is_unsplit() && plain.decode.per_second().is_none());
    let streamed = of("gpt-4o-mini");
    assert_eq!(streamed.first.count(), served("gpt-4o-mini", true));
    // Those that failed never said which model they were.
    assert_eq!((of("gpt-500").calls, of("gpt-500").failed), (0, 1));
    assert_eq!(of("gpt-500").whole.count(), 0);
}

/// Every answered or failed call is in the page once, and no more.
#[test]
fn calls_are_those_of_the_session() {
    let known = Known::embedded().unwrap();
    let mut looked_at = 0;
    for case in cases() {
        let mut store = store(&known, &case);
        for session in store.sessions().to_vec() {
            let Some((tree, _)) = store.tree(session.id, &known) else {
                continue;
            };
            let latency = Latency::of([(session.id, &Times::of(&tree.nodes))]);
            let sum = |of: fn(&spanfall::ui::latency::Served) -> u64| {
                latency.models.iter().map(of).sum::<u64>()
            };
            let f = &session.figures;
            let name = case.display();
            assert_eq!(sum(|m| m.failed), f.failed_calls, "{name}");
            assert_eq!(sum(|m| m.calls + m.failed), f.model_calls, "{name}");
            assert_eq!(latency.running_calls, f.running_calls, "{name}");
            let ended = |n: &&spanfall::model::node::Node| {
                n.kind == NodeKind::Tool && n.state != State::Abandoned && n.end.is_some()
            };
            let runs: u64 = latency.tools.iter().map(|t| t.runs).sum();
            assert_eq!(
                runs as usize,
                tree.nodes.iter().filter(ended).count(),
                "{name}"
            );
            for model in &latency.models {
                let split = model.first.count() as u64;
                assert!(
                    split <= model.calls && model.decode.calls <= split,
                    "{name}"
                );
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}
