//! `spanfall diff` on recorded runs of the same script that ended differently. What is expected is
//! read from the cases' `truth.json`, by hand.
#![expect(clippy::unwrap_used, reason = "test")]

use serde_json::Value;
use std::process::{Command, Output};

fn case(name: &str) -> String {
    format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn diff(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spanfall"))
        .arg("diff")
        .args(args)
        .env_remove("SPANFALL_CONFIG")
        .output()
        .unwrap()
}

fn json(a: &str, b: &str) -> Value {
    let out = diff(&[a, b, "--format", "json"]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The steps up to the one where they parted, of both runs.
fn parted(report: &Value) -> (usize, Value) {
    let step = usize::try_from(report["parted"]["step"].as_u64().unwrap()).unwrap();
    (step, report["steps"][step - 1].clone())
}

fn count(report: &Value, kind: &str, side: &str, until: usize) -> usize {
    let steps = report["steps"].as_array().unwrap().iter().take(until);
    steps.filter(|s| s[side]["kind"] == kind).count()
}

/// truth.json of `killed-sigint`: five model calls, of which Coder's third (step 2, the fifth of all)
/// was cut off (`done: false`); two tools of Coder and one of Planner had run. The whole run is
/// `genai-langchain-graph`: the same script with nine calls.
#[test]
fn an_interrupted_run_parts_at_the_call_that_was_cut_off() {
    let report = json(
        &case("python/genai-langchain-graph"),
        &case("python/killed-sigint"),
    );
    assert_eq!(report["schema"], "spanfall.diff/1");
    let (at, step) = parted(&report);
    assert_eq!(report["parted"]["why"], "outcome");
    assert_eq!(
        (&step["a"]["outcome"], &step["b"]["outcome"]),
        (&"ok".into(), &"error".into())
    );
    assert_eq!(
        (&step["a"]["kind"], &step["a"]["agent"]),
        (&"call".into(), &"coder".into())
    );
    for side in ["a", "b"] {
        assert_eq!(count(&report, "call", side, at), 5, "the fifth call");
        assert_eq!(count(&report, "tool", side, at), 3);
    }
    assert!(
        step["b"]["error"]
            .as_str()
            .unwrap()
            .contains("KeyboardInterrupt")
    );
    // After it only the whole run goes on: four more calls, four more tools.
    let after: Vec<&Value> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .skip(at)
        .collect();
    assert!(after.iter().all(|s| s["b"].is_null() && !s["a"].is_null()));
    assert_eq!(after.len(), 8);
    assert_eq!(report["a"]["figures"]["model_calls"], 9);
}

/// truth.json of `killed-sigkill-pending`: six model calls, of which Coder's fifth (step 4, the
/// sixth of all) was cut off. The whole run is `logfire-pending-spans`. The tool before that call has
/// no end in the recording either, but its answer was read: it is not where they parted.
#[test]
fn a_killed_run_parts_at_the_call_that_never_ended() {
    let report = json(
        &case("python/logfire-pending-spans"),
        &case("python/killed-sigkill-pending"),
    );
    let (at, step) = parted(&report);
    assert_eq!(report["parted"]["why"], "outcome");
    assert_eq!(
        (&step["a"]["outcome"], &step["b"]["outcome"]),
        (&"ok".into(), &"open".into())
    );
    assert_eq!(
        (&step["a"]["kind"], &step["a"]["agent"]),
        (&"call".into(), &"coder".into())
    );
    for side in ["a", "b"] {
        assert_eq!(count(&report, "call", side, at), 6, "the sixth call");
    }
    assert!(
        report["steps"]
            .as_array()
            .unwrap()
            .iter()
            .skip(at)
            .all(|s| s["b"].is_null())
    );
}

#[test]
fn a_run_does_not_part_from_itself() {
    for name in [
        "python/genai-langchain-graph",
        "cli/claude-code-traces-http",
        "python/long-session",
    ] {
        let report = json(&case(name), &case(name));
        assert!(
            report["parted"].is_null() && report["prompt"].is_null(),
            "{name}"
        );
        let steps = report["steps"].as_array().unwrap();
        assert!(!steps.is_empty());
        for step in steps {
            assert_eq!(step["a"], step["b"], "{name}");
            assert_eq!(step["differs"], Value::Array(Vec::new()), "{name}");
        }
        assert_eq!(report["a"]["figures"], report["b"]["figures"]);
    }
}

#[test]
fn a_session_is_chosen_by_place_key_or_title() {
    let path = case("cli/claude-code-errors");
    let report = json(&format!("{path}#2"), &format!("{path}#cut line"));
    assert!(
        report["a"]["title"]
            .as_str()
            .unwrap()
            .starts_with("A hopeless request")
    );
    assert!(
        report["b"]["title"]
            .as_str()
            .unwrap()
            .starts_with("A cut line question")
    );
    let key = report["a"]["key"].as_str().unwrap();
    assert_eq!(
        json(&format!("{path}#{key}"), &path)["a"]["title"],
        report["a"]["title"]
    );
    let out = diff(&[&format!("{path}#nobody"), &path]);
    assert_eq!(out.status.code(), Some(2));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        told.contains("no session is called `nobody`") && told.contains("#2 A hopeless"),
        "{told}"
    );
    // Without a name it is the longest, and that is said.
    let out = diff(&[&path, &path]);
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(told.contains("A is the longest of 3 sessions"), "{told}");
}

#[test]
fn exit_codes_tell_what_was_asked() {
    let (whole, cut) = (
        case("python/genai-langchain-graph"),
        case("python/killed-sigint"),
    );
    assert_eq!(diff(&[&whole, &cut]).status.code(), Some(0));
    assert_eq!(diff(&[&whole, &cut, "--exit-code"]).status.code(), Some(1));
    assert_eq!(
        diff(&[&whole, &whole, "--exit-code"]).status.code(),
        Some(0)
    );
    assert_eq!(diff(&[&whole, "/nowhere"]).status.code(), Some(2));
    for format in ["text", "markdown"] {
        let out = diff(&[&whole, &cut, "--format", format]);
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(text.contains("they part at step 8"), "{text}");
        assert!(text.contains("KeyboardInterrupt"), "{text}");
    }
}

/// The prompts of the two cases' `truth.json`: the same agent was asked to fix a bug in one and for a
/// sub-agent in the other. What is read before the prompt is the same.
#[test]
fn prompts_that_differ_are_pointed_at_where_they_do() {
    let (fix, survey) = (
        "Please fix the off-by-one in src/window.py, run the tests and tell me what you changed.",
        "Use a sub-agent to list every caller of windows().",
    );
    let (a, b) = (
        case("cli/gemini-cli-grpc"),
        case("cli/gemini-cli-http") + "#Use a sub-agent",
    );
    let report = json(&a, &b);
    let prompt = &report["prompt"];
    assert_eq!(
        (&prompt["step"], &prompt["role"]),
        (&1.into(), &"user".into())
    );
    for (side, asked) in [("a", fix), ("b", survey)] {
        let told = prompt[side].as_str().unwrap();
        assert!(told.ends_with(asked), "{side}: {told}");
    }
    let text = String::from_utf8(diff(&[&a, &b]).stdout).unwrap();
    let said = text
        .lines()
        .skip_while(|l| !l.starts_with("prompts differ from step 1,"));
    let said: Vec<&str> = said.take(3).collect();
    assert!(
        said[1].contains(&fix[..40]) && said[2].contains(survey),
        "{text}"
    );
    // A run differs from itself in nothing.
    assert!(json(&a, &a)["prompt"].is_null());
}

/// One of opencode's calls told no tokens and has no price: both sums are "at least", in the line of
/// the run as in the table, and what they differ by is not known.
#[test]
fn sums_with_a_hole_are_at_least() {
    let run = case("cli/opencode");
    let out = diff(&[&run, &run]);
    let text = String::from_utf8(out.stdout).unwrap();
    let row = |name: &str| -> Vec<&str> {
        let line = text.lines().find(|l| l.starts_with(name)).unwrap();
        line.trim_start_matches(name).split_whitespace().collect()
    };
    let summary = text.lines().nth(1).unwrap();
    let input = row("input tokens");
    assert_eq!(input.len(), 2, "no difference: {input:?}");
    assert!(input[0].starts_with('≥') && input[0] == input[1]);
    assert!(summary.contains(&format!("{} in", input[0])), "{summary}");
    assert!(row("cost").iter().all(|cell| cell.starts_with("≥$")));
    assert_eq!(row("model calls"), ["4", "4", "0"]);
}
