//! The same again and again: tools with the same arguments, errors with the same words, retries.

use super::rules::{RETRY_STORM, SAME_ERROR, TOOL_LOOP};
use super::walk::{At, Check, Found};
use super::words::{name, time};
use crate::model::evidence::{join_key, key_of};
use crate::model::ids::NodeId;
use crate::model::node::{Node, NodeKind, State};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Rounds that make a loop.
const ROUNDS: usize = 3;
/// Calls that a round has at most.
const PERIOD: usize = 4;
/// Failures with the same words that make a finding.
const ERRORS: usize = 3;
/// Attempts, or failed calls in a row, that make a storm.
const STORM: u32 = 5;
/// Failed calls that are further apart are no storm.
const APART_NS: u64 = 120_000_000_000;
/// Characters of an error that are compared.
const COMPARED: usize = 300;

/// Words in the names of tools that ask whether something is ready: asking again is what they are for.
const POLLS: [&str; 12] = [
    "poll",
    "wait",
    "sleep",
    "status",
    "state",
    "output",
    "progress",
    "watch",
    "monitor",
    "tail",
    "ready",
    "heartbeat",
];

/// One execution of a tool.
#[derive(Clone, Copy)]
struct Step {
    what: u64,
    result: Option<u64>,
    end: u64,
}

#[derive(Default)]
struct Trail {
    steps: VecDeque<Step>,
    /// Where the finding of the loop that goes on stands, and its rounds.
    told: Option<(usize, usize, usize)>,
}

/// Tools that are called again and again with the same arguments.
#[derive(Default)]
pub(super) struct Loops {
    runs: FxHashMap<NodeId, Trail>,
}

impl Check for Loops {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let node = at.node;
        if node.kind != NodeKind::Tool || node.state.is_running() {
            return;
        }
        let trail = self.runs.entry(at.place.run).or_default();
        let told = node.remarks.as_deref();
        let arguments = told.and_then(|r| r.arguments);
        let result = told.and_then(|r| r.result);
        let Some(arguments) = arguments.filter(|_| node.state == State::Ok && !polls(node)) else {
            // A retry after an error, and what nobody told: neither goes on with what was before.
            *trail = Trail::default();
            return;
        };
        // Without an answer to compare, nothing says that a call without arguments was in vain.
        let bare = ["{}", "", "null", "[]"].map(join_key).contains(&arguments);
        if trail.steps.back().is_some_and(|last| node.start < last.end)
            || (bare && result.is_none())
        {
            return; // made at once with the one before
        }
        trail.push(Step {
            what: key_of((&*node.name, arguments)),
            result,
            end: node.end.unwrap_or(node.start),
        });
        trail.tell(node, found);
    }
}

/// Whether a tool is made to be asked again.
fn polls(node: &Node) -> bool {
    let mut words: Vec<String> = vec![String::new()];
    for c in node.name.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    let command = node
        .detail
        .as_deref()
        .and_then(|d| d.split_whitespace().next());
    words
        .iter()
        .map(String::as_str)
        .chain(command)
        .any(|w| POLLS.contains(&w))
}

impl Trail {
    fn push(&mut self, step: Step) {
        self.steps.push_back(step);
        if self.steps.len() > PERIOD * ROUNDS {
            self.steps.pop_front();
        }
    }

    /// The shortest period in which the last steps repeat themselves.
    fn period(&self) -> Option<usize> {
        let n = self.steps.len();
        (1..=PERIOD).find(|&period| {
            let first = n.checked_sub(period * ROUNDS);
            first.is_some_and(|first| {
                (first + period..n).all(|i| same(&self.steps[i - period], &self.steps[i]))
            })
        })
    }

    fn tell(&mut self, node: &Node, found: &mut Found) {
        let Some(period) = self.period() else {
            self.told = None;
            return;
        };
        let (at, period, calls) = if let Some((at, period, calls)) = self.told {
            (at, period, calls + 1)
        } else {
            found.add(&TOOL_LOOP, node, String::new(), String::new());
            (found.list.len() - 1, period, period * ROUNDS)
        };
        self.told = Some((at, period, calls));
        let Some(told) = found.list.get_mut(at) else {
            return;
        };
        told.message = match period {
            1 => format!("{}: the same call {calls} times in a row", name(node)),
            _ => format!(
                "{}: the same {period} calls in turn, {calls} in all",
                name(node)
            ),
        };
        let alike = self.steps.back().is_some_and(|s| s.result.is_some());
        told.evidence = if alike {
            "arguments and answers are alike".to_owned()
        } else {
            "arguments are alike; answers were not captured".to_owned()
        };
    }
}

/// The same call, and as far as is known the same answer.
fn same(a: &Step, b: &Step) -> bool {
    a.what == b.what && a.result.zip(b.result).is_none_or(|(a, b)| a == b)
}

#[derive(Default)]
struct Row {
    failures: u32,
    first: u64,
    last: u64,
    /// Where the finding stands.
    told: Option<usize>,
}

/// The same error repeated, and retries without end.
#[derive(Default)]
pub(super) struct Errors {
    /// By kind, name and words of the error: how often, and where the finding stands.
    alike: FxHashMap<u64, (usize, Option<usize>)>,
    /// Failed calls in a row, by lane and model.
    rows: FxHashMap<(u64, u64), Row>,
    stormy: FxHashSet<NodeId>,
}

impl Check for Errors {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let node = at.node;
        if node.kind == NodeKind::Call {
            self.storm(at, found);
        }
        let alone = matches!(
            node.kind,
            NodeKind::Call | NodeKind::Tool | NodeKind::Retrieval | NodeKind::Embedding
        );
        let Some(error) = node
            .error
            .as_deref()
            .filter(|_| alone && node.state == State::Error)
        else {
            return;
        };
        let key = key_of((node.kind, &*node.name, words(error)));
        let (times, told) = self.alike.entry(key).or_default();
        *times += 1;
        if *times < ERRORS || self.stormy.contains(&node.id) {
            return;
        }
        let place = *told.get_or_insert_with(|| {
            found.add(&SAME_ERROR, node, String::new(), short(error));
            found.list.len() - 1
        });
        if let Some(finding) = found.list.get_mut(place) {
            finding.message = format!("{} failed {times} times with the same error", node.name);
        }
    }
}

impl Errors {
    fn storm(&mut self, at: &At<'_>, found: &mut Found) {
        let (node, Some(call)) = (at.node, at.node.call.as_deref()) else {
            return;
        };
        if call.attempts >= STORM {
            let text = format!("{} was tried {} times", node.name, call.attempts);
            let took = time(call.answered_from.saturating_sub(node.start));
            found.add(
                &RETRY_STORM,
                node,
                text,
                format!("{took} before the last attempt"),
            );
        }
        let asked = call.request_model.as_ref().or(call.model());
        let row = self
            .rows
            .entry((at.place.lane, key_of(asked.map(|m| &**m))))
            .or_default();
        match node.state {
            State::Error if row.failures > 0 && node.start.saturating_sub(row.last) > APART_NS => {
                *row = Row {
                    failures: 1,
                    first: node.start,
                    ..Row::default()
                };
            }
            State::Error => {
                row.failures += 1;
                if row.failures == 1 {
                    row.first = node.start;
                }
            }
            State::Ok => *row = Row::default(),
            State::Running(_) | State::Abandoned => return,
        }
        row.last = node.end.unwrap_or(node.start);
        if row.failures < STORM {
            return;
        }
        self.stormy.insert(node.id);
        let place = *row.told.get_or_insert_with(|| {
            found.add(&RETRY_STORM, node, String::new(), String::new());
            found.list.len() - 1
        });
        if let Some(finding) = found.list.get_mut(place) {
            finding.message = format!("{}: {} calls in a row failed", node.name, row.failures);
            let error = node.error.as_deref().map(short).unwrap_or_default();
            finding.evidence = format!("in {} · {error}", time(row.last.saturating_sub(row.first)));
        }
    }
}

/// What an error says, without its numbers: ids and times in it differ each time.
fn words(error: &str) -> String {
    let kept = error
        .chars()
        .take(COMPARED)
        .map(|c| if c.is_ascii_digit() { '0' } else { c });
    let mut words: String = kept.collect();
    while words.contains("00") {
        words = words.replace("00", "0");
    }
    words
}

/// The start of an error, on a line.
fn short(error: &str) -> String {
    let flat = error.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.chars().take(120).collect()
}
