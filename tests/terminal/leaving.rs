//! Every way out gives the terminal back.

use crate::harness::Terminal;
use crate::{FREE, SPANFALL, WIDE, http, live, live_with_case, send};
use std::time::Duration;

/// A person does not wait.
const SOON: Duration = Duration::from_secs(2);

fn assert_restored(terminal: &Terminal) -> String {
    let (screen, raw) = terminal.last_words();
    let last = |sequence: &str| {
        let found = raw
            .windows(sequence.len())
            .rposition(|w| w == sequence.as_bytes());
        found.unwrap_or_else(|| panic!("no {sequence:?} in the output"))
    };
    // Alternate screen left, cursor shown, bracketed paste off, each after it was switched.
    assert!(last("\x1b[?1049l") > last("\x1b[?1049h"));
    assert!(last("\x1b[?25h") > last("\x1b[?25l"));
    assert!(last("\x1b[?2004l") > last("\x1b[?2004h"));
    assert_eq!(
        terminal.modes(),
        terminal.modes_before(),
        "raw mode is left"
    );
    screen
}

#[test]
fn quitting_gives_the_terminal_back_and_sums_up() {
    let (mut terminal, _) = live_with_case();
    assert_ne!(terminal.modes(), terminal.modes_before(), "raw mode");
    terminal.keys("qq");
    let (status, took) = terminal.wait_exit();
    assert_eq!(status.exit_code(), 0);
    assert!(took < SOON, "{took:?}");
    let screen = assert_restored(&terminal);
    assert!(
        screen
            .trim()
            .starts_with("1 session · 1 turn · 8 model calls"),
        "{screen}"
    );
    assert!(screen.contains("612 in"), "{screen}");
}

#[test]
fn signals_give_the_terminal_back_and_tell_their_number() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let (mut terminal, _) = live();
        terminal.signal(name);
        let (status, took) = terminal.wait_exit();
        assert_eq!(status.exit_code(), code, "{name}");
        assert!(took < SOON, "{name}: {took:?}");
        assert_restored(&terminal);
    }
}

#[test]
fn ctrl_c_is_a_key_that_quits() {
    let (mut terminal, _) = live();
    terminal.keys("\x03");
    assert_eq!(terminal.wait_exit().0.exit_code(), 0);
    assert_restored(&terminal);
}

#[test]
fn a_closed_window_ends_it() {
    let (mut terminal, _) = live();
    terminal.close();
    let (status, _) = terminal.wait_exit();
    assert_eq!(status.exit_code(), 129);
}

/// The shell lives on, so no signal comes: the reader, in the middle of a paste, hears of the end.
#[test]
fn a_window_that_closes_within_a_paste_ends_it_no_other_way() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("status");
    let script = r#"trap "" HUP; "$@"; echo $? > "$0""#;
    let args = ["-c", script, told.to_str().unwrap(), SPANFALL];
    let mut terminal = Terminal::run("sh", &[&args[..], &FREE].concat(), WIDE);
    http(&terminal);
    terminal.keys("\x1b[200~half a");
    terminal.close();
    terminal.wait_exit();
    assert_eq!(std::fs::read_to_string(told).unwrap().trim(), "129");
}

/// More frames than any terminal holds back, while nobody reads them, and 200 requests: many times
/// what may wait for the loop. If that stood still, they would be told to come again.
fn block(terminal: &Terminal, http: std::net::SocketAddr) {
    terminal.block(true);
    let spans = send::spans(crate::CASE);
    for (i, (_, body)) in spans.iter().cycle().take(200).enumerate() {
        let odd = u16::try_from(i % 2).unwrap();
        terminal.resize(120 - odd, 40);
        assert_eq!(send::post(http, body), 200, "request {i}");
    }
}

#[test]
fn a_terminal_that_is_not_read_does_not_hold_up_receiving() {
    let (mut terminal, http) = live();
    block(&terminal, http);
    terminal.resize(120, 40);
    terminal.block(false);
    terminal.wait_until("the newest picture", |s| s.contents().contains("in   612"));
    terminal.keys("\x03");
    assert_eq!(terminal.wait_exit().0.exit_code(), 0);
    assert_restored(&terminal);
}

#[test]
fn a_terminal_that_is_not_read_does_not_hold_up_leaving() {
    let mut terminal = Terminal::run(SPANFALL, &FREE, WIDE);
    let http = http(&terminal);
    block(&terminal, http);
    terminal.signal("TERM");
    let (status, took) = terminal.wait_exit();
    assert_eq!(status.exit_code(), 143);
    assert!(took < SOON, "{took:?}");
    assert_eq!(
        terminal.modes(),
        terminal.modes_before(),
        "raw mode is left"
    );
}
