use crate::fixture::{Fixture, fixture};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use spanfall::model::ids::{NodeId, SessionId};
use spanfall::model::node::Tree;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::mouse::{Edge, Hits, Point, Pointer, Target};
use spanfall::ui::pane::Tab;
use spanfall::ui::state::Panel;
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
            View(spanfall::ui::View::Cost),
            View(spanfall::ui::View::Latency),
            Legend,
            Help,
            Mouse,
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
pub fn draw_framed(
    picture: &Picture,
    ui: &UiState,
    theme: &Theme,
    width: u16,
    height: u16,
) -> Hits {
    let mut mark = Cell::EMPTY;
    mark.set_symbol("#");
    let whole = Rect::new(0, 0, width + 4, height + 2);
    let mut buffer = Buffer::filled(whole, mark.clone());
    let area = Rect::new(3, 1, width, height);
    let hits = draw(picture, ui, theme, area, &mut buffer);
    for (hit, target) in hits.all() {
        assert_eq!(hit.intersection(area), *hit, "{target:?}");
    }
    for y in 0..whole.height {
        for x in 0..whole.width {
            let inside = (3..3 + width).contains(&x) && (1..1 + height).contains(&y);
            assert!(
                inside || buffer[(x, y)] == mark,
                "{width}x{height} wrote at {x},{y}"
            );
        }
    }
    hits
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
        &[
            Action::Enter,
            Action::PreviousTab,
            Action::PreviousTab,
            Action::PreviousTab,
        ],
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

/// A mouse event anywhere on a screen of any size, and the time since the one before, ms.
fn mouse() -> impl Strategy<Value = (MouseEvent, u64)> {
    use MouseEventKind::*;
    let kinds = vec![
        Down(MouseButton::Left),
        Down(MouseButton::Left),
        Drag(MouseButton::Left),
        Up(MouseButton::Left),
        ScrollUp,
        ScrollDown,
        Moved,
    ];
    let kind = prop::sample::select(kinds);
    (kind, 0u16..130, 0u16..45, 0u64..600).prop_map(|(kind, column, row, after)| {
        let modifiers = KeyModifiers::NONE;
        let event = MouseEvent {
            kind,
            column,
            row,
            modifiers,
        };
        (event, after)
    })
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

    #[test]
    fn any_pointing_between_keys_leaves_a_valid_selection(
        steps in prop::collection::vec((action(), prop::collection::vec(mouse(), 0..6)), 1..30),
        size in (0u16..130, 0u16..45),
    ) {
        let data = fixture();
        let theme = &themes()[0];
        let mut ui = UiState::new(size.0, size.1);
        let (mut pointer, mut at, mut size) = (Pointer::default(), 0, size);
        for (action, events) in steps {
            if let Action::Resize(width, height) = action {
                size = (width, height);
            }
            let picture = with(&data, &data.tree, 1, ui.session().or(Some(SessionId(1))));
            update(&mut ui, &picture, action);
            for (event, after) in events {
                at += after;
                let hits = draw_framed(&picture, &ui, theme, size.0, size.1);
                if let Some(action) = pointer.action(event, &hits, at) {
                    update(&mut ui, &picture, action);
                }
                check(&ui, &picture);
            }
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

/// The first place where this stands on the screen, of what can be pointed at.
fn place(hits: &Hits, target: &Target) -> (u16, u16) {
    let found = hits
        .all()
        .iter()
        .find(|(area, t)| t == target && hits.at(area.x, area.y) == Some(target));
    let (area, _) = found.unwrap_or_else(|| panic!("no {target:?}"));
    (area.x, area.y)
}

#[test]
fn clicks_select_fold_drill_in_and_open_tabs_where_they_are_drawn() {
    let data = fixture();
    let picture = data.picture();
    let theme = &themes()[0];
    let mut ui = UiState::new(120, 40);
    update(&mut ui, &picture, Action::Data);
    let mut pointer = Pointer::default();
    let mut at = 0;
    let mut click = |ui: &mut UiState, target: Target, at: u64| {
        let hits = draw_framed(&picture, ui, theme, 120, 40);
        let (column, row) = place(&hits, &target);
        let kind = MouseEventKind::Down(MouseButton::Left);
        let modifiers = KeyModifiers::NONE;
        let event = MouseEvent {
            kind,
            column,
            row,
            modifiers,
        };
        let action = pointer.action(event, &hits, at).unwrap();
        update(ui, &picture, action)
    };
    let mut later = || {
        at += 1_000;
        at
    };
    let agent = data.tree.nodes[3].id;
    click(&mut ui, Target::Row(agent), later());
    assert_eq!(ui.selected(), Some(agent));
    let (rows, parent) = (ui.rows().len(), ui.rows()[ui.cursor()].node as usize);
    let below = data.tree.nodes[parent].descendants as usize;
    assert!(below > 0);
    click(&mut ui, Target::Fold(agent), later());
    assert!(ui.rows()[ui.cursor()].folded && ui.rows().len() < rows);
    click(&mut ui, Target::Fold(agent), later());
    assert_eq!(ui.rows().len(), rows);

    let twice = later();
    click(&mut ui, Target::Row(agent), twice);
    let before = ui.layout().detail.height;
    click(&mut ui, Target::Row(agent), twice + 200);
    assert!(
        ui.layout().detail.height > before,
        "drilled in: the detail has the keyboard"
    );
    click(&mut ui, Target::Tab(Tab::Source), later());
    let hits = draw_framed(&picture, &ui, theme, 120, 40);
    assert!(
        hits.all()
            .iter()
            .any(|(_, t)| *t == Target::Panel(Panel::Detail))
    );

    let effects = click(&mut ui, Target::Session(SessionId(2)), later());
    assert_eq!(effects.first(), Some(&Effect::ShowSession(SessionId(2))));
    click(&mut ui, Target::Does(Action::Help), later());
    let hits = draw_framed(&picture, &ui, theme, 120, 40);
    assert_eq!(
        hits.at(60, 21),
        Some(&Target::Overlay),
        "help lies over all"
    );
}

#[test]
fn borders_are_dragged_within_bounds_and_go_back() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = UiState::new(120, 40);
    update(&mut ui, &picture, Action::Data);
    let own = ui.layout();
    let mut drag = |edge, to| {
        update(&mut ui, &picture, Action::Point(Point::Drag(edge, to)));
        ui.layout()
    };
    assert_eq!(drag(Edge::Sessions, 40).sessions.width, 40);
    assert_eq!(
        drag(Edge::Sessions, 119).sessions.width,
        50,
        "the tree keeps its room"
    );
    assert_eq!(drag(Edge::Sessions, 0).sessions.width, 16);
    assert_eq!(drag(Edge::Detail, 20).detail.y, 20);
    assert!(drag(Edge::Detail, 0).rows.height >= 3);
    assert_eq!(drag(Edge::Detail, 39).detail.height, 1);
    for edge in [Edge::Sessions, Edge::Detail] {
        update(&mut ui, &picture, Action::Point(Point::Reset(edge)));
    }
    assert_eq!(ui.layout(), own);
}

#[test]
fn the_wheel_scrolls_the_tree_and_takes_the_selection_along() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = UiState::new(80, 15);
    update(&mut ui, &picture, Action::Data);
    update(&mut ui, &picture, Action::Top);
    let wheel = |by| Action::Point(Point::Wheel(Panel::Tree, by));
    update(&mut ui, &picture, wheel(3));
    assert_eq!((ui.scroll(), ui.cursor()), (3, 3));
    update(&mut ui, &picture, wheel(-2));
    assert_eq!(
        (ui.scroll(), ui.cursor()),
        (1, 3),
        "it stays while it can be seen"
    );
    update(&mut ui, &picture, wheel(-9));
    assert_eq!(ui.scroll(), 0);
    check(&ui, &picture);
}
