//! The one function that changes the state.

use super::action::{Action, Effect};
use super::ask::Ask;
use super::axis::Move;
use super::find::{Search, Way, find};
use super::page::View;
use super::pane::{Tab, Tone};
use super::state::{Mode, Panel, UiState};
use super::themes;
use super::{Picture, help};
use crate::model::node::Tree;
use tui_input::InputRequest;

/// Does what an action says and keeps the state in line with the picture. Effects tell what the
/// program has to do; when one asks for another tree or detail, hand that in with the next
/// [`Action::Data`].
pub fn update(ui: &mut UiState, picture: &Picture, action: Action) -> Vec<Effect> {
    let before = (ui.session, ui.selected());
    let mut effects = Vec::new();
    if let Some(effects) = themes::act(ui, &action).or_else(|| ui.act_in_pager(&action)) {
        return effects;
    }
    let action = match action {
        Action::PickAccept => ui.picked(),
        action => action,
    };
    effects.extend(for_the_program(&action));
    match action {
        Action::Data | Action::PickAccept => {}
        Action::Themes => themes::toggle(ui),
        Action::Resize(columns, rows) => ui.size = (columns, rows),
        Action::Point(point) => ui.point(picture, &point),
        Action::Mouse => effects.push(ui.toggle_mouse()),
        Action::Time(clock) => ui.set_clock(clock),
        Action::Tell(tone, text) => ui.tell(tone, text),
        Action::Copy => effects.extend(ui.ask_copy(picture)),
        Action::Save => ui.ask_save(picture, false),
        Action::Taken(order) => ui.ask_overwrite(order),
        Action::Answer(answer) => effects.extend(ui.answer(picture, answer)),
        Action::Hand(program) => effects.extend(ui.hand(picture, program)),
        Action::Mark => ui.mark(),
        Action::Diff => effects.extend(ui.compare(picture)),
        Action::Pin => effects.extend(ui.pin(picture)),
        Action::Dismiss => effects.extend(ui.dismiss(picture)),
        Action::Recall => effects.extend(ui.recall()),
        Action::Clear => ui.mode = Mode::Ask(Ask::Clear),
        Action::Quit => effects.extend(ui.leave(picture)),
        Action::Help => toggle_help(ui),
        Action::Read | Action::Form | Action::Tie(_) | Action::Leap(_) => ui.go(picture, &action),
        Action::Palette => ui.open_palette(),
        Action::Jump => ui.open_jump(),
        Action::PickEdit(request) => ui.type_in_list(&[request]),
        Action::GoTo(session, node) => {
            (ui.focus, ui.zoomed) = (Panel::Tree, false);
            ui.go_to(picture, session, node);
        }
        Action::Follow => toggle_follow(ui),
        Action::Pause => effects.push(toggle_pause(ui)),
        Action::View(view) => show_view(ui, picture, view),
        Action::Open => ui.ask_open(),
        Action::Internals => effects.push(toggle_internals(ui)),
        Action::Clock => ui.wall_clock = !ui.wall_clock,
        Action::Alike => ui.show_alike(picture),
        Action::Sort => effects.push(ui.change_sort()),
        Action::Paste(text) => paste(ui, &text),
        Action::PickCancel => ui.mode = Mode::Main,
        Action::NextSession => step_session(ui, picture, Way::Forward),
        Action::PreviousSession => step_session(ui, picture, Way::Back),
        Action::NextPanel => step_panel(ui, 1),
        Action::PreviousPanel => step_panel(ui, 2),
        Action::NextTab => ui.step_tab(Way::Forward),
        Action::PreviousTab => ui.step_tab(Way::Back),
        Action::Scope(scope) => ui.scope = scope,
        Action::Enter => drill_in(ui, picture),
        Action::Back => back(ui),
        Action::NextMatch => find(ui, picture, Way::Forward, Search::Match),
        Action::PreviousMatch => find(ui, picture, Way::Back, Search::Match),
        Action::NextError => find(ui, picture, Way::Forward, Search::Error),
        Action::PreviousError => find(ui, picture, Way::Back, Search::Error),
        Action::NextFinding => find(ui, picture, Way::Forward, Search::Finding),
        Action::PreviousFinding => find(ui, picture, Way::Back, Search::Finding),
        Action::DearestCall => find(ui, picture, Way::Forward, Search::Dearest),
        Action::PinColumn => ui.pin_column(picture),
        Action::ZoomIn
        | Action::ZoomOut
        | Action::PanEarlier
        | Action::PanLater
        | Action::Fit
        | Action::Gaps
        | Action::WholeSession => move_axis(ui, picture, &action),
        Action::Legend => ui.no_legend = !ui.no_legend,
        Action::CriticalPath => ui.lit = !ui.lit,
        Action::Up
        | Action::Down
        | Action::Left
        | Action::Right
        | Action::Top
        | Action::Bottom
        | Action::PageUp
        | Action::PageDown => travel(ui, picture, &action),
        looking => ui.act_on_query(looking),
    }
    ui.refresh(picture);
    ui.refresh_list(picture);
    let after = (ui.session, ui.selected());
    if after != before {
        show_on_axis(ui, picture);
    }
    if let Some(session) = after.0.filter(|_| after.0 != before.0) {
        effects.push(Effect::ShowSession(session));
    }
    if let (Some(session), Some(node)) = after
        && after != before
    {
        effects.push(Effect::ShowNode(session, node));
    }
    effects
}

/// What is for the program alone to do.
fn for_the_program(action: &Action) -> Option<Effect> {
    match action {
        Action::Suspend => Some(Effect::Suspend),
        Action::QuitNow => Some(Effect::Quit),
        Action::PlayDemo => Some(Effect::PlayDemo),
        Action::Record => Some(Effect::Record),
        _ => None,
    }
}

fn move_axis(ui: &mut UiState, picture: &Picture, action: &Action) {
    let to = match action {
        Action::Fit => return ui.axis.fit(),
        Action::Gaps => return ui.axis.toggle_gaps(),
        Action::WholeSession => return ui.axis.toggle_session(),
        Action::ZoomIn => Move::In,
        Action::ZoomOut => Move::Out,
        Action::PanEarlier => Move::Earlier,
        _ => Move::Later,
    };
    ui.axis.go(to, ui.selected_node(picture), picture.now);
}

/// The selection is never left out of sight by what moved it.
fn show_on_axis(ui: &mut UiState, picture: &Picture) {
    if let Some(node) = ui.selected_node(picture) {
        ui.axis.show(node, picture.now);
    }
}

fn toggle_follow(ui: &mut UiState) {
    ui.follow = !ui.follow;
    ui.session_picked &= !ui.follow;
}

fn toggle_pause(ui: &mut UiState) -> Effect {
    ui.paused = !ui.paused;
    Effect::Pause(ui.paused)
}

fn toggle_internals(ui: &mut UiState) -> Effect {
    ui.internals = !ui.internals;
    Effect::ListAll
}

fn toggle_help(ui: &mut UiState) {
    ui.mode = match ui.mode {
        Mode::Help { .. } => Mode::Main,
        _ => Mode::Help { scroll: 0 },
    };
}

fn paste(ui: &mut UiState, text: &str) {
    let typed: Vec<_> = text
        .chars()
        .filter(|c| !c.is_control())
        .map(InputRequest::InsertChar)
        .collect();
    ui.paste_ask(text);
    ui.edit_query(&typed);
    ui.type_in_list(&typed);
}

fn step_session(ui: &mut UiState, picture: &Picture, way: Way) {
    let at = picture
        .sessions
        .iter()
        .position(|s| Some(s.id) == ui.session);
    let next = match (at, way) {
        (Some(at), Way::Forward) => at + 1,
        (Some(at), Way::Back) => at.saturating_sub(1),
        (None, _) => 0,
    };
    if let Some(session) = picture.sessions.get(next) {
        ui.session_picked = true;
        ui.go_to_session(session.id);
    }
}

impl UiState {
    /// The next tab of the page in view, else of the detail.
    fn step_tab(&mut self, way: Way) {
        if self.view != View::Trace {
            self.step_scope(way);
            return;
        }
        self.tab = self.tab.step(match way {
            Way::Forward => 1,
            Way::Back => Tab::ALL.len() - 1,
        });
    }
}

fn step_panel(ui: &mut UiState, by: usize) {
    const ORDER: [Panel; 3] = [Panel::Tree, Panel::Detail, Panel::Sessions];
    let at = ORDER.iter().position(|p| *p == ui.focus).unwrap_or(0);
    ui.zoomed = false;
    ui.focus = ORDER
        .get((at + by) % ORDER.len())
        .copied()
        .unwrap_or_default();
}

pub(super) fn drill_in(ui: &mut UiState, picture: &Picture) {
    match ui.view {
        View::Trace => {}
        View::Transcript => return ui.enter_reader(picture),
        _ => return ui.enter_page(picture),
    }
    match (ui.focus, ui.tab) {
        (Panel::Sessions, _) => ui.focus = Panel::Tree,
        (Panel::Tree, _) if !ui.rows.is_empty() => ui.focus = Panel::Detail,
        (Panel::Tree, _) => {}
        (Panel::Detail, Tab::Attributes) if ui.zoomed => ui.change_attributes(picture, |s| {
            s.toggle_selected();
        }),
        (Panel::Detail, _) => ui.zoomed = true,
    }
}

fn back(ui: &mut UiState) {
    match ui.mode {
        Mode::Main => {}
        Mode::Filter(_) => return ui.cancel_query(),
        _ => return ui.mode = Mode::Main,
    }
    if ui.view != View::Trace {
        ui.leave_page();
    } else if ui.zoomed {
        ui.zoomed = false;
    } else if ui.focus != Panel::Tree {
        ui.focus = Panel::Tree;
    } else {
        ui.search.ask(String::new());
    }
}

fn show_view(ui: &mut UiState, picture: &Picture, view: View) {
    if view == View::SetUp && picture.setups.is_empty() {
        let word = "nothing is received here: `spanfall env` tells how to set up";
        ui.tell(Tone::Warning, word);
    } else {
        ui.show_view(view);
    }
}

fn travel(ui: &mut UiState, picture: &Picture, action: &Action) {
    if ui.travel_list(action) {
        return;
    }
    match (&ui.mode, action) {
        (Mode::Filter(_), Action::Up) => return ui.recall_query(1),
        (Mode::Filter(_), Action::Down) => return ui.recall_query(-1),
        _ => {}
    }
    if let Mode::Help { scroll } = ui.mode {
        let shown = usize::from(ui.size.1).saturating_sub(2);
        let last = help::lines(ui.size.0).saturating_sub(shown);
        let to = scroll.saturating_add_signed(distance(action, 10, last));
        ui.mode = Mode::Help {
            scroll: to.min(last),
        };
        return;
    }
    match ui.view {
        View::Trace => {}
        View::Transcript => return ui.travel_reader(picture, action),
        _ => return ui.travel_page(action),
    }
    if matches!(ui.mode, Mode::Ask(_)) {
        ui.travel_ask(distance(action, 10, 100));
        return;
    }
    match ui.focus {
        Panel::Tree => travel_tree(ui, picture, action),
        Panel::Sessions => match action {
            Action::Up => step_session(ui, picture, Way::Back),
            Action::Down => step_session(ui, picture, Way::Forward),
            Action::Right => ui.focus = Panel::Tree,
            _ => {}
        },
        Panel::Detail => match (action, ui.tab) {
            (Action::Left, Tab::Attributes) => ui.change_attributes(picture, |s| {
                s.key_left();
            }),
            (Action::Right, Tab::Attributes) => ui.change_attributes(picture, |s| {
                s.key_right();
            }),
            (Action::Left, _) => ui.tab = ui.tab.step(Tab::ALL.len() - 1),
            (Action::Right, _) => ui.tab = ui.tab.step(1),
            _ => {
                let page = usize::from(ui.layout().detail.height);
                ui.scroll_pane(picture, distance(action, page, isize::MAX as usize));
            }
        },
    }
}

/// Lines that a vertical move goes: a page less one line of overlap, or as far as `all`.
pub(super) fn distance(action: &Action, page: usize, all: usize) -> isize {
    let page = isize::try_from(page.saturating_sub(1).max(1)).unwrap_or(1);
    let all = isize::try_from(all).unwrap_or(isize::MAX);
    match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => -all,
        Action::Bottom => all,
        _ => 0,
    }
}

fn travel_tree(ui: &mut UiState, picture: &Picture, action: &Action) {
    let Some(tree) = picture.tree.filter(|_| picture.session == ui.session) else {
        return;
    };
    ui.follow = false;
    match action {
        Action::Left => fold_or_parent(ui, tree),
        Action::Right => unfold_or_child(ui, tree),
        _ => {
            let page = usize::from(ui.layout().rows.height);
            let to = ui
                .cursor
                .saturating_add_signed(distance(action, page, ui.rows.len()));
            ui.select_row(tree, to);
            ui.reveal();
        }
    }
}

fn fold_or_parent(ui: &mut UiState, tree: &Tree) {
    let Some(row) = ui.rows.get(ui.cursor).copied() else {
        return;
    };
    let node = tree.nodes.get(row.node as usize);
    if let Some(node) = node.filter(|_| row.parent && !row.folded && ui.search.is_empty()) {
        ui.set_fold(node.id, true);
        return;
    }
    let above = ui
        .rows
        .iter()
        .take(ui.cursor)
        .rposition(|r| r.depth < row.depth);
    if let Some(above) = above {
        ui.select_row(tree, above);
        ui.reveal();
    }
}

fn unfold_or_child(ui: &mut UiState, tree: &Tree) {
    let Some(row) = ui.rows.get(ui.cursor).copied() else {
        return;
    };
    match tree.nodes.get(row.node as usize) {
        Some(node) if row.folded => ui.set_fold(node.id, false),
        _ if row.parent => {
            ui.select_row(tree, ui.cursor + 1);
            ui.reveal();
        }
        _ => {}
    }
}
