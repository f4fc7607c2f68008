//! Where things stand, for a size. Pure arithmetic, shared by update (how far can be scrolled)
//! and draw, so that they cannot disagree.

use ratatui::layout::Rect;

/// Columns and rows below which there is a single list and a status line.
pub const SMALLEST: (u16, u16) = (60, 15);
/// Columns from which the sessions have a panel of their own: the tree keeps 80.
const WIDE: u16 = 112;

/// What is asked of the layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent wishes, each asked for by itself"
)]
pub struct Wish {
    /// The detail has the keyboard and gets more room.
    pub detail_focused: bool,
    /// The detail has the whole screen.
    pub detail_zoomed: bool,
    /// The sessions have the keyboard; they need room even on a narrow screen.
    pub sessions_focused: bool,
    /// A page stands in place of the panels.
    pub page: bool,
    /// There are so many sessions: for one alone a panel says nothing that the title does not.
    pub sessions: usize,
    /// The line that tells where the time went, the legend of the bars, is hidden.
    pub no_legend: bool,
    /// Columns that the sessions were dragged to.
    pub sessions_width: Option<u16>,
    /// Lines that the detail was dragged to.
    pub detail_height: Option<u16>,
}

/// The areas of the main screen; those that are not shown are empty. Relative to the origin.
///
/// ```text
/// header
/// ── sessions ──┬── tree title ─────────
///               │      columns
///   sessions    │      rows
/// ──────────────┴──────────── rule ─────
/// budget
/// ── detail title and tabs ─────────────
///   detail
/// footer
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Below [`SMALLEST`]: one list and a status line.
    pub mini: bool,
    /// The counters.
    pub header: Rect,
    /// The line with the titles of sessions and tree.
    pub title: Rect,
    /// The sessions; empty on narrow screens, where the title names the session.
    pub sessions: Rect,
    /// The vertical rule between sessions and tree.
    pub divider: Rect,
    /// Column titles and axis.
    pub columns: Rect,
    /// The rows of the tree.
    pub rows: Rect,
    /// The rule below the tree.
    pub rule: Rect,
    /// The line of the selected turn.
    pub budget: Rect,
    /// The line with the detail's title and tabs.
    pub tabs: Rect,
    /// The detail.
    pub detail: Rect,
    /// The page of a view without panels; `title` names it.
    pub page: Rect,
    /// The keys.
    pub footer: Rect,
}

impl Layout {
    /// The layout of a screen of `size` columns and rows.
    pub fn of(size: (u16, u16), wish: Wish) -> Self {
        let (width, height) = size;
        if width < SMALLEST.0 || height < SMALLEST.1 {
            return Self::mini(size, wish);
        }
        let line = |y: u16| Rect::new(0, y, width, 1);
        let mut layout = Self {
            header: line(0),
            footer: line(height - 1),
            ..Self::default()
        };
        if wish.page {
            layout.title = line(1);
            layout.page = Rect::new(1, 2, width - 2, height - 3);
            return layout;
        }
        let foot = if height >= 30 { height - 2 } else { height - 1 };
        if wish.detail_zoomed {
            layout.tabs = line(1);
            layout.detail = Rect::new(0, 2, width, foot - 2);
            return layout;
        }
        // Header, title, columns, three rows, rule, budget and tabs keep their lines.
        let most = foot.saturating_sub(8 + u16::from(height >= 20));
        let detail = match (wish.detail_focused, height) {
            _ if wish.detail_height.is_some() => {
                wish.detail_height.unwrap_or(0).clamp(1, most.max(1))
            }
            (true, h) => h / 2,
            (false, ..18) => 3,
            (false, h) => (h / 5 + 1).min(14),
        };
        layout.detail = Rect::new(0, foot - detail, width, detail);
        layout.tabs = line(foot - detail - 1);
        let mut bottom = foot - detail - 1;
        if !wish.no_legend {
            bottom -= 1;
            layout.budget = line(bottom);
        }
        if height >= 20 {
            layout.rule = line(bottom - 1);
            bottom -= 1;
        }
        layout.title = line(1);
        let left = Self::sessions_width(width, wish);
        let body = bottom.saturating_sub(2);
        if left > 0 {
            layout.sessions = Rect::new(0, 2, left, body);
            layout.divider = Rect::new(left, 2, 1, body);
        }
        let x = if left > 0 { left + 1 } else { 0 };
        let head = u16::from(body > 4);
        layout.columns = Rect::new(x, 2, width - x, head);
        layout.rows = Rect::new(x, 2 + head, width - x, body - head);
        layout
    }

    fn sessions_width(width: u16, wish: Wish) -> u16 {
        let wanted = wish.sessions > 1 || wish.sessions_focused;
        match width {
            WIDE.. if wanted && wish.sessions_width.is_some() => {
                wish.sessions_width.unwrap_or(0).clamp(16, width - 70)
            }
            WIDE..160 if wanted => 31,
            160.. if wanted => 38,
            _ if wish.sessions_focused => 28,
            _ => 0,
        }
    }

    fn mini((width, height): (u16, u16), wish: Wish) -> Self {
        let list = Rect::new(0, 0, width, height.saturating_sub(1));
        let mut layout = Self {
            mini: true,
            footer: Rect::new(0, list.height, width, height.min(1)),
            ..Self::default()
        };
        if wish.page {
            layout.page = list;
        } else if wish.detail_focused || wish.detail_zoomed {
            let tabs = list.height.min(1);
            layout.tabs = Rect::new(0, 0, width, tabs);
            layout.detail = Rect::new(0, tabs, width, list.height - tabs);
        } else if wish.sessions_focused {
            layout.sessions = list;
        } else {
            layout.rows = list;
        }
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_stay_on_the_screen_and_never_overlap() {
        for width in 0..=210 {
            for height in 0..=62 {
                for bits in 0..=255u8 {
                    // What was dragged is looked at in fewer sizes.
                    if bits > 63 && (width + height) % 11 > 0 {
                        continue;
                    }
                    let wish = Wish {
                        detail_focused: bits & 1 > 0,
                        detail_zoomed: bits & 2 > 0,
                        sessions_focused: bits & 4 > 0,
                        page: bits & 8 > 0,
                        sessions: if bits & 32 > 0 { 3 } else { 1 },
                        no_legend: bits & 16 > 0,
                        sessions_width: (bits & 64 > 0).then_some(width * 7 % 211),
                        detail_height: (bits & 128 > 0).then_some(height * 7 % 67),
                    };
                    let l = Layout::of((width, height), wish);
                    let all = [
                        l.header, l.title, l.sessions, l.divider, l.columns, l.rows, l.rule,
                        l.budget, l.tabs, l.detail, l.page, l.footer,
                    ];
                    for (i, a) in all.iter().enumerate() {
                        assert!(
                            a.right() <= width && a.bottom() <= height,
                            "{a:?} {width}x{height}"
                        );
                        for b in all.iter().skip(i + 1) {
                            assert!(
                                a.intersection(*b).is_empty(),
                                "{a:?} {b:?} {width}x{height} {wish:?}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_session_needs_no_panel() {
        let of = |sessions, sessions_focused| {
            let wish = Wish {
                sessions_focused,
                sessions,
                ..Wish::default()
            };
            Layout::of((120, 40), wish).rows.width
        };
        assert_eq!([of(1, false), of(2, false), of(1, true)], [120, 88, 88]);
    }

    #[test]
    fn the_smallest_full_screen_has_all_parts() {
        let l = Layout::of(SMALLEST, Wish::default());
        assert_eq!(
            (
                l.rows.height,
                l.columns.height,
                l.budget.height,
                l.detail.height
            ),
            (6, 1, 1, 3)
        );
        assert!(!l.mini && Layout::of((59, 15), Wish::default()).mini);
    }
}
