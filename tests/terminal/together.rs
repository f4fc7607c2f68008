//! A key and a new size that are both there when somebody looks: each is told. This very test runs
//! in the terminal and reads there, with the reading thread held back until both have come.

use crate::WIDE;
use crate::harness::{Manner, Terminal};
use crossterm::event::{Event, KeyCode};
use rustix::event::{PollFd, PollFlags, poll};
use spanfall::app::ask::Answers;
use spanfall::app::input;
use std::io::{self, Write};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Set for the test in the terminal: what comes first.
const FIRST: &str = "SPANFALL_TEST_FIRST";
const NAME: &str = "together::a_key_and_a_new_size_that_come_together_are_both_told";

#[test]
fn a_key_and_a_new_size_that_come_together_are_both_told() {
    match std::env::var(FIRST).as_deref() {
        Ok(first) => Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(in_the_terminal(first)),
        Err(_) => ["key", "size"].into_iter().for_each(from_outside),
    }
}

fn from_outside(first: &str) {
    let own = std::env::current_exe().unwrap();
    let (own, args) = (own.to_str().unwrap(), ["--exact", NAME, "--nocapture"]);
    let mut terminal = Terminal::run_in(Manner::default(), &[(FIRST, first)], own, &args, WIDE);
    for wanted in both(first) {
        terminal.wait_for(&format!("wanted: {wanted}"));
        match wanted {
            "key" => terminal.keys("x"),
            _ => terminal.resize(100, 30),
        }
    }
    terminal.wait_for("told: Key");
    terminal.wait_for("told: Resize(100, 30)");
    assert_eq!(terminal.wait_exit().0.exit_code(), 0);
}

fn both(first: &str) -> [&str; 2] {
    [first, if first == "key" { "size" } else { "key" }]
}

async fn in_the_terminal(first: &str) {
    crossterm::terminal::enable_raw_mode().unwrap();
    // What reads keys listens for sizes from its first use on; those who listen later are told later.
    crossterm::event::poll(Duration::ZERO).unwrap();
    let mut sizes = signal(SignalKind::window_change()).unwrap();
    let (mut events, gate) = input::events(Answers::default()).unwrap();
    while !gate.hold() {}
    sizes.recv().await.unwrap(); // the one that wakes the thread
    for wanted in both(first) {
        say(&format!("wanted: {wanted}"));
        if wanted == "size" {
            sizes.recv().await.unwrap();
        } else {
            let stdin = io::stdin();
            poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None).unwrap();
        }
    }
    gate.release();
    let (mut key, mut size) = (false, false);
    while !(key && size) {
        let event = events.recv().await.unwrap().unwrap();
        say(&format!("told: {event:?}"));
        key |= event == Event::Key(KeyCode::Char('x').into());
        size |= event == Event::Resize(100, 30);
    }
    crossterm::terminal::disable_raw_mode().unwrap();
}

fn say(text: &str) {
    let mut out = io::stdout();
    write!(out, "{text}\r\n").unwrap();
    out.flush().unwrap();
}
