//! `--notify`: how the user is called.

use crate::config::Config;
use clap::{Args, ValueEnum};

/// How to call the user who looks elsewhere.
#[derive(Args, Debug)]
pub struct Calls {
    /// Call you when a turn is done, something failed, an agent waits for you or a budget is passed:
    /// bell rings, desktop notifies by OSC 9, off does neither; no word is both
    #[arg(
        long,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "both"
    )]
    pub notify: Option<Notify>,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Notify {
    /// The terminal's bell.
    Bell,
    /// A desktop notification by way of the terminal (OSC 9).
    Desktop,
    /// Both.
    Both,
    /// Neither, whatever the configuration says.
    Off,
}

impl Calls {
    pub(super) fn over(&self, config: &mut Config) {
        let Some(how) = self.notify else { return };
        config.notices.bell = matches!(how, Notify::Bell | Notify::Both);
        config.notices.osc9 = matches!(how, Notify::Desktop | Notify::Both);
    }
}
