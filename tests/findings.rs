//! Each rule in a case in which it fires, and in one near it in which it must not.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/items.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod items;

use items::{MS, With, record, span};
use ratatui::buffer::Cell;
use spanfall::app::load::load;
use spanfall::app::lore::Known;
use spanfall::app::screen::Screen;
use spanfall::findings::{self, RULES, Watch};
use spanfall::model::correlate::{Lore, PriceAnswer, PriceQuestion};
use spanfall::model::evidence::{Field, Item, Op};
use spanfall::model::finding::{Finding, Severity};
use spanfall::model::remarks::Verdict;
use spanfall::model::store::Store;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, UiState, View};
use std::path::Path;

/// Every model has a window of 100,000 tokens, and every name is another model.
struct Knows;

impl Lore for Knows {
    fn price(&self, _: &PriceQuestion<'_>) -> PriceAnswer {
        PriceAnswer {
            cost: None,
            uncached: None,
            entry: "".into(),
            window: Some(100_000),
        }
    }
    fn differ(&self, _: &PriceQuestion<'_>) -> bool {
        true
    }
    fn emitter(&self, _: u8) -> Option<&str> {
        None
    }
    fn roots_are_turns(&self, _: u8) -> bool {
        false
    }
    fn rule_key(&self, _: u16) -> &'static str {
        ""
    }
}

const SECOND: u64 = 1_000;

/// What is found at a time (ms), in a store of these items of which more may come (`over` false).
fn at(items: Vec<Item<'static>>, now_ms: u64, over: bool) -> Vec<Finding> {
    let mut store = Store::new();
    store.apply(items);
    store.refresh(&Knows, now_ms * MS);
    let mut watch = Watch::default();
    while watch.advance(&store, &Knows, None, (now_ms * MS, over), 3) {}
    let live = watch.found().to_vec();
    // A report walks the whole tree at once: it finds the same, but for what time tells.
    if over {
        let mut whole = Vec::new();
        for summary in store.sessions().to_vec() {
            let tree = store.tree(summary.id, &Knows).unwrap().0;
            whole.extend(findings::of_session(&summary, &tree));
        }
        findings::sort(&mut whole);
        assert_eq!(live, whole);
    }
    live
}

/// What one rule finds in a recording.
fn by(rule: &str, items: Vec<Item<'static>>) -> Vec<Finding> {
    assert!(findings::rule(rule).is_some(), "{rule}");
    let end = items.iter().map(|i| i.arrival / MS).max().unwrap();
    let mut found = at(items, end, true);
    found.retain(|f| f.rule == rule);
    found
}

fn fires(rule: &str, items: Vec<Item<'static>>) -> Finding {
    let found = by(rule, items);
    assert_eq!(found.len(), 1, "{rule}: {found:?}");
    found[0].clone()
}

fn passes(rule: &str, items: Vec<Item<'static>>) {
    let found = by(rule, items);
    assert!(found.is_empty(), "{found:?}");
}

/// An agent from 0 s, with what its steps are made into: step `i` lasts a second from `i` seconds.
fn agent(steps: Vec<Item<'static>>) -> Vec<Item<'static>> {
    let end = steps.iter().map(|i| i.end / MS).max().unwrap() + 1;
    let mut items = vec![span(1, 0, Op::Agent, "lead", 0, end).text(Field::AgentName, "lead")];
    items.push(span(2, 1, Op::Call, "m", 0, 1)); // an agent without any is a finding of its own
    items.extend(steps);
    items
}

fn step(i: u64, op: Op, name: &str) -> Item<'static> {
    let item = span(100 + i, 1, op, name, i * SECOND, (i + 1) * SECOND - 1);
    match op {
        Op::Tool => item.text(Field::ToolName, name),
        Op::Call => item
            .text(Field::RequestModel, name)
            .text(Field::ResponseModel, name),
        _ => item,
    }
}

fn tool(i: u64, name: &str, arguments: &str) -> Item<'static> {
    step(i, Op::Tool, name).id(Field::ToolArguments, arguments)
}

/// A call that read so many tokens from the cache and wrote so many to it.
fn cached(i: u64, model: &str, input: u64, read: u64, written: u64) -> Item<'static> {
    step(i, Op::Call, model)
        .tokens(input, 10)
        .number(Field::CacheRead, read)
        .number(Field::CacheWrite, written)
}

#[test]
fn tool_loop() {
    let same = |n: u64| {
        (0..n)
            .map(|i| tool(i, "Read", "{\"path\":\"a\"}"))
            .collect()
    };
    let found = fires("tool-loop", agent(same(4)));
    assert!(
        found.message.contains("4 times in a row"),
        "{}",
        found.message
    );
    assert_eq!(found.at, 2 * SECOND * MS, "the third of them");
    passes("tool-loop", agent(same(2)));
    let in_turn = |n: u64| (0..n).map(|i| tool(i, "Read", ["a", "b"][usize::from(i % 2 == 1)]));
    fires("tool-loop", agent(in_turn(6).collect()));
    passes("tool-loop", agent(in_turn(5).collect()));
    let others = (0..6).map(|i| tool(i, "Read", &format!("{i}"))).collect();
    passes("tool-loop", agent(others));
    // Work between them, other answers, a retry, polling, calls at once, nothing captured.
    let tests = (0..4).flat_map(|i| {
        let edit = tool(2 * i, "Edit", &format!("{i}"));
        [edit, tool(2 * i + 1, "Bash", "cargo test")]
    });
    passes("tool-loop", agent(tests.collect()));
    let progress =
        (0..4).map(|i| tool(i, "Next", "{\"n\":1}").id(Field::ToolResult, &i.to_string()));
    passes("tool-loop", agent(progress.collect()));
    let retried = (0..4).map(|i| {
        let call = tool(i, "Fetch", "{\"u\":1}");
        if i < 3 { call.failed() } else { call }
    });
    passes("tool-loop", agent(retried.collect()));
    let polled = (0..5).map(|i| tool(i, "get_job_status", "{\"id\":1}"));
    passes("tool-loop", agent(polled.collect()));
    let at_once = (0..4).map(|i| Item {
        start: 0,
        end: SECOND * MS,
        ..tool(i, "Read", "{\"p\":1}")
    });
    passes("tool-loop", agent(at_once.collect()));
    let untold = (0..4).map(|i| step(i, Op::Tool, "Read")).collect();
    passes("tool-loop", agent(untold));
    let bare = (0..4).map(|i| tool(i, "now", "{}")).collect();
    passes("tool-loop", agent(bare));
    let bare = (0..3).map(|i| tool(i, "now", "{}").id(Field::ToolResult, "the same"));
    fires("tool-loop", agent(bare.collect()));
}

#[test]
fn same_error() {
    let fails = |i: u64, words: &str| step(i, Op::Tool, "Bash").failed().text(Field::Error, words);
    let same = |n: u64| {
        (0..n)
            .map(|i| fails(i, &format!("exit {i}: no such file")))
            .collect()
    };
    let found = fires("same-error", agent(same(4)));
    assert_eq!(found.message, "Bash failed 4 times with the same error");
    passes("same-error", agent(same(2)));
    let words = ["no such file", "timeout", "permission denied", "exit"];
    let others = (0..).zip(words).map(|(i, words)| fails(i, words));
    passes("same-error", agent(others.collect()));
}

#[test]
fn retry_storm() {
    let failed = |i: u64| {
        step(i, Op::Call, "m")
            .failed()
            .text(Field::Error, "overloaded")
    };
    let found = fires("retry-storm", agent((0..6).map(failed).collect()));
    assert_eq!(
        (&*found.message, found.severity),
        ("m was tried 6 times", Severity::Error)
    );
    passes("retry-storm", agent((0..4).map(failed).collect()));
    let tried = |n| {
        agent(vec![
            step(0, Op::Call, "m")
                .tokens(5, 5)
                .number(Field::Attempts, n),
        ])
    };
    fires("retry-storm", tried(5));
    passes("retry-storm", tried(2));
    // A program that calls, fails and calls again: every call is a trace of its own.
    let alone = |i: u64, item: Item<'static>| {
        let item = Item {
            parent: items::span_id(0),
            ..item
        }
        .text(Field::Session, "s");
        item.in_trace(i + 1)
    };
    let again = |n: u64, pause: u64| (0..n).map(|i| alone(i, failed(i * pause))).collect();
    let found = fires("retry-storm", again(6, 1));
    assert_eq!(found.message, "m: 6 calls in a row failed");
    passes("retry-storm", again(4, 1));
    passes("retry-storm", again(6, 300));
    let answered = (0..9).map(|i| match i % 3 {
        2 => alone(i, step(i, Op::Call, "m").tokens(5, 5)),
        _ => alone(i, failed(i)),
    });
    passes("retry-storm", answered.collect());
}

#[test]
fn cut_off_and_filtered() {
    let ended = |how: &str, output| {
        agent(vec![
            step(0, Op::Call, "m")
                .tokens(50, output)
                .text(Field::FinishReasons, how),
        ])
    };
    assert!(
        fires("answer-cut-off", ended("max_tokens", 4096))
            .evidence
            .contains("4,096")
    );
    passes("answer-cut-off", ended("max_tokens", 1)); // a probe
    passes("answer-cut-off", ended("end_turn", 4096));
    fires("answer-filtered", ended("content_filter", 3));
    fires("answer-filtered", ended("SAFETY", 0));
    passes("answer-filtered", ended("stop", 3));
}

#[test]
fn finish_shift() {
    let ends = |of: &dyn Fn(u64) -> &'static str| {
        let call = |i| {
            step(i, Op::Call, "m")
                .tokens(9, 9)
                .text(Field::FinishReasons, of(i))
        };
        agent((0..60).map(call).collect())
    };
    let found = fires(
        "finish-shift",
        ends(&|i| if i < 35 { "tool_calls" } else { "stop" }),
    );
    assert!(found.message.ends_with("stop"), "{}", found.message);
    passes(
        "finish-shift",
        ends(&|i| if i % 4 == 3 { "stop" } else { "tool_calls" }),
    );
}

#[test]
fn context_nearly_full() {
    let filled = |inputs: &[u64]| {
        let calls = inputs
            .iter()
            .zip(0..)
            .map(|(&n, i)| step(i, Op::Call, "m").tokens(n, 10));
        agent(calls.collect())
    };
    let found = fires("context-nearly-full", filled(&[50_000, 91_000, 95_000]));
    assert_eq!((found.at, found.severity), (SECOND * MS, Severity::Warning));
    assert_eq!(found.evidence, "91,010 of 100,000 tokens");
    passes("context-nearly-full", filled(&[50_000, 85_000]));
    assert_eq!(
        by("context-nearly-full", filled(&[92_000, 20_000, 93_000])).len(),
        2
    );
    assert_eq!(
        fires("context-nearly-full", filled(&[120_000])).severity,
        Severity::Error
    );
}

#[test]
fn cache_lost() {
    let calls = |last: Item<'static>| {
        agent(vec![
            cached(0, "m", 9_000, 0, 8_000),
            cached(1, "m", 9_500, 8_000, 900),
            last,
        ])
    };
    let found = fires("cache-lost", calls(cached(2, "m", 10_000, 0, 9_900)));
    assert!(found.message.contains("8,900 tokens"), "{}", found.message);
    assert_eq!(
        (found.at, found.severity),
        (2 * SECOND * MS, Severity::Warning)
    );
    passes("cache-lost", calls(cached(2, "m", 10_000, 8_900, 500)));
    passes("cache-lost", calls(cached(2, "m", 2_000, 0, 1_500))); // compacted
    passes("cache-lost", calls(cached(2, "small", 10_000, 0, 0))); // another model
    passes(
        "cache-lost",
        calls(step(2, Op::Call, "m").tokens(10_000, 10)),
    ); // not told
    let small = vec![cached(0, "m", 900, 0, 800), cached(1, "m", 950, 0, 900)];
    passes("cache-lost", agent(small));
    let late = calls(Item {
        start: 900 * SECOND * MS,
        end: 901 * SECOND * MS,
        ..cached(2, "m", 10_000, 0, 9_900)
    });
    assert_eq!(
        fires("cache-lost", late).severity,
        Severity::Info,
        "it may have expired"
    );
    // Two runs of an agent beside each other in one turn do not share a conversation.
    let run = |id: u64, i: u64| {
        let from = i * 10 * SECOND;
        let call = cached(i * 10 + 1, "m", 9_000, 0, 8_000);
        [
            span(id, 1, Op::Agent, "worker", from, from + 5 * SECOND)
                .text(Field::AgentName, "worker"),
            Item {
                parent: items::span_id(id),
                ..call
            },
        ]
    };
    let beside = [run(50, 0), run(51, 1)].into_iter().flatten().collect();
    passes("cache-lost", agent(beside));
}

#[test]
fn other_model() {
    let call = |asked: &str, by: &str| {
        let call = span(2, 1, Op::Call, "chat", 0, 900).tokens(5, 5);
        agent(vec![
            call.text(Field::RequestModel, asked)
                .text(Field::ResponseModel, by),
        ])
    };
    let found = fires("other-model", call("gpt-5", "gpt-4o-mini"));
    assert_eq!(found.message, "asked for gpt-5, answered by gpt-4o-mini");
    passes("other-model", call("gpt-5", "gpt-5"));
    // Which names mean one model, the price table knows.
    let prices = spanfall::prices::Table::embedded();
    let differ = |a, b| prices.differ(Some("openai"), None, a, b);
    assert!(differ("gpt-4o", "gpt-4o-mini"));
    assert!(!differ("gpt-4o", "gpt-4o-2024-08-06"));
    assert!(!differ("my-deployment", "gpt-4o"), "nobody knows");
    let anthropic = |a, b| prices.differ(Some("anthropic"), None, a, b);
    assert!(anthropic("claude-opus-4-1", "claude-sonnet-4-5-20250929"));
    assert!(!anthropic(
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929"
    ));
}

#[test]
fn never_answered() {
    let open = |i: u64, name: &str| {
        let tool = step(i, Op::Tool, name);
        Item {
            end: 0,
            arrival: tool.start,
            ..tool
        }
    };
    let asks = |i| step(i, Op::Call, "m").tokens(5, 5);
    fires(
        "never-answered",
        agent(vec![asks(0), open(1, "Bash"), asks(2)]),
    );
    passes(
        "never-answered",
        agent(vec![asks(0), step(1, Op::Tool, "Bash"), asks(2)]),
    );
    passes("never-answered", agent(vec![asks(0), open(1, "Bash")])); // it may still run
    // The next call has begun: the tool's end is on its way.
    passes(
        "never-answered",
        agent(vec![asks(0), open(1, "Bash"), Item { end: 0, ..asks(2) }]),
    );
    // An agent in the background.
    let below = span(90, 101, Op::Agent, "helper", 1_100, 1_900);
    passes(
        "never-answered",
        agent(vec![asks(0), open(1, "Task"), below, asks(2)]),
    );
    // After ten minutes of silence nothing is waited for any more.
    let silent = vec![span(1, 0, Op::Agent, "a", 0, 0), open(1, "Bash")];
    let found = at(silent.clone(), 700 * SECOND, false);
    assert_eq!(
        found.iter().filter(|f| f.rule == "never-answered").count(),
        1,
        "{found:?}"
    );
    let found = at(silent, 60 * SECOND, false);
    assert!(
        found.iter().all(|f| f.rule != "never-answered"),
        "{found:?}"
    );
}

/// Ten calls of a second each, and one that runs from the eleventh on.
fn runs(name: &str) -> Vec<Item<'static>> {
    let mut items = vec![span(1, 0, Op::Agent, "lead", 0, 0)];
    items.extend((0..10).map(|i| step(i, Op::Tool, "Bash")));
    items.push(Item {
        end: 0,
        ..step(10, Op::Tool, name)
    });
    items
}

fn rules(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|f| f.rule).collect()
}

#[test]
fn beyond_p95() {
    let found = at(runs("Bash"), 60 * SECOND, false);
    assert_eq!(rules(&found), ["beyond-p95"]);
    assert_eq!(found[0].evidence, "p95 of 10 is 999ms");
    assert!(found[0].message.ends_with("50.0s"), "{}", found[0].message);
    assert!(!rules(&at(runs("Bash"), 12 * SECOND, false)).contains(&"beyond-p95"));
    assert!(
        !rules(&at(runs("Fetch"), 60 * SECOND, false)).contains(&"beyond-p95"),
        "one of a kind"
    );
    assert!(
        !rules(&at(runs("Bash"), 60 * SECOND, true)).contains(&"beyond-p95"),
        "a recording"
    );
    let mut asked = runs("Bash");
    asked.push(Item {
        end: 0,
        ..span(300, 110, Op::Wait, "permission", 10_100, 0)
    });
    assert!(
        !rules(&at(asked, 60 * SECOND, false)).contains(&"beyond-p95"),
        "a person is waited for"
    );
}

#[test]
fn silence() {
    let found = at(runs("Fetch"), 47 * SECOND, false);
    assert_eq!(rules(&found), ["silence"]);
    assert!(
        found[0].message.starts_with("last sign of life"),
        "{}",
        found[0].message
    );
    assert!(at(runs("Fetch"), 13 * SECOND, false).is_empty());
    let over = agent((0..10).map(|i| step(i, Op::Tool, "Bash")).collect());
    assert!(at(over, 600 * SECOND, false).is_empty(), "nothing runs");
}

#[test]
fn claimed_differs() {
    let claims = |input, output| {
        vec![
            span(1, 0, Op::Agent, "lead", 0, 9_000)
                .text(Field::AgentName, "lead")
                .tokens(input, output),
            step(1, Op::Call, "m").tokens(1_000, 100),
            span(2, 1, Op::Agent, "helper", 2_000, 4_000).text(Field::AgentName, "helper"),
            span(3, 2, Op::Call, "m", 2_000, 3_000).tokens(500, 50),
        ]
    };
    let found = fires("claimed-differs", claims(4_000, 100));
    assert!(
        found
            .evidence
            .contains("input 4,000 claimed, 1,500 counted"),
        "{}",
        found.evidence
    );
    passes("claimed-differs", claims(1_500, 150)); // all below it
    passes("claimed-differs", claims(1_000, 100)); // its own, without its sub-agent's
    passes("claimed-differs", claims(1_510, 151)); // rounding
    let mut untold = claims(4_000, 100);
    untold.push(span(4, 1, Op::Call, "m", 5_000, 6_000));
    passes("claimed-differs", untold);
}

#[test]
fn verdict_failed() {
    let judged = |label: &str| {
        let call = step(0, Op::Call, "m").tokens(5, 5);
        agent(vec![
            call.text(Field::VerdictName, "Relevance")
                .text(Field::VerdictLabel, label)
                .text(Field::VerdictScore, "0.2"),
        ])
    };
    let found = fires("verdict-failed", judged("fail"));
    assert_eq!(found.message, "m: Relevance fail 0.2");
    passes("verdict-failed", judged("pass"));
    passes("verdict-failed", judged("2 of 5"));
    // A record written in the call's span, and an event of that span, judge that call.
    let mut told = agent(vec![step(0, Op::Call, "m").tokens(5, 5)]);
    told.push(
        Item {
            span: items::span_id(100),
            ..record(7, Op::Mark, "gen_ai.evaluation.result", 2_000, 2_000)
        }
        .text(Field::VerdictName, "tone")
        .text(Field::VerdictLabel, "fail"),
    );
    assert_eq!(fires("verdict-failed", told).message, "m: tone fail");
    let line = Verdict::line([
        Some("pii"),
        None,
        None,
        Some("triggered"),
        Some("an address"),
    ]);
    let call = step(0, Op::Call, "m")
        .tokens(5, 5)
        .text(Field::Verdicts, &line);
    let found = fires("verdict-failed", agent(vec![call]));
    assert_eq!(
        (&*found.message, &*found.evidence),
        ("m: pii triggered", "an address")
    );
}

#[test]
fn orphan_spans() {
    let lost = vec![
        span(5, 9, Op::Call, "m", 0, 900).tokens(5, 5),
        span(6, 9, Op::Tool, "t", 900, 950),
    ];
    let found = fires("orphan-spans", lost.clone());
    assert_eq!(
        (&*found.message, &*found.evidence),
        ("1 parent span never came", "2 spans without it")
    );
    assert!(
        !rules(&at(lost.clone(), 30 * SECOND, false)).contains(&"orphan-spans"),
        "it may come"
    );
    assert!(rules(&at(lost, 62 * SECOND, false)).contains(&"orphan-spans"));
    passes(
        "orphan-spans",
        agent(vec![step(0, Op::Call, "m").tokens(5, 5)]),
    );
}

#[test]
fn truncated_and_sampled() {
    let call = || step(0, Op::Call, "m").tokens(5, 5);
    let found = fires("truncated", agent(vec![call().number(Field::Lost, 3)]));
    assert!(found.message.contains("3 attributes"), "{}", found.message);
    let found = fires(
        "truncated",
        agent(vec![call().text(Field::CutShort, "messages")]),
    );
    assert_eq!(found.evidence, "first in messages");
    passes("truncated", agent(vec![call().number(Field::Lost, 0)]));
    let found = fires(
        "sampled",
        agent(vec![call().number(Field::SampledPpm, 125_000)]),
    );
    assert!(found.message.starts_with("12.5%"), "{}", found.message);
    passes(
        "sampled",
        agent(vec![call().number(Field::SampledPpm, 1_000_000)]),
    );
}

#[test]
fn what_a_session_shows_by_itself() {
    let ahead = |by: u64| {
        let call = step(0, Op::Call, "m").tokens(5, 5);
        vec![Item {
            arrival: call.end - by * MS,
            ..call.clone()
        }]
    };
    fires(
        "clock-ahead",
        ahead(900)
            .into_iter()
            .map(|i| Item {
                end: i.end + 5_000 * MS,
                ..i
            })
            .collect(),
    );
    passes("clock-ahead", ahead(500));
    fires(
        "parent-cycle",
        vec![
            span(1, 2, Op::Tool, "t", 0, 1),
            span(2, 1, Op::Call, "m", 0, 1),
        ],
    );
    passes(
        "parent-cycle",
        vec![
            span(1, 0, Op::Tool, "t", 0, 1),
            span(2, 1, Op::Call, "m", 0, 1),
        ],
    );
}

#[test]
fn joined_midway() {
    let of = |item: Item<'static>, prompt: u64| {
        let item = item.in_trace(0).text(Field::Session, "s");
        item.number(Field::TurnKey, prompt)
    };
    let prompt = |n: u64, at: u64| of(record(n, Op::Turn, "do it", at, at), n);
    let call = |n: u64, at: u64| of(record(10 + n, Op::Call, "m", at, at + 9).tokens(5, 5), n);
    let later = || vec![prompt(2, 1_000), call(2, 1_010)];
    let of_first = |first: Vec<Item<'static>>| first.into_iter().chain(later()).collect::<Vec<_>>();
    fires("joined-midway", of_first(vec![call(1, 10)]));
    passes("joined-midway", of_first(vec![prompt(1, 0), call(1, 10)]));
    passes("joined-midway", later());
}

#[test]
fn content_dropped() {
    // Ten turns of two megabytes each, over and done.
    let turn = |n: u64| Item {
        bytes: vec![b'x'; 2 << 20].into(),
        ..span(n, 0, Op::Call, "m", n * SECOND, n * SECOND + 9)
            .in_trace(n)
            .text(Field::Session, "s")
            .tokens(5, 5)
    };
    let mut store = Store::new();
    store.apply((1..=10).map(turn).collect::<Vec<_>>());
    store.refresh(&Knows, 20 * SECOND * MS);
    let found = |store: &mut Store| {
        let summary = store.sessions()[0].clone();
        let tree = store.tree(summary.id, &Knows).unwrap().0;
        let found = findings::of_session(&summary, &tree);
        (summary, found.iter().any(|f| f.rule == "content-dropped"))
    };
    let (before, dropped) = found(&mut store);
    assert!(!dropped);
    assert!(store.hold(store.held() * 3 / 4, &|_| false).is_empty());
    store.refresh(&Knows, 20 * SECOND * MS);
    let (after, dropped) = found(&mut store);
    assert!(dropped && after.content_dropped);
    assert_eq!(after.figures, before.figures, "figures stay");
}

#[test]
fn first_token_after_end() {
    let at = |ms: u64| {
        let call = step(0, Op::Call, "m")
            .tokens(5, 5)
            .number(Field::Streamed, 1);
        let start = call.start;
        agent(vec![call.number(Field::FirstTokenAt, start + ms * MS)])
    };
    let found = fires("first-token-after-end", at(1_500));
    assert!(found.message.contains("1.5s"), "{}", found.message);
    passes("first-token-after-end", at(400));
    passes(
        "first-token-after-end",
        agent(vec![step(0, Op::Call, "m").tokens(5, 5)]),
    );
}

#[test]
fn every_rule_is_documented() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md")).unwrap();
    assert!(
        readme.contains(&findings::table()),
        "docs/findings.md does not hold:\n{}",
        findings::table()
    );
    let mut names: Vec<&str> = RULES.iter().map(|r| r.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn a_changed_session_is_looked_at_again_and_rests_between() {
    let mut store = Store::new();
    let first = agent(vec![tool(0, "Read", "x"), tool(1, "Read", "x")]);
    store.apply(first);
    store.refresh(&Knows, 10 * SECOND * MS);
    let mut watch = Watch::default();
    let now = 10 * SECOND * MS;
    assert!(!watch.advance(&store, &Knows, None, (now, false), 1_000));
    assert!(watch.found().is_empty());
    store.apply(vec![tool(2, "Read", "x")]);
    store.refresh(&Knows, now + 1);
    let more = watch.advance(&store, &Knows, None, (now + 1, false), 1_000);
    assert!(!more && watch.found().is_empty(), "it rests");
    watch.advance(&store, &Knows, None, (now + SECOND * MS, false), 1_000);
    assert_eq!(rules(watch.found()), ["tool-loop"]);
    let _gone = store.clear();
    watch.advance(&store, &Knows, None, (now + 3 * SECOND * MS, false), 1_000);
    assert!(watch.found().is_empty());
}

/// The case that was made to hold a cache break, a loop and a stuck call, opened on the screen.
fn made() -> Screen {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/made/troubled-agent");
    let known = Known::with_prices(None).unwrap();
    let (store, complaints) = load(&[case], &known).unwrap();
    assert!(complaints.is_empty(), "{complaints:?}");
    let now = store.last_time();
    let theme = Theme::built_in("dark", Depth::True, false).unwrap();
    let mut screen = Screen::new(known, store, theme, UiState::new(120, 40), usize::MAX);
    screen.act(Action::Follow);
    while screen.refresh(now) {}
    screen
}

/// What is on the screen after so many keys.
fn after(actions: &[Action]) -> String {
    let mut screen = made();
    for action in actions {
        screen.act(action.clone());
    }
    let now = screen.store.last_time();
    let buffer = screen.frame(now, (120, 40));
    let cells = buffer.content.chunks(120);
    let lines = cells.map(|row| row.iter().map(Cell::symbol).collect::<String>());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_went_wrong_is_five_keys_away_at_most() {
    let next = |n| vec![Action::NextFinding; n];
    let found = [1, 2, 3].map(|keys| after(&next(keys)));
    for words in [
        "runs far longer than usual: 48.0s",
        "the prompt cache was lost: 4,728",
        "the same call 5 times in a row",
    ] {
        assert!(
            found.iter().any(|screen| screen.contains(words)),
            "{words}\n{}",
            found.join("\n")
        );
    }
    let error = after(&[Action::Top, Action::NextError]);
    assert!(
        error.contains("tool run_tests") && error.contains("tool_error"),
        "{error}"
    );
    let dearest = after(&[Action::DearestCall]);
    assert!(dearest.contains("cost         $0.0183"), "{dearest}");
    let health = after(&[Action::View(View::Health)]);
    assert_eq!(
        health.matches('▲').count(),
        4,
        "three, and their number: {health}"
    );
}

/// What was read is told apart, and the money is that of Claude Sonnet 4.5: 4,728 tokens written to the
/// cache again at $3.75 a million in place of being read at $0.30.
#[test]
fn a_lost_cache_says_what_it_broke_at_and_what_that_cost() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/made/troubled-agent");
    let known = Known::with_prices(None).unwrap();
    let (mut store, _) = load(&[case], &known).unwrap();
    let report = spanfall::report::build(&mut store, &*known);
    let lost = report.findings.iter().find(|f| f.rule == "cache-lost");
    let evidence = &lost.unwrap().evidence;
    let told = "; message 1 (system) differs first; $0.0163 more";
    assert!(evidence.ends_with(told), "{evidence}");
    // On the screen too.
    let shown = [1, 2, 3].map(|keys| after(&vec![Action::NextFinding; keys]));
    assert!(
        shown.iter().any(|s| s.contains("message 1 (system)")),
        "{}",
        shown.join("\n")
    );
}

/// Every case of the corpus as somebody sees it who comes when half of it is over: what is warned of
/// then is warned of in the whole case, too. That metrics and claims count more than what came is for
/// information, and says so.
#[test]
fn who_joins_midway_is_warned_of_nothing_that_is_not_so() {
    let known = Known::with_prices(None).unwrap();
    let warned = |requests: &[spanfall::record::Recorded]| -> Vec<&'static str> {
        let mut store = Store::new();
        for request in requests {
            let decoded = spanfall::wire::decode(&request.payload);
            store.apply(spanfall::ingest::prepare(&known.tables, &decoded, 1).items);
        }
        store.refresh(&*known, u64::MAX);
        let mut rules = Vec::new();
        for summary in store.sessions().to_vec() {
            let tree = store.tree(summary.id, &*known).unwrap().0;
            let found = findings::of_session(&summary, &tree).into_iter();
            let grave = found.filter(|f| f.severity >= Severity::Warning);
            rules.extend(grave.map(|f| f.rule));
        }
        rules
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let folders = ["cli", "python"].map(|part| std::fs::read_dir(root.join(part)).unwrap());
    let cases = folders.into_iter().flatten().map(|e| e.unwrap().path());
    let mut cut = 0;
    for case in cases.filter(|path| path.join("index.jsonl").exists()) {
        let requests = spanfall::record::read(std::slice::from_ref(&case))
            .unwrap()
            .requests;
        let (_, later) = requests.split_at(requests.len() / 2);
        let whole = warned(&requests);
        for rule in warned(later) {
            assert!(whole.contains(&rule), "{}: {rule}", case.display());
        }
        cut += usize::from(requests.len() > 1);
    }
    assert!(cut > 60, "{cut}");
}

/// `CrewAI` tells a guardrail as a span of its own (`crewai/telemetry/tracing`):
/// its verdict is found there, and stands on the row that it judged too.
#[test]
fn a_guardrail_judges_what_it_runs_in() {
    let attribute =
        |key: &str, value: serde_json::Value| serde_json::json!({ "key": key, "value": value });
    let text = |key: &str, text: &str| attribute(key, serde_json::json!({ "stringValue": text }));
    let span = |id: &str, parent: &str, name: &str, attributes: Vec<serde_json::Value>| {
        serde_json::json!({
            "traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": id, "parentSpanId": parent,
            "name": name, "attributes": attributes,
            "startTimeUnixNano": "1795269744000000000", "endTimeUnixNano": "1795269745000000000",
        })
    };
    let agent = vec![
        text("gen_ai.operation.name", "invoke_agent"),
        text("gen_ai.agent.name", "Writer"),
    ];
    let guardrail = vec![
        text("crewai.guardrail.type", "hallucination"),
        text("crewai.guardrail.error", "two claims have no source"),
        attribute(
            "crewai.guardrail.success",
            serde_json::json!({ "boolValue": false }),
        ),
    ];
    let spans = [
        span("0102030405060708", "", "invoke_agent Writer", agent),
        span(
            "0102030405060709",
            "0102030405060708",
            "evaluate guardrail",
            guardrail,
        ),
    ];
    let request = serde_json::json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans }] }] });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    std::fs::write(&path, request.to_string()).unwrap();
    let known = Known::with_prices(None).unwrap();
    let (mut store, complaints) = load(&[path], &known).unwrap();
    assert!(complaints.is_empty(), "{complaints:?}");
    let report = spanfall::report::build(&mut store, &*known);
    let failed: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.rule == "verdict-failed")
        .collect();
    assert_eq!(failed.len(), 1, "once, where it was told");
    assert_eq!(failed[0].message, "evaluate guardrail: hallucination false");
    assert_eq!(failed[0].evidence, "two claims have no source");
    let now = store.last_time();
    let theme = Theme::built_in("dark", Depth::True, false).unwrap();
    let mut screen = Screen::new(known, store, theme, UiState::new(120, 40), usize::MAX);
    screen.act(Action::Follow);
    while screen.refresh(now) {}
    screen.act(Action::Top);
    screen.act(Action::Down);
    while screen.refresh(now) {}
    let buffer = screen.frame(now, (120, 40));
    let rows = buffer.content.chunks(120);
    let shown: Vec<String> = rows.map(|r| r.iter().map(Cell::symbol).collect()).collect();
    let shown = shown.join("\n");
    assert!(shown.contains("agent Writer"), "{shown}");
    assert!(shown.contains("hallucination false"), "{shown}");
    assert!(shown.contains("two claims have no source"), "{shown}");
}
