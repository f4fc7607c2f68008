//! What hands do besides the keys that move: the mouse, copying, saving, putting away, leaving.

mod lending;

use crate::harness::Terminal;
use crate::send;
use crate::{CASE, FREE, SPANFALL, WIDE, live, live_with_case};
use std::os::unix::fs::PermissionsExt;
use vt100::MouseProtocolMode;

/// Where a text stands, column and line.
fn place(screen: &str, text: &str) -> (usize, usize) {
    let mut lines = screen.lines().enumerate();
    let at = lines.find_map(|(y, line)| {
        let (before, _) = line.split_once(text)?;
        Some((before.chars().count(), y))
    });
    at.unwrap_or_else(|| panic!("no {text}\n{screen}"))
}

#[test]
fn the_mouse_folds_selects_and_presses_the_footers_keys() {
    let (mut terminal, _) = live_with_case();
    let screen = terminal.wait_until("the mouse", |s| {
        s.mouse_protocol_mode() == MouseProtocolMode::ButtonMotion
    });
    let (x, y) = place(&screen, "▾ ❯ turn 1");
    terminal.click(x, y);
    let screen = terminal.wait_for("▸ ❯ turn 1");
    terminal.click(x, y);
    terminal.wait_for("run_tests");

    let (x, y) = place(&screen, "? help");
    terminal.click(x, y);
    terminal.wait_for("Keys and signs");
    terminal.click(0, 20);
    terminal.wait_gone("Keys and signs");
}

#[test]
fn the_mouse_is_left_to_the_terminal_when_asked_and_always_in_the_end() {
    let (mut terminal, _) = live_with_case();
    let on = |s: &vt100::Screen| s.mouse_protocol_mode() != MouseProtocolMode::None;
    terminal.wait_until("the mouse", on);
    terminal.keys("m");
    terminal.wait_until("no mouse", |s| !on(s));
    terminal.wait_for("mouse off");
    terminal.keys("m");
    terminal.wait_until("the mouse again", on);
    terminal.signal("TERM");
    terminal.wait_exit();
    let (_, raw) = terminal.last_words();
    let last = |bytes: &[u8]| raw.windows(bytes.len()).rposition(|w| w == bytes);
    assert!(last(b"\x1b[?1002l") > last(b"\x1b[?1002h"));

    let args = [&FREE[..], &["--no-mouse"]].concat();
    let mut terminal = Terminal::run(SPANFALL, &args, WIDE);
    terminal.wait_for("no connection yet");
    terminal.keys("\x03");
    terminal.wait_exit();
    let (_, raw) = terminal.last_words();
    assert!(!raw.windows(8).any(|w| w == b"\x1b[?1002h"));
}

#[test]
fn what_is_selected_is_copied_through_the_terminal() {
    let (mut terminal, _) = live_with_case();
    terminal.keys("g");
    terminal.keys("y");
    terminal.wait_for("session key");
    terminal.keys("n");
    terminal.wait_for("copied 12 B, name");
    // "turn 1 coder"; an escape sequence draws nothing, and the screen stands as it was.
    terminal.wait_bytes(b"\x1b]52;c;dHVybiAxIGNvZGVy\x1b\\");
    terminal.wait_for("❯ turn 1");
}

#[test]
fn a_session_is_saved_readable_again_and_never_over_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.jsonl");
    let (mut terminal, http) = live_with_case();
    let save = |terminal: &mut Terminal| {
        terminal.keys("s");
        terminal.wait_for("OTLP JSON");
        terminal.keys("\t");
        terminal.wait_for("spanfall-all-");
        // The line is emptied and the name typed.
        terminal.keys("\x15");
        terminal.wait_gone("spanfall-all-");
        terminal.keys(file.to_str().unwrap());
        terminal.keys("\r");
    };
    save(&mut terminal);
    terminal.wait_for("saved ");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = std::fs::read(&file).unwrap();

    save(&mut terminal);
    terminal.wait_for("is there already");
    assert_eq!(std::fs::read(&file).unwrap(), first);
    terminal.keys("\r");
    terminal.wait_gone("is there already");
    terminal.wait_for("saved ");

    // All is saved: nothing is asked. What comes after is not.
    let (_, body) = send::spans("python/openinference-openai")
        .into_iter()
        .next()
        .unwrap();
    assert_eq!(send::post(http, &body), 200);
    terminal.wait_for("2 sessions");
    terminal.keys("q");
    terminal.wait_for("not saved");
    terminal.keys("q");
    let (status, _) = terminal.wait_exit();
    assert_eq!(status.exit_code(), 0);
    let (screen, _) = terminal.last_words();
    assert!(screen.contains("saved to "), "{screen}");

    let out = std::process::Command::new(SPANFALL)
        .args(["report", "--format", "json"])
        .arg(&file)
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    // By the case's truth.json.
    assert_eq!(report["totals"]["model_calls"], 8);
    assert_eq!(report["totals"]["usage"]["input"], 612);
    assert_eq!(report["totals"]["usage"]["output"], 135);
}

#[test]
fn leaving_asks_while_something_is_saved_nowhere_and_ctrl_c_does_not() {
    let (mut terminal, _) = live_with_case();
    terminal.keys("q");
    terminal.wait_for("q quit  s save and quit  esc stay");
    terminal.keys("\x1b");
    terminal.wait_gone("save and quit");
    terminal.keys("\x03");
    let (status, _) = terminal.wait_exit();
    assert_eq!(status.exit_code(), 0);
}

#[test]
fn sessions_are_dismissed_brought_back_and_cleared() {
    let (mut terminal, http) = live_with_case();
    terminal.keys("x");
    terminal.wait_for("1 session dismissed");
    terminal.keys("u");
    terminal.wait_for("❯ turn 1");
    terminal.keys("P");
    terminal.wait_for("pinned");
    terminal.keys("X");
    terminal.wait_for("clear all that was received?");
    terminal.keys("n");
    terminal.wait_for("❯ turn 1");
    terminal.keys("XX");
    terminal.wait_for("cleared");
    let (_, body) = send::spans("python/openinference-openai")
        .into_iter()
        .next()
        .unwrap();
    assert_eq!(send::post(http, &body), 200);
    terminal.wait_for("1 session");
}

#[test]
fn a_recording_is_opened_with_its_own_times_and_a_wrong_path_is_told() {
    let (mut terminal, _) = live();
    terminal.keys("o");
    terminal.wait_for("Open a recording");
    terminal.keys("/no/such/file.jsonl\r");
    terminal.wait_for("cannot read /no/such/file.jsonl");
    terminal.keys("o");
    terminal.wait_for("Open a recording");
    terminal.keys(send::case(CASE).to_str().unwrap());
    terminal.keys("\r");
    terminal.wait_gone("Open a recording");
    // By the case's truth.json; over long ago, nothing of it runs.
    let screen = terminal.wait_until("the whole case", |s| {
        let screen = s.contents();
        screen.contains("in   612") && !screen.contains("not received")
    });
    assert!(!screen.contains("running"), "{screen}");
}
