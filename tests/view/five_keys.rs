//! What one looks for at hour three is five keys away at most, from the start screen: real keys,
//! counted. Where each leads was worked out from the cases' `truth.json` and from what the made case
//! was made to hold.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use spanfall::app::load::load;
use spanfall::app::lore::Known;
use spanfall::app::screen::Screen;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, UiState, keymap};
use std::path::Path;

const SIZE: (u16, u16) = (120, 40);

/// A case of the tests, as `spanfall open` shows it first.
fn open(case: &str) -> Screen {
    let case = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(case);
    let known = Known::with_prices(None).unwrap();
    let (store, complaints) = load(&[case], &known).unwrap();
    assert!(complaints.is_empty(), "{complaints:?}");
    let theme = Theme::built_in("dark", Depth::True, false).unwrap();
    let ui = UiState::new(SIZE.0, SIZE.1);
    let mut screen = Screen::new(known, store, theme, ui, usize::MAX);
    // A recording is not followed.
    screen.act(Action::Follow);
    settle(&mut screen);
    screen
}

fn settle(screen: &mut Screen) {
    let now = screen.store.last_time();
    while screen.refresh(now) {}
}

/// The lines of the screen after these keys, a character or `\n` each.
fn after(case: &str, keys: &str) -> Vec<String> {
    assert!(keys.chars().count() <= 5, "{keys:?}");
    let mut screen = open(case);
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '↓' => KeyCode::Down,
            key => KeyCode::Char(key),
        };
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        let action = keymap::action(screen.ui(), key).unwrap();
        screen.act(action);
        settle(&mut screen);
    }
    let now = screen.store.last_time();
    let buffer = screen.frame(now, SIZE);
    let rows = buffer.content.chunks(usize::from(SIZE.0));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect())
        .collect()
}

#[track_caller]
fn shows(case: &str, keys: &str, wanted: &[&str]) {
    let lines = after(case, keys);
    for words in wanted {
        assert!(
            lines.iter().any(|line| line.contains(words)),
            "{case} {keys:?}: no {words:?} in\n{}",
            lines.join("\n")
        );
    }
}

/// The rows of the tree that say this.
fn rows(case: &str, keys: &str, words: &str) -> usize {
    let lines = after(case, keys);
    let end = lines.iter().rposition(|line| line.starts_with("──"));
    let tree = lines.iter().take(end.unwrap_or(lines.len())).skip(2);
    tree.filter(|line| line.contains(words)).count()
}

const LONG: &str = "corpus/python/long-session";
const CLAUDE: &str = "corpus/cli/claude-code-one-process";
const MADE: &str = "data/made/troubled-agent";

#[test]
fn the_first_error() {
    shows(MADE, "!", &["── tool run_tests", "tool_error"]);
    // The one failure that was served was answered by the client itself, with another request.
    shows(LONG, "!", &["nothing failed"]);
    shows(CLAUDE, "!", &["nothing failed"]);
    // It is in another session than the newest, which is in view.
    let refused = ["A hopeless request", "✗ sonnet-4-5", "malformed"];
    shows("corpus/cli/claude-code-errors", "!", &refused);
}

#[test]
fn the_dearest_call() {
    // Request 200: 2,956 tokens in, 2,944 of them cached, 20 out, of gpt-4o.
    shows(LONG, "$", &["2,956", "2,944", "$0.00391"]);
    // The first: it writes 23,231 tokens to the cache and reads none.
    shows(CLAUDE, "$", &["23,231", "$0.0878"]);
    shows(MADE, "$", &["$0.0183"]);
}

#[test]
fn where_the_cache_broke() {
    // Turn 5 goes over to another model, which has the old prefix only in part.
    shows(LONG, "B", &["turn 5 ", "broke: 192 tokens lost"]);
    shows(CLAUDE, "B", &["the cache held"]);
    let prompt = "It is 2026-11-18 10:04:31 now.";
    shows(MADE, "B", &["broke: 4,728 tokens lost", prompt]);
}

#[test]
fn the_result_that_added_most() {
    // After the first run_tests the input grows from 57 to 81; after no other single tool as much.
    shows(LONG, "R", &["── tool run_tests", " turn 1 "]);
    // 12,546 to 13,168 tokens.
    shows(CLAUDE, "R", &["── tool Grep"]);
    shows(MADE, "R", &["── tool run_tests", "-m unittest"]);
}

#[test]
fn all_calls_of_one_agent_to_one_tool() {
    // From the list of agents and tools, by its order or by letters of the name.
    shows(LONG, "*\n", &["agent=coder tool=se", " 120 "]);
    shows(LONG, "*run\n", &["agent=coder tool=ru", " 40 "]);
    // Both the main agent and the sub-agent ran Read, once each.
    assert_eq!(rows(CLAUDE, "*↓↓↓\n", "ƒ Read"), 1);
    assert_eq!(rows(CLAUDE, "*↓↓↓\n", "◆ general-purpose"), 0);
    assert_eq!(rows(CLAUDE, "*gr\n", "ƒ Grep"), 1);
    // From a row of the kind: the result that added most, and what is like it.
    assert_eq!(rows(MADE, "R*", "run_tests -"), 3);
    assert_eq!(rows(MADE, "*gr\n", "ƒ grep"), 5);
    assert_eq!(rows(MADE, "*gr\n", "run_tests"), 0);
}

#[test]
fn calls_like_one_are_the_agents_to_its_model() {
    // Of 200 calls 50 went to the small model.
    shows(LONG, "B*", &["/kind:call agent=co", " 50 "]);
}
