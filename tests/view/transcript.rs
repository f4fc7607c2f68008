//! The transcript and the pager: what comes in moves nothing, and hostile text harms nothing.

use crate::fixture::{Fixture, fixture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use spanfall::model::book::Book;
use spanfall::model::detail::{Message, Part, Speaker, Value};
use spanfall::model::node::NodeKind;
use spanfall::theme::{Canvas, Definition, Depth, Theme};
use spanfall::ui::{Action, Picture, UiState, View, update};
use spanfall::view;
use std::time::{Duration, Instant};

fn theme() -> Theme {
    let canvas = Canvas {
        depth: Depth::True,
        ascii: false,
        is_dark: None,
    };
    Definition::built_in("dark").unwrap().on(canvas)
}

fn message(speaker: Speaker, output: bool, part: Part) -> Message {
    Message {
        speaker,
        output,
        parts: vec![part],
    }
}

/// A book in which the first calls of the fixture say these texts.
fn book(data: &Fixture, texts: &[&str]) -> Book {
    let mut book = Book::default();
    let calls = data.tree.nodes.iter().filter(|n| n.kind == NodeKind::Call);
    for (node, text) in calls.zip(texts) {
        let arguments = Value::Map(vec![("text".to_owned(), Value::Text((*text).to_owned()))]);
        let call = Part::ToolCall {
            id: None,
            name: (*text).to_owned(),
            arguments,
        };
        let messages = vec![
            message(Speaker::User, false, Part::Text((*text).to_owned())),
            message(Speaker::Assistant, true, call),
        ];
        book.tell(node.id, messages, Vec::new(), None);
    }
    book
}

struct Seen<'a> {
    ui: UiState,
    picture: Picture<'a>,
}

impl<'a> Seen<'a> {
    fn new(data: &'a Fixture, book: &'a Book, size: (u16, u16)) -> Self {
        let picture = Picture {
            book: Some(book),
            ..data.picture()
        };
        let mut seen = Self {
            ui: UiState::new(size.0, size.1),
            picture,
        };
        seen.act(&[Action::Data, Action::View(View::Transcript), Action::Top]);
        seen
    }

    fn act(&mut self, actions: &[Action]) {
        for action in actions {
            update(&mut self.ui, &self.picture, action.clone());
        }
    }

    fn draw(&self, (width, height): (u16, u16)) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        view::draw(&self.picture, &self.ui, &theme(), area, &mut buffer);
        buffer
    }
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width);
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect())
        .collect()
}

const SIZES: [(u16, u16); 5] = [(60, 15), (80, 24), (120, 40), (200, 60), (30, 8)];

#[test]
fn hostile_text_harms_no_cell() {
    let storm = format!("a{}", "\u{301}".repeat(5000));
    let texts = [
        "\x1b[2J\x1b]52;c;aGk=\x07\u{9b}31m",
        "\u{202e}evil\u{2066}\u{200f}",
        "👩‍👩‍👧‍👦🏳️‍🌈 日本語 \u{fe0f}\u{20e3}",
        storm.as_str(),
        "\r\n\r\n\t\t```\n# x\n```\u{0}",
    ];
    let data = fixture();
    let book = book(&data, &texts);
    for size in SIZES {
        let mut seen = Seen::new(&data, &book, size);
        for _ in 0..40 {
            seen.act(&[Action::Right]);
            check(&seen.draw(size), size);
            seen.act(&[Action::Read]);
            check(&seen.draw(size), size);
            seen.act(&[Action::Form, Action::PageDown, Action::Back, Action::Down]);
        }
    }
}

fn check(buffer: &Buffer, size: (u16, u16)) {
    for cell in &buffer.content {
        let bad = |c: char| {
            c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
        };
        assert!(
            !cell.symbol().chars().any(bad),
            "{size:?} {:?}",
            cell.symbol()
        );
        assert!(
            cell.symbol().chars().count() <= 7,
            "{size:?} {:?}",
            cell.symbol()
        );
    }
}

/// Twenty frames of a message of so many bytes: folded, expanded, in the pager.
fn frames(bytes: usize) -> Duration {
    let text = "word ".repeat(bytes / 5);
    let data = fixture();
    let book = book(&data, &[&text]);
    let mut seen = Seen::new(&data, &book, (120, 40));
    seen.act(&[Action::Down, Action::Down]);
    let start = Instant::now();
    for _ in 0..10 {
        seen.act(&[Action::Right, Action::Left, Action::Data]);
        seen.draw((120, 40));
    }
    seen.act(&[Action::Right]);
    for _ in 0..10 {
        seen.act(&[Action::PageDown]);
        seen.draw((120, 40));
    }
    start.elapsed()
}

#[test]
fn a_message_of_ten_megabytes_takes_no_longer_than_a_short_one() {
    let (short, long) = (frames(100_000), frames(10_000_000));
    assert!(
        long < short * 5 + Duration::from_millis(50),
        "{long:?} {short:?}"
    );
}

#[test]
fn what_comes_in_moves_neither_choice_nor_screen() {
    let data = fixture();
    let texts = ["one", "two", "three", "four", "five", "six"];
    let size = (100, 12);
    let few = book(&data, &texts[..4]);
    let more = book(&data, &texts);
    let mut seen = Seen::new(&data, &few, size);
    seen.act(&[Action::Down, Action::Down, Action::Down, Action::Right]);
    let before = lines(&seen.draw(size));
    seen.picture = Picture {
        book: Some(&more),
        tree_version: 2,
        ..seen.picture
    };
    seen.act(&[Action::Data]);
    let after = lines(&seen.draw(size));
    let body = |lines: &[String]| lines[2..9].to_vec();
    assert_eq!(body(&before), body(&after));
    seen.act(&[Action::Bottom]);
    assert_ne!(body(&lines(&seen.draw(size))), body(&after));
}

#[test]
fn words_are_found_in_the_pager() {
    let data = fixture();
    let text = format!("{}needle\n{}", "hay\n".repeat(500), "hay\n".repeat(500));
    let book = book(&data, &[&text]);
    let mut seen = Seen::new(&data, &book, (80, 24));
    // The first entry that says something: the headings lead to their nodes.
    for _ in 0..6 {
        seen.act(&[Action::Read]);
        if lines(&seen.draw((80, 24)))
            .iter()
            .any(|l| l.contains("hay"))
        {
            break;
        }
        seen.act(&[Action::Back, Action::Down]);
    }
    assert!(
        !lines(&seen.draw((80, 24)))
            .iter()
            .any(|l| l.contains("needle"))
    );
    seen.act(&[
        Action::Filter,
        Action::Paste("needle".to_owned()),
        Action::FilterAccept,
    ]);
    assert!(
        lines(&seen.draw((80, 24)))
            .iter()
            .any(|l| l.contains("needle"))
    );
    seen.act(&[Action::Back]);
    assert!(matches!(seen.ui.mode(), spanfall::ui::state::Mode::Main));
}

#[test]
fn what_is_said_has_the_line_to_its_end_where_nothing_else_stands_there() {
    let data = fixture();
    let long = "word ".repeat(100);
    let book = book(&data, &[&long]);
    let seen = Seen::new(&data, &book, (80, 24));
    let lines = lines(&seen.draw((80, 24)));
    let said = lines
        .iter()
        .find(|l| l.contains("user       word"))
        .unwrap();
    assert_eq!(said.trim_end().chars().count(), 79, "{said}");
    assert!(said.trim_end().ends_with('…'));
}
