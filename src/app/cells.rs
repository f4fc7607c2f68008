//! Cells to the terminal, each at its own place. Terminals disagree on how wide an emoji, a flag or
//! a letter of the newest Unicode is. So what they may measure otherwise than we do neither moves nor
//! spoils what stands behind it: its room is blanked first, and whatever it may have run into is
//! written anew.

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use std::io::{self, Write};
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// Writes what differs between what is shown and a frame of the same size; true if something did.
/// `begin` is written before the first cell.
pub fn write<W: Write>(
    backend: &mut CrosstermBackend<W>,
    shown: &Buffer,
    frame: &Buffer,
    begin: impl FnOnce(&mut CrosstermBackend<W>) -> io::Result<()>,
) -> io::Result<bool> {
    let changes = shown.diff(frame);
    if changes.is_empty() {
        return Ok(false);
    }
    begin(backend)?;
    let safe = |&(x, y, cell): &(u16, u16, &Cell)| {
        is_sure(cell.symbol()) && replaced(shown, x, y, cell) == 0
    };
    if changes.iter().all(safe) {
        backend.draw(changes.into_iter())?;
        return Ok(true);
    }
    for row in changes.chunk_by(|a, b| a.1 == b.1) {
        write_row(backend, shown, frame, row)?;
    }
    Ok(true)
}

/// Writes the changed cells of a row, and those that may have been run into.
fn write_row<W: Write>(
    backend: &mut CrosstermBackend<W>,
    shown: &Buffer,
    frame: &Buffer,
    changes: &[(u16, u16, &Cell)],
) -> io::Result<()> {
    let Some(&(first, y, _)) = changes.first() else {
        return Ok(());
    };
    let mut left = changes.iter().peekable();
    // Cells that are sure follow each other: the terminal's cursor is where it should be.
    let mut run: Vec<(u16, u16, &Cell)> = Vec::new();
    let (mut x, mut spoiled) = (first, 0);
    while let Some(cell) = frame.cell((x, y)) {
        while left.next_if(|change| change.0 < x).is_some() {}
        let width = cells(cell);
        let differs = left.peek().is_some_and(|change| change.0 == x);
        if !differs && x >= spoiled {
            // On to the next that changed.
            match left.peek() {
                Some(change) => x = change.0,
                None => break,
            }
            continue;
        }
        spoiled = spoiled.max(replaced(shown, x, y, cell));
        if is_sure(cell.symbol()) {
            run.push((x, y, cell));
        } else {
            backend.draw(run.drain(..))?;
            let mut blank = cell.clone();
            blank.set_symbol(" ");
            backend.draw((x..x.saturating_add(width)).map(|x| (x, y, &blank)))?;
            backend.draw(std::iter::once((x, y, cell)))?;
            let reach = x.saturating_add(reach(cell.symbol()));
            spoiled = spoiled.max(reach);
            if reach > frame.area.width {
                // Where lines do not wrap, what does not fit is moved to the left.
                let moved = x.saturating_sub(reach - frame.area.width);
                backend.draw(sure(frame, y, moved..x))?;
            }
        }
        x = x.saturating_add(width);
    }
    backend.draw(run.into_iter())
}

/// The cells of a row, from its start on, that reach into a part of it and are sure.
fn sure(frame: &Buffer, y: u16, part: Range<u16>) -> impl Iterator<Item = (u16, u16, &Cell)> {
    let next = move |x: &u16| Some(x + cells(frame.cell((*x, y))?));
    let starts = std::iter::successors(Some(0), next).take_while(move |x| *x < part.end);
    let placed = starts.filter_map(move |x| Some((x, y, frame.cell((x, y))?)));
    placed.filter(move |(x, _, cell)| x + cells(cell) > part.start && is_sure(cell.symbol()))
}

/// How far what a cell replaces may have reached; 0 where all of it is sure.
fn replaced(shown: &Buffer, x: u16, y: u16, by: &Cell) -> u16 {
    let places = x..x.saturating_add(cells(by));
    let were = places.filter_map(|x| Some((x, shown.cell((x, y))?.symbol())));
    let unsure = were.filter(|(_, symbol)| !is_sure(symbol));
    let ends = unsure.map(|(x, symbol)| x.saturating_add(reach(symbol)));
    ends.max().unwrap_or(0)
}

fn cells(cell: &Cell) -> u16 {
    u16::try_from(cell.symbol().width()).unwrap_or(1).max(1)
}

/// Cells that no terminal goes beyond: each character in two of its own.
fn reach(symbol: &str) -> u16 {
    u16::try_from(symbol.chars().count() * 2).unwrap_or(u16::MAX)
}

/// All terminals that draw our own signs in one cell agree on the width of this symbol: one
/// character of a script that has long been what it is.
fn is_sure(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else {
        return false;
    };
    matches!(
        c,
        ' '..='~'
            | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' // Latin; between them the soft hyphen
            | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}' // Greek, Cyrillic
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' // dashes, quotes, dots
            | '\u{2190}'..='\u{22ff}' | '\u{2500}'..='\u{25fc}' // arrows, mathematics, lines, blocks
            | '\u{2800}'..='\u{28ff}' // Braille, of spinners and charts
            | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}' // Kana
            | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' // Han, Hangul
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::app::sequence::{Piece, split};
    use proptest::prelude::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use unicode_width::UnicodeWidthChar;

    const WIDTH: u16 = 24;

    /// How a terminal measures a character that is not sure.
    type Measure = fn(char) -> usize;

    const TERMINALS: [(&str, Measure); 4] = [
        ("each character for itself", |c| c.width().unwrap_or(0)),
        ("nothing it does not know", |_| 0),
        ("one cell each", |_| 1),
        ("two cells each", |_| 2),
    ];

    /// A terminal of one row that measures as it likes: cursor moves and characters, nothing else. A
    /// character drawn over half of a wide one clears the other half, as terminals do.
    struct Terminal {
        cells: Vec<String>,
        at: usize,
        measure: Measure,
    }

    impl Terminal {
        fn new(measure: Measure) -> Self {
            let cells = vec![" ".to_owned(); usize::from(WIDTH)];
            Self {
                cells,
                at: 0,
                measure,
            }
        }

        /// The cell is taken from whatever stands there.
        fn free(&mut self, at: usize) {
            if self.cells.get(at).is_some_and(String::is_empty) {
                let base = self.cells[..at].iter().rposition(|c| !c.is_empty());
                self.cells[base.unwrap()..=at].fill(" ".to_owned());
            }
            if self.cells.get(at + 1).is_some_and(String::is_empty) {
                self.cells[at + 1] = " ".to_owned();
            }
        }

        fn put(&mut self, c: char) {
            let sure = is_sure(c.encode_utf8(&mut [0; 4]));
            let width = if sure {
                c.width().unwrap()
            } else {
                (self.measure)(c)
            };
            // Lines do not wrap: what does not fit takes the last place.
            let at = self.at.min(self.cells.len() - width.max(1));
            for n in 0..width {
                self.free(at + n);
                self.cells[at + n] = if n == 0 { c.to_string() } else { String::new() };
            }
            self.at = at + width;
        }

        fn take(&mut self, mut bytes: &[u8]) {
            while let Some((piece, rest)) = split(bytes) {
                match piece {
                    Piece::Char(c) => self.put(c),
                    Piece::Csi(place, b'H') => {
                        let text = std::str::from_utf8(place).unwrap();
                        let (row, column) = text.split_once(';').unwrap();
                        assert_eq!(row, "1");
                        self.at = column.parse::<usize>().unwrap() - 1;
                    }
                    Piece::Csi(_, b'm') => {}
                    other => panic!("{other:?}"),
                }
                bytes = rest;
            }
        }
    }

    fn frame(text: &[&str]) -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, WIDTH, 1));
        let mut x = 0;
        for symbol in text {
            let width = u16::try_from(symbol.width()).unwrap();
            if x + width > WIDTH {
                break;
            }
            frame.set_string(x, 0, symbol, Style::new());
            x += width;
        }
        frame
    }

    /// Symbols as the pen draws them, sure ones most often.
    fn symbol() -> impl Strategy<Value = &'static str> {
        let sure = prop::sample::select(vec!["a", "1", " ", "│", "日", "é"]);
        let odd = prop::sample::select(vec![
            "👩",
            "🇩🇪",
            "e\u{301}\u{302}",
            "क्षि",
            "\u{e000}",
            "ش",
            "🫨",
            "✦",
            "1\u{20e3}",
        ]);
        prop_oneof![3 => sure, 1 => odd]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_sure_stays_in_its_column_on_any_terminal(
            frames in prop::collection::vec(prop::collection::vec(symbol(), 1..26), 1..6)
        ) {
            for (name, measure) in TERMINALS {
                let mut terminal = Terminal::new(measure);
                let mut shown = frame(&[]);
                for text in &frames {
                    let next = frame(text);
                    let mut bytes = Vec::new();
                    let mut backend = CrosstermBackend::new(&mut bytes);
                    write(&mut backend, &shown, &next, |_| Ok(())).unwrap();
                    terminal.take(&bytes);
                    let mut x = 0;
                    while x < WIDTH {
                        let symbol = next[(x, 0)].symbol();
                        if is_sure(symbol) {
                            let there = &terminal.cells[usize::from(x)];
                            prop_assert_eq!(there, symbol, "{} at {} of {:?}", name, x, text);
                        }
                        x += cells(&next[(x, 0)]);
                    }
                    shown = next;
                }
            }
        }
    }
}
