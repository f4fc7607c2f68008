//! A panic of the main thread gives the terminal back before it is told. A program of its own,
//! since a test does not run on the main thread: it runs itself in a pseudo-terminal.
#![expect(clippy::unwrap_used, reason = "test")]

#[cfg(unix)]
#[expect(dead_code, reason = "shared with the other tests")]
mod harness;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use spanfall::app::terminal::{Questions, Writer};
use std::io::Write;

const CHILD: &str = "panic with the terminal taken";
const DRAWN: &str = "a frame on the alternate screen";

fn main() {
    if std::env::args().nth(1).as_deref() == Some(CHILD) {
        child();
    }
    #[cfg(unix)]
    a_panic_gives_the_terminal_back_and_is_told();
    let mut out = std::io::stdout();
    writeln!(out, "a panic gives the terminal back: ok").unwrap();
}

/// Draws, waits for a key and panics.
fn child() -> ! {
    let (writer, _) = Writer::take(Questions::WidthAndGround).unwrap();
    let mut frame = Buffer::empty(Rect::new(0, 0, 80, 24));
    frame.set_string(0, 0, DRAWN, Style::default());
    writer.show(frame);
    crossterm::event::read().unwrap();
    panic!("on purpose");
}

#[cfg(unix)]
fn a_panic_gives_the_terminal_back_and_is_told() {
    let program = std::env::current_exe().unwrap();
    let mut terminal = harness::Terminal::run(program.to_str().unwrap(), &[CHILD], (80, 24));
    terminal.wait_for(DRAWN);
    assert_ne!(terminal.modes(), terminal.modes_before(), "raw mode");
    terminal.keys("x");
    assert_eq!(terminal.wait_exit().0.exit_code(), 101);
    let (screen, raw) = terminal.last_words();
    assert!(
        screen.contains("on purpose"),
        "told where it can be read\n{screen}"
    );
    assert!(!screen.contains(DRAWN), "{screen}");
    let raw = String::from_utf8_lossy(&raw);
    let told = raw.rfind("on purpose").unwrap();
    for sequence in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"] {
        assert!(
            raw.rfind(sequence).is_some_and(|at| at < told),
            "{sequence:?}"
        );
    }
    assert_eq!(
        terminal.modes(),
        terminal.modes_before(),
        "raw mode is left"
    );
}
