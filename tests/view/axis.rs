//! Zoom, pan, gaps and the whole session. In the fixture the first turn takes 2.2 s, the second
//! begins 60 s after it and has run for 16.9 s; its second call is from 3.2 s to 7.1 s.

use crate::fixture::{Fixture, NOW, fixture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use spanfall::model::ids::NodeId;
use spanfall::model::node::{Node, NodeKind, State, Tree};
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, Picture, UiState, update};
use spanfall::view::draw;

const MS: u64 = 1_000_000;

struct Seen<'a> {
    data: &'a Fixture,
    ui: UiState,
}

impl<'a> Seen<'a> {
    /// At the second call of the second turn.
    fn new(data: &'a Fixture, size: (u16, u16)) -> Self {
        use Action::{Data, Down, Left, Top};
        let mut seen = Self {
            data,
            ui: UiState::new(size.0, size.1),
        };
        seen.act(&[Data, Top, Left, Down, Down, Down, Down, Down]);
        seen
    }

    fn act(&mut self, actions: &[Action]) {
        for action in actions {
            update(&mut self.ui, &self.data.picture(), action.clone());
        }
    }

    fn lines(&self, picture: &Picture) -> Vec<String> {
        let size = self.ui.layout().footer;
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.bottom()));
        let theme = Theme::built_in("dark", Depth::Ansi16, false).unwrap();
        draw(picture, &self.ui, &theme, buffer.area, &mut buffer);
        (0..buffer.area.height)
            .map(|y| {
                (0..buffer.area.width)
                    .map(|x| buffer[(x, y)].symbol())
                    .collect::<String>()
            })
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    fn line(&self, with: &str) -> String {
        let lines = self.lines(&self.data.picture());
        let line = lines.iter().find(|l| l.contains(with));
        line.unwrap_or_else(|| panic!("no {with} in {lines:#?}"))
            .clone()
    }
}

#[test]
fn zooming_in_marks_what_lies_beyond_the_edges() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    assert!(seen.line(" cost ").contains(" 0s "), "all of the turn");
    seen.act(&[Action::ZoomIn, Action::ZoomIn]);
    // 10 s, then 5 s around 5.15 s, on a grid of half a second: 2.5 s to 7.5 s.
    let axis = seen.line(" cost ");
    assert!(axis.contains("5s of 16.9s"), "{axis}");
    assert!(
        axis.contains("4s") && axis.contains("6s") && !axis.contains("8s"),
        "{axis}"
    );
    assert!(seen.line("npm run lint").ends_with('›'));
    assert!(seen.line("Read").ends_with('▬'));
    // Another turn's rows are not on this axis at all.
    assert!(seen.line("what are the open").ends_with("2.2s"));
    seen.act(&[Action::PanLater, Action::PanLater]);
    // 7.5 s to 12.5 s: the selected call has gone to the left.
    let axis = seen.line(" cost ");
    assert!(axis.contains("‹ row beyond"), "{axis}");
    assert!(seen.line("Read").ends_with('‹') && !seen.line("npm run lint").ends_with('›'));
    seen.act(&[Action::Fit]);
    assert!(!seen.line(" cost ").contains(" of "));
    assert!(!seen.line("Read").ends_with('‹'));
}

#[test]
fn zooming_out_ends_where_all_is_in_sight() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    seen.act(&vec![Action::ZoomIn; 30]);
    assert!(seen.line(" cost ").contains("1ms of 16.9s"));
    let mut spans = Vec::new();
    for _ in 0..30 {
        seen.act(&[Action::ZoomOut]);
        let axis = seen.line(" cost ");
        let span = axis
            .split(" of ")
            .next()
            .unwrap()
            .rsplit(' ')
            .next()
            .unwrap();
        if axis.contains(" of 16.9s") {
            spans.push(span.to_owned());
        }
    }
    let steps = "2ms 5ms 10ms 20ms 50ms 100ms 200ms 500ms 1s 2s 5s 10s";
    assert_eq!(spans.join(" "), steps);
}

#[test]
fn moving_the_selection_moves_the_window_to_it() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    seen.act(&[Action::ZoomIn, Action::ZoomIn, Action::NextError]);
    // 12.4 s, half a second of the grid before it.
    let axis = seen.line(" cost ");
    assert!(
        axis.contains("5s of 16.9s") && !axis.contains("beyond"),
        "{axis}"
    );
    assert!(seen.line("npm run lint").ends_with('▬') && seen.line("Read").ends_with('‹'));
}

#[test]
fn each_turn_keeps_its_window_while_rows_come() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    seen.act(&[Action::ZoomIn, Action::ZoomIn, Action::Top]);
    assert!(
        !seen.line(" cost ").contains(" of "),
        "the first turn is not zoomed"
    );
    seen.act(&[Action::Down]);
    let before = seen.line(" cost ");
    assert!(before.contains("5s of 16.9s"), "{before}");
    let mut grown = data.tree.clone();
    let last = grown.nodes.len() - 1;
    grown.nodes[last].start += 300 * MS;
    let picture = Picture {
        tree: Some(&grown),
        tree_version: 2,
        now: NOW + 900 * MS,
        ..data.picture()
    };
    update(&mut seen.ui, &picture, Action::Data);
    let after = seen
        .lines(&picture)
        .into_iter()
        .find(|l| l.contains(" cost "))
        .unwrap();
    assert!(after.contains("5s of 17.8s"), "{after}");
    let labels = |line: &str| line.rsplit_once("time").unwrap().1.to_owned();
    assert_eq!(labels(&before), labels(&after), "the axis stands still");
}

#[test]
fn a_running_turn_zooms_to_its_newest() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    seen.act(&[Action::Top, Action::Down, Action::ZoomIn, Action::ZoomIn]);
    // 16.9 s is now; the right edge stands at 17 s.
    assert!(
        seen.line("model?").ends_with("╌"),
        "{}",
        seen.line("model?")
    );
    assert!(seen.line("Read").ends_with('‹'));
    let later = Picture {
        now: NOW + 3_000 * MS,
        ..data.picture()
    };
    let lines = seen.lines(&later);
    let model = lines.iter().find(|l| l.contains("model?")).unwrap();
    assert!(model.ends_with("╌"), "it goes along: {model}");
}

#[test]
fn a_session_on_the_axis_folds_what_lies_between_turns() {
    let mut data = fixture();
    data.sessions[0].figures.idle_ns = 57_800 * MS;
    let mut seen = Seen::new(&data, (120, 40));
    seen.act(&[Action::WholeSession]);
    let axis = seen.line(" cost ");
    // 57.8 s passed between the turns.
    assert!(
        axis.contains("whole session") && axis.contains("⋯57.8s"),
        "{axis}"
    );
    let row = seen.line("what are the open");
    assert!(
        row.contains('█') && row.contains('┊'),
        "folded, with its call: {row}"
    );
    // Of 76.9 s from the first start until now: 57.8 s between the turns and 1.16 s in the second.
    let budget = seen.line(" idle ");
    assert!(
        budget.contains("session  1m17s") && budget.contains("idle 77%"),
        "{budget}"
    );
    seen.act(&[Action::Gaps]);
    let axis = seen.line(" cost ");
    assert!(!axis.contains('⋯') && axis.contains("1m"), "{axis}");
    seen.act(&[Action::WholeSession]);
    assert!(!seen.line(" cost ").contains("whole session"));
}

/// The second turn with ten idle minutes before its last two rows.
fn with_gap(tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    let count = tree.nodes.len();
    for node in &mut tree.nodes[2..count - 2] {
        let early = |t: u64| t - 600_000 * MS;
        (node.start, node.end) = (early(node.start), node.end.map(early));
    }
    tree
}

#[test]
fn gaps_in_a_turn_are_folded_on_demand() {
    let mut data = fixture();
    data.tree = with_gap(&data.tree);
    let mut seen = Seen::new(&data, (120, 40));
    assert!(!seen.line(" cost ").contains('⋯'));
    seen.act(&[Action::Gaps]);
    // From the end of lint, 13.5 s, to the agent that begins at 10 m 13.5 s.
    let axis = seen.line(" cost ");
    assert!(axis.contains("⋯10m00s"), "{axis}");
}

#[test]
fn a_tool_with_only_plumbing_below_it_is_no_gap() {
    let mut data = fixture();
    let mut tree = with_gap(&data.tree);
    // Lint now runs until the agent begins; below it is one span of plumbing at its start.
    let until = tree.nodes[tree.nodes.len() - 2].start;
    let is_lint = |n: &Node| n.detail.as_deref() == Some("npm run lint");
    let lint = tree.nodes.iter().position(is_lint);
    let node = &mut tree.nodes[lint.expect("the fixture has it")];
    (node.end, node.descendants) = (Some(until), 1);
    data.tree = tree;
    let mut seen = Seen::new(&data, (120, 40));
    seen.act(&[Action::Gaps]);
    assert!(
        !seen.line(" cost ").contains("⋯10m"),
        "{}",
        seen.line(" cost ")
    );
}

#[test]
fn the_legend_can_be_hidden() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    let rows = seen.ui.layout().rows.height;
    assert!(seen.line("wait+prefill 16%").contains("ctx"));
    seen.act(&[Action::Legend]);
    let lines = seen.lines(&data.picture());
    assert!(!lines.iter().any(|l| l.contains("wait+prefill 16%")));
    assert_eq!(seen.ui.layout().rows.height, rows + 1);
}

#[test]
fn one_session_gives_its_panel_to_the_tree() {
    let mut data = fixture();
    data.sessions.truncate(1);
    let seen = Seen::new(&data, (120, 40));
    assert_eq!(seen.ui.layout().rows.width, 120);
    let text = seen.lines(&data.picture()).join("\n");
    assert!(
        text.contains("1 session ")
            && text.contains("◉ fix the off-by-one in window.py claude-code"),
        "{text}"
    );
}

#[test]
fn the_number_of_sessions_is_told_at_every_width() {
    let data = fixture();
    for width in 60..200 {
        let seen = Seen::new(&data, (width, 24));
        let header = &seen.lines(&data.picture())[0];
        assert!(
            header.contains("3 sessions") && header.contains("≥$0.37"),
            "{width}: {header}"
        );
    }
}

#[test]
fn while_following_past_turns_fold_unless_they_were_opened() {
    let mut data = fixture();
    let folded = |seen: &Seen| seen.ui.rows()[0].folded;
    // Small: the session does not fit.
    let mut seen = Seen {
        data: &data,
        ui: UiState::new(80, 24),
    };
    let first: Vec<Node> = data.tree.nodes[..2].to_vec();
    let early = Tree {
        nodes: first,
        ..data.tree.clone()
    };
    let picture = Picture {
        tree: Some(&early),
        tree_version: 7,
        ..data.picture()
    };
    update(&mut seen.ui, &picture, Action::Data);
    assert!(!folded(&seen), "the only turn is open");
    seen.act(&[Action::Data]);
    assert!(folded(&seen), "the next one came");
    seen.act(&[Action::Top, Action::Right, Action::Follow]);
    assert!(!folded(&seen), "opened by hand it stays open");
    // Without following nothing folds by itself.
    data.tree.nodes[1].state = State::Ok;
    let mut seen = Seen {
        data: &data,
        ui: UiState::new(80, 24),
    };
    update(&mut seen.ui, &picture_of(&data, &early), Action::Data);
    seen.act(&[Action::Up, Action::Data]);
    assert!(!folded(&seen));
}

fn picture_of<'a>(data: &'a Fixture, tree: &'a Tree) -> Picture<'a> {
    Picture {
        tree: Some(tree),
        tree_version: 7,
        ..data.picture()
    }
}

#[test]
fn zooming_out_goes_back_to_what_was_in_sight() {
    let data = fixture();
    let mut seen = Seen::new(&data, (120, 40));
    // 10 s, 5 s, 2 s around 5.15 s, in the middle of a call that has ended: it fills the axis while the
    // turn runs on.
    seen.act(&[Action::ZoomIn, Action::ZoomIn]);
    let before = seen.line(" cost ");
    seen.act(&[Action::ZoomIn]);
    assert!(seen.line(" cost ").contains("2s of 16.9s"));
    seen.act(&[Action::ZoomOut]);
    let axis = seen.line(" cost ");
    assert!(axis.contains("5s of 16.9s"), "{axis}");
    assert!(!axis.contains("row beyond"), "{axis}");
    assert_eq!(axis, before);
}

#[test]
fn between_two_things_that_run_the_scale_stands_still() {
    let data = fixture();
    // All of the second turn is over, 0.9 s ago: an axis of its own would be one of 16 s, not of 20.
    let mut tree = data.tree.clone();
    for node in &mut tree.nodes {
        if node.end.is_none_or(|end| end > NOW - 900 * MS) {
            (node.end, node.state) = (Some(NOW - 900 * MS), State::Ok);
        }
    }
    let row = |seen: &Seen, picture: &Picture| {
        let lines = seen.lines(picture);
        lines.into_iter().find(|l| l.contains("Bash cargo test"))
    };
    let mut seen = Seen::new(&data, (120, 40));
    let running = row(&seen, &data.picture());
    let over = picture_of(&data, &tree);
    update(&mut seen.ui, &over, Action::Data);
    assert_eq!(row(&seen, &over), running, "more may come");
    let later = Picture {
        now: NOW + 100 * MS,
        ..picture_of(&data, &tree)
    };
    let whole = row(&seen, &later);
    assert_ne!(whole, running, "nothing has come for a second");
    // A recording does not go on.
    let mut still = fixture();
    still.receiver.listeners.clear();
    let mut seen = Seen::new(&still, (120, 40));
    let over = picture_of(&still, &tree);
    update(&mut seen.ui, &over, Action::Data);
    assert_eq!(row(&seen, &over), whole);
}

/// Four turns of eight calls are 36 rows; of 24 lines on the screen the tree has about half.
#[test]
fn past_turns_fold_from_the_oldest_on_until_the_rest_fits() {
    let data = fixture();
    let mut nodes = Vec::new();
    for turn in 0..4u32 {
        for call in 0..9u32 {
            let kind = if call == 0 {
                NodeKind::Turn
            } else {
                NodeKind::Call
            };
            let id = NodeId(u64::from(turn * 9 + call) + 1);
            let mut node = Node::missing(id, kind, "x", State::Ok);
            (node.parent, node.depth) =
                ((call > 0).then_some(turn * 9), u16::from(call > 0).into());
            node.descendants = if call == 0 { 8 } else { 0 };
            nodes.push(node);
        }
    }
    let tree = Tree {
        nodes,
        ..data.tree.clone()
    };
    let folded = |height| {
        let mut ui = UiState::new(120, height);
        update(&mut ui, &picture_of(&data, &tree), Action::Data);
        let turns = ui.rows().iter().filter(|row| row.depth == 0);
        let folded: Vec<bool> = turns.map(|row| row.folded).collect();
        (
            folded,
            ui.rows().len(),
            usize::from(ui.layout().rows.height),
        )
    };
    let (all, rows, room) = folded(70);
    assert!(rows == 36 && room >= rows && all == [false; 4]);
    for height in 24..60 {
        let (turns, rows, room) = folded(height);
        let open = turns.iter().filter(|folded| !**folded).count();
        assert!(turns.is_sorted_by(|a, b| a >= b), "the oldest: {turns:?}");
        assert!(!turns[3] && (rows <= room || open == 1), "{rows} of {room}");
        assert!(open == 4 || rows + 8 > room, "no more than must: {turns:?}");
    }
}
