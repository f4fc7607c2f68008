//! The closed list of what can have a colour.

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $role:ident = $name:literal,)+) => {
        /// What a cell is drawn as; a theme gives each of them a style. Meaning only: no role is
        /// named for a colour or for a place on the screen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Role {
            $($(#[doc = $doc])+ $role,)+
        }

        impl Role {
            /// All roles, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$role),+];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name),+ }
            }
        }
    };
}

roles! {
    /// First brightness level: names, the number that matters.
    Text = "text",
    /// First level and stressed: prompts, agents, totals.
    Strong = "strong",
    /// Second level: models, arguments, numbers beside the main one.
    Secondary = "secondary",
    /// Third level: ids, units, guides, labels.
    Faint = "faint",
    /// The thin rules between panels.
    Rule = "rule",
    /// The program's name.
    Brand = "brand",
    /// Title of the panel that has the keyboard.
    Title = "title",
    /// Titles of the other panels.
    TitleUnfocused = "title_unfocused",
    /// The open tab.
    TabActive = "tab_active",
    /// Keys in footer and help.
    Key = "key",
    /// Background of the selected row; a background, so that phases stay visible on it.
    Selection = "selection",
    /// The same in a panel without the keyboard.
    SelectionUnfocused = "selection_unfocused",
    /// Overlays: help.
    Overlay = "overlay",
    /// Text that matches the filter.
    Match = "match",
    /// Something runs.
    Running = "running",
    /// Failures, and nothing else.
    Error = "error",
    /// Something to know: refused requests, joined midway.
    Warning = "warning",
    /// Money.
    Cost = "cost",
    /// Glyph of a turn.
    Turn = "turn",
    /// Glyph of agents and workflows.
    Agent = "agent",
    /// Glyph of model calls.
    Call = "call",
    /// Glyph of tools and what tools do.
    Tool = "tool",
    /// The thin line of containers in the waterfall.
    Container = "container",
    /// Phase: network or gateway before the server's own time.
    Gateway = "gateway",
    /// Phase: the engine's queue.
    Queue = "queue",
    /// Phase: prefill as the engine tells it.
    Prefill = "prefill",
    /// Phase: wait and prefill, not told apart (a client's time to first token).
    WaitPrefill = "wait_prefill",
    /// Phase: decode.
    Decode = "decode",
    /// Phase: a tool works.
    ToolTime = "tool_time",
    /// Phase: a person is waited for.
    Human = "human",
    /// Phase: a model call without evidence of its split.
    NotSplit = "not_split",
    /// Phase: presumed to run.
    Presumed = "presumed",
}
