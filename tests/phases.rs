//! The phases of model calls: cases made with the plain SDK (`data/phases/make.py`, where it is
//! said what each is about), with what must come of them worked out by hand. The corpus holds what
//! real programs sent.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/invariants.rs"]
mod invariants;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/items.rs"]
mod items;

use cases::{corpus, known};
use items::{MS, Nothing, With, record, span, store, trees};
use spanfall::app::load::load;
use spanfall::model::evidence::{Field, Item, Op};
use spanfall::model::node::{Call, Node, NodeKind, PhaseEvidence, Role, Sign, State, Tree};
use spanfall::model::phases::{Doubted, stretches};
use spanfall::model::time_budget::{Part, time_budget};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn made(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/phases");
    folder.join(format!("{name}.traces.pb"))
}

/// The trees of a recording's sessions.
fn read(path: &Path) -> Vec<Arc<Tree>> {
    let known = known();
    let (mut store, complaints) = load(&[path.to_owned()], &known).unwrap();
    assert_eq!(complaints, [""; 0]);
    let found = trees(&mut store, &known);
    for tree in &found {
        invariants::check(tree);
    }
    found
}

fn calls(trees: &[Arc<Tree>]) -> Vec<(&Node, &Call)> {
    let nodes = trees.iter().flat_map(|t| &t.nodes);
    nodes
        .filter_map(|n| Some((n, n.call.as_deref()?)))
        .collect()
}

/// What is drawn of a call: parts and their milliseconds from its start. They follow each other
/// without a gap, from its start to its end.
fn drawn(node: &Node) -> Vec<(Part, u64)> {
    let (start, end) = (node.start, node.end.unwrap());
    let call = node.call.as_deref().unwrap();
    let stretches = stretches(call, node.state, start, end);
    let mut at = start;
    for (_, from, to) in &stretches {
        assert_eq!(*from, at, "{stretches:?}");
        at = *to;
    }
    assert_eq!(at, end, "{stretches:?}");
    let ms = |ns: u64| (ns + MS / 2) / MS;
    let each = stretches
        .iter()
        .map(|(part, from, to)| (*part, ms(to - from)));
    each.collect()
}

/// The only call of a made case, which is always from 0.1 to 1.1 s.
fn only(trees: &[Arc<Tree>]) -> &Node {
    let calls = calls(trees);
    assert_eq!(calls.len(), 1, "one call, whoever tells of it");
    let node = calls[0].0;
    assert_eq!(node.duration(0), 1000 * MS, "the client's own time");
    node
}

fn doubts(node: &Node) -> Vec<Doubted> {
    let call = node.call.as_deref().unwrap();
    call.phases.doubts.iter().map(|d| d.about).collect()
}

/// The client waited 400 ms, of which the engine had 50 in its queue and 300 of prefill.
const SPLIT: [(Part, u64); 4] = [
    (Part::Gateway, 50),
    (Part::Queue, 50),
    (Part::Prefill, 300),
    (Part::Decode, 600),
];

#[test]
fn an_engine_splits_what_its_client_waited() {
    let trees = read(&made("in-step"));
    let node = only(&trees);
    assert_eq!(drawn(node), SPLIT);
    assert_eq!(doubts(node), []);
    let call = node.call.as_deref().unwrap();
    assert_eq!(call.phases.evidence, PhaseEvidence::Engine);
    // (61 - 1) / 0.6 s.
    assert_eq!(call.decode_tokens_per_s(), Some(100.0));
}

#[test]
fn a_clock_that_is_off_is_told_and_places_nothing() {
    // The middle of the engine's span is at 3.605 s, its client's at 0.6; and at 0.485.
    for (case, off) in [("three-seconds-ahead", 3005), ("before-its-client", -115)] {
        let trees = read(&made(case));
        let node = only(&trees);
        assert_eq!(drawn(node), SPLIT, "{case}: durations do not depend on it");
        assert_eq!(doubts(node), [Doubted::Skew(off * 1_000_000)], "{case}");
        let agent = trees[0].nodes.iter().find(|n| n.kind == NodeKind::Agent);
        assert_eq!(agent.unwrap().duration(0), 1200 * MS, "{case}");
        let wall = time_budget(&trees[0].nodes, 0).wall();
        assert_eq!(wall, 1200 * MS, "{case}: no session of 4 s");
    }
}

#[test]
fn an_engine_that_tells_of_more_than_its_client_waited_is_not_drawn() {
    let trees = read(&made("longer-than-its-client"));
    let node = only(&trees);
    let own = [(Part::WaitPrefill, 400), (Part::Decode, 600)];
    assert_eq!(drawn(node), own);
    let told = Doubted::LongerThanCall(900 * MS, 400 * MS);
    assert_eq!(doubts(node), [told]);
    let call = node.call.as_deref().unwrap();
    assert_eq!(call.phases.evidence, PhaseEvidence::Client);
}

#[test]
fn an_engine_in_a_trace_of_its_own_is_joined_by_the_answers_id() {
    let trees = read(&made("joined-by-id"));
    assert_eq!(trees.len(), 1, "one session");
    let node = only(&trees);
    assert_eq!(drawn(node), SPLIT);
    // From -0.37 to 0.58: its middle is 0.495 s before its client's.
    assert_eq!(doubts(node), [Doubted::Skew(-495 * 1_000_000)]);
    assert!(node.sources.iter().any(|s| s.role == Role::Engine));
    assert!(node.sources.iter().any(|s| s.why == "same response id"));
    let agent = &trees[0].nodes[node.parent.unwrap() as usize];
    assert_eq!(&*agent.name, "helper", "it stands where its client does");
    let nodes = trees[0].nodes.iter();
    let seen: Vec<&str> = nodes.filter(|n| !n.internal).map(|n| &*n.name).collect();
    assert_eq!(seen, ["turn 1", "helper", "qwen3-8b"], "turn, agent, call");
}

#[test]
fn a_session_is_its_clients_though_a_server_behind_the_time_began_before_it() {
    let (store, _) = load(&[made("joined-by-id")], &known()).unwrap();
    let [session] = store.sessions() else {
        panic!("{:?}", store.sessions());
    };
    assert_eq!(&*session.emitter, "agent", "not the service that answered");
}

#[test]
fn an_engine_comes_before_or_after_its_client_all_the_same() {
    let call = || {
        span(1, 0, Op::Call, "m", 100, 1100)
            .text(Field::Session, "s")
            .id(Field::ResponseId, "x")
            .number(Field::TtftNs, 400 * MS)
    };
    let engine = || {
        span(2, 0, Op::Engine, "llm_request", 130, 1080)
            .in_trace(2)
            .id(Field::ResponseId, "x")
            .number(Field::QueueNs, 50 * MS)
            .number(Field::PrefillNs, 300 * MS)
    };
    for items in [vec![call(), engine()], vec![engine(), call()]] {
        let mut store = store(items);
        let trees = trees(&mut store, &Nothing);
        assert_eq!(trees.len(), 1);
        assert_eq!(drawn(only(&trees)), SPLIT);
    }
    // The same id in two sessions that no engine joins is two calls: scripted servers repeat theirs.
    let other = call().in_trace(3);
    let other = Item {
        facts: other.facts.into_iter().skip(1).collect(),
        ..other
    };
    let mut store = store(vec![call(), other.text(Field::Session, "t")]);
    assert_eq!(trees(&mut store, &Nothing).len(), 2);
}

#[test]
fn no_first_token_and_clocks_apart_still_add_up() {
    let trees = read(&made("not-streamed"));
    let node = only(&trees);
    // Of 1000 ms the engine needed 50 + 300 (and 10 more before the first token) and 590.
    let expected = [
        (Part::Gateway, 60),
        (Part::Queue, 50),
        (Part::Prefill, 300),
        (Part::Decode, 590),
    ];
    assert_eq!(drawn(node), expected);
}

#[test]
fn a_queue_within_the_prefill_is_taken_out_of_it() {
    let expected = [
        (Part::Gateway, 60),
        (Part::Queue, 120),
        (Part::Prefill, 220),
        (Part::Decode, 600),
    ];
    for case in ["queue-within-prefill", "stages"] {
        let trees = read(&made(case));
        let node = only(&trees);
        assert_eq!(drawn(node), expected, "{case}");
        assert_eq!(doubts(node), [], "{case}");
        let nodes = trees[0].nodes.iter();
        let seen = nodes.filter(|n| !n.internal).count();
        assert_eq!(
            seen, 3,
            "{case}: turn, agent and call; the rest is plumbing"
        );
    }
    let trees = read(&made("stages"));
    let stages = only(&trees)
        .sources
        .iter()
        .filter(|s| s.role == Role::Engine);
    assert_eq!(
        stages.count(),
        5,
        "the request, queue, two of prefill, decode"
    );
}

#[test]
fn other_servers_tell_what_they_can() {
    // TGI tells its queue, and prefill and decode together: only the queue is split off.
    let trees = read(&made("tgi"));
    let parts = drawn(only(&trees));
    let expected = [
        (Part::Queue, 65),
        (Part::WaitPrefill, 336),
        (Part::Decode, 600),
    ];
    assert_eq!(parts, expected);
    // Ollama: 100 ms to load, 200 to read, 600 to write, of 1000.
    let trees = read(&made("ollama"));
    let expected = [
        (Part::Gateway, 100),
        (Part::Queue, 100),
        (Part::Prefill, 200),
        (Part::Decode, 600),
    ];
    assert_eq!(drawn(only(&trees)), expected);
}

#[test]
fn a_queue_and_a_first_token_make_a_prefill() {
    // TensorRT-LLM: the first token after 360 ms, 50 of them in the queue. The client saw it after 400.
    let trees = read(&made("tensorrt"));
    let node = only(&trees);
    let expected = [
        (Part::Gateway, 40),
        (Part::Queue, 50),
        (Part::Prefill, 310),
        (Part::Decode, 600),
    ];
    assert_eq!(drawn(node), expected);
    assert_eq!(doubts(node), []);
}

#[test]
fn two_engines_of_one_answer_have_both_a_part_in_the_wait() {
    // In the queues for 20 + 10 ms, 200 + 15 of prefill; the rest of the client's 400 is the way.
    let trees = read(&made("llm-d"));
    let node = only(&trees);
    let expected = [
        (Part::Gateway, 155),
        (Part::Queue, 30),
        (Part::Prefill, 215),
        (Part::Decode, 600),
    ];
    assert_eq!(drawn(node), expected);
    assert_eq!(doubts(node), []);
    let call = node.call.as_deref().unwrap();
    assert_eq!(call.usage.output, Some(61), "not the reader's one token");
    let nodes = trees[0].nodes.iter();
    let seen: Vec<&str> = nodes.filter(|n| !n.internal).map(|n| &*n.name).collect();
    assert_eq!(seen, ["turn 1", "helper", "qwen3-8b"], "turn, agent, call");
    // Whichever engine's clock is ahead.
    let engine = |id: u64, from: u64, queue: u64, prefill: u64, output: u64| {
        span(id, 1, Op::Engine, "llm_request", from, from + 230)
            .number(Field::QueueNs, queue * MS)
            .number(Field::PrefillNs, prefill * MS)
            .tokens(900, output)
    };
    for ahead in [0, 3000] {
        let client = span(1, 0, Op::Call, "m", 100, 1100).number(Field::TtftNs, 400 * MS);
        let reader = engine(2, 170 + ahead, 20, 200, 1);
        let mut store = store(vec![client, reader, engine(3, 440, 10, 15, 61)]);
        let made = items::trees(&mut store, &Nothing);
        let node = only(&made);
        assert_eq!(drawn(node), expected);
        assert_eq!(node.call.as_deref().unwrap().usage.output, Some(61));
    }
}

#[test]
fn what_a_local_server_answered_splits_what_its_client_saw() {
    // llama.cpp: 250 ms to read, 700 to write; the client saw the first token after 280 ms, and then
    // did not stream: of 1000 ms 50 are the way.
    let trees = read(&made("llama-cpp"));
    let calls = calls(&trees);
    let streamed = [
        (Part::Gateway, 30),
        (Part::Prefill, 250),
        (Part::Decode, 720),
    ];
    let whole = [
        (Part::Gateway, 50),
        (Part::Prefill, 250),
        (Part::Decode, 700),
    ];
    assert_eq!(calls.len(), 2);
    assert_eq!(drawn(calls[0].0), streamed);
    assert_eq!(drawn(calls[1].0), whole);
    // Ollama: 100 ms to load, 200 to read, and the client saw the first token after 350.
    let trees = read(&made("ollama-streamed"));
    let expected = [
        (Part::Gateway, 50),
        (Part::Queue, 100),
        (Part::Prefill, 200),
        (Part::Decode, 650),
    ];
    assert_eq!(drawn(only(&trees)), expected);
}

#[test]
fn chunks_tell_where_the_answer_stalled() {
    let trees = read(&made("chunks"));
    let call = only(&trees).call.as_deref().unwrap();
    let curve = call.phases.curve.as_deref().unwrap();
    // At .5 .55 .6 .65, then 1.07 1.08 1.09 1.1: three gaps of 50, three of 10, and 420 ms.
    assert_eq!((curve.chunks, curve.gap), (8, 50 * MS));
    assert_eq!(curve.stalls, 1);
    let at = |ms: u64| 1_795_132_800_000 * MS + ms * MS;
    assert_eq!(curve.kept, [(at(650), at(1070))]);
}

#[test]
fn what_cannot_be_is_told_and_not_drawn() {
    let trees = read(&made("wrong"));
    let calls = calls(&trees);
    let found: Vec<_> = calls
        .iter()
        .map(|(node, call)| {
            let doubt = doubts(node).first().copied();
            (
                call.phases.ttft.map(|ns| ns / MS),
                call.phases.inferred,
                doubt,
            )
        })
        .collect();
    let expected = [
        (None, false, Some(Doubted::WrongStart(400_000))),
        (None, false, Some(Doubted::Whole(1000 * MS))),
        (None, false, Some(Doubted::Outside(7_000_000_000))),
        (Some(250), false, None),
        (Some(250), true, None),
        (Some(250), true, None),
        (None, false, Some(Doubted::Outside(4_000_000_000_000_000))),
    ];
    assert_eq!(found, expected);
}

#[test]
fn each_doubt_is_found_once_for_each_source() {
    let rules = |name: &str| {
        let known = known();
        let (mut store, _) = load(&[made(name)], &known).unwrap();
        let mut found = Vec::new();
        for summary in store.sessions().to_vec() {
            let tree = store.tree(summary.id, &known).unwrap().0;
            found.extend(spanfall::findings::of_session(&summary, &tree));
        }
        let timing = |rule: &&str| rule.starts_with("first-token") || *rule == "clock-skew";
        let mut rules: Vec<&str> = found.iter().map(|f| f.rule).filter(timing).collect();
        rules.sort_unstable();
        rules
    };
    assert_eq!(rules("in-step"), [""; 0]);
    assert_eq!(rules("three-seconds-ahead"), ["clock-skew"]);
    assert_eq!(rules("before-its-client"), ["clock-skew"]);
    assert_eq!(rules("longer-than-its-client"), ["first-token-impossible"]);
    let wrong = [
        "first-token-impossible",
        "first-token-impossible",
        "first-token-refused",
        "first-token-refused",
    ];
    assert_eq!(rules("wrong"), wrong);
}

/// Real telemetry: vLLM's keys under a client that saw its first chunk too. Of the first call its
/// spans say 361 ms and a first chunk after 306; the engine 20 ms of queue and 285 of prefill.
#[test]
fn the_captured_engine_fills_its_clients_time() {
    let trees = read(&corpus().join("python/semconv-vllm"));
    let calls = calls(&trees);
    assert_eq!(calls.len(), 9);
    for (node, call) in &calls {
        assert_eq!(call.phases.evidence, PhaseEvidence::Engine);
        assert_eq!(doubts(node), []);
        let parts = drawn(node).into_iter().map(|(part, _)| part);
        let parts: Vec<Part> = parts.filter(|p| *p != Part::Queue).collect(); // empty for some
        assert_eq!(parts, [Part::Gateway, Part::Prefill, Part::Decode]);
    }
    let first = [
        (Part::Gateway, 1),
        (Part::Queue, 20),
        (Part::Prefill, 285),
        (Part::Decode, 55),
    ];
    assert_eq!(drawn(calls[0].0), first);
}

#[test]
fn decode_speed_does_not_depend_on_the_prefill() {
    let speed = |ttft: u64| {
        let call = span(1, 0, Op::Call, "m", 0, ttft + 500)
            .tokens(10, 101)
            .number(Field::TtftNs, ttft * MS);
        let mut store = store(vec![call]);
        let trees = trees(&mut store, &Nothing);
        calls(&trees)[0].1.decode_tokens_per_s()
    };
    // (101 - 1) / 0.5 s, however long the prompt was read.
    assert_eq!(speed(20), Some(200.0));
    assert_eq!(speed(20_000), Some(200.0));
}

/// Mastra: a span for each block of the answer, within a call that goes on while its tools run.
#[test]
fn blocks_of_an_answer_tell_its_first_token_and_its_end() {
    let told = |blocks: [(u64, u64); 2], end: u64| {
        let mut items = vec![span(1, 0, Op::Call, "m", 100, end).tokens(10, 31)];
        for (id, (from, to)) in (2..).zip(blocks) {
            items.push(span(id, 1, Op::CallPart, "block", from, to).number(Field::Chunk, 1));
        }
        let mut store = store(items);
        trees(&mut store, &Nothing)
    };
    // Its tools end at 2 s, its answer at 0.7: 200 ms of wait, 400 of decode, 30 / 0.4 s.
    let trees = told([(300, 500), (500, 700)], 2000);
    let (node, call) = calls(&trees)[0];
    assert_eq!(drawn(node), [(Part::WaitPrefill, 200), (Part::Decode, 400)]);
    assert_eq!(call.decode_tokens_per_s(), Some(75.0));
    // Blocks that came all at once were not streamed.
    let trees = told([(697, 697), (700, 700)], 2000);
    assert_eq!(drawn(calls(&trees)[0].0), [(Part::NotSplit, 600)]);
    // After a block more may come.
    let trees = told([(300, 500), (500, 700)], 0);
    assert_eq!(calls(&trees)[0].0.state, State::Running(Sign::Known));
}

#[test]
fn while_it_runs_the_wait_grows_and_then_the_decode() {
    let asked = || record(1, Op::Attempt, "request", 100, 100).id(Field::Conversation, "c");
    let chunk = |n: u64, ms: u64| {
        let chunk = record(n, Op::CallPart, "delta", ms, ms).id(Field::Conversation, "c");
        chunk.number(Field::Chunk, 1)
    };
    let parts = |items: Vec<Item<'static>>, now: u64| {
        let mut store = store(items);
        let trees = trees(&mut store, &Nothing);
        let node = calls(&trees)[0].0.clone();
        let call = node.call.as_deref().unwrap();
        assert!(matches!(node.state, State::Running(_)), "{:?}", node.state);
        let told = stretches(call, node.state, node.start, now * MS);
        let ms = told.into_iter().map(|(part, a, b)| (part, (b - a) / MS));
        ms.collect::<Vec<_>>()
    };
    assert_eq!(parts(vec![asked()], 300), [(Part::WaitPrefill, 200)]);
    let came = vec![asked(), chunk(2, 350), chunk(3, 360)];
    assert_eq!(
        parts(came.clone(), 400),
        [(Part::WaitPrefill, 250), (Part::Decode, 50)]
    );
    assert_eq!(
        parts(came, 900),
        [(Part::WaitPrefill, 250), (Part::Decode, 550)]
    );
}

/// Worked out of the raw spans, apart from this program: each stretch between two ends of spans was
/// asked what was open in it, and given to the first of decode, prefill, queue, gateway, wait, tool and
/// person. Microseconds, and percents by the largest remainder.
#[test]
fn the_time_of_real_sessions_goes_where_their_spans_say() {
    use Part::{Decode, Gateway, Human, Idle, NotSplit, Prefill, Queue, Tool, WaitPrefill};
    // A reading engine; a person asked for permission; a sub-agent at work beside its agent.
    let engine: &[(Part, u64, u64)] = &[
        (Gateway, 25_003, 1),
        (Queue, 260_000, 9),
        (Prefill, 1_513_227, 53),
        (Decode, 581_711, 20),
        (Tool, 492_785, 17),
        (Idle, 3_479, 0),
    ];
    let person: &[(Part, u64, u64)] = &[
        (WaitPrefill, 1_903_533, 12),
        (Decode, 2_269_907, 15),
        (NotSplit, 25_952, 0),
        (Tool, 594_165, 4),
        (Human, 6_104_040, 39),
        (Idle, 4_588_454, 30),
    ];
    let beside: &[(Part, u64, u64)] = &[
        (WaitPrefill, 1_783_732, 53),
        (Decode, 1_436_075, 42),
        (Tool, 16_788, 1),
        (Idle, 150_753, 4),
    ];
    for (case, wall, expected) in [
        ("python/semconv-vllm", 2_876_205, engine),
        ("cli/claude-code-tui", 15_486_050, person),
        ("cli/claude-agent-sdk-js", 3_387_348, beside),
    ] {
        let trees = read(&corpus().join(case));
        let budgets = trees.iter().map(|tree| time_budget(&tree.nodes, 0));
        let us = |ns: u64| (ns + 500) / 1000;
        let budget = budgets.into_iter().find(|b| us(b.wall()) == wall);
        let budget = budget.unwrap_or_else(|| panic!("{case}: no session of {wall} µs"));
        let percents = budget.percents();
        let percent = |part| percents.iter().find(|p| p.0 == part).map_or(0, |p| p.1);
        let told = Part::TOLD.map(|part| (part, us(budget.of(part)), percent(part)));
        let told: Vec<_> = told.into_iter().filter(|(_, us, _)| *us > 0).collect();
        assert_eq!(told, expected, "{case}");
    }
}
