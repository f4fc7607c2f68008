//! First tokens against the books of the model servers, call by call.
//!
//! A server knows when a request came and when the first token left. So what a client tells is off
//! for two reasons of its own: it counts from before its request arrived, and reads the token after
//! it was sent. `corpus/first-tokens.csv` names every streamed call that shows none and every one that
//! is far off, with which of the two it is and why.
#![expect(clippy::unwrap_used, reason = "test")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/books.rs"]
mod books;
#[path = "support/cases.rs"]
mod cases;

use cases::{corpus, known};
use spanfall::app::load::load;
use spanfall::app::lore::Known;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const MS: i64 = 1_000_000;
/// What is further off than this is explained.
const FAR: i64 = 60 * MS;
/// Codex counts from when the headers came and pydantic-ai 3 from when it asked, and both are shown
/// from the call's start: a token may seem so early, and no earlier.
const EARLY: i64 = 20 * MS;
/// The median error of all calls is below this.
const MEDIAN: i64 = 30 * MS;

/// A streamed call that was answered.
struct Streamed {
    /// Its number among the streamed calls of its case, as they came to the server.
    number: usize,
    /// What its client counts before the request had arrived, and how long after it left the first
    /// token was seen. `None`: nothing tells of one.
    off: Option<(i64, i64)>,
}

impl Streamed {
    /// The error of the time that is shown.
    fn error(&self) -> Option<i64> {
        self.off.map(|(before, after)| before + after)
    }
}

/// The streamed calls of a case. Calls of the books and of the telemetry are paired by when they
/// began, the nearest first.
fn streamed(case: &Path, known: &Known) -> Vec<Streamed> {
    let (mut store, _) = load(&[case.to_owned()], known).unwrap();
    let sessions: Vec<_> = store.sessions().iter().map(|s| s.id).collect();
    let trees = sessions.iter().map(|&id| store.tree(id, known).unwrap().0);
    let nodes: Vec<_> = trees.flat_map(|tree| tree.nodes.clone()).collect();
    let shown = nodes.iter().filter_map(|n| n.call.as_deref());
    let shown: Vec<(u64, Option<u64>)> = shown
        .map(|call| (call.answered_from, call.phases.ttft))
        .collect();
    let mut served = books::read(case).answered;
    served.sort_unstable();
    let pairs = (0..served.len()).flat_map(|s| (0..shown.len()).map(move |c| (s, c)));
    let mut pairs: Vec<(usize, usize)> = pairs.collect();
    pairs.sort_by_key(|&(s, c)| served[s].0.abs_diff(shown[c].0));
    let (mut of, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for (s, c) in pairs {
        if !of.contains_key(&s) && taken.insert(c) {
            of.insert(s, c);
        }
    }
    let streams = (0..served.len()).filter_map(|s| Some((s, served[s].0, served[s].1?)));
    let off = |s: usize, came: u64, first: u64| {
        let (from, ttft) = shown[*of.get(&s)?];
        Some((
            came.cast_signed() - from.cast_signed(),
            (from + ttft?).cast_signed() - first.cast_signed(),
        ))
    };
    let streams = streams.enumerate().map(|(i, (s, came, first))| Streamed {
        number: i + 1,
        off: off(s, came, first),
    });
    streams.collect()
}

/// `corpus/first-tokens.csv`: by case and number of the call what is so.
fn listed() -> BTreeMap<(String, usize), String> {
    let text = fs::read_to_string(corpus().join("first-tokens.csv")).unwrap();
    let mut listed = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.splitn(4, ',').collect();
        assert!(!cells[3].trim().is_empty(), "{line}: no reason");
        let (first, last) = cells[1].split_once('-').unwrap_or((cells[1], cells[1]));
        for number in first.parse().unwrap()..=last.parse().unwrap() {
            let twice = listed.insert((cells[0].to_owned(), number), cells[2].to_owned());
            assert_eq!(twice, None, "{line}");
        }
    }
    listed
}

/// Every case by the name of its group and its own.
fn cases() -> Vec<String> {
    let folders = |of: &Path| {
        let entries = fs::read_dir(of).unwrap().map(|e| e.unwrap());
        let folders = entries.filter(|e| e.path().is_dir());
        let mut names: Vec<String> = folders
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let groups = folders(&corpus()).into_iter();
    let cases = groups.flat_map(|group| {
        let cases = folders(&corpus().join(&group)).into_iter();
        cases.map(move |case| format!("{group}/{case}"))
    });
    cases.collect()
}

#[test]
fn first_tokens_are_as_served_or_explained() {
    let (known, mut listed) = (known(), listed());
    let (mut wrong, mut errors) = (Vec::new(), Vec::new());
    for case in cases() {
        for call in streamed(&corpus().join(&case), &known) {
            let told = listed.remove(&(case.clone(), call.number));
            let is = match call.off {
                None => Some("untold"),
                Some((before, after)) if (before + after).abs() <= FAR => None,
                Some((before, after)) if before > after => Some("before"),
                Some(_) => Some("after"),
            };
            errors.extend(call.error().map(i64::abs));
            if told.as_deref() != is {
                wrong.push(format!(
                    "{case} {}: listed as {told:?}, is {is:?}: {:?}",
                    call.number, call.off
                ));
            }
        }
    }
    wrong.extend(
        listed
            .into_keys()
            .map(|row| format!("no such call: {row:?}")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    errors.sort_unstable();
    assert!(errors.len() > 250, "only {} calls", errors.len());
    assert!(errors[errors.len() / 2] < MEDIAN);
}

#[test]
fn no_token_is_seen_before_it_was_sent() {
    let known = known();
    let mut wrong = Vec::new();
    for case in cases() {
        for call in streamed(&corpus().join(&case), &known) {
            let early = call.off.filter(|(_, after)| *after < -EARLY);
            wrong.extend(early.map(|off| format!("{case} {}: {off:?}", call.number)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
