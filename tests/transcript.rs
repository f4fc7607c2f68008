//! What a transcript holds, against the books of the model servers that served the corpus: every
//! prompt, every answer, every thought that the API shows, every tool that was asked for and its
//! result, each once and in order.
//!
//! `SPANFALL_CORPUS=DIR cargo test --test transcript -- --nocapture` does the same over a corpus whose
//! texts are not cut, and compares how long the answers are, too.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "test")]

#[path = "support/cases.rs"]
mod cases;

use cases::{corpus, known};
use serde_json::Value;
use spanfall::app::load;
use spanfall::app::lore::Known;
use spanfall::app::reading::Reading;
use spanfall::model::book::{Book, tool_id};
use spanfall::model::detail::{Part, Speaker};
use spanfall::model::node::{Node, NodeKind, State, Tree};
use spanfall::model::transcript::{Entry, Transcript, What};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A call as its server booked it.
struct Served {
    start: u64,
    /// Tools asked for: name, and the id where it is booked.
    asked: Vec<(String, Option<String>)>,
    /// The conversation went on after it: what was asked for was answered.
    went_on: bool,
    /// It thought, and the API shows thoughts.
    thought: bool,
    /// Tokens of what it wrote besides, where a token is four characters of what it said.
    tokens: Option<u64>,
}

/// APIs that hide what a model thinks.
const HIDES_THOUGHTS: [&str; 3] = ["openai.chat", "ollama", "openai.responses"];

/// What was served in a case.
struct Books {
    calls: Vec<Served>,
    prompts: Vec<String>,
}

impl Books {
    fn read(case: &Path) -> Self {
        let text = fs::read_to_string(case.join("truth.json")).unwrap();
        let truth: Value = serde_json::from_str(&text).unwrap();
        let list = |key: &str| truth[key].as_array().cloned().unwrap_or_default();
        let (python, cli) = (list("calls"), list("llm_calls"));
        let done =
            |c: &&Value| c["status"] == 200 && c["done"] == true && c["api"] != "openai.embeddings";
        let shows = |c: &Value| !HIDES_THOUGHTS.contains(&c["api"].as_str().unwrap());
        let of_python = |c: &Value| Served {
            start: c["t_recv_unix_ns"].as_u64().unwrap(),
            asked: texts(&c["tool_calls_requested"])
                .map(|name| (name, None))
                .collect(),
            went_on: false,
            thought: c["reasoning"].as_u64().unwrap() > 0 && shows(c),
            tokens: c["output_total"]
                .as_u64()
                .and_then(|all| all.checked_sub(c["reasoning"].as_u64()?)),
        };
        let of_cli = |c: &Value| {
            let asked = c["tool_calls"].as_array().into_iter().flatten();
            let name = |t: &Value, key: &str| t[key].as_str().map(str::to_owned);
            Served {
                start: c["start_unix_ns"].as_u64().unwrap(),
                asked: asked
                    .map(|t| (name(t, "name").unwrap(), name(t, "id")))
                    .collect(),
                went_on: false,
                thought: c["usage"]["reasoning_in_output"].as_u64().unwrap_or(0) > 0 && shows(c),
                tokens: None,
            }
        };
        let python: Vec<&Value> = python.iter().filter(done).collect();
        let cli: Vec<&Value> = cli.iter().filter(|c| !c["usage"].is_null()).collect();
        let of = |c: &&Value| {
            if python.is_empty() {
                of_cli(c)
            } else {
                of_python(c)
            }
        };
        let all = if python.is_empty() { &cli } else { &python };
        // A later step of the same script, or of the program's own.
        let later = |c: &Value, d: &Value| {
            let key = |of: &Value| ["agent", "script", "scenario", "model"].map(|k| of[k].clone());
            let side = d["scenario"]
                .as_str()
                .is_some_and(|s| s.starts_with("side"));
            of(&d).start > of(&c).start
                && (side || key(c) == key(d) && d["step"].as_u64() > c["step"].as_u64())
        };
        let mut calls: Vec<Served> = all
            .iter()
            .map(|c| Served {
                went_on: all.iter().any(|d| later(c, d)),
                ..of(c)
            })
            .collect();
        calls.sort_by_key(|c| c.start);
        Self {
            calls,
            prompts: texts(&truth["prompts"]).collect(),
        }
    }
}

fn texts(list: &Value) -> impl Iterator<Item = String> + '_ {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|t| t.as_str().map(str::to_owned))
}

/// What a call says of itself in a transcript.
#[derive(Default)]
struct Heard {
    start: u64,
    asked: Vec<String>,
    texts: Vec<String>,
    thoughts: usize,
}

/// All transcripts of a case.
#[derive(Default)]
struct Told {
    calls: Vec<Heard>,
    /// Tool calls by name and by id, wherever they were told.
    asked: BTreeMap<String, usize>,
    ids: BTreeMap<String, usize>,
    results: usize,
    /// Results before the call that they answer.
    early: usize,
    users: Vec<String>,
    texts: Vec<String>,
    thoughts: usize,
}

impl Told {
    fn of(case: &Path, known: &Known) -> Self {
        let (mut store, _) = load::load(&[case.to_owned()], known).unwrap();
        let now = store.last_time();
        store.refresh(known, now);
        let sessions: Vec<_> = store.sessions().iter().map(|s| s.id).collect();
        let mut told = Self::default();
        for session in sessions {
            let (tree, version) = store.tree(session, known).unwrap();
            let mut reading = Reading::default();
            while reading.go_on(&store, known, (session, &tree, version)) {}
            let transcript = Transcript::of(&tree, &reading.book);
            told.add(&tree, &reading.book, &transcript);
        }
        told.calls.sort_by_key(|c| c.start);
        told
    }

    fn add(&mut self, tree: &Tree, book: &Book, transcript: &Transcript) {
        let ids: BTreeSet<u64> = transcript.entries.iter().map(|e| e.id).collect();
        assert_eq!(ids.len(), transcript.entries.len(), "an id of its own");
        for (at, node) in (0u32..).zip(&tree.nodes) {
            if node.kind == NodeKind::Call && node.state != State::Error {
                let own = transcript.entries.iter().filter(|e| e.at == at);
                self.calls.push(heard(node.start, book, own));
            }
        }
        let mut root = None;
        let roots: Vec<Option<&Node>> = (tree.nodes.iter())
            .map(|node| {
                root = if node.depth == 0 { Some(node) } else { root };
                root
            })
            .collect();
        for entry in &transcript.entries {
            // What lies between speaks where no model call is told, and records of what came in between.
            let (node, root) = (&tree.nodes[entry.at as usize], roots[entry.at as usize]);
            let quiet = root.is_some_and(|root| root.rolled.model_calls == 0);
            let between = node.kind == NodeKind::Other;
            assert!(!between || quiet || node.from_logs, "{}", node.name);
            match &entry.what {
                What::Said { said, .. } => match book.part(said.part).unwrap() {
                    part @ Part::ToolCall { name, .. } => {
                        *self.asked.entry(name.clone()).or_default() += 1;
                        if let Some(id) = tool_id(part) {
                            *self.ids.entry(id.to_owned()).or_default() += 1;
                        }
                    }
                    Part::Text(text) if *book.speaker(*said) == Speaker::User => {
                        self.users.push(text.clone());
                    }
                    Part::Text(text) => self.texts.push(text.clone()),
                    Part::Reasoning(_) => self.thoughts += 1,
                    _ => {}
                },
                What::Result { part, .. } => {
                    self.results += 1;
                    let id = tool_id(book.part(*part).unwrap());
                    let known = id.is_none_or(|id| self.ids.contains_key(id));
                    let asked: usize = self.asked.values().sum();
                    self.early += usize::from(!known && self.results > asked);
                }
                _ => {}
            }
        }
    }
}

fn heard<'a>(start: u64, book: &Book, own: impl Iterator<Item = &'a Entry>) -> Heard {
    let mut heard = Heard {
        start,
        ..Heard::default()
    };
    for entry in own {
        let What::Said {
            said, output: true, ..
        } = &entry.what
        else {
            continue;
        };
        match book.part(said.part).unwrap() {
            Part::Text(text) => heard.texts.push(text.clone()),
            Part::Reasoning(_) => heard.thoughts += 1,
            Part::ToolCall { name, .. } => heard.asked.push(name.clone()),
            _ => {}
        }
    }
    heard
}

/// How much of something was served, and how much of it is told.
#[derive(Clone, Copy, Default)]
struct Held {
    held: usize,
    of: usize,
}

impl Held {
    fn add(&mut self, held: usize, of: usize) {
        self.held += held.min(of);
        self.of += of;
    }
}

const COLUMNS: [&str; 5] = ["prompts", "answers", "thoughts", "asked", "results"];

/// Compares a case; what is out of order or said twice goes to `wrong`.
fn compare(case: &str, books: &Books, told: &Told, wrong: &mut Vec<String>) -> [Held; 5] {
    let [
        mut prompts,
        mut answers,
        mut thoughts,
        mut asked,
        mut results,
    ] = [Held::default(); 5];
    for prompt in &books.prompts {
        let is = |text: &&String| text.trim() == prompt.trim() || text.contains(prompt.as_str());
        prompts.add(told.users.iter().filter(is).count(), 1);
    }
    // What no tool was asked for in is an answer in words.
    let spoken = books.calls.iter().filter(|c| c.asked.is_empty());
    let same = books.calls.len() == told.calls.len();
    if same {
        let silent = told.calls.iter().all(|c| c.texts.is_empty());
        if silent {
            // Answers may be told by the agents alone.
            answers.add(told.texts.len(), spoken.count());
        }
        for (served, heard) in books.calls.iter().zip(&told.calls) {
            if served.asked.is_empty() && !silent {
                answers.add(heard.texts.len(), 1);
            }
            thoughts.add(heard.thoughts, usize::from(served.thought));
            let names: Vec<&str> = served.asked.iter().map(|(name, _)| name.as_str()).collect();
            if !heard.asked.is_empty() && heard.asked != names {
                wrong.push(format!("{case}: asked {:?}, not {names:?}", heard.asked));
            }
            let whole = heard.texts.iter().all(|t| !t.ends_with('…'));
            if let (Some(tokens), true, [text]) = (served.tokens, whole, heard.texts.as_slice())
                && served.asked.is_empty()
                && (text.chars().count() as u64).div_ceil(4).abs_diff(tokens) > 1
            {
                wrong.push(format!("{case}: {tokens} tokens served: {text}"));
            }
        }
    } else {
        answers.add(told.texts.len(), spoken.count());
        let thought = books.calls.iter().filter(|c| c.thought).count();
        thoughts.add(told.thoughts, thought);
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, id) in books.calls.iter().flat_map(|c| &c.asked) {
        match id {
            Some(id) if told.ids.contains_key(id) => asked.add(1, 1),
            _ => *names.entry(name).or_default() += 1,
        }
    }
    for (name, of) in names {
        asked.add(told.asked.get(name).copied().unwrap_or(0), of);
    }
    let all: usize = books.calls.iter().map(|c| c.asked.len()).sum();
    let answered = books.calls.iter().filter(|c| c.went_on);
    results.add(told.results, answered.map(|c| c.asked.len()).sum());
    for (id, times) in told.ids.iter().filter(|(_, times)| **times > 1) {
        wrong.push(format!("{case}: tool call {id} is told {times} times"));
    }
    let sum: usize = told.asked.values().sum();
    if sum > all || told.results > all {
        let results = told.results;
        wrong.push(format!("{case}: {sum} asked, {results} results, of {all}"));
    }
    if told.early > 0 {
        wrong.push(format!("{case}: {} results before their calls", told.early));
    }
    [prompts, answers, thoughts, asked, results]
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap().map(|e| e.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|e| e.is_dir()).collect();
    folders.sort();
    folders
}

/// What is known not to be held: by case and field, how much is; `order` counts what is out of order
/// or said twice.
fn losses(root: &Path) -> BTreeMap<(String, String), usize> {
    let mut losses = BTreeMap::new();
    for group in folders(root) {
        let text = fs::read_to_string(group.join("transcripts.csv")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.splitn(4, ',').collect();
            let [case, field, held, reason] = cells[..] else {
                panic!("four cells: {line}")
            };
            assert!(!reason.is_empty(), "{line}");
            let case = format!("{}/{case}", group.file_name().unwrap().display());
            losses.insert((case, field.to_owned()), held.parse().unwrap());
        }
    }
    losses
}

#[test]
fn transcripts_hold_what_was_served() {
    let known = known();
    let other = std::env::var_os("SPANFALL_CORPUS").map(PathBuf::from);
    let root = other.clone().unwrap_or_else(corpus);
    let mut losses = losses(&root);
    let mut table = format!(
        "{:42}{}\n",
        "",
        COLUMNS.map(|c| format!("{c:>11}")).concat()
    );
    let mut wrong = Vec::new();
    for case in folders(&root).iter().flat_map(|group| folders(group)) {
        let name = case.strip_prefix(&root).unwrap().display().to_string();
        let mut disorder = Vec::new();
        let told = Told::of(&case, &known);
        let row = compare(&name, &Books::read(&case), &told, &mut disorder);
        let cell = |h: Held| {
            if h.of == 0 {
                "-".to_owned()
            } else {
                format!("{}/{}", h.held, h.of)
            }
        };
        let cells = row.map(|h| format!("{:>11}", cell(h))).concat();
        let _ = writeln!(table, "{name:42}{cells}");
        for (column, held) in COLUMNS.iter().zip(row) {
            let lost = losses.remove(&(name.clone(), (*column).to_owned()));
            if held.held != lost.unwrap_or(held.of) {
                wrong.push(format!("{name}: {column}: {} of {}", held.held, held.of));
            }
        }
        let known = losses.remove(&(name.clone(), "order".to_owned()));
        if disorder.len() != known.unwrap_or(0) {
            wrong.extend(disorder);
        }
    }
    println!("{table}{}", wrong.join("\n"));
    // Another corpus is only shown: what it loses is written down nowhere.
    assert!(other.is_some() || wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(other.is_some() || losses.is_empty(), "not lost: {losses:?}");
}
