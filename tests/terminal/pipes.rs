//! Without a terminal: what is said instead, and receiving without a screen.

use crate::{CASE, FREE, SPANFALL, send};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};

/// Runs spanfall with pipes in place of a terminal.
fn spanfall(args: &[&str]) -> Output {
    Command::new(SPANFALL)
        .env("SPANFALL_CONFIG", "/dev/null")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What it says before it gives up, in one line.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn what_is_no_terminal_is_told_what_to_use_instead() {
    let case = send::case(CASE);
    for args in [&FREE[..], &["demo"], &["open", case.to_str().unwrap()]] {
        let said = refusal(&spanfall(args));
        assert!(said.contains("no terminal"), "{said}");
        assert!(said.contains("spanfall --headless"), "{said}");
    }
}

#[test]
fn a_taken_port_is_told_with_the_flag_that_moves_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal(&spanfall(&[
        "--headless",
        "--grpc",
        "127.0.0.1:0",
        "--http",
        &address,
    ]));
    assert!(said.contains(&format!("{address} is taken")), "{said}");
    #[cfg(target_os = "linux")]
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    assert!(
        said.contains("--http") && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"),
        "{said}"
    );
}

/// Ends one that a failed test leaves behind.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn without_a_screen_turns_are_told_and_the_report_at_the_end() {
    let child = Command::new(SPANFALL)
        .env("SPANFALL_CONFIG", "/dev/null")
        .args(FREE)
        .args(["--headless", "--report", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Reaped(child);
    let mut said = String::new();
    let mut errors = BufReader::new(child.0.stderr.take().unwrap());
    errors.read_line(&mut said).unwrap();
    let http: SocketAddr = said.split_whitespace().last().unwrap().parse().unwrap();
    for (_, body) in send::spans(CASE) {
        assert_eq!(send::post(http, &body), 200);
    }
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut turn = String::new();
    out.read_line(&mut turn).unwrap();
    assert!(
        turn.starts_with("coder-agent turn 1  coder  8 model calls"),
        "{turn}"
    );

    let kill = Command::new("kill")
        .args(["-s", "TERM", &child.0.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let mut report = String::new();
    out.read_to_string(&mut report).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["schema"], "spanfall.report/1");
    assert_eq!(report["received"]["spans"], 19);
    assert_eq!(report["totals"]["usage"]["input"], 612);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}
