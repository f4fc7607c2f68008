//! What the configuration changes on the screen, and that a mistake in it never takes the terminal.

use crate::harness::Terminal;
use crate::{SPANFALL, WIDE, send};
use std::fs;
use tempfile::TempDir;

/// A case is browsed with a configuration; the folder goes with it.
fn open(config: &str, size: (u16, u16)) -> (Terminal, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, config).unwrap();
    let case = send::case("cli/claude-code-tui");
    let args = [
        "open",
        case.to_str().unwrap(),
        "--config",
        file.to_str().unwrap(),
    ];
    (Terminal::run(SPANFALL, &args, size), folder)
}

#[test]
fn a_mistake_is_told_and_the_terminal_is_left_alone() {
    let (mut terminal, _folder) = open("[keys]\npause = [\"j\"]\n", WIDE);
    assert_eq!(terminal.wait_exit().0.exit_code(), 2);
    let (screen, raw) = terminal.last_words();
    let told = screen.replace('\n', "");
    assert!(
        told.contains("config.toml:2:10: `j` is already a key of `down`"),
        "{screen}"
    );
    assert!(!raw.contains(&0x1b), "no escape sequence: {screen}");
}

#[test]
fn a_theme_that_is_none_is_told_with_its_place() {
    let (mut terminal, _folder) = open("[screen]\ntheme = \"drak\"\n", WIDE);
    assert_eq!(terminal.wait_exit().0.exit_code(), 2);
    let (screen, _) = terminal.last_words();
    let told = screen.replace('\n', "");
    assert!(
        told.contains("config.toml:2:9: there is no theme `drak`"),
        "{screen}"
    );
}

#[test]
fn keys_of_the_configuration_are_those_of_screen_and_footer() {
    let config = "[screen]\nascii = true\n[keys]\nhelp = [\"f1\", \"Z\"]\nquit = [\"ctrl-x\"]\n";
    let (mut terminal, _folder) = open(config, WIDE);
    let screen = terminal.wait_for("> What are the open");
    assert!(screen.contains("Z help"), "{screen}");
    terminal.keys("?q");
    terminal.keys("\x1bOP");
    terminal.wait_for("Keys and signs");
    terminal.keys("G");
    let screen = terminal.wait_for("f1 Z  this help");
    assert!(screen.contains("ctrl-x  quit"), "{screen}");
    terminal.keys("Z");
    terminal.wait_gone("this help");
    terminal.keys("\x18");
    assert_eq!(terminal.wait_exit().0.exit_code(), 0);
}
