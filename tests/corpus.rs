//! Every case of `tests/corpus` against what really happened, and its tree against the outline
//! beside it. A case is a folder; adding one needs no Rust (`tests/corpus/README.md`).
//!
//! `UPDATE_OUTLINES=1 cargo test --test corpus` writes the outlines anew. An outline is checked in
//! only after it was read line by line against `truth.json`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "test")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/books.rs"]
mod books;
#[path = "support/cases.rs"]
mod cases;
#[path = "support/outline.rs"]
mod outline;

use books::{Allowed, Books, TOKENS};
use cases::{corpus, known};
use serde_json::Value;
use spanfall::app::lore::Known;
use spanfall::{app, report};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Columns of the matrix.
const COLUMNS: [&str; 10] = [
    "calls",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "tools",
    "agents",
    "sessions",
    "turns",
];

/// The cases of each group, by name.
fn groups() -> Vec<(PathBuf, Vec<PathBuf>)> {
    let folders = |of: &Path| {
        let entries = fs::read_dir(of).unwrap().map(|e| e.unwrap().path());
        let mut folders: Vec<PathBuf> = entries.filter(|e| e.is_dir()).collect();
        folders.sort();
        folders
    };
    let groups = folders(&corpus()).into_iter();
    groups
        .map(|group| (group.clone(), folders(&group)))
        .collect()
}

/// How one field of a case compares.
#[derive(Clone, PartialEq)]
enum Cell {
    True,
    /// Not the truth, but all that the telemetry holds.
    Lost,
    /// Nothing is booked.
    Unjudged,
    Wrong(String),
}

#[test]
fn reports_are_true() {
    let known = known();
    let mut matrix = format!(
        "{:42}{}\n",
        "",
        COLUMNS.map(|c| format!("{c:>12}")).concat()
    );
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for (group, cases) in groups() {
        let allowed = Allowed::read(&group);
        for case in cases {
            let row = check(&case, &known, &allowed);
            let name = format!("{}/{}", name(&group), name(&case));
            let _ = write!(matrix, "{name:42}");
            for column in COLUMNS {
                let cell = row.get(column).unwrap_or(&Cell::Unjudged);
                let word = match cell {
                    Cell::True => "ok",
                    Cell::Lost => "lost",
                    Cell::Unjudged => "-",
                    Cell::Wrong(_) => "WRONG",
                };
                let _ = write!(matrix, "{word:>12}");
                if let Cell::Wrong(why) = cell {
                    wrong.push(format!("{name}: {column}: {why}"));
                }
            }
            matrix.push('\n');
            judged += 1;
        }
    }
    println!("{matrix}");
    assert!(judged >= 39, "only {judged} cases found");
    assert!(wrong.is_empty(), "{matrix}\n{}", wrong.join("\n"));
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Holds one case's report against its books, field by field.
fn check(case: &Path, known: &Known, allowed: &Allowed) -> BTreeMap<&'static str, Cell> {
    let (mut store, complaints) = app::load::load(&[case.to_owned()], known).unwrap();
    assert!(
        complaints.iter().all(|c| c.contains("left out")),
        "{}: {complaints:?}",
        case.display()
    );
    let report = serde_json::to_value(report::build(&mut store, known)).unwrap();
    let truth = books::read(case);
    let judge = Judge {
        case: name(case),
        allowed,
        truth,
        report,
    };
    let mut row = BTreeMap::from([
        ("calls", judge.calls()),
        ("tools", judge.tools()),
        ("agents", judge.agents()),
    ]);
    row.extend(TOKENS.map(|field| (field, judge.tokens(field))));
    row.extend(judge.sessions());
    row
}

struct Judge<'a> {
    case: String,
    allowed: &'a Allowed,
    truth: Books,
    report: Value,
}

impl Judge<'_> {
    /// The truth is always right, unknown counts as none; else it must be a known loss.
    fn hold(&self, field: &str, want: Option<u64>, got: Option<u64>) -> Cell {
        self.within(field, want.map(|w| (w, w)), got)
    }

    fn within(&self, field: &str, want: Option<(u64, u64)>, got: Option<u64>) -> Cell {
        let right = match (want, got) {
            (Some((least, most)), Some(got)) => (least..=most).contains(&got),
            (Some((least, _)), None) => least == 0,
            (None, got) => got.is_none(),
        };
        if right {
            Cell::True
        } else if self.allowed.lost(&self.case, field, got) {
            Cell::Lost
        } else {
            Cell::Wrong(format!("{field} is {got:?}, not {want:?}"))
        }
    }

    fn calls(&self) -> Cell {
        let totals = &self.report["totals"];
        let count = |key: &str| totals[key].as_u64().unwrap();
        self.hold(
            "calls",
            Some(self.truth.calls),
            Some(count("model_calls") - count("failed_calls")),
        )
    }

    fn tokens(&self, field: &str) -> Cell {
        self.hold(
            field,
            self.truth.tokens[field],
            self.report["totals"]["usage"][field].as_u64(),
        )
    }

    fn rows(&self, list: &str) -> impl Iterator<Item = &Value> {
        let sessions = self.report["sessions"].as_array().unwrap();
        sessions
            .iter()
            .flat_map(move |s| s[list].as_array().unwrap())
    }

    /// Sums of the report's rows by name.
    fn by_name(&self, list: &str, count: &str) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for row in self.rows(list) {
            *sums
                .entry(row["name"].as_str().unwrap().to_owned())
                .or_default() += row[count].as_u64().unwrap();
        }
        sums
    }

    /// Every tool ran as often as it did, by its own name or with the plugin's prefix under which
    /// the model asked for it; and no other tool is listed.
    fn tools(&self) -> Cell {
        let Some(truth) = &self.truth.tools else {
            return Cell::Unjudged;
        };
        let got = self.by_name("tools", "calls");
        let prefixed = |name: &str| {
            let asked = self.truth.asked.iter().filter(|a| !truth.contains_key(*a));
            let ours = asked.filter(|a| a.ends_with(&format!("-{name}")));
            ours.filter_map(|a| got.get(a)).sum::<u64>()
        };
        let runs = truth.iter().map(|(name, &range)| {
            let count = got.get(name).unwrap_or(&0) + prefixed(name);
            self.within(&format!("tool:{name}"), Some(range), Some(count))
        });
        let strangers = got
            .iter()
            .filter(|(name, _)| !truth.contains_key(*name) && !self.truth.asked.contains(*name));
        let none = strangers.map(|(name, &n)| self.hold(&format!("tool:{name}"), Some(0), Some(n)));
        all(runs.chain(none))
    }

    fn agents(&self) -> Cell {
        let got = self.by_name("agents", "invocations");
        all(self.truth.agents.iter().map(|(name, &want)| {
            let same = got.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
            self.hold(
                &format!("agent:{name}"),
                Some(want),
                Some(same.map(|(_, n)| n).sum()),
            )
        }))
    }

    fn sessions(&self) -> [(&'static str, Cell); 2] {
        let Some((sessions, turns)) = self.allowed.sessions(&self.case) else {
            return [("sessions", Cell::Unjudged), ("turns", Cell::Unjudged)];
        };
        let hold = |right: &[String], got: usize| {
            if right.contains(&got.to_string()) {
                Cell::True
            } else {
                Cell::Wrong(format!("{got} not {}", right.join(" or ")))
            }
        };
        let shown = self.report["sessions"].as_array().unwrap().len();
        [
            ("sessions", hold(sessions, shown)),
            ("turns", hold(turns, self.rows("turns").count())),
        ]
    }
}

/// Lost if one is, wrong if one is.
fn all(cells: impl Iterator<Item = Cell>) -> Cell {
    let cells: Vec<Cell> = cells.collect();
    let wrong: Vec<&str> = cells
        .iter()
        .filter_map(|c| match c {
            Cell::Wrong(why) => Some(why.as_str()),
            _ => None,
        })
        .collect();
    if !wrong.is_empty() {
        Cell::Wrong(wrong.join("; "))
    } else if cells.contains(&Cell::Lost) {
        Cell::Lost
    } else if cells.is_empty() {
        Cell::Unjudged
    } else {
        Cell::True
    }
}

#[test]
fn trees_are_as_outlined() {
    let known = known();
    let update = std::env::var_os("UPDATE_OUTLINES").is_some();
    let mut differ = Vec::new();
    for case in groups().into_iter().flat_map(|(_, cases)| cases) {
        let outline = outline_of(&case, &known);
        let file = case.join("outline.txt");
        if update {
            fs::write(&file, &outline).unwrap();
        } else if let Some(why) =
            difference(&fs::read_to_string(&file).unwrap_or_default(), &outline)
        {
            differ.push(format!("{}: {why}", file.display()));
        }
    }
    assert!(
        differ.is_empty(),
        "{}\nUPDATE_OUTLINES=1 writes them anew",
        differ.join("\n")
    );
}

fn outline_of(case: &PathBuf, known: &Known) -> String {
    let (mut store, _) = app::load::load(std::slice::from_ref(case), known).unwrap();
    let mut sessions: Vec<_> = store.sessions().to_vec();
    sessions.sort_by_key(|s| (s.start, s.id));
    let trees = sessions
        .iter()
        .map(|s| outline::session(s, &store.tree(s.id, known).unwrap().0));
    trees.collect::<Vec<_>>().join("\n")
}

/// The first line in which two outlines differ.
fn difference(want: &str, got: &str) -> Option<String> {
    let longest = want.lines().count().max(got.lines().count());
    let at = |text: &str, n: usize| text.lines().nth(n).unwrap_or("(nothing)").to_owned();
    let first = (0..longest).find(|&n| at(want, n) != at(got, n))?;
    Some(format!(
        "line {}:\n  - {}\n  + {}",
        first + 1,
        at(want, first),
        at(got, first)
    ))
}

#[test]
fn every_budget_of_time_adds_up() {
    let known = known();
    for case in groups().into_iter().flat_map(|(_, cases)| cases) {
        let (mut store, _) = app::load::load(std::slice::from_ref(&case), &known).unwrap();
        let report = serde_json::to_value(report::build(&mut store, &known)).unwrap();
        let sessions = report["sessions"].as_array().unwrap();
        let turns = sessions.iter().flat_map(|s| s["turns"].as_array().unwrap());
        for row in sessions.iter().chain(turns) {
            let time = row["time"].as_object().unwrap();
            let of = |name: &str| time[name].as_f64().unwrap();
            let parts = time.keys().filter(|k| *k != "wall_ms").map(|k| of(k));
            let off = (parts.sum::<f64>() - of("wall_ms")).abs();
            assert!(off < 0.001, "{}: {time:?}", case.display());
        }
    }
}

/// The first turn's calls and tools follow each other but for two tools that begin while the
/// answer still streams: the person is waited for 2732.5 + 3420.5 ms, of which 34.8 and 14.1 ms
/// fall into the end of a call.
#[test]
fn a_person_s_time_is_what_nothing_else_takes() {
    let known = known();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/cli/claude-code-tui");
    let (mut store, _) = app::load::load(&[case], &known).unwrap();
    let report = serde_json::to_value(report::build(&mut store, &known)).unwrap();
    let time = &report["sessions"][0]["turns"][0]["time"];
    let human = time["human_ms"].as_f64().unwrap();
    assert!((human - 6104.0).abs() < 0.1, "{time}");
}

/// Shares of the budget line, worked out by hand.
#[test]
fn budgets_are_as_worked_out_by_hand() {
    // Four calls after each other and nothing else. The server's books: 6000.6, 400.5, 3000.5 and
    // 4070.1 ms to the first token, 161.4, 7489.0, 4502.8 and 253.2 ms of decoding: 13,471.7 and
    // 12,406.4 of 25,897 ms.
    let slow = (
        "python/slow-stream",
        &[("wait_prefill_ms", 52), ("decode_ms", 48)][..],
    );
    // A session of three agents, one after the other, in 2876.2 ms. The engine's attributes: in the
    // queue for 20 + 40 + 60 + 0 + 20 + 40 + 60 + 0 + 20 = 260 ms, prefill for 285.1 + 162.0 + 207.6 +
    // 123.4 + 149.9 + 123.4 + 145.1 + 184.7 + 132.1 = 1513.3. What the clients waited more than
    // that: 25. Decoding 54.0 + 90.6 + 134.1 + 4.5 + 132.6 + 4.0 + 33.4 + 70.1 + 55.4 = 578.7, of
    // which 2.8 lie behind the end that the client saw. Seven tools: 50.4 + 20.3 + 150.3 + 20.3 +
    // 150.3 + 50.9 + 50.3 = 492.8.
    let engine = (
        "python/semconv-vllm",
        &[
            ("queue_ms", 9),
            ("prefill_ms", 53),
            ("gateway_ms", 1),
            ("decode_ms", 20),
            ("tool_ms", 17),
            ("idle_ms", 0),
        ][..],
    );
    // One turn of 3756 ms, whose calls nobody split: 910.8 + 1142.0 + 487.5 + 749.3 = 3289.6 ms. Three
    // tools after them: 5.3 + 5.3 + 423.3 = 433.9. The rest, 32.5, is idle.
    let plain = (
        "cli/gemini-cli-grpc",
        &[("not_split_ms", 88), ("tool_ms", 12), ("idle_ms", 1)][..],
    );
    let known = known();
    for (case, shares) in [slow, engine, plain] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        let (mut store, _) = app::load::load(&[folder.join(case)], &known).unwrap();
        let report = serde_json::to_value(report::build(&mut store, &known)).unwrap();
        let time = &report["sessions"][0]["turns"][0]["time"];
        let wall = time["wall_ms"].as_f64().unwrap();
        for (part, percent) in shares {
            let share = 100.0 * time[part].as_f64().unwrap() / wall;
            let off = (share - f64::from(*percent)).abs();
            assert!(off <= 0.5, "{case}: {part} of {time}");
        }
    }
}
