//! A table of numbers in columns of fixed width: as many as fit, what matters least goes first.

use super::pane::{Line, Tone};
use super::text;

/// Least and most cells of the names at its left, and most where nothing else wants the room.
const NAME: (usize, usize) = (16, 40);
const ROOMY: (usize, usize) = (160, 56);
/// Cells of a bar that shows a share, and of the percent behind it.
const BAR: usize = 12;
const PERCENT: usize = 5;
/// The part of a cell that a bar ends in.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A column: its title, its cells with the gap before it, and how soon it goes where there is no
/// room.
pub(super) struct Column {
    pub title: &'static str,
    pub cells: usize,
    pub goes: u8,
}

/// A column of numbers.
pub(super) const fn column(title: &'static str, cells: usize, goes: u8) -> Column {
    Column { title, cells, goes }
}

/// The column of shares of what its title says.
pub(super) const fn share_column(title: &'static str, goes: u8) -> Column {
    column(title, BAR + PERCENT + 2, goes)
}

/// What stands in a cell.
pub(super) struct Cell {
    tone: Tone,
    text: String,
    /// It begins where its column does.
    left: bool,
}

/// A number.
pub(super) fn cell(tone: Tone, text: impl Into<String>) -> Cell {
    Cell {
        tone,
        text: text.into(),
        left: false,
    }
}

/// A part of a whole as a bar in eighths of a cell.
pub(super) fn share(tone: Tone, part: u64, whole: u64) -> Cell {
    let Some(percent) = text::percent(part, whole) else {
        return cell(Tone::Faint, "–");
    };
    let whole = u128::from(whole) * 2;
    let doubled = u128::from(part) * (BAR * 16) as u128 + whole / 2;
    let eighths = usize::try_from(doubled / whole).unwrap_or(0).min(BAR * 8);
    let rest = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    let bar = format!("{}{rest}", "█".repeat(eighths / 8));
    let percent = if percent == 0 && part > 0 {
        "<1%".to_owned()
    } else {
        format!("{percent}%")
    };
    Cell {
        tone,
        text: format!("{bar:<BAR$}{percent:>PERCENT$}"),
        left: true,
    }
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
}

impl<'a> Sheet<'a> {
    /// A table in `width` cells.
    pub fn new(columns: &'a [Column], width: usize) -> Self {
        let mut shown = vec![true; columns.len()];
        let used = |shown: &[bool]| -> usize {
            let columns = columns.iter().zip(shown);
            columns.filter(|(_, s)| **s).map(|(c, _)| c.cells).sum()
        };
        while NAME.0 + used(&shown) > width {
            let left = columns.iter().enumerate().zip(&shown).filter(|(_, s)| **s);
            let Some(((least, _), _)) = left.max_by_key(|((_, c), _)| c.goes) else {
                break;
            };
            if let Some(shown) = shown.get_mut(least) {
                *shown = false;
            }
        }
        let most = if width >= ROOMY.0 { ROOMY.1 } else { NAME.1 };
        let name = width.saturating_sub(used(&shown)).min(most);
        Self {
            columns,
            shown,
            name,
        }
    }

    /// The titles.
    pub fn head(&self, title: &str) -> Line {
        let titles = self.columns.iter();
        let titles = titles.map(|c| Cell {
            left: c.title.starts_with("share"),
            ..cell(Tone::Faint, c.title)
        });
        self.row((Tone::Strong, title), titles.collect())
    }

    /// A line: a name, safe to draw or not, and a cell for each column.
    pub fn row(&self, (tone, name): (Tone, &str), cells: Vec<Cell>) -> Line {
        // One cell stays free: where signs are ASCII, that of a cut takes two.
        let name = text::cut(name, self.name.saturating_sub(1), text::cut_of(name), "…");
        let gap = " ".repeat(self.name.saturating_sub(text::width(&name)));
        let mut line = Line::of(tone, name + &gap);
        for ((column, cell), _) in self
            .columns
            .iter()
            .zip(cells)
            .zip(&self.shown)
            .filter(|(_, s)| **s)
        {
            let width = text::width(&cell.text);
            let text = if cell.left {
                let after = " ".repeat(column.cells.saturating_sub(width + 2));
                format!("  {}{after}", cell.text)
            } else {
                let before = " ".repeat(column.cells.saturating_sub(width));
                before + &cell.text
            };
            line = line.and(cell.tone, text);
        }
        line
    }
}
