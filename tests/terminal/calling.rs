//! The bell and notifications: bytes that draw nothing.

use crate::harness::{Manner, Terminal};
use crate::{CASE, FREE, SPANFALL, WIDE, http, send};
use spanfall::record;
use std::io::Write;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

const LIVE: &str = "python/openinference-openai";
const NOTIFICATION: &[u8] = b"\x1b]9;spanfall: ";

/// Sends a case as if it happened in a moment.
fn happen(to: SocketAddr, case: &str) {
    let recording = record::read(&[send::case(case)]).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let soon = u64::try_from(now.as_nanos()).unwrap() + 1_000_000_000;
    let due = record::replay::happening_now(recording.requests, 1.0, soon, &|_| false);
    for next in due {
        assert_eq!(send::post(to, &next.payload.body), 200);
    }
}

fn says(raw: &[u8], what: &[u8]) -> bool {
    raw.windows(what.len()).any(|w| w == what)
}

fn run(settings: &str, variables: &[(&str, &str)]) -> Terminal {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    config.write_all(settings.as_bytes()).unwrap();
    let path = config.path().to_str().unwrap();
    let variables = [variables, &[("SPANFALL_CONFIG", path)]].concat();
    let terminal = Terminal::run_in(Manner::default(), &variables, SPANFALL, &FREE, WIDE);
    // It has been read once the screen stands.
    terminal.wait_for("no connection yet");
    terminal
}

#[test]
fn who_wants_it_is_called_for_what_happens_now_and_not_for_what_is_over() {
    let settings = "notices = { bell = true, osc9 = true }";
    let terminal = run(settings, &[("TMUX", "")]);
    let to = http(&terminal);
    for (_, body) in send::spans(CASE) {
        assert_eq!(send::post(to, &body), 200);
    }
    terminal.wait_for("1 session");
    let raw = terminal.raw();
    assert!(!says(&raw, b"\x1b]9;") && !says(&raw, b"\x07"));

    happen(to, LIVE);
    terminal.wait_bytes(NOTIFICATION);
    terminal.wait_bytes(b"\x1b\\\x07");
    // The same is said on the screen.
    terminal.wait_for("failed ");
}

#[test]
fn inside_tmux_the_terminal_around_it_is_told() {
    let terminal = run("notices.osc9 = true", &[("TMUX", "/tmp/none,1,0")]);
    happen(http(&terminal), LIVE);
    terminal.wait_bytes(b"\x1bPtmux;\x1b\x1b]9;spanfall: ");
    assert!(!says(&terminal.raw(), b"\x07"));
}

#[test]
fn who_did_not_ask_is_not_called() {
    let mut terminal = run("", &[]);
    happen(http(&terminal), LIVE);
    terminal.wait_for("1 session");
    terminal.keys("\x03");
    terminal.wait_exit();
    let (screen, raw) = terminal.last_words();
    assert!(!says(&raw, b"\x1b]9;") && !says(&raw, b"\x07"));
    assert!(screen.contains("1 session"), "{screen}");
}
