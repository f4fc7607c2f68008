//! What the terminal is asked at the start, and what comes of its answers.

use crate::harness::{Manner, Terminal};
use crate::{FREE, SPANFALL, WIDE};
use ratatui::style::Color;
use spanfall::theme::{Depth, Role, Theme};
use std::time::Duration;

const DARK: &str = "rgb:1e1e/1e1e/2e2e";
const LIGHT: &str = "rgb:ffff/fbfb/f0f0";

fn start(manner: Manner, variables: &[(&str, &str)], args: &[&str]) -> Terminal {
    let args: Vec<&str> = FREE.iter().chain(args).copied().collect();
    let terminal = Terminal::run_in(manner, variables, SPANFALL, &args, WIDE);
    terminal.wait_for("no connection yet");
    terminal
}

/// Colour of the program's name, and of the background below it.
fn colors(terminal: &Terminal) -> (vt100::Color, vt100::Color) {
    let mut colors = None;
    let screen = |s: &vt100::Screen| s.cell(0, 1).map(|c| (c.fgcolor(), c.bgcolor()));
    terminal.wait_until("the header", |s| {
        s.contents().contains("spanfall") && screen(s).is_some()
    });
    terminal.look(|s| colors = screen(s));
    colors.unwrap()
}

fn brand(theme: &str) -> vt100::Color {
    let theme = Theme::built_in(theme, Depth::True, false).unwrap();
    match theme.style(Role::Brand).fg {
        Some(Color::Rgb(r, g, b)) => vt100::Color::Rgb(r, g, b),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_theme_suits_the_background_unless_one_is_named() {
    let own = vt100::Color::Default;
    for (ground, theme) in [(Some(DARK), "dark"), (Some(LIGHT), "light"), (None, "dark")] {
        let manner = Manner {
            ground,
            ..Manner::default()
        };
        assert_eq!(colors(&start(manner, &[], &[])), (brand(theme), own));
    }
    let light = Manner {
        ground: Some(LIGHT),
        ..Manner::default()
    };
    // Dark colours cannot be read on a light background: the theme brings its own.
    let (name, ground) = colors(&start(light, &[], &["--theme", "dark"]));
    assert_eq!(name, brand("dark"));
    assert_ne!(ground, own);
}

#[test]
fn a_terminal_that_draws_our_signs_wide_gets_ascii() {
    let manner = Manner {
        wide: true,
        ..Manner::default()
    };
    let terminal = start(manner, &[], &[]);
    let screen = terminal.wait_until("a frame in ASCII", |s| s.contents().is_ascii());
    assert!(screen.contains("* :"), "{screen}");
}

#[test]
fn what_is_typed_meanwhile_is_kept() {
    for silent in [false, true] {
        let manner = Manner {
            silent,
            ground: Some(DARK),
            typed: "?",
            ..Manner::default()
        };
        let terminal = Terminal::run_in(manner, &[], SPANFALL, &FREE, WIDE);
        terminal.wait_for("page up"); // of the help
    }
}

#[test]
fn a_terminal_that_never_answers_is_not_waited_for() {
    let silent = Manner {
        silent: true,
        ..Manner::default()
    };
    // A busy machine makes it longer, but not every time.
    let waits = (0..40).map(|_| start(silent, &[], &[]).waited());
    let quick = waits
        .into_iter()
        .find(|wait| *wait < Duration::from_millis(150));
    assert!(quick.is_some());
    // One that does not know the question says so at once.
    let plain = (0..40).map(|_| start(Manner::default(), &[], &[]).waited());
    let quick = plain
        .into_iter()
        .find(|wait| *wait < Duration::from_millis(90));
    assert!(quick.is_some());
}

#[test]
fn an_answer_that_comes_late_is_not_typed() {
    let silent = Manner {
        silent: true,
        ..Manner::default()
    };
    let mut terminal = start(silent, &[], &[]);
    // 5 is a key: the receiver's page. The last one asks for help.
    terminal.keys("\x1b]11;rgb:5555/5555/5555\x1b\\\x1b[?62;22c?");
    terminal.wait_for("page up");
    terminal.keys("?");
    terminal.wait_for("spanfall is listening");
}

#[test]
fn themes_are_shown_as_the_cursor_moves_and_kept_or_not() {
    let mut terminal = start(Manner::default(), &[], &[]);
    let shows = |terminal: &Terminal, theme: &str| {
        let wanted = brand(theme);
        terminal.wait_until(theme, |s| {
            s.cell(0, 1).is_some_and(|c| c.fgcolor() == wanted)
        });
    };
    terminal.keys("T");
    terminal.wait_for("enter keeps");
    terminal.keys("j");
    shows(&terminal, "light");
    terminal.keys("\x1b");
    terminal.wait_gone("enter keeps");
    shows(&terminal, "dark");
    terminal.keys("TG\r");
    terminal.wait_gone("enter keeps");
    shows(&terminal, "gruvbox-dark");
}

#[test]
fn it_asks_only_what_makes_a_difference() {
    let (ground, cursor) = ("\x1b]11;?", "\x1b[6n");
    for (variables, asks) in [
        (&[][..], &[ground, cursor][..]),
        (&[("NO_COLOR", "1")], &[cursor]),
        (&[("TERM", "linux"), ("COLORTERM", "")], &[cursor]),
        (&[("TERM", "dumb")], &[]),
    ] {
        let terminal = start(Manner::default(), variables, &[]);
        let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
        for question in [ground, cursor] {
            let asked = raw.contains(question);
            assert_eq!(
                asked,
                asks.contains(&question),
                "{variables:?} {question:?}"
            );
        }
    }
}

#[test]
fn an_unknown_theme_is_told_before_the_terminal_is_taken() {
    let mut terminal = Terminal::run(SPANFALL, &["--theme", "darc"], WIDE);
    assert_eq!(terminal.wait_exit().0.exit_code(), 2);
    let (screen, raw) = terminal.last_words();
    assert!(screen.contains("did you mean `dark`?"), "{screen}");
    assert!(!String::from_utf8_lossy(&raw).contains("\x1b[?1049h"));
}
