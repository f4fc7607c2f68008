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
    /// One of the user's own, by its place among them.
    Pinned(usize),
}

impl Column {
    /// Cells, without the gap before it.
    pub fn width(self) -> u16 {
        match self {
            Self::Input | Self::Output | Self::Time | Self::Ttft => 6,
            Self::Cached => 4,
            Self::Cost => 8,
            Self::Speed => 5,
            Self::Pinned(_) => 12,
        }
    }

    /// Its title; the user's own have their keys'.
    pub fn title(self) -> &'static str {
        match self {
            Self::Input => "in",
            Self::Cached => "hit",
            Self::Output => "out",
            Self::Cost => "cost",
            Self::Time => "time",
            Self::Ttft => "ttft",
            Self::Speed => "tok/s",
            Self::Pinned(_) => "",
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
    /// Fits columns into a width, so many of the user's own among them: they were asked for, and come
    /// before all that is not.
    pub fn fit(width: u16, pinned: usize) -> Self {
        let mut left = width.saturating_sub(1);
        let mut chosen = Vec::new();
        let (first, others) = WANTED.split_at(2);
        let own = (0..pinned).map(|i| (Column::Pinned(i), 18, 0));
        let wanted = first
            .iter()
            .copied()
            .chain(own)
            .chain(others.iter().copied());
        for (column, name, waterfall) in wanted {
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
        let own = (0..pinned).map(Column::Pinned);
        for column in own.chain(ORDER).filter(|c| chosen.contains(c)) {
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
        let fit = Columns::fit(width, 0);
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
    fn the_users_own_come_before_what_was_not_asked_for() {
        let shown = |width, pinned| Columns::fit(width, pinned).shown;
        let own = |width| {
            shown(width, 2)
                .iter()
                .filter(|(c, _)| matches!(c, Column::Pinned(_)))
                .count()
        };
        assert_eq!([40, 60, 80, 120].map(own), [0, 1, 2, 2]);
        let [first, ..] = shown(120, 1)[..] else {
            panic!("no columns")
        };
        assert_eq!(first.0, Column::Pinned(0), "beside the names");
        for width in 0..250 {
            let fit = Columns::fit(width, 4);
            let end = fit.shown.last().map_or(fit.name, |(c, x)| x + c.width());
            assert!(end <= width.max(1), "{width} {fit:?}");
        }
    }

    #[test]
    fn nothing_stands_beyond_the_width() {
        for width in 0..400 {
            let fit = Columns::fit(width, 0);
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
