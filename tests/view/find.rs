//! Finding on the screen: queries, what is offered, what is wrong, facets, sorting, and the contents
//! of what was received.

use crate::corpus::store;
use crate::fixture::{Fixture, fixture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use spanfall::app::contents::Kept;
use spanfall::app::lore::Known;
use spanfall::model::ids::NodeId;
use spanfall::model::node::{Node, NodeKind, State};
use spanfall::query::{Saved, parse};
use spanfall::theme::{Depth, Theme};
use spanfall::ui::state::{Mode, Settled};
use spanfall::ui::{Action, Picture, UiState, update};
use std::path::Path;

fn typed(text: &str) -> Action {
    Action::Paste(text.to_owned())
}

fn with(ui: UiState, picture: &Picture, actions: &[Action]) -> UiState {
    let mut ui = ui;
    update(&mut ui, picture, Action::Data);
    for action in actions {
        update(&mut ui, picture, action.clone());
    }
    ui
}

fn at(picture: &Picture, actions: &[Action]) -> UiState {
    with(UiState::new(120, 40), picture, actions)
}

fn lines(data: &Fixture, ui: &UiState) -> Vec<String> {
    let area = Rect::new(0, 0, 120, 40);
    let mut buffer = Buffer::empty(area);
    let theme = Theme::built_in("dark", Depth::None, false).unwrap();
    spanfall::view::draw(&data.picture(), ui, &theme, area, &mut buffer);
    let line = |y| {
        (0..120)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..40).map(line).collect()
}

/// Nodes of the rows that match.
fn matched(picture: &Picture, ui: &UiState) -> Vec<u64> {
    let nodes = &picture.tree.unwrap().nodes;
    let rows = ui.rows().iter().filter(|r| r.matches);
    rows.map(|r| nodes[r.node as usize].id.0).collect()
}

/// Nodes that this holds for.
fn nodes(picture: &Picture, wanted: impl Fn(&Node) -> bool) -> Vec<u64> {
    let nodes = picture.tree.unwrap().nodes.iter();
    nodes.filter(|n| wanted(n)).map(|n| n.id.0).collect()
}

#[test]
fn what_is_typed_is_looked_for_at_once() {
    let data = fixture();
    let picture = data.picture();
    let ui = at(&picture, &[Action::Filter, typed("kind:tool")]);
    let tools = nodes(&picture, |n| n.kind == NodeKind::Tool);
    assert!(!tools.is_empty());
    assert_eq!(matched(&picture, &ui), tools);
    // A query that is not finished changes nothing but what is said below it.
    let ui = at(
        &picture,
        &[Action::Filter, typed("kind:tool"), typed(" dur>")],
    );
    assert_eq!(matched(&picture, &ui), tools);
    let shown = lines(&data, &ui);
    assert!(shown[38].starts_with(" /kind:tool dur>"), "{}", shown[38]);
    let caret = shown[39].chars().position(|c| c == '^');
    assert_eq!(caret, Some(" /kind:tool dur>".len()));
    assert!(
        shown[39].contains("expected a time like 2s"),
        "{}",
        shown[39]
    );
    // It is not kept either: the line stays open until it is one.
    let kept = at(
        &picture,
        &[Action::Filter, typed("dur>"), Action::FilterAccept],
    );
    assert!(matches!(kept.mode(), Mode::Filter(_)));
    let kept = at(
        &picture,
        &[Action::Filter, typed("dur>"), Action::FilterCancel],
    );
    assert!(kept.search().is_empty() && matches!(kept.mode(), Mode::Main));
}

#[test]
fn matches_are_gone_through_in_their_order() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = at(
        &picture,
        &[
            Action::Filter,
            typed("kind:tool"),
            Action::FilterAccept,
            Action::Top,
        ],
    );
    let tools = nodes(&picture, |n| n.kind == NodeKind::Tool);
    let mut seen = Vec::new();
    for _ in 0..=tools.len() {
        update(&mut ui, &picture, Action::NextMatch);
        seen.extend(ui.selected().map(|n| n.0));
    }
    let round: Vec<_> = tools.iter().copied().chain([tools[0]]).collect();
    assert_eq!(seen, round);
    update(&mut ui, &picture, Action::PreviousMatch);
    assert_eq!(ui.selected().map(|n| n.0), tools.last().copied());
}

#[test]
fn what_may_stand_there_is_offered_and_put_there() {
    let data = fixture();
    let picture = data.picture();
    let text = |ui: &UiState| match ui.mode() {
        Mode::Filter(line) => line.input.value().to_owned(),
        other => panic!("{other:?}"),
    };
    let tab = Action::FilterComplete(1);
    let ui = at(&picture, &[Action::Filter, typed("sta"), tab.clone()]);
    assert!(text(&ui).starts_with("sta"), "status or start");
    let ui = at(
        &picture,
        &[Action::Filter, typed("statu"), tab.clone(), tab.clone()],
    );
    assert_eq!(
        text(&ui),
        "status:running",
        "the only one, and then its first value"
    );
    let ui = at(
        &picture,
        &[
            Action::Filter,
            typed("status:"),
            tab.clone(),
            tab.clone(),
            tab.clone(),
            Action::FilterComplete(-1),
        ],
    );
    assert_eq!(text(&ui), "status:ok");
    assert_eq!(
        ui.search().text(),
        "status:ok",
        "what is chosen is looked for"
    );
    // Tools of the session, most frequent first.
    let ui = at(
        &picture,
        &[Action::Filter, typed("tool:"), Action::Data, Action::Data],
    );
    let Mode::Filter(line) = ui.mode() else {
        panic!()
    };
    let tools = picture
        .tree
        .unwrap()
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Tool);
    for tool in tools {
        assert!(
            line.offers
                .items
                .iter()
                .any(|i| i.text.contains(&*tool.name)),
            "{}",
            tool.name
        );
    }
}

#[test]
fn earlier_queries_come_back() {
    let data = fixture();
    let picture = data.picture();
    let ask = |text: &str| {
        [
            Action::Filter,
            Action::FilterEdit(tui_input::InputRequest::DeleteLine),
            typed(text),
            Action::FilterAccept,
        ]
    };
    let mut actions: Vec<Action> = ask("bash").into();
    actions.extend(ask("kind:tool"));
    actions.extend([
        Action::Filter,
        Action::FilterEdit(tui_input::InputRequest::DeleteLine),
        typed("x"),
    ]);
    let ui = at(&picture, &actions);
    for (key, text) in [
        (Action::Up, "kind:tool"),
        (Action::Up, "bash"),
        (Action::Up, "bash"),
        (Action::Down, "kind:tool"),
        (Action::Down, "x"),
        (Action::Down, "x"),
    ] {
        actions.push(key);
        assert_eq!(at(&picture, &actions).search().text(), text);
    }
    assert_eq!(ui.search().text(), "x");
}

#[test]
fn saved_queries_are_used_by_name_and_listed() {
    let data = fixture();
    let picture = data.picture();
    let mut queries = Saved::default();
    queries.push("tools", parse("kind:tool", &queries).unwrap());
    let settled = Settled {
        queries,
        ..Settled::default()
    };
    let new = || UiState::new(120, 40).with(settled.clone());
    let tools = nodes(&picture, |n| n.kind == NodeKind::Tool);
    let ui = with(new(), &picture, &[Action::Filter, typed("@tools")]);
    assert_eq!(matched(&picture, &ui), tools);
    let ui = with(
        new(),
        &picture,
        &[Action::Palette, typed("@tools"), Action::PickAccept],
    );
    assert_eq!(ui.search().text(), "@tools");
    assert_eq!(matched(&picture, &ui), tools);
}

#[test]
fn facets_count_what_is_shown_and_ask_for_it() {
    let data = fixture();
    let picture = data.picture();
    let list = |ui: &UiState| match ui.mode() {
        Mode::Facets(facets) => {
            let all = facets.list.entries.iter();
            all.map(|e| (e.name.clone(), e.note.clone()))
                .collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let open = [
        Action::Filter,
        typed("kind:tool or kind:call"),
        Action::FilterAccept,
        Action::Facets,
    ];
    let mut ui = at(&picture, &open);
    let calls = nodes(&picture, |n| n.kind == NodeKind::Call).len();
    let tools = nodes(&picture, |n| n.kind == NodeKind::Tool).len();
    assert!(list(&ui).contains(&("kind".to_owned(), (calls + tools).to_string())));
    update(&mut ui, &picture, typed("kind"));
    update(&mut ui, &picture, Action::PickAccept);
    let mut counted = list(&ui);
    counted.retain(|(name, _)| name != "mcp");
    counted.sort();
    assert_eq!(
        counted,
        [
            ("call".to_owned(), calls.to_string()),
            ("tool".to_owned(), tools.to_string())
        ]
    );
    update(&mut ui, &picture, typed("tool"));
    update(&mut ui, &picture, Action::PickAccept);
    assert_eq!(ui.search().text(), "(kind:tool or kind:call) kind=tool");
    assert_eq!(matched(&picture, &ui).len(), tools);
}

#[test]
fn siblings_are_sorted_and_keep_their_bars() {
    let data = fixture();
    let picture = data.picture();
    let tree = picture.tree.unwrap();
    let ui = at(&picture, &[Action::Sort]);
    assert!(lines(&data, &ui)[1].contains(" by duration "));
    let took = |id: NodeId| tree.nodes[tree.find(id).unwrap()].duration(tree.end);
    // Among rows of one depth below one parent, the longer stands first.
    let mut last: Vec<Option<NodeId>> = Vec::new();
    for row in ui.rows() {
        let node = &tree.nodes[row.node as usize];
        last.resize(row.depth as usize + 1, None);
        if let Some(Some(before)) = last.last().copied()
            && (node.end.is_some() || node.state.is_running())
        {
            assert!(
                took(before) >= took(node.id),
                "{} before {}",
                before.0,
                node.id.0
            );
        }
        last[row.depth as usize] = Some(node.id);
    }
    // A row's bar is the same wherever the row stands.
    let row_of = |ui: &UiState, name: &str| {
        let lines = lines(&data, ui);
        lines.into_iter().find(|l| l.contains(name)).unwrap()
    };
    let time = at(&picture, &[]);
    let tail = |line: String| line.chars().skip(70).collect::<String>();
    assert_eq!(
        tail(row_of(&ui, "npm run lint")),
        tail(row_of(&time, "npm run lint"))
    );
    // Round once more.
    let ui = at(&picture, &vec![Action::Sort; 5]);
    assert_eq!(ui.rows(), time.rows());
}

/// Contents of a recorded run are found where they were said, and attributes by their keys.
#[test]
fn what_was_sent_is_found() {
    let known = Known::embedded().unwrap();
    let case =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/python/openai-agents-genai-llm");
    let mut store = store(&known, &case);
    let id = store.sessions()[0].id;
    let (tree, _) = store.tree(id, &known).unwrap();
    let kept = Kept(&store);
    let data = fixture();
    let picture = Picture {
        sessions: store.sessions(),
        session: Some(id),
        tree: Some(&tree),
        contents: &kept,
        findings: &[],
        ..data.picture()
    };
    let found = |query: &str| {
        let mut ui = at(&picture, &[Action::Filter, typed(query)]);
        let mut rounds = 0;
        while ui.is_searching() {
            update(&mut ui, &picture, Action::Data);
            rounds += 1;
            assert!(rounds < 10_000, "it comes to an end");
        }
        let rows = ui.rows().iter().filter(|r| r.matches);
        rows.map(|r| r.node as usize).collect::<Vec<_>>()
    };
    let all = found("attr.service.name:*");
    assert!(!all.is_empty());
    assert_eq!(found("kind:call attr.service.name:*"), found("kind:call"));
    assert_eq!(found("attr.no.such.key"), Vec::<usize>::new());
    assert!(found("text:\"zq no such words zq\"").is_empty());
    // Every call that says something is found by it, and a word is said seldomer than it is held.
    let word = "test_parse_empty";
    let (said, held) = (
        found(&format!("kind:call {word}")),
        found(&format!("kind:call text:{word}")),
    );
    assert!(!said.is_empty(), "{word} is said");
    assert!(said.len() < held.len(), "{} of {}", said.len(), held.len());
    assert!(said.iter().all(|n| held.contains(n)));
    let errors = tree
        .nodes
        .iter()
        .filter(|n| n.state == State::Error)
        .count();
    assert_eq!(found("status:error").len(), errors);
}
