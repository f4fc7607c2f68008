//! Time to cells: the waterfall's scale and its axis. Folded gaps make it several pieces of whole
//! cells, one cell between each two; time in a gap has no place of its own.

use super::text;
use crate::ui::axis::{Axis, STEPS, Scope, Window};

const MS: u64 = 1_000_000;
const S: u64 = 1000 * MS;
const MIN: u64 = 60 * S;
const H: u64 = 60 * MIN;

/// A gap that would take less than so many cells is drawn to scale.
const WORTH_FOLDING: u64 = 3;

/// A stretch of time on whole cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    from: u64,
    to: u64,
    cell: u16,
    cells: u16,
}

impl Piece {
    fn right(&self) -> u16 {
        self.cell + self.cells
    }
}

/// On which side of the waterfall something lies that is out of sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// The scale of a waterfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    /// Cells from edge to edge.
    pub cells: u16,
    /// From where its labels count, ns since the epoch.
    origin: u64,
    step: u64,
    /// One at least.
    pieces: Vec<Piece>,
}

/// What stands on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The label of a tick, from this cell on.
    Tick(u16, String),
    /// A folded gap at this cell.
    Gap(u16),
    /// Its length beside it.
    Length(u16, String),
}

impl Scale {
    /// The scale of what is on the axis, in so many cells.
    pub fn of(axis: &Axis, now: u64, cells: u16, wall_clock: bool) -> Option<Self> {
        let (scope, now) = axis.scope_at(now).filter(|_| cells > 0)?;
        Some(Self::new(
            scope,
            axis.window,
            &axis.gaps,
            now,
            cells,
            wall_clock,
        ))
    }

    /// While something runs and all is in sight, the right edge stands on a tick and moves by
    /// whole steps; else it is the end itself.
    fn new(
        scope: Scope,
        window: Option<Window>,
        gaps: &[(u64, u64)],
        now: u64,
        cells: u16,
        wall_clock: bool,
    ) -> Self {
        let (start, span) = match window {
            Some(window) => window.at(&scope, now),
            None => (scope.start, scope.span_at(now)),
        };
        let end = start.saturating_add(span);
        let folds = folds((start, end), gaps, cells);
        let folded: u64 = folds.iter().map(|(from, to)| to - from).sum();
        let room = cells - u16::try_from(folds.len()).unwrap_or(cells);
        let label = if wall_clock { 10 } else { 6 };
        let ticks = u64::from(room / label).max(1);
        let busy = span - folded;
        let step = STEPS
            .into_iter()
            .find(|s| s.saturating_mul(ticks) >= busy)
            .unwrap_or(u64::MAX);
        let end = if scope.end.is_none() && window.is_none() {
            let stepped = busy.div_ceil(step).saturating_mul(step);
            end.saturating_add(stepped - busy)
        } else {
            end
        };
        Self {
            cells,
            origin: scope.start,
            step,
            pieces: pieces((start, end), &folds, room),
        }
    }

    fn ends(&self) -> (u64, u64) {
        let first = self.pieces.first().map_or(0, |p| p.from);
        (first, self.pieces.last().map_or(first, |p| p.to))
    }

    /// The piece with a time, or the next one for a time in a gap.
    fn piece(&self, time: u64) -> Option<&Piece> {
        let at = self.pieces.partition_point(|p| p.to < time);
        self.pieces.get(at.min(self.pieces.len().saturating_sub(1)))
    }

    /// The place of a time in eighths of a cell, clamped to the edges.
    pub fn eighth(&self, time: u64) -> usize {
        let Some(piece) = self.piece(time) else {
            return 0;
        };
        let (cells, span) = (u128::from(piece.cells) * 8, piece.to - piece.from);
        let into = u128::from(time.clamp(piece.from, piece.to) - piece.from);
        let at = (into * cells).checked_div(u128::from(span)).unwrap_or(0);
        usize::from(piece.cell) * 8 + usize::try_from(at).unwrap_or(0)
    }

    /// How far something may reach, in eighths: what does not go on after a gap stays before it.
    pub fn limit(&self, from: u64, to: u64) -> usize {
        match self.piece(from) {
            Some(piece) if to <= piece.to => usize::from(piece.right()) * 8,
            _ => usize::from(self.cells) * 8,
        }
    }

    /// Where a stretch of time lies that is out of sight; `None` in sight.
    pub fn side(&self, from: u64, to: u64) -> Option<Side> {
        let (start, end) = self.ends();
        if to < start || to == start && from < to {
            Some(Side::Left)
        } else if from > end || from == end && from < to {
            Some(Side::Right)
        } else {
            None
        }
    }

    /// Cells of the folded gaps.
    pub fn gaps(&self) -> impl Iterator<Item = u16> {
        self.pieces.iter().skip(1).map(|p| p.cell - 1)
    }

    /// The axis: folded gaps, and ticks where they leave room. None overlap, none is beyond the
    /// edge. Where a label at each tick is too much, they stand at every second, third, … tick.
    pub fn marks(&self, offset: Option<i32>) -> Vec<Mark> {
        let gaps = self.gap_marks();
        let all = u64::from(self.cells).max(1);
        let mut ticks = if gaps.is_empty() {
            (1..=all)
                .find_map(|stride| self.ticks(offset, stride, false))
                .unwrap_or_default()
        } else {
            self.ticks(offset, 1, true).unwrap_or_default()
        };
        let span = |mark: &Mark| match mark {
            Mark::Gap(at) => (*at, at + 1),
            Mark::Tick(at, text) | Mark::Length(at, text) => (*at, at + cells(text)),
        };
        // A tick keeps a cell clear of what is told of a gap: two times that touch read as one.
        ticks.retain(|tick| {
            let (from, to) = span(tick);
            gaps.iter().all(|gap| {
                let (a, b) = span(gap);
                let clear = u16::from(matches!(gap, Mark::Length(..)));
                to + clear <= a || from > b
            })
        });
        ticks.extend(gaps);
        ticks
    }

    /// Folded gaps and their lengths, after them or else before, where there is room.
    fn gap_marks(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut free = 0;
        for (before, after) in self.pieces.iter().zip(self.pieces.iter().skip(1)) {
            let at = before.right();
            marks.push(Mark::Gap(at));
            let length = text::duration(after.from - before.to);
            let last = after.right() >= self.cells;
            // Where it does not take the place of ticks, it says what it is.
            let told = format!("{length} idle");
            let roomy = |piece: &Piece| piece.cells >= cells(&told) + 14;
            let length = if roomy(after) || (last && roomy(before)) {
                told
            } else {
                length
            };
            let width = cells(&length);
            if width + u16::from(!last) <= after.cells {
                free = at + 1 + width;
                marks.push(Mark::Length(at + 1, length));
            } else if at >= free + width + u16::from(free > 0) {
                free = at + 1;
                marks.push(Mark::Length(at - width, length));
            } else {
                free = at + 1;
            }
        }
        marks
    }

    /// Labels at every so many ticks; `None` where they would touch, unless those that do may be
    /// left out.
    fn ticks(&self, offset: Option<i32>, stride: u64, greedy: bool) -> Option<Vec<Mark>> {
        let step = self.step.saturating_mul(stride);
        let mut labels = Vec::new();
        let mut free = 0;
        // Wall-clock ticks stand on round times of the day.
        let base = match offset {
            Some(offset) => i128::from(offset) * i128::from(S),
            None => -i128::from(self.origin),
        };
        let end = self.ends().1;
        for piece in &self.pieces {
            let first = (i128::from(piece.from) + base).rem_euclid(i128::from(step));
            let first = (i128::from(step) - first).rem_euclid(i128::from(step));
            let mut at = piece.from.saturating_add(u64::try_from(first).unwrap_or(0));
            while at <= piece.to {
                let text = match offset {
                    Some(offset) => clock(at, offset, self.step),
                    None => label(at - self.origin, self.step, end - self.origin),
                };
                let width = cells(&text);
                let cell = u16::try_from(self.eighth(at) / 8).unwrap_or(u16::MAX);
                let fitted = cell.min(self.cells.saturating_sub(width));
                if width > self.cells || fitted < free {
                    // The last may be left out: it is the edge.
                    if !greedy && at.saturating_add(step) <= end {
                        return None;
                    }
                } else {
                    free = fitted + width + 1;
                    labels.push(Mark::Tick(fitted, text));
                }
                let Some(next) = at.checked_add(step) else {
                    break;
                };
                at = next;
            }
        }
        Some(labels)
    }
}

/// Cells of a label, which is ASCII.
fn cells(label: &str) -> u16 {
    u16::try_from(label.len()).unwrap_or(u16::MAX)
}

/// The gaps that are folded, in order: the longest first, as long as each is worth it.
fn folds((start, end): (u64, u64), gaps: &[(u64, u64)], cells: u16) -> Vec<(u64, u64)> {
    let inside = gaps
        .iter()
        .map(|(from, to)| (*from.max(&start), *to.min(&end)));
    let mut gaps: Vec<_> = inside.filter(|(from, to)| from < to).collect();
    gaps.sort_by_key(|(from, to)| std::cmp::Reverse(to - from));
    let (mut busy, mut room) = (end - start, u64::from(cells));
    let mut folds: Vec<(u64, u64)> = Vec::new();
    for (from, to) in gaps {
        let length = to - from;
        let wide =
            u128::from(length) * u128::from(room) >= u128::from(WORTH_FOLDING) * u128::from(busy);
        if !wide || length == busy || folds.len() >= usize::from(cells / 4) {
            break;
        }
        busy -= length;
        room -= 1;
        folds.push((from, to));
    }
    folds.sort_unstable();
    folds
}

/// The time between gaps on whole cells, `room` in all; what has a length has a cell.
fn pieces((start, end): (u64, u64), folds: &[(u64, u64)], room: u16) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let ends = folds.iter().copied().chain([(end, end)]);
    let mut from = start;
    for (to, next) in ends {
        pieces.push(Piece {
            from,
            to,
            cell: 0,
            cells: 0,
        });
        from = next;
    }
    let needs = |p: &Piece| u16::from(p.to > p.from);
    let busy: u64 = pieces.iter().map(|p| p.to - p.from).sum();
    let mut behind: u16 = pieces.iter().map(needs).sum();
    let (mut done, mut used, mut cell) = (0u64, 0u16, 0u16);
    for piece in &mut pieces {
        behind -= needs(piece);
        done += piece.to - piece.from;
        let ideal = (u128::from(done) * u128::from(room) * 2 + u128::from(busy))
            .checked_div(u128::from(busy) * 2)
            .unwrap_or(0);
        let ideal = u16::try_from(ideal).unwrap_or(room);
        let reach = ideal
            .min(room.saturating_sub(behind))
            .max(used + needs(piece));
        (piece.cell, piece.cells) = (cell, reach - used);
        cell += piece.cells + 1;
        used = reach;
    }
    pieces
}

/// A time of day: `14:02` between minutes, `14:02:24` between seconds, else from the minute on:
/// `:24.2s`.
fn clock(at: u64, offset: i32, step: u64) -> String {
    let whole = text::clock(at, offset);
    if step >= MIN {
        whole.get(..5).unwrap_or(&whole).to_owned()
    } else if step >= S {
        whole
    } else {
        format!(
            ":{}{}s",
            whole.get(6..).unwrap_or_default(),
            fraction(at, step)
        )
    }
}

/// The part of a second that a step tells: nothing, `.2`, `.25`, `.250`.
fn fraction(at: u64, step: u64) -> String {
    match step {
        S.. => String::new(),
        _ if step >= 100 * MS => format!(".{}", at / (100 * MS) % 10),
        _ if step >= 10 * MS => format!(".{:02}", at / (10 * MS) % 100),
        _ => format!(".{:03}", at / MS % 1000),
    }
}

/// `0s`, `500ms`, `1.5s`, `15s`, `2m`, `2m30s`, `1h`, `1h30m`; an axis that goes on to seconds has
/// no milliseconds.
fn label(at: u64, step: u64, end: u64) -> String {
    let (h, m, s) = (at / H, at / MIN % 60, at / S % 60);
    let part = fraction(at, step);
    match at {
        0 => "0s".to_owned(),
        _ if at < S && end >= S && step.is_multiple_of(100 * MS) => format!("0{part}s"),
        _ if at < S => format!("{}ms", at / MS),
        _ if at < MIN => format!("{s}{part}s"),
        _ if at < H && s == 0 && part.is_empty() => format!("{m}m"),
        _ if at < H => format!("{m}m{s:02}{part}s"),
        _ if step < MIN => format!("{h}h{m:02}m{s:02}{part}s"),
        _ if m == 0 => format!("{h}h"),
        _ => format!("{h}h{m:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(start: u64, end: Option<u64>) -> Scope {
        Scope {
            root: Some(0),
            start,
            end,
        }
    }

    fn scale(ms: u64, running: bool, gaps: &[(u64, u64)], cells: u16) -> Scale {
        let end = 7 * S + ms * MS;
        let scope = scope(7 * S, (!running).then_some(end));
        let gaps: Vec<_> = gaps
            .iter()
            .map(|(a, b)| (7 * S + a * MS, 7 * S + b * MS))
            .collect();
        Scale::new(scope, None, &gaps, end, cells, false)
    }

    fn line(scale: &Scale, offset: Option<i32>) -> String {
        let mut line = vec![' '; usize::from(scale.cells)];
        let mut put = |at: u16, text: &str| {
            for (i, c) in text.chars().enumerate() {
                let cell = &mut line[usize::from(at) + i];
                assert_eq!(*cell, ' ', "overlap at {at}");
                *cell = c;
            }
        };
        for mark in scale.marks(offset) {
            match mark {
                Mark::Tick(at, text) | Mark::Length(at, text) => put(at, &text),
                Mark::Gap(at) => put(at, "~"),
            }
        }
        line.into_iter().collect()
    }

    fn labels(ms: u64, running: bool, cells: u16) -> String {
        line(&scale(ms, running, &[], cells), None)
    }

    #[test]
    fn ticks_stand_on_round_times() {
        assert_eq!(labels(16_900, false, 28), "0s      5s      10s     15s ");
        assert_eq!(labels(40, false, 20), "0s        20ms  40ms");
        assert_eq!(labels(0, false, 20), "0s               1ms");
        // 65 minutes: 30 min stand at cell 30 × 30 / 65 = 13, an hour at 27.
        assert_eq!(
            labels(3_900_000, false, 30),
            format!("{:13}{:14}1h ", "0s", "30m")
        );
    }

    #[test]
    fn wall_clock_ticks_stand_on_round_times_of_the_day() {
        // From 7 s to 23.9 s past midnight: 10 s stand at cell 3 × 40 / 16.9 = 7, 15 s at 18,
        // 20 s at 30.
        let scale = scale(16_900, false, &[], 40);
        let expected = format!(
            "{:7}{:11}{:12}{:10}",
            "", "00:00:10", "00:00:15", "00:00:20"
        );
        assert_eq!(line(&scale, Some(0)), expected);
        assert_eq!(clock(7 * S + 250 * MS, 0, 50 * MS), ":07.25s");
        assert_eq!(clock(62 * MIN, 0, MIN), "01:02");
    }

    #[test]
    fn labels_tell_what_a_step_can_tell() {
        for (at, step, text) in [
            (500 * MS, 500 * MS, "0.5s"),
            (1500 * MS, 500 * MS, "1.5s"),
            (3125 * MS, 5 * MS, "3.125s"),
            (124_200 * MS, 200 * MS, "2m04.2s"),
            (124 * S, S, "2m04s"),
            (2 * MIN, 10 * S, "2m"),
            (H + 5 * MIN, MIN, "1h05m"),
            (H + 5 * MIN + 7 * S, S, "1h05m07s"),
        ] {
            assert_eq!(label(at, step, 2 * H), text);
        }
    }

    #[test]
    fn a_running_axis_moves_by_steps() {
        let spans: Vec<u64> = (1..=40)
            .map(|s| {
                let scale = Scale::new(scope(0, None), None, &[], s * S, 36, false);
                scale.ends().1 / S
            })
            .collect();
        let mut steps = spans.clone();
        steps.dedup();
        assert_eq!(steps, [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40]);
        assert!(spans.iter().zip(1..).all(|(span, s)| *span >= s));
    }

    #[test]
    fn places_are_clamped() {
        let scope = scope(10 * MS, Some(20 * MS));
        let scale = Scale::new(scope, None, &[], 0, 10, false);
        assert_eq!(
            [0, 10, 15, 20, 99].map(|t| scale.eighth(t * MS)),
            [0, 0, 40, 80, 80]
        );
    }

    #[test]
    fn a_folded_gap_takes_one_cell_and_labels_stay_true() {
        // 10 s, ten minutes of nothing, 10 s more.
        let scale = scale(620_000, false, &[(10_000, 610_000)], 41);
        let at = |ms: u64| scale.eighth(7 * S + ms * MS);
        assert_eq!(scale.gaps().collect::<Vec<_>>(), [20]);
        assert_eq!([at(0), at(5_000), at(10_000)], [0, 80, 160]);
        assert_eq!([at(610_000), at(615_000), at(620_000)], [168, 248, 328]);
        // What is in the gap has no place of its own; what ends at it stays before it.
        assert_eq!(at(300_000), 168);
        assert_eq!(scale.limit(7 * S, 17 * S), 160);
        assert_eq!(scale.limit(7 * S, 617 * S), 328);
        assert_eq!(
            line(&scale, None),
            format!("{:10}{:10}~{:10}{:10}", "0s", "5s", "10m00s", "10m15s")
        );
    }

    #[test]
    fn short_gaps_are_not_folded() {
        let scale = scale(10_000, false, &[(1_000, 1_200), (4_000, 6_000)], 40);
        assert_eq!(scale.gaps().count(), 1);
        let all = [(0, 10_000)];
        assert_eq!(super::folds((0, 10_000), &all, 40), []);
    }

    proptest::proptest! {
        #[test]
        fn the_scale_is_monotone_and_inside(
            cells in 1u16..200,
            lengths in proptest::collection::vec((0u64..100_000, 0u64..10_000_000), 1..40),
            running: bool,
            wall: bool,
        ) {
            let (mut at, mut gaps) = (0, Vec::new());
            for (busy, gap) in &lengths {
                gaps.push((at + busy, at + busy + gap));
                at += busy + gap;
            }
            let scale = scale(at, running, &gaps, cells);
            let places: Vec<_> = gaps.iter().flat_map(|g| [g.0, g.1]).map(|t| scale.eighth(7 * S + t * MS)).collect();
            proptest::prop_assert!(places.is_sorted());
            proptest::prop_assert!(places.iter().all(|p| *p <= usize::from(cells) * 8));
            let total: u16 = scale.pieces.iter().map(|p| p.cells).sum();
            proptest::prop_assert_eq!(usize::from(total) + scale.gaps().count(), usize::from(cells));
            // No label overlaps another.
            proptest::prop_assert_eq!(line(&scale, wall.then_some(3600)).len(), usize::from(cells));
        }
    }
}
