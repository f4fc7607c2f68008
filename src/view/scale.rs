//! Time to cells: the waterfall's scale and its axis.

use super::text;
use crate::ui::state::Scope;

const MS: u64 = 1_000_000;
const S: u64 = 1000 * MS;
const MIN: u64 = 60 * S;
const H: u64 = 60 * MIN;

/// Steps between ticks: 1-2-5, in minutes and hours the nearest that people count in.
const STEPS: [u64; 27] = [
    MS,
    2 * MS,
    5 * MS,
    10 * MS,
    20 * MS,
    50 * MS,
    100 * MS,
    200 * MS,
    500 * MS,
    S,
    2 * S,
    5 * S,
    10 * S,
    30 * S,
    MIN,
    2 * MIN,
    5 * MIN,
    10 * MIN,
    30 * MIN,
    H,
    2 * H,
    5 * H,
    12 * H,
    24 * H,
    120 * H,
    720 * H,
    8760 * H,
];

/// The scale of a waterfall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    /// Time of the left edge, ns since the epoch.
    pub start: u64,
    /// Time from edge to edge, ns; a millisecond at least.
    pub span: u64,
    /// Cells from edge to edge.
    pub cells: u16,
    step: u64,
}

impl Scale {
    /// The scale for a scope. While something runs the right edge stands on a tick and moves by
    /// whole steps; else it is the end itself.
    pub fn of(scope: Scope, now: u64, cells: u16, wall_clock: bool) -> Self {
        let end = scope.end.unwrap_or(now);
        let span = end.saturating_sub(scope.start).max(MS);
        let label = if wall_clock { 10 } else { 6 };
        let ticks = u64::from(cells / label).max(1);
        let step = STEPS
            .into_iter()
            .find(|s| s.saturating_mul(ticks) >= span)
            .unwrap_or(u64::MAX);
        let span = match scope.end {
            Some(_) => span,
            None => span.div_ceil(step).saturating_mul(step),
        };
        Self {
            start: scope.start,
            span,
            cells,
            step,
        }
    }

    /// The place of a time in eighths of a cell, clamped to the edges.
    pub fn eighth(&self, time: u64) -> usize {
        let all = u128::from(self.cells) * 8;
        let at = u128::from(time.saturating_sub(self.start)) * all / u128::from(self.span);
        usize::try_from(at.min(all)).unwrap_or(0)
    }

    /// The time range touches the scale.
    pub fn shows(&self, from: u64, to: u64) -> bool {
        to >= self.start && from <= self.start.saturating_add(self.span)
    }

    /// Labels of the axis: first cell and text, none overlapping, none beyond the edge. Where one
    /// at each tick is too many, they stand at every second, third, … tick.
    pub fn labels(&self, offset: Option<i32>) -> Vec<(u16, String)> {
        let ticks = u64::from(self.cells).max(1);
        (1..=ticks)
            .find_map(|stride| self.labels_at(offset, self.step.saturating_mul(stride)))
            .unwrap_or_default()
    }

    /// Labels a step apart, unless they would touch.
    fn labels_at(&self, offset: Option<i32>, step: u64) -> Option<Vec<(u16, String)>> {
        let mut labels: Vec<(u16, String)> = Vec::new();
        let mut free = 0;
        for k in 0..=u64::from(self.cells) {
            let at = k.saturating_mul(step);
            if at > self.span {
                break;
            }
            let text = match offset {
                Some(offset) => text::clock(self.start.saturating_add(at), offset),
                None => label(at, self.step, self.span),
            };
            let width = u16::try_from(text.len()).unwrap_or(u16::MAX);
            let cell =
                u16::try_from(self.eighth(self.start.saturating_add(at)) / 8).unwrap_or(u16::MAX);
            let fitted = cell.min(self.cells.saturating_sub(width));
            if width > self.cells || fitted < free {
                // The last may be left out: it is the edge.
                let last = at.saturating_add(step) > self.span;
                return last.then_some(labels);
            }
            free = fitted + width + 1;
            labels.push((fitted, text));
        }
        Some(labels)
    }
}

/// `0s`, `500ms`, `1.5s`, `15s`, `2m`, `2m30s`, `1h`, `1h30m`; an axis that goes on to seconds has
/// no milliseconds.
fn label(at: u64, step: u64, span: u64) -> String {
    let (h, m, s) = (at / H, at / MIN % 60, at / S % 60);
    match at {
        0 => "0s".to_owned(),
        _ if at < S && span >= S && step.is_multiple_of(100 * MS) => {
            format!("0.{}s", at / (100 * MS))
        }
        _ if at < S && at.is_multiple_of(MS) => format!("{}ms", at / MS),
        _ if at < S => text::duration(at),
        _ if at < MIN && step < S => format!("{s}.{}s", at / (100 * MS) % 10),
        _ if at < MIN => format!("{s}s"),
        _ if at < H && s == 0 => format!("{m}m"),
        _ if at < H => format!("{m}m{s:02}s"),
        _ if m == 0 => format!("{h}h"),
        _ => format!("{h}h{m:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ms: u64, running: bool, cells: u16) -> String {
        let end = 7 * S + ms * MS;
        let scope = Scope {
            root: 0,
            start: 7 * S,
            end: (!running).then_some(end),
        };
        let scale = Scale::of(scope, end, cells, false);
        let mut line = vec![' '; usize::from(cells)];
        for (at, text) in scale.labels(None) {
            for (i, c) in text.chars().enumerate() {
                line[usize::from(at) + i] = c;
            }
        }
        line.into_iter().collect()
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
    fn a_running_axis_moves_by_steps() {
        let spans: Vec<u64> = (1..=40)
            .map(|s| {
                let scope = Scope {
                    root: 0,
                    start: 0,
                    end: None,
                };
                Scale::of(scope, s * S, 36, false).span / S
            })
            .collect();
        let mut steps = spans.clone();
        steps.dedup();
        assert_eq!(steps, [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40]);
        assert!(spans.iter().zip(1..).all(|(span, s)| *span >= s));
    }

    #[test]
    fn places_are_clamped() {
        let scale = Scale::of(
            Scope {
                root: 0,
                start: 10 * MS,
                end: Some(20 * MS),
            },
            0,
            10,
            false,
        );
        assert_eq!(
            [0, 10, 15, 20, 99].map(|t| scale.eighth(t * MS)),
            [0, 0, 40, 80, 80]
        );
    }
}
