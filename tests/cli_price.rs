//! `spanfall price` and `spanfall env` as a program sees them: arguments in, text and exit code
//! out. The rules of pricing themselves are held by every row of `price-cases.csv` in the library.
#![expect(clippy::unwrap_used, reason = "test")]

use std::process::{Command, Output};

fn spanfall(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanfall"));
    command.env("SPANFALL_CONFIG", "/dev/null");
    command.env_remove("SPANFALL_PRICES").args(args);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn price(args: &[&str]) -> serde_json::Value {
    let out = spanfall(&[&["price", "--format", "json"], args].concat());
    assert!(out.status.success(), "{}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Every fifteenth row of the case file.
#[test]
fn a_dozen_cases_through_the_real_binary() {
    let cases = include_str!("data/price-cases.csv");
    // Rows with a quoted comma have it in the note only, behind all that is read here.
    for line in cases.lines().skip(1).step_by(15) {
        let row: Vec<_> = line.split(',').collect();
        let [
            id,
            _,
            provider,
            host,
            model,
            at,
            context,
            convention,
            input,
            read,
            write,
            write_1h,
            output,
            reasoning,
            audio_in,
            audio_out,
            expected,
            ..,
        ] = row.as_slice()
        else {
            panic!("short row: {line}");
        };
        let answer = price(&[
            model,
            "--provider",
            provider,
            "--host",
            host,
            "--at",
            at,
            "--context",
            context,
            "--convention",
            convention,
            "--input",
            input,
            "--cache-read",
            read,
            "--cache-write",
            write,
            "--cache-write-1h",
            write_1h,
            "--output",
            output,
            "--reasoning",
            reasoning,
            "--audio-in",
            audio_in,
            "--audio-out",
            audio_out,
        ]);
        let cost = answer["cost_usd"].as_str().unwrap_or("unknown");
        assert_eq!(cost, *expected, "{id}");
        assert_eq!(
            answer["cost_usd"].is_null(),
            !answer["why_unknown"].is_null(),
            "{id}"
        );
    }
}

#[test]
fn the_answer_names_its_entry() {
    let answer = price(&words(
        "claude-haiku-4-5-20251001 --input 1000 --output 100",
    ));
    let expected = serde_json::json!({
        "cost_usd": "0.00150000", "model": "claude-haiku-4-5-20251001", "provider": "anthropic",
        "entry": "claude-haiku-4-5", "as_of": "2026-11-09", "why_unknown": null, "convention": "incl",
    });
    assert_eq!(answer, expected);
    let out = spanfall(&words("price claude-haiku-4-5 --input 1000 --output 100"));
    let lines = text(&out.stdout);
    assert!(
        lines.starts_with("0.00150000 USD\nentry   anthropic claude-haiku-4-5\n"),
        "{lines}"
    );
}

#[test]
fn unknown_is_an_answer() {
    let out = spanfall(&words("price no-such-model --input 1"));
    assert_eq!(out.status.code(), Some(0));
    let lines = text(&out.stdout);
    assert!(lines.starts_with("unknown\n"), "{lines}");
    assert!(lines.contains("--provider"), "the next step: {lines}");
    assert_eq!(
        price(&["", "--input", "5"])["cost_usd"],
        serde_json::Value::Null
    );
}

#[test]
fn counts_tell_their_meaning() {
    // More cache than input: the input leaves it out. 8 x 3 + 182,000 x 0.3 per million.
    let line = "claude-sonnet-4-5 --provider anthropic --input 8 --cache-read 182000";
    let answer = price(&words(line));
    assert_eq!(answer["convention"], "excl");
    assert_eq!(answer["cost_usd"], "0.05462400");
}

#[test]
fn a_price_file_is_read_and_its_errors_are_placed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    let path = file.to_str().unwrap();
    let mine = r#"{"providers":[{"id":"house","models":[{"id":"m","prices":[{"input":2}]}]}]}"#;
    std::fs::write(&file, mine).unwrap();
    let answer = price(&[
        "m",
        "--provider",
        "house",
        "--input",
        "1000",
        "--prices",
        path,
    ]);
    assert_eq!(answer["cost_usd"], "0.00200000");

    std::fs::write(&file, "{\n  \"provider\": []\n}").unwrap();
    for (args, word) in [
        (["price", "m", "--prices", path], "line 2, column "),
        (
            ["price", "m", "--prices", "no-such-file"],
            "cannot read the prices",
        ),
        (["price", "m", "--at", "yesterday"], "2026-11-18T12:00:00Z"),
        (["price", "m", "--context", "fast"], "key=value"),
        (["price", "m", "--input", "many"], "--help"),
    ] {
        let out = spanfall(&args);
        let error = text(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(error.contains(word), "{args:?}: {error}");
        assert!(out.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn env_follows_the_shell() {
    let env = |shell: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spanfall"));
        let out = command
            .env("SHELL", shell)
            .arg("env")
            .args(args)
            .output()
            .unwrap();
        assert!(out.status.success());
        text(&out.stdout)
    };
    let sh = env("/bin/bash", &["claude-code", "--grpc-port", "14317"]);
    assert!(
        sh.contains("export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:14317\n"),
        "{sh}"
    );
    let fish = env("/usr/bin/fish", &["copilot"]);
    assert!(
        fish.contains("set -gx OTEL_EXPORTER_OTLP_ENDPOINT http://localhost:4318\n"),
        "{fish}"
    );
    assert!(env("/bin/bash", &[]).contains("gemini-cli"));
    let codex = spanfall(&["env", "codex", "--live"]);
    assert_eq!(codex.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn what_env_prints_is_a_shell_script() {
    for agent in ["claude-code", "copilot", "aider", "python", "node"] {
        let script = text(&spanfall(&["env", agent, "--shell", "sh"]).stdout);
        let asked = format!("{script}\necho \"$OTEL_EXPORTER_OTLP_ENDPOINT\"");
        let out = Command::new("sh").args(["-euc", &asked]).output().unwrap();
        assert!(out.status.success(), "{agent}: {}", text(&out.stderr));
        assert!(
            text(&out.stdout).starts_with("http://localhost:431"),
            "{agent}"
        );
    }
}
