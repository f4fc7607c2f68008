//! Kinds of time in a bar: role, texture and label of each.

use super::role::Role;

/// A kind of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Network or gateway before the server's own time.
    Gateway,
    /// The engine's queue.
    Queue,
    /// Prefill as the engine tells it.
    Prefill,
    /// Wait and prefill, not told apart.
    WaitPrefill,
    /// Decode.
    Decode,
    /// Within decode: nothing came for much longer than is usual.
    Stall,
    /// Attempts of a call that came to nothing.
    Retry,
    /// A tool works.
    Tool,
    /// A person is waited for.
    Human,
    /// A model call whose split nobody told.
    NotSplit,
    /// Presumed to run.
    Presumed,
    /// The span of a container: no time of its own.
    Container,
}

impl Phase {
    /// All phases in the order of legends.
    pub const ALL: &[Self] = &[
        Self::Gateway,
        Self::Queue,
        Self::Prefill,
        Self::WaitPrefill,
        Self::Decode,
        Self::Stall,
        Self::Retry,
        Self::Tool,
        Self::Human,
        Self::NotSplit,
        Self::Presumed,
        Self::Container,
    ];

    /// Its colour role.
    pub fn role(self) -> Role {
        match self {
            Self::Gateway => Role::Gateway,
            Self::Queue => Role::Queue,
            Self::Prefill => Role::Prefill,
            Self::WaitPrefill => Role::WaitPrefill,
            Self::Decode => Role::Decode,
            Self::Stall => Role::Warning,
            Self::Retry => Role::Error,
            Self::Tool => Role::ToolTime,
            Self::Human => Role::Human,
            Self::NotSplit => Role::NotSplit,
            Self::Presumed => Role::Presumed,
            Self::Container => Role::Container,
        }
    }

    /// With colour it fills its cells, with eighth-block edges; the others are lines always.
    pub fn is_solid(self) -> bool {
        matches!(
            self,
            Self::Queue | Self::Prefill | Self::WaitPrefill | Self::Decode | Self::NotSplit
        )
    }

    /// The texture of a whole cell: with Unicode and with ASCII glyphs (look, rule 9).
    pub(super) fn texture(self) -> (&'static str, &'static str) {
        match self {
            Self::Gateway => ("╌", "-"),
            Self::Queue => ("░", "q"),
            Self::Prefill => ("▒", "p"),
            Self::WaitPrefill => ("▓", "w"),
            Self::Decode => ("█", "#"),
            Self::Stall => ("╍", "~"),
            Self::Retry => ("×", "x"),
            Self::Tool => ("▬", "="),
            Self::Human => ("┄", "."),
            Self::NotSplit => ("━", "="),
            Self::Presumed => ("╌", "?"),
            Self::Container => ("─", "-"),
        }
    }

    /// Its label in legends.
    pub fn label(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Queue => "queue",
            Self::Prefill => "prefill",
            Self::WaitPrefill => "wait+prefill",
            Self::Decode => "decode",
            Self::Stall => "stalled",
            Self::Retry => "failed attempts",
            Self::Tool => "tools",
            Self::Human => "you",
            Self::NotSplit => "not split",
            Self::Presumed => "presumed",
            Self::Container => "span",
        }
    }
}
