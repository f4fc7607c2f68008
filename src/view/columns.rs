//! Which columns of the tree fit, and where they stand.

/// A column right of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Input,
    Cached,
    Output,
    Cost,
    Time,
    Ttft,
    Speed,
}

impl Column {
    /// Cells, without the gap before it.
    pub fn width(self) -> u16 {
        match self {
            Self::Input | Self::Output | Self::Time | Self::Ttft => 6,
            Self::Cached => 4,
            Self::Cost => 8,
            Self::Speed => 5,
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Input => "in",
            Self::Cached => "hit",
            Self::Output => "out",
            Self::Cost => "cost",
            Self::Time => "time",
            Self::Ttft => "ttft",
            Self::Speed => "tok/s",
        }
    }
}

/// The columns of a tree so many cells wide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// Cells of the name.
    pub name: u16,
    /// Columns in order with their first cell.
    pub shown: Vec<(Column, u16)>,
    /// First cell and cells of the waterfall.
    pub waterfall: (u16, u16),
}

/// Order on the screen.
const ORDER: [Column; 7] = [
    Column::Input,
    Column::Cached,
    Column::Output,
    Column::Cost,
    Column::Time,
    Column::Ttft,
    Column::Speed,
];

/// In this order columns come, each once name and waterfall have so many cells left.
const WANTED: [(Column, u16, u16); 7] = [
    (Column::Time, 16, 0),
    (Column::Cost, 18, 0),
    (Column::Input, 30, 20),
    (Column::Output, 30, 20),
    (Column::Ttft, 40, 46),
    (Column::Speed, 40, 46),
    (Column::Cached, 40, 46),
];

impl Columns {
    /// Fits columns into a width.
    pub fn fit(width: u16) -> Self {
        let mut left = width.saturating_sub(1);
        let mut chosen = Vec::new();
        for (column, name, waterfall) in WANTED {
            let cost = column.width() + 1;
            if left.saturating_sub(cost) < name + waterfall {
                break;
            }
            left -= cost;
            chosen.push(column);
        }
        // The waterfall is worth its cells from a dozen on.
        let mut bars = match left {
            0..38 => 0,
            38..50 => left - 26,
            // The name gets 30 cells first, then they share.
            _ => (left * 47 / 100).min(left.saturating_sub(33)).max(20),
        };
        let gap = if bars > 0 { 3 } else { 1 };
        let name = left.saturating_sub(bars + gap).min(64);
        bars = if bars > 0 {
            left.saturating_sub(name + gap)
        } else {
            0
        };
        let mut x = 1 + name;
        let mut shown = Vec::new();
        for column in ORDER.into_iter().filter(|c| chosen.contains(c)) {
            shown.push((column, x + 1));
            x += 1 + column.width();
        }
        Self {
            name,
            shown,
            waterfall: (x + 2, bars),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(width: u16) -> String {
        let fit = Columns::fit(width);
        let titles: Vec<_> = fit.shown.iter().map(|(c, _)| c.title()).collect();
        format!("{} {} {}", fit.name, titles.join(" "), fit.waterfall.1)
    }

    #[test]
    fn columns_come_and_go_by_width() {
        assert_eq!(titles(30), "21 time 0");
        assert_eq!(titles(60), "23 cost time 17");
        assert_eq!(titles(80), "30 in cost time 23");
        assert_eq!(titles(88), "30 in out cost time 24");
        assert_eq!(titles(120), "45 in out cost time 41");
        assert_eq!(titles(161), "57 in hit out cost time ttft tok/s 52");
    }

    #[test]
    fn nothing_stands_beyond_the_width() {
        for width in 0..400 {
            let fit = Columns::fit(width);
            let mut x = 0;
            for (column, at) in &fit.shown {
                assert!(*at > x && *at > fit.name);
                x = at + column.width() - 1;
            }
            assert!(x < width.max(1), "{width}");
            let (at, cells) = fit.waterfall;
            assert!(
                cells == 0 || (at > x && at + cells <= width),
                "{width} {fit:?}"
            );
            assert!(width < 80 || cells >= 20, "{width}");
        }
    }
}
