//! `spanfall report --where`: what is counted is what matches, and nothing else.
#![expect(clippy::unwrap_used, reason = "test")]

use serde_json::Value;
use std::process::{Command, Output};

fn report(args: &[&str]) -> Output {
    let case = format!(
        "{}/tests/corpus/python/genai-langchain-graph",
        env!("CARGO_MANIFEST_DIR")
    );
    Command::new(env!("CARGO_BIN_EXE_spanfall"))
        .args(["report", &case])
        .args(args)
        .env_remove("SPANFALL_CONFIG")
        .output()
        .unwrap()
}

fn json(query: &str) -> Value {
    let out = report(&["--format", "json", "--where", query]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Calls of the whole report that this holds for.
fn calls(whole: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let calls = whole["sessions"][0]["calls"].as_array().unwrap().iter();
    calls.filter(|c| wanted(c)).cloned().collect()
}

#[test]
fn what_matches_is_counted_with_its_own_figures() {
    let out = report(&["--format", "json"]);
    let whole: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(whole["where"].is_null());
    let coder = calls(&whole, |c| c["agent"] == "coder");
    assert_eq!(coder.len(), 5, "truth.json: Coder is asked five times");
    let part = json("agent:coder kind:call");
    assert_eq!(part["where"], "agent:coder kind:call");
    let figures = &part["totals"];
    assert_eq!(
        (&figures["model_calls"], &figures["tool_calls"]),
        (&5.into(), &0.into())
    );
    let input: u64 = coder
        .iter()
        .map(|c| c["usage"]["input"].as_u64().unwrap())
        .sum();
    let output: u64 = coder
        .iter()
        .map(|c| c["usage"]["output"].as_u64().unwrap())
        .sum();
    assert_eq!(
        (&figures["usage"]["input"], &figures["usage"]["output"]),
        (&input.into(), &output.into())
    );
    let session = &part["sessions"][0];
    assert_eq!(session["calls"].as_array().unwrap().len(), 5);
    assert_eq!(session["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(session["tools"], Value::Array(Vec::new()));
    assert_eq!(session["turns"][0]["figures"]["model_calls"], 5);
}

#[test]
fn parts_of_a_whole_add_up_to_it() {
    let out = report(&["--format", "json"]);
    let whole: Value = serde_json::from_slice(&out.stdout).unwrap();
    for key in ["model_calls", "tool_calls", "agents", "errors"] {
        let of = |query: &str| json(query)["totals"][key].as_u64().unwrap();
        let all = whole["totals"][key].as_u64().unwrap();
        assert_eq!(of("agent:coder") + of("not agent:coder"), all, "{key}");
        assert_eq!(of("name:*"), all, "{key}: everything matches");
    }
    let every = json("kind:*");
    assert_eq!(every["totals"]["usage"], whole["totals"]["usage"]);
    assert_eq!(every["sessions"][0]["tools"], whole["sessions"][0]["tools"]);
    assert_eq!(every["sessions"][0]["calls"], whole["sessions"][0]["calls"]);
}

#[test]
fn sessions_without_a_match_are_left_out() {
    let none = json("tool:no_such_tool");
    assert_eq!(none["sessions"], Value::Array(Vec::new()));
    assert_eq!(none["totals"]["model_calls"], 0);
    let text = report(&["--where", "kind:tool"]).stdout;
    assert!(
        String::from_utf8(text)
            .unwrap()
            .starts_with("where kind:tool\n")
    );
}

#[test]
fn limits_are_those_of_what_matches() {
    let code = |args: &[&str]| report(args).status.code();
    assert_eq!(code(&["--max-cost", "0"]), Some(1));
    assert_eq!(code(&["--max-cost", "0", "--where", "kind:tool"]), Some(0));
}

#[test]
fn a_bad_query_is_pointed_at() {
    let out = report(&["--where", "kind:tool dur>2"]);
    assert_eq!(out.status.code(), Some(2));
    let told = String::from_utf8(out.stderr).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert!(
        lines[0].contains("--where: expected a time like 2s"),
        "{told}"
    );
    let (query, caret) = (lines[1], lines[2]);
    assert!(query.ends_with("kind:tool dur>2"), "{told}");
    assert_eq!(caret.find('^'), query.find('2'), "{told}");
}
