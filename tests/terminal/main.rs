//! The whole program in a pseudo-terminal: what a person sees, and how it leaves.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "test")]

mod asking;
mod calling;
mod hands;
mod harness;
mod leaving;
mod pipes;
mod send;
mod settled;
mod together;

use harness::Terminal;
use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

const SPANFALL: &str = env!("CARGO_BIN_EXE_spanfall");
const WIDE: (u16, u16) = (120, 40);
const FREE: [&str; 4] = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];

/// An agent that calls another, by its truth.json: 8 model calls, 612 tokens in, 135 out. Its own
/// exporter sends children before their parents.
const CASE: &str = "python/multi-process";
const ROOT: &str = "invoke_agent coder";

/// spanfall on free ports, and where it takes HTTP: what its first screen says.
fn live() -> (Terminal, SocketAddr) {
    let terminal = Terminal::run(SPANFALL, &FREE, WIDE);
    let http = http(&terminal);
    (terminal, http)
}

fn http(terminal: &Terminal) -> SocketAddr {
    let screen = terminal.wait_for("no connection yet");
    let line = screen.lines().find(|l| l.contains("OTLP/HTTP")).unwrap();
    line.split_whitespace().last().unwrap().parse().unwrap()
}

/// The same with the whole case in it.
fn live_with_case() -> (Terminal, SocketAddr) {
    let (terminal, http) = live();
    for (_, body) in send::spans(CASE) {
        assert_eq!(send::post(http, &body), 200);
    }
    let all = ["❯ turn 1", "in   612", "◆ reviewer", " 2.2s "];
    terminal.wait_until("the whole case", |s| {
        let screen = s.contents();
        all.iter().all(|part| screen.contains(part)) && !screen.contains("not received")
    });
    (terminal, http)
}

#[test]
fn an_empty_screen_says_where_it_listens_and_what_came() {
    let (terminal, http) = live();
    let screen = terminal.wait_for("spanfall is listening");
    let export = format!(
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:{}",
        http.port()
    );
    assert!(screen.contains(&export), "{screen}");
    assert!(screen.contains("OTLP/gRPC   127.0.0.1:"), "{screen}");
    assert_eq!(send::post(http, b"\xff\xff\xff"), 400);
    terminal.wait_for("1 request refused");
}

#[test]
fn a_parent_that_has_not_come_is_drawn_as_such_and_replaced_in_place() {
    let (terminal, http) = live();
    let (roots, children): (Vec<_>, Vec<_>) = send::spans(CASE)
        .into_iter()
        .partition(|(name, _)| name == ROOT);
    assert_eq!((roots.len(), children.len()), (1, 18));
    for (_, body) in &children {
        assert_eq!(send::post(http, body), 200);
    }
    // `coder` itself made ten of them; its own children count, not theirs.
    let screen = terminal.wait_until("all children", |s| s.contents().contains("in   612"));
    let row = |screen: &str, text: &str| screen.lines().position(|l| l.contains(text));
    let parent = row(&screen, "agent? (");
    assert!(parent.is_some() && screen.contains("1 running"), "{screen}");
    let child = row(&screen, "run_tests");
    assert_eq!(send::post(http, &roots[0].1), 200);
    let screen = terminal.wait_gone("not received yet");
    assert_eq!(row(&screen, "◆ coder"), parent, "{screen}");
    assert_eq!(row(&screen, "run_tests"), child, "{screen}");
    assert!(screen.contains("out   135"), "{screen}");
    terminal.wait_gone("1 running");
}

#[test]
fn keys_fold_find_explain_and_leaf_through() {
    let (mut terminal, _) = live_with_case();
    terminal.keys("gh");
    terminal.wait_gone("run_tests");
    terminal.wait_for("▸ ❯ turn 1");
    terminal.keys("l");
    terminal.wait_for("run_tests");

    terminal.keys("/search");
    terminal.wait_for("/search");
    terminal.keys("\r");
    let screen = terminal.wait_for("/search 2");
    assert!(!screen.contains("run_tests"), "{screen}");
    assert!(
        screen.contains("◆ reviewer"),
        "what is above a match stays\n{screen}"
    );
    terminal.keys("\x1b");
    terminal.wait_for("run_tests");

    terminal.keys("?");
    terminal.wait_for("what runs");
    terminal.keys("?");
    terminal.wait_gone("what runs");

    terminal.keys("G]]]");
    terminal.keys("]");
    terminal.wait_for("gen_ai.");
    terminal.keys("[[[[");
    terminal.wait_for("asked for gpt-4o");
}

#[test]
fn actions_and_places_are_found_by_typing() {
    let (mut terminal, _) = live_with_case();
    terminal.keys(":next-err");
    let screen = terminal.wait_for("next-error");
    assert!(screen.contains("Actions"), "{screen}");
    terminal.keys("\x1b");
    terminal.wait_gone("Actions");
    terminal.keys(":plumbing\r");
    terminal.wait_for(" internals ");
    // Folded away, and gone to all the same.
    terminal.keys("gh");
    terminal.wait_gone("run_tests");
    terminal.keys("\x10");
    terminal.wait_for("goes there");
    terminal.keys("runtests\r");
    terminal.wait_gone("goes there");
    let screen = terminal.wait_for("── tool run_tests");
    assert!(screen.contains("ƒ run_tests"), "{screen}");
    terminal.keys(":quit\r");
    terminal.wait_for("save and quit");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit().0.exit_code(), 0);
}

#[test]
fn what_is_pasted_is_text_to_find_and_no_keys() {
    let (mut terminal, _) = live_with_case();
    terminal.keys("\x1b[200~qqq\x1b[201~");
    terminal.keys("/");
    terminal.keys("\x1b[200~run_tests\x1b[201~\r");
    terminal.wait_for("/run_tests 2");
}

#[test]
fn every_size_is_drawn_right_and_the_first_again_afterwards() {
    let (terminal, _) = live_with_case();
    let before = terminal.wait_for("❯ turn 1");
    terminal.resize(60, 15);
    let small = terminal.wait_until("60x15", |s| s.contents().contains("✦ gpt-4o"));
    assert!(small.lines().all(|l| l.chars().count() <= 60), "{small}");
    assert!(small.starts_with(" spanfall"), "{small}");
    terminal.resize(1, 1);
    terminal.resize(120, 40);
    // The clock in the first row moves; a cell may be blank because nobody wrote there.
    let rows = |screen: &str| -> Vec<String> {
        let rows = screen.lines().skip(1);
        rows.map(|row| row.trim_end().to_owned()).collect()
    };
    terminal.wait_until("the first picture", |s| {
        rows(&s.contents()) == rows(&before)
    });
}

#[test]
fn it_goes_on_after_others_had_the_terminal() {
    let (terminal, _) = live_with_case();
    terminal.signal("STOP");
    terminal.scribble(b"\x1b[?1049l\x1b[?25h$ ls\r\n");
    terminal.wait_for("$ ls");
    terminal.signal("CONT");
    terminal.wait_until("the tree on the alternate screen", |s| {
        s.alternate_screen() && s.hide_cursor() && s.contents().contains("❯ turn 1")
    });
}

#[test]
fn a_person_who_stops_it_finds_the_terminal_as_it_was() {
    let (mut terminal, _) = live_with_case();
    terminal.signal("TSTP");
    stopped_and_continued(&terminal);
    terminal.keys("\x1a");
    stopped_and_continued(&terminal);
}

fn stopped_and_continued(terminal: &Terminal) {
    terminal.wait_until("the shell's screen", |s| {
        !s.alternate_screen() && !s.hide_cursor()
    });
    let until = Instant::now() + harness::HANG;
    while !terminal.is_stopped() {
        assert!(Instant::now() < until, "it does not stop");
        std::thread::yield_now();
    }
    assert_eq!(
        terminal.modes(),
        terminal.modes_before(),
        "raw mode is left"
    );
    terminal.signal("CONT");
    terminal.wait_until("the tree on the alternate screen", |s| {
        s.alternate_screen() && s.hide_cursor() && s.contents().contains("❯ turn 1")
    });
    assert_ne!(terminal.modes(), terminal.modes_before(), "raw mode");
}

#[test]
fn a_pause_holds_the_picture_and_loses_nothing() {
    let (mut terminal, http) = live();
    let mut spans = send::spans(CASE).into_iter();
    let (_, first) = spans.next().unwrap();
    assert_eq!(send::post(http, &first), 200);
    terminal.wait_for("✦ gpt-4o");
    terminal.keys("p");
    terminal.wait_for("paused");
    for (_, body) in spans {
        assert_eq!(send::post(http, &body), 200);
    }
    let screen = terminal.wait_for("B waiting");
    assert!(!screen.contains("❯ turn 1"), "{screen}");
    terminal.keys("qq");
    let (status, _) = terminal.wait_exit();
    assert_eq!(status.exit_code(), 0);
    let (screen, _) = terminal.last_words();
    assert!(
        screen.contains("1 session · 1 turn · 8 model calls"),
        "{screen}"
    );
}

#[test]
fn a_recording_is_browsed() {
    let case = send::case("cli/claude-code-tui");
    let mut terminal = Terminal::run(SPANFALL, &["open", case.to_str().unwrap()], WIDE);
    terminal.wait_for("❯ What are the open");
    terminal.keys("gh");
    terminal.wait_gone("run_tests.sh");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit().0.exit_code(), 0);
}

#[test]
fn what_is_hidden_is_hidden_of_a_recording_that_is_played_too() {
    let case = send::case("cli/claude-code-tui");
    let hidden = ["open", "--replay", "50", "--content", "off"];
    let args = [&hidden[..], &[case.to_str().unwrap()]].concat();
    let terminal = Terminal::run(SPANFALL, &args, WIDE);
    let screen = terminal.wait_for("❯ [content off]");
    assert!(!screen.contains("What are the open"), "{screen}");
}

/// Its log events tell 11 requests, 231,128 tokens in and $0.2077.
#[test]
fn the_demo_plays_to_its_end_though_the_ports_are_taken() {
    // Whoever has them, they are taken.
    let _taken = [4317, 4318].map(|port| TcpListener::bind(("127.0.0.1", port)));
    let terminal = Terminal::run(SPANFALL, &["demo"], WIDE);
    terminal.wait_for("Please fix the off-by-one");
    terminal.wait_for("❯ What are the open");
    let screen = terminal.wait_for("in  231k");
    assert!(screen.contains("$0.21"), "{screen}");
}

#[test]
fn spans_of_no_agent_are_counted_and_shown_when_asked_for() {
    let (mut terminal, http) = live();
    let plain = |(name, _): &(String, Vec<u8>)| name.starts_with("POST");
    let spans = send::spans(CASE);
    assert!(spans.iter().any(plain));
    for (_, body) in spans.iter().filter(|s| plain(s)) {
        assert_eq!(send::post(http, body), 200);
    }
    let screen = terminal.wait_for("none of a model call, agent or tool");
    assert!(screen.contains("i shows them anyway"), "{screen}");
    terminal.keys("i");
    terminal.wait_for("· POST /review");
    terminal.keys("i");
    terminal.wait_for("i shows them anyway");
}

#[test]
fn the_empty_screen_sets_up_an_agent_and_plays_a_session() {
    let (mut terminal, http) = live();
    terminal.keys("a");
    terminal.wait_for("gemini-cli");
    terminal.keys("\r");
    let endpoint = format!("http://localhost:{}", http.port());
    let screen = terminal.wait_for("CLAUDE_CODE_ENABLE_TELEMETRY=1");
    assert!(!screen.contains(&endpoint), "it exports by gRPC\n{screen}");
    terminal.keys("\x1b");
    terminal.wait_for("gemini-cli");
    terminal.keys("G\r");
    terminal.wait_for(&endpoint);
    terminal.keys("\x1b");
    terminal.wait_for("gemini-cli");
    terminal.keys("\x1b");
    terminal.wait_for("no connection yet");
    terminal.keys("d");
    terminal.wait_for("Please fix the off-by-one");
}
