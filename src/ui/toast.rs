//! A word for a moment: what was just done, or why not.

use super::pane::Tone;
use super::state::UiState;

/// How long it stands there, ms; a failure longer.
const MOMENT_MS: u64 = 4_000;
const FAILURE_MS: u64 = 10_000;

/// A word in the footer that goes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What is said.
    pub text: String,
    /// Done, warned of, or failed.
    pub tone: Tone,
    /// The program's clock when it goes, ms.
    until: u64,
}

impl UiState {
    /// Says something for a moment, in place of what was said before.
    pub(crate) fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let moment = if tone == Tone::Error {
            FAILURE_MS
        } else {
            MOMENT_MS
        };
        self.toast = Some(Toast {
            text: text.into(),
            tone,
            until: self.clock.saturating_add(moment),
        });
    }

    /// The program's clock has come so far, ms; what was said long enough goes.
    pub(super) fn set_clock(&mut self, clock: u64) {
        self.clock = clock;
        self.toast.take_if(|t| t.until <= clock);
    }
}
