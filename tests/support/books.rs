//! What really happened in a case, from the books of the model server that served it
//! (`truth.json`), and what its telemetry is known not to hold (the group's CSV files).
//!
//! The books come in two shapes: `llm` of the Python cases, `llm_calls` of the command-line ones.
//! Both say what the wire told; what an API never tells (`SILENT_…`) is unknown, not zero.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// These APIs do not tell reasoning apart from output.
const SILENT_ON_REASONING: [&str; 3] = ["anthropic.messages", "anthropic", "ollama"];
/// This one does not tell what it read from a cache.
const SILENT_ON_CACHE: [&str; 1] = ["ollama"];
/// The token fields, as reports and CSV files name them.
pub const TOKENS: [&str; 5] = ["input", "cache_read", "cache_write", "output", "reasoning"];

/// The truth about a case, in one shape.
pub struct Books {
    /// Model calls that were answered.
    pub calls: u64,
    /// Sums over answered calls by name in [`TOKENS`]; `None`: no call told.
    pub tokens: BTreeMap<&'static str, Option<u64>>,
    /// Runs of tools by name, at least and at most. `None`: not booked.
    pub tools: Option<BTreeMap<String, (u64, u64)>>,
    /// Names under which models asked for tools.
    pub asked: BTreeSet<String>,
    /// Runs of agents by name. Command-line cases do not book them.
    pub agents: BTreeMap<String, u64>,
    /// Answered calls: when the request came and, where the answer was streamed, when its first
    /// token left, ns since the epoch.
    pub answered: Vec<(u64, Option<u64>)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Truth {
    Python(Python),
    Cli(Cli),
}

#[derive(Deserialize)]
struct Python {
    llm: Llm,
    calls: Vec<Served>,
    tools_executed: Option<BTreeMap<String, u64>>,
    agents_run: Option<BTreeMap<String, u64>>,
}

#[derive(Deserialize)]
struct Llm {
    served_ok: u64,
    #[serde(default)]
    tool_calls_requested: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Served {
    api: String,
    status: u16,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    stream: bool,
    usage_in_stream: Option<bool>,
    input_total: u64,
    cache_read: u64,
    cache_creation: u64,
    output_total: u64,
    reasoning: u64,
    t_recv_unix_ns: u64,
    t_first_unix_ns: Option<u64>,
}

#[derive(Deserialize)]
struct Cli {
    llm_calls: Vec<Call>,
    totals: Totals,
}

#[derive(Deserialize)]
struct Totals {
    per_model: BTreeMap<String, PerModel>,
}

/// `input` excludes cached tokens, `input_including_cached` does not; reasoning is in `output`,
/// thoughts beside it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct PerModel {
    served_ok: u64,
    input: u64,
    input_including_cached: Option<u64>,
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    output: u64,
    reasoning_in_output: Option<u64>,
    thoughts: Option<u64>,
    reasoning_apart: Option<u64>,
}

#[derive(Deserialize)]
struct Call {
    api: String,
    scenario: Option<String>,
    step: Option<u64>,
    start_unix_ns: u64,
    end_unix_ns: Option<u64>,
    #[serde(default)]
    stream: bool,
    first_token_unix_ns: Option<u64>,
    usage: Option<CallUsage>,
    #[serde(default)]
    tool_calls: Vec<Asked>,
}

#[derive(Deserialize)]
struct CallUsage {
    reasoning_in_output: Option<u64>,
}

#[derive(Deserialize)]
struct Asked {
    name: String,
}

/// Reads the books of a case.
pub fn read(case: &Path) -> Books {
    let text = fs::read_to_string(case.join("truth.json")).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Truth::Python(truth) => python(truth),
        Truth::Cli(truth) => cli(&truth),
    }
}

fn python(truth: Python) -> Books {
    let answered = |c: &&Served| c.status == 200 && c.done;
    let done: Vec<&Served> = truth.calls.iter().filter(answered).collect();
    let done: Vec<&Served> = done
        .into_iter()
        .filter(|c| c.api != "openai.embeddings")
        .collect();
    let sum = |of: fn(&Served) -> u64, silent: &[&str]| {
        let tells = |c: &&&Served| !silent.contains(&&*c.api) && c.usage_in_stream != Some(false);
        let told: Vec<u64> = done.iter().filter(tells).map(|c| of(c)).collect();
        let untold = told.is_empty() && done.iter().any(|c| of(c) > 0);
        (!untold).then(|| told.iter().sum())
    };
    let exactly =
        |runs: BTreeMap<String, u64>| runs.into_iter().map(|(name, n)| (name, (n, n))).collect();
    Books {
        calls: truth.llm.served_ok,
        tokens: BTreeMap::from([
            ("input", sum(|c| c.input_total, &[])),
            ("cache_read", sum(|c| c.cache_read, &SILENT_ON_CACHE)),
            ("cache_write", sum(|c| c.cache_creation, &[])),
            ("output", sum(|c| c.output_total, &[])),
            ("reasoning", sum(|c| c.reasoning, &SILENT_ON_REASONING)),
        ]),
        tools: truth.tools_executed.map(exactly),
        asked: truth.llm.tool_calls_requested.into_keys().collect(),
        agents: truth.agents_run.unwrap_or_default(),
        answered: done
            .iter()
            .map(|c| {
                let first = c.t_first_unix_ns.filter(|_| c.stream);
                (c.t_recv_unix_ns, first)
            })
            .collect(),
    }
}

fn cli(truth: &Cli) -> Books {
    let models = || truth.totals.per_model.values();
    let served: Vec<&Call> = truth
        .llm_calls
        .iter()
        .filter(|c| c.usage.is_some())
        .collect();
    let cached = |m: &PerModel| m.cache_read.unwrap_or(0) + m.cache_creation.unwrap_or(0);
    let apart = |m: &PerModel| m.thoughts.or(m.reasoning_apart).unwrap_or(0);
    let reasoning: u64 = models()
        .map(|m| m.reasoning_in_output.unwrap_or(0) + apart(m))
        .sum();
    Books {
        calls: models().map(|m| m.served_ok).sum(),
        tokens: BTreeMap::from([
            (
                "input",
                Some(
                    models()
                        .map(|m| m.input_including_cached.unwrap_or(m.input + cached(m)))
                        .sum(),
                ),
            ),
            (
                "cache_read",
                Some(models().filter_map(|m| m.cache_read).sum()),
            ),
            (
                "cache_write",
                Some(models().filter_map(|m| m.cache_creation).sum()),
            ),
            ("output", Some(models().map(|m| m.output + apart(m)).sum())),
            ("reasoning", told_reasoning(&served, reasoning)),
        ]),
        tools: Some(tool_runs(&served)),
        asked: BTreeSet::new(),
        agents: BTreeMap::new(),
        answered: served
            .iter()
            .map(|c| {
                let first = c.first_token_unix_ns.filter(|_| c.stream);
                (c.start_unix_ns, first)
            })
            .collect(),
    }
}

/// Without what was served through an API that does not tell it; `None` if that was all.
fn told_reasoning(served: &[&Call], all: u64) -> Option<u64> {
    let silent = |c: &&&Call| SILENT_ON_REASONING.contains(&&*c.api);
    let untold: u64 = served
        .iter()
        .filter(silent)
        .filter_map(|c| c.usage.as_ref()?.reasoning_in_output)
        .sum();
    let somebody_told = !served.iter().all(|c| silent(&c));
    (somebody_told || untold == 0).then(|| all - untold)
}

/// The server books what was asked for, not what ran. A tool is proven to have run when its
/// conversation went on; one that was asked for last, or refused by the person, is not.
fn tool_runs(served: &[&Call]) -> BTreeMap<String, (u64, u64)> {
    let mut runs: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for call in served {
        let end = call.end_unix_ns.unwrap_or(u64::MAX);
        let later = |d: &&&Call| d.start_unix_ns >= end;
        let goes_on = |d: &&Call| {
            d.scenario == call.scenario && d.step > call.step
                || d.scenario.as_deref() == Some("side")
        };
        let went_on = served.iter().filter(later).any(goes_on);
        for asked in &call.tool_calls {
            let (proven, wanted) = runs.entry(asked.name.clone()).or_default();
            *proven += u64::from(went_on);
            *wanted += 1;
        }
    }
    runs
}

/// A group's CSV files: honest readings that are not the truth, and sessions and turns.
pub struct Allowed {
    /// By case and field: the honest figures (`None`: unknown).
    losses: BTreeMap<(String, String), Vec<String>>,
    /// By case: how many sessions and how many turns are right.
    sessions: BTreeMap<String, (Vec<String>, Vec<String>)>,
}

impl Allowed {
    /// Reads the files beside the cases of a group.
    pub fn read(group: &Path) -> Self {
        let choices = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
        let losses = rows(&group.join("known-losses.csv")).into_iter();
        let sessions = rows(&group.join("sessions.csv")).into_iter();
        Self {
            losses: losses
                .map(|[case, field, value]| ((case, field), choices(&value)))
                .collect(),
            sessions: sessions
                .map(|[case, sessions, turns]| (case, (choices(&sessions), choices(&turns))))
                .collect(),
        }
    }

    /// A figure that is not the truth, but all that the telemetry holds. `tool:*` stands for
    /// every name.
    pub fn lost(&self, case: &str, field: &str, got: Option<u64>) -> bool {
        let every = field.split_once(':').map(|(kind, _)| format!("{kind}:*"));
        let fields = std::iter::once(field.to_owned()).chain(every);
        let mut values = fields.filter_map(|f| self.losses.get(&(case.to_owned(), f)));
        let got = got.map_or("None".into(), |n| n.to_string());
        values.next().is_some_and(|values| values.contains(&got))
    }

    /// How many sessions and turns are right, where that is booked.
    pub fn sessions(&self, case: &str) -> Option<&(Vec<String>, Vec<String>)> {
        self.sessions.get(case)
    }
}

/// The first three columns of a CSV file whose quotes stand only in later ones.
fn rows(file: &Path) -> Vec<[String; 3]> {
    let Ok(text) = fs::read_to_string(file) else {
        return Vec::new();
    };
    let lines = text.lines().skip(1).filter(|l| !l.trim().is_empty());
    lines
        .map(|line| {
            let mut cells = line.splitn(4, ',').map(|c| c.trim().to_owned());
            std::array::from_fn(|_| cells.next().unwrap())
        })
        .collect()
}
