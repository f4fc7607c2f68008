//! What real telemetry told, told as other programs would have sent it: in other batches and
//! another order, more than once, at its start already, by a scope or service that nobody knows,
//! with numbers of another type. The figures are the same.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/cases.rs"]
mod cases;

use cases::{corpus, known};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use spanfall::app::lore::Known;
use spanfall::model::store::Store;
use spanfall::wire::payload::{Decoded, Origin};
use spanfall::{app, ingest, record, report, wire};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A request as it was received: when, and what it carried.
type Requests = Vec<(u64, Decoded)>;

fn all_cases() -> Vec<PathBuf> {
    let folders = |of: PathBuf| {
        let entries = std::fs::read_dir(of).unwrap().map(|e| e.unwrap().path());
        entries.filter(|e| e.is_dir()).collect::<Vec<_>>()
    };
    let mut cases = folders(corpus())
        .into_iter()
        .flat_map(folders)
        .collect::<Vec<_>>();
    cases.sort();
    assert!(cases.len() >= 39, "{} cases", cases.len());
    cases
}

fn requests(case: &PathBuf) -> Requests {
    let recording = record::read(std::slice::from_ref(case)).unwrap();
    let decode = |r: record::Recorded| (r.payload.received_ns, wire::decode(&r.payload));
    recording.requests.into_iter().map(decode).collect()
}

/// What may not depend on how it is told: sums, and tools and agents by name.
fn figures(requests: &[(u64, Decoded)], known: &Known) -> String {
    let mut store = Store::new();
    for (at, decoded) in requests {
        app::load::file(&mut store, ingest::prepare(&known.tables, decoded, *at));
    }
    let now = store.last_time();
    store.refresh(known, now);
    let report = serde_json::to_value(report::build(&mut store, known)).unwrap();
    let sessions = report["sessions"].as_array().unwrap();
    let sums = |list: &str, count: &str| {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for row in sessions.iter().flat_map(|s| s[list].as_array().unwrap()) {
            *sums
                .entry(row["name"].as_str().unwrap().into())
                .or_default() += row[count].as_u64().unwrap();
        }
        sums
    };
    let totals = &report["totals"];
    let of = |key: &str| totals[key].to_string();
    let turns: usize = sessions
        .iter()
        .map(|s| s["turns"].as_array().unwrap().len())
        .sum();
    format!(
        "{} calls, {} failed, {}, cost {}, tools {:?}, agents {:?}, {} sessions, {turns} turns",
        of("model_calls"),
        of("failed_calls"),
        totals["usage"],
        of("cost_usd"),
        sums("tools", "calls"),
        sums("agents", "invocations"),
        sessions.len(),
    )
}

/// Each span, record and metric in a request of its own.
fn one_by_one(requests: Requests) -> Requests {
    let mut all = Requests::new();
    for (at, decoded) in requests {
        let spans = decoded.spans.into_iter().map(|s| Decoded {
            spans: vec![s],
            ..Decoded::default()
        });
        let logs = decoded.logs.into_iter().map(|l| Decoded {
            logs: vec![l],
            ..Decoded::default()
        });
        let metrics = decoded.metrics.into_iter().map(|m| Decoded {
            metrics: vec![m],
            ..Decoded::default()
        });
        all.extend(spans.chain(logs).chain(metrics).map(|one| (at, one)));
    }
    all
}

/// Changes every resource and scope.
fn sent_by(requests: Requests, change: impl Fn(&mut Origin)) -> Requests {
    let turn = |origin: &mut Arc<Origin>| {
        let mut other = (**origin).clone();
        change(&mut other);
        *origin = Arc::new(other);
    };
    let each = |(at, mut decoded): (u64, Decoded)| {
        decoded.spans.iter_mut().for_each(|s| turn(&mut s.origin));
        decoded.logs.iter_mut().for_each(|l| turn(&mut l.origin));
        decoded.metrics.iter_mut().for_each(|m| turn(&mut m.origin));
        (at, decoded)
    };
    requests.into_iter().map(each).collect()
}

fn backwards(requests: Requests) -> Requests {
    one_by_one(requests).into_iter().rev().collect()
}

fn twice(requests: Requests) -> Requests {
    let again = one_by_one(requests.clone());
    requests.into_iter().chain(again).collect()
}

/// A scope's name is a hint and no gate, and so is a version: a product is known by its service too.
fn without_scopes(requests: Requests) -> Requests {
    sent_by(requests, |o| o.scope.name.clear())
}

fn by_another_version(requests: Requests) -> Requests {
    sent_by(requests, |o| o.scope.version = "99.0".into())
}

fn by_nobody(requests: Requests) -> Requests {
    sent_by(requests, |o| {
        o.resource
            .attributes
            .retain(|kv| !kv.key.starts_with("service."));
    })
}

/// As a span processor that exports at the start does it: the name, and perhaps no attribute yet.
fn from_their_start(requests: Requests) -> Requests {
    let started = |(at, decoded): &(u64, Decoded)| {
        let mut spans = decoded.spans.clone();
        for raw in &mut spans {
            let span = &mut raw.span;
            (span.end_time_unix_nano, span.status) = (0, None);
            span.attributes.clear();
            span.events.clear();
            raw.bytes = raw.span.encode_to_vec().into();
        }
        let decoded = Decoded {
            spans,
            ..Decoded::default()
        };
        (*at, decoded)
    };
    let starts: Requests = requests.iter().map(started).collect();
    starts.into_iter().chain(requests).collect()
}

/// Some exporters write whole numbers as text.
fn with_numbers_as_text(mut requests: Requests) -> Requests {
    fn turn(value: &mut AnyValue) {
        match &mut value.value {
            Some(Value::IntValue(n)) => value.value = Some(Value::StringValue(n.to_string())),
            Some(Value::ArrayValue(list)) => list.values.iter_mut().for_each(turn),
            Some(Value::KvlistValue(map)) => map.values.iter_mut().for_each(in_pair),
            _ => {}
        }
    }
    fn in_pair(pair: &mut KeyValue) {
        pair.value.iter_mut().for_each(turn);
    }
    for (_, decoded) in &mut requests {
        for raw in &mut decoded.spans {
            raw.span.attributes.iter_mut().for_each(in_pair);
        }
        for raw in &mut decoded.logs {
            raw.record.attributes.iter_mut().for_each(in_pair);
        }
    }
    requests
}

type Vary = fn(Requests) -> Requests;

/// How else the same could have been told.
const VARIATIONS: [(&str, Vary); 7] = [
    ("one by one and backwards", backwards),
    ("everything twice", twice),
    ("by scopes without a name", without_scopes),
    ("by scopes of another version", by_another_version),
    ("by a service without a name", by_nobody),
    ("each span at its start too", from_their_start),
    ("whole numbers as text", with_numbers_as_text),
];

#[test]
fn figures_do_not_depend_on_how_they_are_told() {
    let known = known();
    let mut wrong = Vec::new();
    for case in all_cases() {
        let plain = requests(&case);
        let want = figures(&plain, &known);
        for (how, vary) in VARIATIONS {
            let got = figures(&vary(plain.clone()), &known);
            if got != want {
                wrong.push(format!("{}, {how}:\n  {want}\n  {got}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
