//! The house rules that the compiler does not know: rooms import one way, attribute names live in
//! tables, files stay small and say what they are, and nothing of a developer's machine is kept.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Every room and what it may import; `app` may import everything, and nobody imports `app`.
const ROOMS: [(&str, &[&str]); 19] = [
    ("metrics", &[]),
    ("model", &["metrics"]),
    ("theme", &[]),
    ("wire", &[]),
    // Money, addresses, rules, queries and keys as they are written.
    ("config", &["model", "wire", "findings", "query", "ui"]),
    ("cli", &["model", "wire", "findings", "config"]),
    ("record", &["wire"]),
    ("forward", &["wire"]),
    ("privacy", &["wire", "record", "convention"]),
    ("convention", &["wire", "model", "metrics"]),
    ("prices", &["model"]),
    (
        "ingest",
        &["wire", "convention", "prices", "model", "metrics"],
    ),
    ("findings", &["model"]),
    ("report", &["model", "metrics", "findings", "diff"]),
    ("query", &["model"]),
    ("diff", &["model", "query"]),
    ("ui", &["model", "query", "diff"]),
    ("view", &["model", "ui", "theme"]),
    (
        "app",
        &[
            "metrics",
            "model",
            "theme",
            "wire",
            "cli",
            "config",
            "record",
            "forward",
            "privacy",
            "convention",
            "prices",
            "query",
            "diff",
            "ingest",
            "findings",
            "report",
            "ui",
            "view",
        ],
    ),
];

/// Longest file without its tests, in lines.
const LINES: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, build output and version control left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy();
            if name == "target" || name == ".git" {
                continue;
            }
            if entry.is_dir() {
                waiting.push(entry);
            } else {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}

fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let files = files(&root().join(folder)).into_iter();
    let rust = files.filter(|f| f.extension().is_some_and(|e| e == "rs"));
    rust.map(|f| {
        (
            f.strip_prefix(root()).unwrap().to_owned(),
            fs::read_to_string(f).unwrap(),
        )
    })
    .collect()
}

/// A source without the test module at its end; a file that is one has nothing else.
fn without_tests<'a>(file: &Path, text: &'a str) -> &'a str {
    if file
        .iter()
        .any(|part| part == "tests" || part == "tests.rs")
    {
        return "";
    }
    let is_module = |start: &usize| {
        let mut lines = text[*start..].lines().map(str::trim);
        let after = lines.find(|l| l.starts_with("mod ") || l.is_empty());
        after.is_some_and(|l| l.ends_with('{'))
    };
    let starts = text.match_indices("#[cfg(test)]").map(|(at, _)| at);
    text.split_at(starts.into_iter().find(is_module).unwrap_or(text.len()))
        .0
}

/// The rooms that a source names as `crate::room` or as one of `use crate::{…}`.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut rooms = Vec::new();
    for after in code.split("crate::").skip(1) {
        let mut depth = 0;
        let mut word = String::new();
        // In `{a::b, c::{d, e}}` the rooms are the words that begin at depth one.
        let mut at_start = true;
        for c in after.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if c.is_alphanumeric() || c == '_' {
                if at_start {
                    word.push(c);
                }
                continue;
            }
            if !word.is_empty() {
                rooms.push(std::mem::take(&mut word));
            }
            at_start =
                depth == 1 && matches!(c, '{' | ',') || depth == 1 && at_start && c.is_whitespace();
            if depth <= 0 {
                break;
            }
        }
    }
    rooms
}

fn fail(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn imports_are_seen() {
    let text = "use crate::model::ids;\nuse crate::{wire::{a, b}, ui,\n    view::x};\nlet a = crate::theme::b();\n// crate::app::no\n";
    assert_eq!(imports(text), ["model", "wire", "ui", "view", "theme"]);
}

#[test]
fn rooms_import_one_way() {
    let mut found = Vec::new();
    for (file, text) in rust_files("src") {
        let room = file
            .components()
            .nth(1)
            .unwrap()
            .as_os_str()
            .to_string_lossy();
        let room = room.trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            found.push(format!(
                "{}: {room} is no room of the table",
                file.display()
            ));
            continue;
        };
        // What a room is tested with is its own affair.
        for import in imports(without_tests(&file, &text)) {
            let known = ROOMS.iter().any(|(name, _)| *name == import);
            if known && import != room && !allowed.contains(&import.as_str()) {
                found.push(format!(
                    "{}: {room} may not import {import}",
                    file.display()
                ));
            }
        }
    }
    fail("imports against the grain", &found);
}

#[test]
fn attribute_names_live_in_tables() {
    let names = ["gen_ai.", "llm.", "ai.", "claude_code."].map(|n| format!("\"{n}"));
    let mut found = Vec::new();
    for (file, text) in rust_files("src") {
        for (at, line) in without_tests(&file, &text).lines().enumerate() {
            let code = !line.trim_start().starts_with("//");
            if code && names.iter().any(|n| line.contains(n.as_str())) {
                found.push(format!("{}:{}: {}", file.display(), at + 1, line.trim()));
            }
        }
    }
    fail("attribute names outside src/convention/tables", &found);
}

#[test]
fn files_are_small_and_say_what_they_are() {
    let mut found = Vec::new();
    for folder in ["src", "examples"] {
        for (file, text) in rust_files(folder) {
            let lines = without_tests(&file, &text).lines().count();
            if lines > LINES {
                found.push(format!("{}: {lines} lines", file.display()));
            }
            if !text.starts_with("//! ") {
                found.push(format!("{}: no head comment", file.display()));
            }
        }
    }
    fail(
        &format!("files above {LINES} lines or without a head comment"),
        &found,
    );
}

#[test]
fn no_test_is_ignored() {
    let attribute = concat!("#[", "ignore");
    let files = ["src", "tests", "examples"]
        .map(rust_files)
        .into_iter()
        .flatten();
    let ignored = files.filter(|(_, text)| text.contains(attribute));
    fail(
        "ignored tests",
        &ignored
            .map(|(f, _)| f.display().to_string())
            .collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_of_a_machine_is_kept() {
    // Spelled in two parts, so that this file does not find itself.
    let paths = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
    ];
    let hosts = [
        concat!("://reg", "istry."),
        concat!("://mir", "ror"),
        concat!("arti", "factory"),
        concat!(".inter", "nal/"),
    ];
    let mut found = Vec::new();
    for file in files(&root()) {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            // A path's beginning: `/tmp/…` of the captured programs is another path.
            let whole = |line: &str, p: &str| {
                line.match_indices(p).any(|(i, _)| {
                    let before = line[..i].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && !"_-./~}…".contains(c))
                })
            };
            // So Codex names its agents.
            let line = line.replace(concat!("/ro", "ot/survey_callers"), "");
            if paths.iter().any(|p| whole(&line, p)) || hosts.iter().any(|h| line.contains(h)) {
                let start: String = line.trim().chars().take(100).collect();
                found.push(format!("{}:{}: {start}", file.display(), at + 1));
            }
        }
    }
    fail("paths or hosts of a machine", &found);
}

#[test]
fn the_corpus_is_small() {
    let sizes = files(&root().join("tests/corpus")).into_iter();
    let bytes: u64 = sizes.map(|f| fs::metadata(f).unwrap().len()).sum();
    assert!(bytes < 10_000_000, "tests/corpus has {bytes} bytes");
}
