//! When to draw and when to correlate: at most 60 frames a second, what a key changed at once, and
//! never so much work between two looks at the keys that one of them waits.

use std::time::Duration;
use tokio::time::Instant;

/// At most 60 frames a second.
const FRAME: Duration = Duration::from_millis(17);
/// So long correlating may take at once while more comes than is taken in, while evidence comes, and
/// while none does; a key ends it.
const WORK: [Duration; 3] = [Duration::from_millis(1), Duration::from_millis(4), FRAME];
/// While evidence comes, correlating takes at most one part in so many of the loop's time.
const SHARE: u32 = 4;

/// When no evidence and no key has come for so long, there is time to tidy up.
pub(super) const QUIET: Duration = Duration::from_millis(250);

/// How much comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inflow {
    /// More than is taken in.
    Crowd,
    /// Some.
    Some,
    /// Nothing.
    None,
}

/// What happened when.
pub(super) struct Pace {
    refresh_at: Instant,
    refreshed: Instant,
    draw_at: Instant,
    drawn: Instant,
    /// So much before its time the next frame may be drawn: the frame after it waits the longer.
    early: Duration,
    heard: Instant,
}

impl Pace {
    /// Nothing has happened yet, and everything may.
    pub fn new(now: Instant) -> Self {
        Self {
            refresh_at: now,
            refreshed: now,
            draw_at: now,
            drawn: now,
            early: Duration::ZERO,
            heard: now,
        }
    }

    /// Evidence came, or a key.
    pub fn hear(&mut self, now: Instant) {
        self.heard = now;
    }

    /// When there is time to tidy up.
    pub fn quiet_at(&self) -> Instant {
        self.heard + QUIET
    }

    /// A key was pressed: what it changes is shown at once.
    pub fn press(&mut self) {
        self.early = FRAME;
    }

    /// The frame after this is drawn at once, whatever was drawn before.
    pub fn repaint(&mut self, now: Instant) {
        self.draw_at = now;
    }

    /// When the next frame may be drawn.
    pub fn frame_at(&self) -> Instant {
        let early = self.draw_at.checked_sub(self.early);
        early.unwrap_or(self.draw_at)
    }

    /// A frame was drawn.
    pub fn drew(&mut self, now: Instant) {
        self.drawn = now;
        self.draw_at = self.draw_at.max(now) + FRAME;
        self.early = Duration::ZERO;
    }

    /// When a frame was drawn last.
    pub fn drawn(&self) -> Instant {
        self.drawn
    }

    /// When it may be correlated next.
    pub fn refresh_at(&self) -> Instant {
        self.refresh_at
    }

    /// Until when correlating may take that begins at `now`. A key that waits for its frame leaves no
    /// time but for what must be.
    pub fn work_until(&self, now: Instant, inflow: Inflow) -> Instant {
        if self.early.is_zero() {
            now + WORK[inflow as usize]
        } else {
            now
        }
    }

    /// It was correlated, from `start` to `now`.
    pub fn refreshed(&mut self, start: Instant, now: Instant, inflow: Inflow) {
        self.refreshed = now;
        let share = if inflow == Inflow::None { 1 } else { SHARE };
        self.refresh_at = start + FRAME.max((now - start) * share);
    }

    /// When it was correlated last.
    pub fn last_refresh(&self) -> Instant {
        self.refreshed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_draws_at_once_and_the_frames_stay_sixty_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.drew(start);
        assert_eq!(pace.frame_at(), start + FRAME);
        pace.press();
        assert_eq!(pace.frame_at(), start);
        assert_eq!(pace.work_until(start, Inflow::None), start);
        pace.drew(start);
        assert_eq!(pace.frame_at(), start + 2 * FRAME);
        pace.press();
        assert_eq!(pace.frame_at(), start + FRAME);
    }

    #[test]
    fn correlating_leaves_most_of_the_time_to_what_comes() {
        let start = Instant::now();
        let (mut pace, later) = (Pace::new(start), start + 20 * FRAME);
        let most = |inflow| pace.work_until(later, inflow) - later;
        assert!(most(Inflow::Crowd) < most(Inflow::Some) && most(Inflow::Some) < FRAME);
        pace.refreshed(start, start, Inflow::Some);
        assert_eq!(pace.refresh_at(), start + FRAME);
        pace.refreshed(start, later, Inflow::Crowd);
        assert_eq!(pace.refresh_at(), start + 20 * FRAME * SHARE);
        pace.refreshed(start, later, Inflow::None);
        assert_eq!(pace.refresh_at(), later);
    }
}
