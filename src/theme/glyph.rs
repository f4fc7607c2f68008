//! Glyphs: one cell each in every terminal, none with an emoji form, and their ASCII forms
//! (look, rule 8). Marks that may be longer than a cell say so.

/// A glyph by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A session that runs.
    SessionRunning,
    /// A session that is idle or ended.
    SessionIdle,
    /// A session without a sign of life.
    SessionStale,
    /// A turn.
    Turn,
    /// A workflow.
    Workflow,
    /// A run of an agent.
    Agent,
    /// A model call.
    Call,
    /// A tool call.
    Tool,
    /// A retrieval.
    Retrieval,
    /// An embedding.
    Embedding,
    /// Carried by MCP.
    Mcp,
    /// Waiting for a person.
    Wait,
    /// Anything else.
    Other,
    /// Failed.
    Error,
    /// Something to know.
    Warning,
    /// A folded row.
    Folded,
    /// An open row.
    Open,
    /// A horizontal rule.
    Rule,
    /// A vertical rule.
    Bar,
    /// Where a vertical rule hangs from a horizontal one.
    TeeDown,
    /// Where a vertical rule stands on a horizontal one.
    TeeUp,
    /// What a cut name lost; two cells in ASCII.
    Ellipsis,
    /// Unknown.
    Unknown,
    /// At least.
    AtLeast,
    /// At most, because parts of what it is worked out from are unknown.
    AtMost,
    /// Within so much of it; two cells in ASCII.
    Within,
    /// Presumed.
    Presumed,
    /// Made from log events.
    FromLogs,
    /// So many attempts.
    Times,
    /// Hands over to; two cells in ASCII.
    HandsTo,
    /// Between two facts.
    Dot,
    /// We listen.
    Listening,
    /// It goes on beyond the right edge.
    More,
    /// It goes on beyond the left edge.
    Before,
    /// A gap that is folded, on the axis.
    Gap,
    /// The same in the rows below.
    Tear,
    /// The part in sight, on a rule.
    Thumb,
    /// Where the selected row is, on a rule.
    Here,
    /// Left bound of a gauge.
    GaugeLeft,
    /// Right bound of a gauge.
    GaugeRight,
    /// A pinned session.
    Pinned,
    /// Marked by a person.
    Marked,
}

impl Glyph {
    /// The forms: Unicode, ASCII.
    pub(super) fn forms(self) -> (&'static str, &'static str) {
        match self {
            Self::SessionRunning => ("◉", "*"),
            Self::SessionIdle => ("○", "o"),
            Self::SessionStale => ("◌", "."),
            Self::Turn => ("❯", ">"),
            Self::Workflow => ("◇", "W"),
            Self::Agent => ("◆", "A"),
            Self::Call => ("✦", "m"),
            Self::Tool => ("ƒ", "t"),
            Self::Retrieval => ("≡", "r"),
            Self::Embedding => ("≋", "e"),
            Self::Mcp => ("⇄", "x"),
            Self::Wait => ("◔", "w"),
            Self::Other | Self::Dot => ("·", "."),
            Self::Error => ("✗", "!"),
            Self::Warning => ("▲", "^"),
            Self::Folded => ("▸", "+"),
            Self::Open => ("▾", "-"),
            Self::Rule => ("─", "-"),
            Self::Bar => ("│", "|"),
            Self::TeeDown => ("┬", "+"),
            Self::TeeUp => ("┴", "+"),
            Self::Ellipsis => ("…", ".."),
            Self::Unknown => ("–", "-"),
            Self::AtLeast => ("≥", ">"),
            Self::AtMost => ("≤", "<"),
            Self::Within => ("±", "+-"),
            Self::Presumed => ("~", "~"),
            Self::FromLogs => ("≈", "="),
            Self::Times => ("×", "x"),
            Self::HandsTo => ("→", "->"),
            Self::Listening => ("●", "*"),
            Self::More => ("›", ">"),
            Self::Before => ("‹", "<"),
            Self::Gap => ("⋯", ":"),
            Self::Tear => ("┊", ":"),
            Self::Thumb => ("━", "="),
            Self::Here => ("•", "o"),
            Self::GaugeLeft => ("▕", "["),
            Self::GaugeRight => ("▏", "]"),
            Self::Pinned => ("■", "#"),
            Self::Marked => ("▌", "|"),
        }
    }
}

/// The spinner that takes the place of a running row's glyph.
pub(super) const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Its ASCII form.
pub(super) const SPINNER_ASCII: [&str; 4] = ["|", "/", "-", "\\"];
/// Left-aligned blocks of one to eight eighths of a cell.
pub(super) const EIGHTHS: [&str; 8] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
