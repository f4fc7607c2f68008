//! A table of numbers in columns of fixed width: as many as fit, what matters least goes first.

use super::pane::{Line, Tone};
use super::text;

/// Least and most cells of the names at its left, and most where nothing else wants the room.
const NAME: (usize, usize) = (16, 40);
const ROOMY: (usize, usize) = (160, 56);
/// Cells of a bar at least, what it grows by where there is room, and the percent behind it.
const BAR: usize = 12;
const GROWTH: usize = 36;
const PERCENT: usize = 5;
/// A column that goes so soon is not worth a cell of the names.
pub(super) const SPARE: u8 = 20;
/// The part of a cell that a bar ends in.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A column: its title, its cells with the gap before it, and how soon it goes where there is no
/// room.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub title: &'static str,
    pub cells: usize,
    pub goes: u8,
    /// It holds bars, which take what room is left.
    pub bars: bool,
}

/// A column of numbers.
pub(super) const fn column(title: &'static str, cells: usize, goes: u8) -> Column {
    Column {
        title,
        cells,
        goes,
        bars: false,
    }
}

/// A column of shares: bars with a percent behind them.
pub(super) const fn share_column(title: &'static str, goes: u8) -> Column {
    Column {
        bars: true,
        ..column(title, BAR + PERCENT + 2, goes)
    }
}

/// A column of bars alone, where the names have room enough beside it.
pub(super) const fn bar_column(title: &'static str) -> Column {
    Column {
        bars: true,
        ..column(title, BAR + 2, SPARE)
    }
}

/// What stands in a cell.
pub(super) enum Cell {
    /// A number, at the right.
    Number(Tone, String),
    /// Parts of a whole, and what stands behind them.
    Bar(Vec<(Tone, u64)>, u64, Option<String>),
}

/// A number.
pub(super) fn cell(tone: Tone, text: impl Into<String>) -> Cell {
    Cell::Number(tone, text.into())
}

/// A part of a whole as a bar in eighths of a cell.
pub(super) fn share(tone: Tone, part: u64, whole: u64) -> Cell {
    let Some(percent) = text::percent(part, whole) else {
        return cell(Tone::Faint, "–");
    };
    let percent = if percent == 0 && part > 0 {
        "<1%".to_owned()
    } else {
        format!("{percent}%")
    };
    Cell::Bar(vec![(tone, part)], whole, Some(percent))
}

/// Parts of a whole one behind the other.
pub(super) fn bar(parts: &[(Tone, u64)], whole: u64) -> Cell {
    Cell::Bar(parts.to_vec(), whole, None)
}

/// A bar of so many cells: each part ends with a cell, the last with an eighth of one.
fn drawn(parts: &[(Tone, u64)], whole: u64, cells: usize) -> Vec<(Tone, String)> {
    let whole = u128::from(whole.max(1)) * 2;
    let eighths = |sum: u64| {
        let doubled = u128::from(sum) * (cells * 16) as u128 + whole / 2;
        usize::try_from(doubled / whole).map_or(cells * 8, |n| n.min(cells * 8))
    };
    let parts: Vec<_> = parts.iter().filter(|(_, part)| *part > 0).collect();
    let (mut sum, mut from) = (0u64, 0);
    let mut out = Vec::with_capacity(parts.len() + 1);
    for (at, (tone, part)) in parts.iter().enumerate() {
        sum = sum.saturating_add(*part);
        let end = eighths(sum);
        let (full, rest) = if at + 1 == parts.len() {
            (end / 8, end % 8)
        } else {
            ((end + 4) / 8, 0)
        };
        let rest = EIGHTHS.get(rest).copied().unwrap_or_default();
        let text = format!("{}{rest}", "█".repeat(full.saturating_sub(from)));
        from = from.max(full) + usize::from(!rest.is_empty());
        out.push((*tone, text));
    }
    out.push((Tone::Faint, " ".repeat(cells.saturating_sub(from))));
    out
}

/// Columns as high as their values are beside the highest; a gap for none.
pub(super) fn columns_of(values: &[Option<u64>]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.iter().flatten().copied().max().unwrap_or(0).max(1);
    let step = |n: u64| {
        let at = u128::from(n) * 7 / u128::from(highest);
        let step = STEPS.get(usize::try_from(at).unwrap_or(7));
        step.copied().unwrap_or('█')
    };
    values.iter().map(|n| n.map_or(' ', step)).collect()
}

/// The table: which columns fit.
pub(super) struct Sheet<'a> {
    columns: &'a [Column],
    shown: Vec<bool>,
    name: usize,
    /// Cells by which bars are longer than they have to be.
    growth: usize,
}

impl<'a> Sheet<'a> {
    /// A table in `width` cells.
    pub fn new(columns: &'a [Column], width: usize) -> Self {
        let mut shown = vec![true; columns.len()];
        let used = |shown: &[bool]| -> usize {
            let columns = columns.iter().zip(shown);
            columns.filter(|(_, s)| **s).map(|(c, _)| c.cells).sum()
        };
        loop {
            let left = columns.iter().enumerate().zip(&shown).filter(|(_, s)| **s);
            let Some(((least, column), _)) = left.max_by_key(|((_, c), _)| c.goes) else {
                break;
            };
            let name = if column.goes >= SPARE { NAME.1 } else { NAME.0 };
            if name + used(&shown) <= width {
                break;
            }
            if let Some(shown) = shown.get_mut(least) {
                *shown = false;
            }
        }
        let most = if width >= ROOMY.0 { ROOMY.1 } else { NAME.1 };
        let name = width.saturating_sub(used(&shown)).min(most);
        let growth = width.saturating_sub(used(&shown) + name).min(GROWTH);
        Self {
            columns,
            shown,
            name,
            growth,
        }
    }

    fn cells(&self, column: &Column) -> usize {
        column.cells + if column.bars { self.growth } else { 0 }
    }

    /// The titles.
    pub fn head(&self, title: &str) -> Line {
        let mut line = self.named(Tone::Strong, title);
        for column in self.columns() {
            let (title, cells) = (column.title, self.cells(column));
            let text = if column.bars {
                format!("  {title:<width$}", width = cells.saturating_sub(2))
            } else {
                format!("{title:>cells$}")
            };
            line = line.and(Tone::Faint, text);
        }
        line
    }

    fn columns(&self) -> impl Iterator<Item = &Column> {
        let columns = self.columns.iter().zip(&self.shown);
        columns.filter(|(_, shown)| **shown).map(|(c, _)| c)
    }

    fn named(&self, tone: Tone, name: &str) -> Line {
        // One cell stays free: where signs are ASCII, that of a cut takes two.
        let name = text::cut(name, self.name.saturating_sub(1), text::cut_of(name), "…");
        let gap = " ".repeat(self.name.saturating_sub(text::width(&name)));
        Line::of(tone, name + &gap)
    }

    /// A line: a name, safe to draw or not, and a cell for each column.
    pub fn row(&self, (tone, name): (Tone, &str), cells: Vec<Cell>) -> Line {
        let mut line = self.named(tone, name);
        let shown = cells.into_iter().zip(&self.shown);
        let shown = shown.filter(|(_, shown)| **shown).map(|(cell, _)| cell);
        for (column, cell) in self.columns().zip(shown) {
            let cells = self.cells(column);
            match cell {
                Cell::Number(tone, text) => {
                    let before = " ".repeat(cells.saturating_sub(text::width(&text)));
                    line = line.and(tone, before + &text);
                }
                Cell::Bar(parts, whole, behind) => {
                    let behind = behind.map(|text| format!(" {text:<room$}", room = PERCENT - 1));
                    let tail = behind.as_ref().map_or(0, |_| PERCENT);
                    let mut bar = drawn(&parts, whole, cells.saturating_sub(2 + tail));
                    let rest = bar.pop();
                    line = line.and(Tone::Faint, "  ");
                    let behind = behind.map(|text| (Tone::Text, text));
                    for (tone, text) in bar.into_iter().chain(behind).chain(rest) {
                        line = line.and(tone, text);
                    }
                }
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line) -> String {
        line.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn bars_take_the_room_that_is_left() {
        let columns = [column("cost", 10, 0), share_column("share", 1)];
        let row = |width| {
            let sheet = Sheet::new(&columns, width);
            let cells = vec![cell(Tone::Cost, "$1"), share(Tone::Cost, 1, 2)];
            let (head, row) = (sheet.head("by"), sheet.row((Tone::Text, "main"), cells));
            (text::width(&text(&head)), text(&row))
        };
        // 16 of the name, 10, and 19 of the share.
        assert_eq!(
            row(45),
            (45, format!("main{:>22}  ██████ 50%       ", "$1"))
        );
        let (head, wide) = row(100);
        assert_eq!((head, text::width(&wide)), (100, 100));
        // Half of 43 cells.
        let told = format!("  {}▌ 50%", "█".repeat(21));
        assert!(wide.contains(&told), "{wide}");
        // No longer than can be read off.
        assert_eq!(row(300).0, 56 + 10 + 2 + BAR + GROWTH + PERCENT);
    }

    #[test]
    fn bars_alone_wait_until_the_names_have_room() {
        let columns = [column("took", 10, 0), bar_column("wait, decode")];
        let head = |width| text(&Sheet::new(&columns, width).head("slowest"));
        assert!(!head(63).contains("decode") && head(64).ends_with("wait, decode"));
    }

    #[test]
    fn parts_stand_behind_each_other_and_fill_no_more_than_the_whole() {
        let texts = |parts: &[u64], whole| -> Vec<String> {
            let parts: Vec<_> = parts.iter().map(|n| (Tone::Wait, *n)).collect();
            drawn(&parts, whole, 8)
                .into_iter()
                .map(|(_, t)| t)
                .collect()
        };
        assert_eq!(texts(&[2, 3], 8), ["██", "███", "   "]);
        assert_eq!(texts(&[0, 3], 12), ["██", "      "]);
        assert_eq!(texts(&[1], 16), ["▌", "       "]);
        assert_eq!(texts(&[9, 9], 8), ["████████", "", ""]);
        assert_eq!(texts(&[], 8), [" ".repeat(8)]);
        assert_eq!(texts(&[1], 0), ["████████", ""]);
    }
}
