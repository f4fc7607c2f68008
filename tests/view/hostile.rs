//! Hostile texts in every place that telemetry reaches, on every page, in every tab and list, at many
//! sizes: nothing that a terminal obeys gets through, and no column moves. The case is made by
//! `tests/data/made/hostile-texts/make.py`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use spanfall::app::cells;
use spanfall::app::load::load;
use spanfall::app::lore::Known;
use spanfall::app::screen::Screen;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::state::Mode;
use spanfall::ui::{Action, UiState, keymap};
use std::path::Path;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 60)];

/// What is done in each session, a key a character: `→` and `↓` are arrows, `⇥` is Tab, `⎋` Escape.
const SCRIPTS: [&str; 12] = [
    "↓→↓→↓↓↓↓",                     // rows of the tree
    "↓↓\n]]]]]]",                   // tabs of a call
    "↓↓↓\n]]]]]↓↓↓c⎋⎋",             // of a tool; an attribute as a column
    "G\n]]]]↓↓cr↓↓⎋⎋⎋",             // of the last row; a pinned attribute; the pager
    "2↓↓\n↓]r/end\nnG⎋⎋",           // transcript, pager, search in it
    "3]]]↓4]]]↓5↓↓",                // latency, cost, health
    ":e↓⎋J↓↓e⎋#↓\n↓⎋⎋",             // palette, jump, facets and values
    "vvVe!$RBy↓↓⎋s\t⎋",             // findings, leaps, what to copy, where to save
    "/e⇥↓⇥↓ and\n↓nN⎋⎋",            // completion, matches, an error of a query
    "/acme.=\"\x1b[\u{202e}é日\"⎋", // what is typed
    "wztS↓S*⎋⎋W+>0",                // axis, times, orders
    "?↓↓⎋T⎋i{}f",                   // help, themes, internals
];

fn key(of: char) -> KeyEvent {
    let code = match of {
        '\n' => KeyCode::Enter,
        '\t' | '⇥' => KeyCode::Tab,
        '→' => KeyCode::Right,
        '↓' => KeyCode::Down,
        '⎋' => KeyCode::Esc,
        other => KeyCode::Char(other),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn settle(screen: &mut Screen) {
    let now = screen.store.last_time();
    while screen.refresh(now) {}
}

/// Terminals obey it, turn the writing direction by it, or show nothing of it: by Unicode's lists of
/// controls, format characters and fillers.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        )
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A screen, what a terminal shows of it, and where we are, for messages.
struct Shown {
    terminal: vt100::Parser,
    frame: Buffer,
    at: String,
}

impl Shown {
    fn show(&mut self, screen: &mut Screen, size: (u16, u16)) {
        let next = screen.frame(screen.store.last_time(), size);
        let mut bytes = Vec::new();
        let mut backend = CrosstermBackend::new(&mut bytes);
        cells::write(&mut backend, &self.frame, &next, |_| Ok(())).unwrap();
        self.terminal.process(&bytes);
        self.frame = next;
        for y in 0..size.1 {
            self.row(y);
        }
        self.columns(screen);
    }

    fn told(&self, y: u16) -> String {
        let row = (0..self.frame.area.width).map(|x| self.frame[(x, y)].symbol());
        format!("{} row {y}: {:?}", self.at, row.collect::<String>())
    }

    /// Nothing harmful, every symbol in its cells and inside, and on the terminal what is meant.
    fn row(&self, y: u16) {
        let mut x = 0;
        while x < self.frame.area.width {
            let symbol = self.frame[(x, y)].symbol();
            let width = symbol.width() as u16;
            assert!(
                !symbol.chars().any(is_harmful),
                "{symbol:?} {}",
                self.told(y)
            );
            assert!(
                (1..=4).contains(&width) && symbol.chars().count() <= 6,
                "{symbol:?} {}",
                self.told(y)
            );
            assert!(
                x + width <= self.frame.area.width,
                "{symbol:?} {}",
                self.told(y)
            );
            for tail in x + 1..x + width {
                assert_eq!(
                    self.frame[(tail, y)].symbol(),
                    " ",
                    "over {symbol:?} {}",
                    self.told(y)
                );
            }
            if symbol.is_ascii() {
                let cell = self.terminal.screen().cell(y, x).unwrap();
                let there = if cell.contents().is_empty() {
                    " "
                } else {
                    cell.contents()
                };
                assert_eq!(there, symbol, "at {x} {}", self.told(y));
            }
            x += width;
        }
    }

    /// Where the panels stand side by side, the line between them is whole.
    fn columns(&self, screen: &Screen) {
        let layout = screen.ui().layout();
        let divider = layout.divider;
        let tee = self.frame.cell((divider.x, layout.title.y));
        if divider.is_empty() || tee.is_none_or(|cell| cell.symbol() != "┬") {
            return;
        }
        for y in divider.top()..divider.bottom() {
            if matches!(screen.ui().mode(), Mode::Main) {
                assert_eq!(self.frame[(divider.x, y)].symbol(), "│", "{}", self.told(y));
            }
        }
    }
}

pub fn screen(known: &Arc<Known>, case: &Path, size: (u16, u16)) -> Screen {
    let (store, complaints) = load(&[case.to_owned()], known).unwrap();
    assert!(complaints.is_empty(), "{complaints:?}");
    let theme = Theme::built_in("dark", Depth::True, false).unwrap();
    let mut screen = Screen::new(
        known.clone(),
        store,
        theme,
        UiState::new(size.0, size.1),
        usize::MAX,
    );
    screen.act(Action::Follow);
    settle(&mut screen);
    screen
}

#[test]
fn hostile_texts_stay_harmless_and_in_their_columns_everywhere() {
    let case =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/made/hostile-texts/otlp.jsonl.gz");
    let known = Known::with_prices(None).unwrap();
    for (turn, size) in SIZES.into_iter().enumerate() {
        let mut screen = screen(&known, &case, size);
        let mut shown = Shown {
            terminal: vt100::Parser::new(size.1, size.0, 0),
            frame: Buffer::empty(ratatui::layout::Rect::new(0, 0, size.0, size.1)),
            at: String::new(),
        };
        let sessions = screen.store.sessions().len();
        assert!(sessions > 40);
        for n in 0..sessions {
            // The sessions that hold all texts see all that can be done, the others a part of it.
            let title =
                |s: &&spanfall::model::node::SessionSummary| Some(s.id) == screen.ui().session();
            let session = screen.store.sessions().iter().find(title).unwrap();
            let all = session.turns.len() > 10;
            let part =
                |which: usize| n % SIZES.len() == turn && (which + n).is_multiple_of(SCRIPTS.len());
            let scripts = SCRIPTS.iter().enumerate();
            for (which, script) in scripts.filter(|(which, _)| all || part(*which)) {
                for key_ in "⎋⎋⎋⎋1g".chars().chain(script.chars()) {
                    shown.at = format!("{size:?} session {n} script {which} at {key_:?}");
                    if let Some(action) = keymap::action(screen.ui(), key(key_)) {
                        screen.act(action);
                        settle(&mut screen);
                    }
                    if !"⎋g".contains(key_) {
                        shown.show(&mut screen, size);
                    }
                }
            }
            for key_ in "⎋⎋⎋⎋1{".chars() {
                if let Some(action) = keymap::action(screen.ui(), key(key_)) {
                    screen.act(action);
                }
            }
            settle(&mut screen);
        }
    }
}

/// What the program prints, with its exit status.
fn printed(args: &[&str]) -> (Option<i32>, String) {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_spanfall"))
        .args(args)
        .env_remove("SPANFALL_CONFIG")
        .output()
        .unwrap();
    let text = [out.stdout, out.stderr].concat();
    (out.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn what_is_printed_for_people_holds_nothing_that_a_terminal_obeys() {
    let case = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/made/hostile-texts/otlp.jsonl.gz"
    );
    let [first, second, none] = ["1", "2", "none"].map(|which| format!("{case}#{which}"));
    let query = "tool:\u{1b}]0;x\u{7} \u{202e}and (";
    for (code, args) in [
        (0, vec!["report", case]),
        (0, vec!["report", case, "--format", "markdown"]),
        (
            0,
            vec!["report", case, "--where", "error:\u{1b} or tool:\u{202e}"],
        ),
        (2, vec!["report", case, "--where", query]),
        (2, vec!["report", "no\u{1b}[2Jsuch\u{202e}file"]),
        (0, vec!["diff", &first, &second]),
        (0, vec!["diff", &first, &second, "--format", "markdown"]),
        (2, vec!["diff", &first, &none]),
    ] {
        let (status, text) = printed(&args);
        assert_eq!(status, Some(code), "{args:?}: {text}");
        let harm = |c: &char| (c.is_control() && *c != '\n') || turns(*c);
        assert!(
            !text.is_empty() && !text.contains(|c| harm(&c)),
            "{args:?}: {text:?}"
        );
    }
    // The mark of a wrong query stands under it, in cells.
    let (_, text) = printed(&["report", case, "--where", query]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "  tool:^[]0;x^G <U+202E>and (");
    assert_eq!(lines[2].find('^'), Some(lines[1].len()), "{text}");
}

/// Characters that turn the writing direction, and what begins or ends a line without a newline.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
