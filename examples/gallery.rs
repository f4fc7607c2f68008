//! Draws the test fixture once to the terminal's size and prints it with its colours:
//! `cargo run --example gallery -- [main|empty|help|attributes|messages|source] [dark|light] [true|256|16|none] [ascii]`.
//! Size from COLUMNS and LINES.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints"
)]
#![expect(clippy::pedantic, reason = "an example")]

#[path = "../tests/view/fixture.rs"]
mod fixture;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, UiState, update};
use spanfall::view::draw;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| args.iter().any(|a| a == word);
    let size = |name: &str, default| {
        std::env::var(name)
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let (width, height) = (size("COLUMNS", 120u16), size("LINES", 40u16));
    let depth = [
        ("256", Depth::Ansi256),
        ("16", Depth::Ansi16),
        ("none", Depth::None),
    ];
    let depth = depth
        .into_iter()
        .find(|(n, _)| has(n))
        .map_or(Depth::True, |(_, d)| d);
    let theme = Theme::built_in(
        if has("light") { "light" } else { "dark" },
        depth,
        has("ascii"),
    )
    .unwrap();

    let mut data = fixture::fixture();
    if has("empty") {
        data.sessions.clear();
        data.receiver = fixture::listening();
        data.totals = Default::default();
    }
    let picture = data.picture();
    let mut ui = UiState::new(width, height);
    let mut actions = vec![Action::Data, Action::Top, Action::Left];
    actions.extend([
        Action::Down,
        Action::Down,
        Action::Down,
        Action::Down,
        Action::Down,
    ]);
    for (word, more) in [
        ("help", vec![Action::Help]),
        ("messages", vec![Action::Enter, Action::NextTab]),
        (
            "attributes",
            vec![
                Action::Enter,
                Action::NextTab,
                Action::NextTab,
                Action::Down,
            ],
        ),
        (
            "events",
            vec![
                Action::Enter,
                Action::NextTab,
                Action::NextTab,
                Action::NextTab,
            ],
        ),
        ("source", vec![Action::Enter, Action::PreviousTab]),
        ("turn", vec![Action::Up, Action::Up, Action::Up]),
        (
            "fold",
            vec![Action::Down, Action::Down, Action::Down, Action::Left],
        ),
        ("clock", vec![Action::Clock]),
        (
            "filter",
            vec![
                Action::Filter,
                Action::FilterPaste("bash".into()),
                Action::FilterAccept,
            ],
        ),
    ] {
        if has(word) {
            actions.extend(more);
        }
    }
    for action in actions {
        update(&mut ui, &picture, action);
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(&picture, &ui, &theme, buffer.area, &mut buffer);
    print!("{}", ansi(&buffer));
}

fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            out += "\x1b[0";
            for (modifier, code) in [
                (Modifier::BOLD, 1),
                (Modifier::DIM, 2),
                (Modifier::UNDERLINED, 4),
                (Modifier::REVERSED, 7),
            ] {
                if cell.modifier.contains(modifier) {
                    out += &format!(";{code}");
                }
            }
            out += &color(cell.fg, 30);
            out += &color(cell.bg, 40);
            out += "m";
            out += cell.symbol();
        }
        out += "\x1b[0m";
        if y + 1 < buffer.area.height {
            out += "\r\n";
        }
    }
    out
}

fn color(color: Color, base: u8) -> String {
    let sixteen = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
    ];
    let bright = [
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    let at = |list: &[Color]| list.iter().position(|c| *c == color).map(|i| i as u8);
    match color {
        Color::Rgb(r, g, b) => format!(";{};2;{r};{g};{b}", base + 8),
        Color::Indexed(i) => format!(";{};5;{i}", base + 8),
        _ => match (at(&sixteen), at(&bright)) {
            (Some(i), _) => format!(";{}", base + i),
            (_, Some(i)) => format!(";{}", base + 60 + i),
            _ => String::new(),
        },
    }
}
