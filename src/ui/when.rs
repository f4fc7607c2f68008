//! When a binding would do something: only then it is offered.

use super::page::View;
use super::pane::Tab;
use super::state::{Panel, UiState};

/// It would always do something.
pub(super) fn always(_: &UiState) -> bool {
    true
}

/// There are rows of a tree to move in.
pub(super) fn has_rows(ui: &UiState) -> bool {
    ui.view == View::Trace && !ui.rows.is_empty()
}

/// There are rows, and something failed.
pub(super) fn has_errors(ui: &UiState) -> bool {
    has_rows(ui) && ui.failed
}

/// Something was found in the session.
pub(super) fn has_marks(ui: &UiState) -> bool {
    has_rows(ui) && !ui.marks.is_empty()
}

/// The attributes of a row are looked at.
pub(super) fn on_attributes(ui: &UiState) -> bool {
    has_rows(ui) && ui.tab == Tab::Attributes
}

/// A session is looked at.
pub(super) fn has_session(ui: &UiState) -> bool {
    ui.view == View::Trace && ui.session.is_some()
}

/// The panels are on the screen, no page.
pub(super) fn on_panels(ui: &UiState) -> bool {
    ui.view == View::Trace
}

/// There is a session.
pub(super) fn has_any(ui: &UiState) -> bool {
    ui.session.is_some()
}

/// There is a session, or metrics told something without one.
pub(super) fn has_times(ui: &UiState) -> bool {
    has_any(ui) || ui.measured
}

/// Something is received, or was: a recording does not go on.
pub(super) fn receives(ui: &UiState) -> bool {
    ui.listens && ui.session.is_some()
}

/// A session is looked at that may go on.
pub(super) fn goes_on(ui: &UiState) -> bool {
    ui.listens && has_session(ui)
}

/// There is something to save.
pub(super) fn can_save(ui: &UiState) -> bool {
    has_any(ui) && can_move(ui)
}

/// There is something to move in.
pub(super) fn can_move(ui: &UiState) -> bool {
    ui.view != View::Trace || ui.session.is_some()
}

/// There is something to copy.
pub(super) fn can_copy(ui: &UiState) -> bool {
    ui.listens || can_move(ui)
}

/// Something is chosen that leads somewhere.
pub(super) fn can_enter(ui: &UiState) -> bool {
    has_session(ui) || (ui.view == View::Transcript && has_any(ui)) || ui.page.cursor.is_some()
}

/// A part of the axis is in sight.
pub(super) fn is_zoomed_in(ui: &UiState) -> bool {
    on_panels(ui) && ui.axis.window.is_some()
}

/// Something is looked for.
pub(super) fn is_filtered(ui: &UiState) -> bool {
    !ui.search.is_empty()
}

/// There is something to go back from.
pub(super) fn can_go_back(ui: &UiState) -> bool {
    ui.view != View::Trace || ui.zoomed || ui.focus != Panel::Tree || !ui.search.is_empty()
}

/// There are tabs to go through: of the detail or of a page.
pub(super) fn has_tabs(ui: &UiState) -> bool {
    has_rows(ui) || ui.page.tabs.len() > 1
}

/// There are contents to read.
pub(super) fn can_read(ui: &UiState) -> bool {
    (ui.view == View::Transcript && has_any(ui)) || has_rows(ui)
}

/// A row or session is marked.
pub(super) fn has_marked(ui: &UiState) -> bool {
    has_session(ui) && !ui.marked().list().is_empty()
}
