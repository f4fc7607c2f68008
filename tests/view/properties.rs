use crate::fixture::{Fixture, fixture};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use spanfall::model::ids::{NodeId, SessionId};
use spanfall::model::node::Tree;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, Effect, Picture, UiState, update};
use spanfall::view::draw;

fn action() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        (0u16..130, 0u16..45).prop_map(|(w, h)| Resize(w, h)),
        prop::sample::select(vec!["a", "bash", "zzz", "日本", " "]).prop_map(|t| Paste(t.into())),
        prop::sample::select(vec![
            Data,
            Up,
            Down,
            Left,
            Right,
            Enter,
            Back,
            NextPanel,
            PreviousPanel,
            NextTab,
            PreviousTab,
            NextSession,
            PreviousSession,
            Top,
            Bottom,
            PageUp,
            PageDown,
            Filter,
            FilterAccept,
            FilterCancel,
            NextMatch,
            PreviousMatch,
            NextError,
            PreviousError,
            Follow,
            Pause,
            Internals,
            Clock,
            ZoomIn,
            ZoomIn,
            ZoomOut,
            Fit,
            PanEarlier,
            PanLater,
            Gaps,
            WholeSession,
            Legend,
            Help,
            Palette,
            Jump,
            PickAccept,
            PickCancel,
            PickEdit(tui_input::InputRequest::InsertChar('e')),
            FilterEdit(tui_input::InputRequest::DeletePrevChar),
            FilterEdit(tui_input::InputRequest::InsertChar('s')),
        ]),
    ]
}

/// The first so many nodes of a tree, as it looked earlier; or as it looks once some went.
fn prefix(tree: &Tree, count: usize) -> Tree {
    let mut tree = tree.clone();
    tree.nodes.truncate(count);
    for (i, node) in tree.nodes.iter_mut().enumerate() {
        node.descendants = node.descendants.min((count - i - 1) as u32);
    }
    tree
}

pub fn themes() -> [Theme; 3] {
    [
        (Depth::True, false),
        (Depth::Ansi16, false),
        (Depth::None, true),
    ]
    .map(|(depth, ascii)| Theme::built_in("dark", depth, ascii).unwrap())
}

/// Draws inside a frame of marked cells and checks that the frame is whole.
pub fn draw_framed(picture: &Picture, ui: &UiState, theme: &Theme, width: u16, height: u16) {
    let mut mark = Cell::EMPTY;
    mark.set_symbol("#");
    let whole = Rect::new(0, 0, width + 4, height + 2);
    let mut buffer = Buffer::filled(whole, mark.clone());
    let area = Rect::new(3, 1, width, height);
    draw(picture, ui, theme, area, &mut buffer);
    for y in 0..whole.height {
        for x in 0..whole.width {
            let inside = (3..3 + width).contains(&x) && (1..1 + height).contains(&y);
            assert!(
                inside || buffer[(x, y)] == mark,
                "{width}x{height} wrote at {x},{y}"
            );
        }
    }
}

#[test]
fn every_size_is_drawn_inside_its_area() {
    let data = fixture();
    let mut bare = fixture();
    bare.sessions.clear();
    let [colour, _, plain] = themes();
    let starts: [&[Action]; 6] = [
        &[Action::Palette, Action::PageDown, Action::Paste("n".into())],
        &[Action::Jump, Action::Paste("日本".into())],
        &[],
        &[Action::Enter, Action::NextTab, Action::NextTab],
        &[Action::PreviousPanel, Action::Help],
        &[
            Action::Filter,
            Action::Paste("日本 long text that does not fit into the line at all".into()),
        ],
    ];
    for (i, start) in starts.iter().enumerate() {
        for width in (0..=200u16).filter(|w| *w < 66 || w % 9 == 0) {
            for height in (0..=60u16).filter(|h| *h < 22 || h % 10 == 0) {
                if i > 0 && (width + height) % 5 > 0 {
                    continue;
                }
                let (data, theme) = match (width + height) % 3 {
                    0 => (&bare, &colour),
                    1 => (&data, &plain),
                    _ => (&data, &colour),
                };
                let picture = data.picture();
                let mut ui = UiState::new(width, height);
                update(&mut ui, &picture, Action::Data);
                for action in *start {
                    update(&mut ui, &picture, action.clone());
                }
                draw_framed(&picture, &ui, theme, width, height);
            }
        }
    }
}

/// What must hold after every update.
fn check(ui: &UiState, picture: &Picture) {
    let Some(tree) = picture.tree.filter(|_| picture.session == ui.session()) else {
        return;
    };
    let Some(row) = ui.rows().get(ui.cursor()) else {
        assert!(ui.rows().is_empty());
        return;
    };
    assert_eq!(Some(tree.nodes[row.node as usize].id), ui.selected());
    let height = usize::from(ui.layout().rows.height).max(1);
    assert!(
        (ui.scroll()..ui.scroll() + height).contains(&ui.cursor()),
        "{} {}",
        ui.scroll(),
        ui.cursor()
    );
    assert!(ui.scroll() == 0 || ui.scroll() + height <= ui.rows().len());
}

fn with<'a>(
    data: &'a Fixture,
    tree: &'a Tree,
    version: u64,
    session: Option<SessionId>,
) -> Picture<'a> {
    Picture {
        tree: Some(tree),
        tree_version: version,
        session,
        ..data.picture()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_actions_leave_a_valid_selection(steps in prop::collection::vec((action(), 0usize..17), 1..60)) {
        let data = fixture();
        let theme = &themes()[0];
        let mut ui = UiState::new(80, 24);
        let mut shown = Some(SessionId(1));
        for (version, (action, count)) in steps.into_iter().enumerate() {
            let tree = if count == 16 { data.tree.clone() } else { prefix(&data.tree, count) };
            let picture = with(&data, &tree, version as u64, shown);
            for effect in update(&mut ui, &picture, action) {
                if let Effect::ShowSession(session) = effect {
                    shown = Some(session);
                }
            }
            check(&ui, &picture);
            let (width, height) = (80, 24);
            draw_framed(&picture, &ui, theme, width, height);
        }
    }
}

#[test]
fn the_selected_row_keeps_its_line_when_rows_come_before_it() {
    let data = fixture();
    // Only the second turn first: nodes 2.. with parents moved.
    let mut late = data.tree.clone();
    late.nodes.drain(..2);
    for node in &mut late.nodes {
        node.parent = node.parent.map(|p| p - 2);
    }
    let mut ui = UiState::new(80, 24);
    let before = with(&data, &late, 1, Some(SessionId(1)));
    update(&mut ui, &before, Action::Data);
    for _ in 0..30 {
        update(&mut ui, &before, Action::Down);
    }
    let (selected, line) = (ui.selected(), ui.cursor() - ui.scroll());
    assert_eq!(
        line + 1,
        usize::from(ui.layout().rows.height),
        "scrolled to the bottom"
    );
    let after = with(&data, &data.tree, 2, Some(SessionId(1)));
    update(&mut ui, &after, Action::Data);
    assert_eq!((ui.selected(), ui.cursor() - ui.scroll()), (selected, line));
}

#[test]
fn a_node_that_went_leaves_the_selection_to_its_nearest_former_ancestor() {
    let data = fixture();
    let full = with(&data, &data.tree, 1, Some(SessionId(1)));
    let mut ui = UiState::new(120, 40);
    update(&mut ui, &full, Action::Data);
    update(&mut ui, &full, Action::NextError);
    assert_eq!(ui.selected(), Some(NodeId(15)));
    let earlier = prefix(&data.tree, 8);
    let fewer = with(&data, &earlier, 2, Some(SessionId(1)));
    let effects = update(&mut ui, &fewer, Action::Data);
    assert_eq!(ui.selected(), Some(NodeId(4)), "the agent above it");
    assert_eq!(effects, [Effect::ShowNode(SessionId(1), NodeId(4))]);
}

#[test]
fn following_selects_the_newest_running_row_until_one_moves() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = UiState::new(80, 24);
    update(&mut ui, &picture, Action::Data);
    assert_eq!(ui.selected(), data.tree.nodes.last().map(|n| n.id));
    update(&mut ui, &picture, Action::Up);
    let moved = ui.selected();
    update(&mut ui, &picture, Action::Data);
    assert_eq!(ui.selected(), moved);
    update(&mut ui, &picture, Action::Follow);
    assert_eq!(ui.selected(), data.tree.nodes.last().map(|n| n.id));
}

#[test]
fn errors_are_found_inside_folds() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = UiState::new(80, 24);
    for action in [
        Action::Data,
        Action::Top,
        Action::Down,
        Action::Down,
        Action::Left,
    ] {
        update(&mut ui, &picture, action);
    }
    let folded = ui.rows().len();
    update(&mut ui, &picture, Action::NextError);
    assert_eq!(ui.selected(), Some(NodeId(15)));
    assert!(ui.rows().len() > folded);
}

#[test]
fn sessions_are_asked_for_and_one_comes_back_to_ones_place() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = UiState::new(80, 24);
    update(&mut ui, &picture, Action::Data);
    update(&mut ui, &picture, Action::Top);
    let place = ui.selected();
    let effects = update(&mut ui, &picture, Action::NextSession);
    assert_eq!(effects, [Effect::ShowSession(SessionId(2))]);
    assert!(ui.rows().is_empty() && ui.selected().is_none());
    update(&mut ui, &picture, Action::PreviousSession);
    assert_eq!(ui.selected(), place);
}
