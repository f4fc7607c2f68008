//! What can happen to the screen, and what the screen asks of the program.

use super::ask::Answer;
use super::copy::Copied;
use super::leaps::{Leap, Tie};
use super::marked::Mark;
use super::mouse::Point;
use super::outside::{Handed, Program};
use super::page::View;
use super::pane::Tone;
use super::save::Order;
use super::scope::Scope;
use crate::model::ids::{NodeId, SessionId};
use tui_input::InputRequest;

/// Everything that [`super::update`] understands. Key table, mouse and tests speak it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The picture changed (or is the first): rows are rebuilt, the selection is held.
    Data,
    /// The terminal has this size: columns, rows.
    Resize(u16, u16),
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// Fold, or go to the parent.
    Left,
    /// Unfold, or go to the first child.
    Right,
    /// Drill in: to the tree, to the detail, the detail over the whole screen.
    Enter,
    /// Back out of what Enter, filter or an overlay opened.
    Back,
    /// Next panel.
    NextPanel,
    /// Previous panel.
    PreviousPanel,
    /// Next tab of the detail.
    NextTab,
    /// Previous tab of the detail.
    PreviousTab,
    /// Have the page be about this.
    Scope(Scope),
    /// Next session.
    NextSession,
    /// Previous session.
    PreviousSession,
    /// First row.
    Top,
    /// Last row.
    Bottom,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Open the filter line.
    Filter,
    /// Edit the filter line.
    FilterEdit(InputRequest),
    /// Text pasted into the line that has the keyboard.
    Paste(String),
    /// Put what may stand at the cursor of the filter line there: the next, or one before (-1).
    FilterComplete(isize),
    /// Look for this.
    Query(String),
    /// List what there is to look for in what is shown.
    Facets,
    /// Look for what is like the selected row: same agent and same tool or model; where that is
    /// neither, list agents and their tools.
    Alike,
    /// Sort siblings and sessions by something else.
    Sort,
    /// Keep the filter and close its line.
    FilterAccept,
    /// Drop what was typed and close the line.
    FilterCancel,
    /// Next row that matches the filter.
    NextMatch,
    /// Previous row that matches the filter.
    PreviousMatch,
    /// Next failed node, unfolded to.
    NextError,
    /// Previous failed node, unfolded to.
    PreviousError,
    /// Next node with a finding, unfolded to.
    NextFinding,
    /// Previous node with a finding, unfolded to.
    PreviousFinding,
    /// The call that cost most, unfolded to.
    DearestCall,
    /// Make the selected attribute a column of the tree, or stop that.
    PinColumn,
    /// Keep the newest running row selected, or stop that.
    Follow,
    /// Hold the display, or let it go on.
    Pause,
    /// Show this view.
    View(View),
    /// Play the bundled recording.
    PlayDemo,
    /// Ask which recording to open.
    Open,
    /// Show or hide plumbing spans, and sessions without anything of an agent.
    Internals,
    /// Relative or wall-clock times.
    Clock,
    /// Zoom the waterfall in around the selected row.
    ZoomIn,
    /// Zoom the waterfall out.
    ZoomOut,
    /// All of the turn in sight again.
    Fit,
    /// Show what was earlier, where zoomed.
    PanEarlier,
    /// Show what was later, where zoomed.
    PanLater,
    /// Fold gaps in which nothing ran, or draw them to scale.
    Gaps,
    /// Hide or show the line that is the legend of the bars.
    Legend,
    /// Light what the end of the turn waited for, or stop that.
    CriticalPath,
    /// The whole session on the axis, or the selected row's turn.
    WholeSession,
    /// What the mouse points at.
    Point(Point),
    /// Listen to the mouse, or leave it to the terminal, which selects text with it.
    Mouse,
    /// The program's clock, ms: what is said for a moment goes by it.
    Time(u64),
    /// Say something for a moment.
    Tell(Tone, String),
    /// Ask what to copy of what is selected.
    Copy,
    /// Ask what to save, and where.
    Save,
    /// Begin a recording of what is received, or end it.
    Record,
    /// The name of an order is taken: ask whether what is there may go.
    Taken(Order),
    /// Answer a question.
    Answer(Answer),
    /// Mark what is selected, or take its mark away: between two rows is a ruler.
    Mark,
    /// Compare what is marked.
    Diff,
    /// Keep the session in view at the top of the list and in memory, or stop that.
    Pin,
    /// Take the session in view out of the list until something new comes of it.
    Dismiss,
    /// Bring dismissed sessions back.
    Recall,
    /// Ask whether all that was received may go.
    Clear,
    /// Leave the program, unless something would be lost: then ask first.
    Quit,
    /// Open the palette: every action, to be found by typing.
    Palette,
    /// Open the jump: sessions, turns and nodes, to be found by typing.
    Jump,
    /// Show a session or a node of it, unfolding what hides it.
    GoTo(SessionId, Option<NodeId>),
    /// Edit the line of the open list.
    PickEdit(InputRequest),
    /// Close the list and do what is chosen in it.
    PickAccept,
    /// Close the list.
    PickCancel,
    /// Read what is chosen whole, in the pager.
    Read,
    /// Hand it to the person's own pager or editor.
    Hand(Program),
    /// Show contents in the next form.
    Form,
    /// Go from a tool's call to an end of it.
    Tie(Tie),
    /// Go to what stands out in the session.
    Leap(Leap),
    /// Open or close help.
    Help,
    /// Open the list of themes, or keep the one shown.
    Themes,
    /// Stop the program, as a shell does.
    Suspend,
    /// Leave the program at once.
    QuitNow,
}

/// What the program is asked to do. Effects are data; carrying them out is the app's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Hand in the tree of this session from now on.
    ShowSession(SessionId),
    /// Play the bundled recording into the receiver.
    PlayDemo,
    /// Take in the recording at this path, with the times that it has.
    Open(String),
    /// Go on with this path, as far as there is one way to.
    Complete(String),
    /// Hand in the sessions that [`super::UiState::shows_internals`] now asks for.
    ListAll,
    /// Hand in the detail of this node from now on.
    ShowNode(SessionId, NodeId),
    /// Hand in the comparison of these two from now on.
    Compare(Mark, Mark),
    /// Stop (true) or resume applying what is received to the picture.
    Pause(bool),
    /// Listen to the mouse (true) or leave it to the terminal.
    Mouse(bool),
    /// Put a text into the terminal's clipboard.
    Copy(Copied),
    /// Hand a text to another program, and the terminal with it.
    Hand(Handed),
    /// Write a file.
    Save(Order),
    /// Begin a recording of what is received, or end it.
    Record,
    /// Let go of all that was received.
    Clear,
    /// Draw in the colours of this theme.
    Theme(String),
    /// Stop until the shell says to go on.
    Suspend,
    /// Leave.
    Quit,
}
