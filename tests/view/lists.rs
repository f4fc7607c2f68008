//! Palette and jump: what is listed, and that picking it is what its key or a walk there does.

use crate::fixture::{Fixture, fixture};
use spanfall::model::ids::NodeId;
use spanfall::model::node::{Node, NodeKind, State, Tree};
use spanfall::ui::ask::{Answer, Ask};
use spanfall::ui::keymap::TABLE;
use spanfall::ui::state::Mode;
use spanfall::ui::{Action, Effect, Picture, SetUp, UiState, View, update};

fn at(picture: &Picture, actions: &[Action]) -> UiState {
    let mut ui = UiState::new(120, 40);
    update(&mut ui, picture, Action::Data);
    for action in actions {
        update(&mut ui, picture, action.clone());
    }
    ui
}

fn typed(text: &str) -> Action {
    Action::Paste(text.to_owned())
}

/// What the open list offers: name, whether it would do something, what is said about it.
fn offered(ui: &UiState) -> Vec<(String, bool, String)> {
    fn told<T>(list: &spanfall::ui::pick::Picker<T>) -> Vec<(String, bool, String)> {
        let all = list.entries.iter();
        all.map(|e| (e.name.clone(), !e.off, e.about.clone()))
            .collect()
    }
    match ui.mode() {
        Mode::Palette(list) => told(list),
        Mode::Jump(jump) => told(&jump.list),
        other => panic!("no list: {other:?}"),
    }
}

#[test]
fn every_action_is_in_the_palette_and_does_what_its_key_does() {
    let data = fixture();
    let mut bare = fixture();
    bare.sessions.clear();
    let mut nothing = bare.picture();
    (nothing.session, nothing.tree) = (None, None);
    let found = [Action::Filter, typed("bash"), Action::FilterAccept];
    let starts = [
        (data.picture(), &[Action::Top][..]),
        (data.picture(), &found),
        (data.picture(), &[Action::ZoomIn]),
        (data.picture(), &[Action::Mark]),
        (data.picture(), &[Action::View(View::Health)]),
        (data.picture(), &[Action::Dismiss]),
        (
            data.picture(),
            &[
                Action::PreviousTab,
                Action::PreviousTab,
                Action::PreviousTab,
            ],
        ), // the attributes
        (nothing, &[]),
    ];
    let mut done = vec![false; TABLE.len()];
    for (picture, start) in starts {
        for (binding, done) in TABLE.iter().zip(&mut done) {
            let mut by_key = at(&picture, start);
            let mut by_name = at(&picture, start);
            assert_eq!(format!("{by_key:?}"), format!("{by_name:?}"));
            update(&mut by_name, &picture, Action::Palette);
            let all = offered(&by_name);
            assert_eq!(all.len(), TABLE.len());
            let place = all.iter().position(|(name, ..)| *name == binding.name());
            let place = place.unwrap();
            assert_eq!(all[place].1, (binding.when)(&by_key), "{binding:?}");
            assert_eq!(all[place].2, binding.help);
            if !all[place].1 {
                continue;
            }
            for _ in 0..place {
                update(&mut by_name, &picture, Action::Down);
            }
            let named = update(&mut by_name, &picture, Action::PickAccept);
            let keyed = update(&mut by_key, &picture, binding.action.clone());
            assert_eq!(named, keyed, "{binding:?}");
            assert_eq!(format!("{by_name:?}"), format!("{by_key:?}"), "{binding:?}");
            *done = true;
        }
    }
    let never: Vec<_> = TABLE.iter().zip(done).filter(|(_, done)| !done).collect();
    assert!(never.is_empty(), "tried in no state: {never:?}");
}

#[test]
fn the_palette_finds_by_name_and_by_what_is_said() {
    let data = fixture();
    let first = |text: &str| {
        let ui = at(&data.picture(), &[Action::Palette, typed(text)]);
        offered(&ui).first().map(|(name, ..)| name.clone())
    };
    assert_eq!(first("next-err").as_deref(), Some("next-error"));
    assert_eq!(first("nxterr").as_deref(), Some("next-error"));
    assert_eq!(first("plumbing").as_deref(), Some("internals"));
    assert_eq!(first("wall clock").as_deref(), Some("clock"));
    assert_eq!(first("zzzz"), None);
}

#[test]
fn what_would_do_nothing_is_told_and_not_done() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = at(&picture, &[Action::Palette, typed("next-match")]);
    let listed = offered(&ui);
    let off: Vec<_> = listed.iter().map(|(name, on, _)| (&**name, *on)).collect();
    assert_eq!(off[0], ("next-match", false));
    let before = ui.selected();
    assert_eq!(update(&mut ui, &picture, Action::PickAccept), []);
    assert!(matches!(ui.mode(), Mode::Main));
    assert_eq!(ui.selected(), before);
}

fn selected<'a>(ui: &UiState, tree: &'a Tree) -> &'a Node {
    let id = ui.selected().unwrap();
    tree.nodes.iter().find(|n| n.id == id).unwrap()
}

#[test]
fn the_jump_goes_to_what_folds_and_filters_hide() {
    let data = fixture();
    let picture = data.picture();
    let folded = [Action::Top, Action::Bottom, Action::Left, Action::Left];
    let filtered = [Action::Filter, typed("permission"), Action::FilterAccept];
    for start in [&folded[..], &filtered, &[Action::View(View::Health)]] {
        let mut ui = at(&picture, start);
        update(&mut ui, &picture, Action::Jump);
        update(&mut ui, &picture, typed("survey"));
        update(&mut ui, &picture, Action::PickAccept);
        let node = selected(&ui, &data.tree);
        assert_eq!(node.detail.as_deref(), Some("survey callers"));
        let row = ui.rows()[ui.cursor()];
        assert_eq!(
            data.tree.nodes[row.node as usize].id, node.id,
            "it is in view"
        );
    }
    let left = at(
        &picture,
        &[Action::Jump, typed("survey"), Action::PickCancel],
    );
    assert_eq!(left.selected(), at(&picture, &[]).selected());
}

#[test]
fn plumbing_is_offered_only_where_it_is_shown() {
    let data = fixture();
    let find = |start: &[Action]| {
        let jump = [Action::Jump, typed("HTTP GET")];
        let ui = at(&data.picture(), &[start, &jump].concat());
        offered(&ui).iter().any(|(name, ..)| name == "HTTP GET")
    };
    assert!(!find(&[]));
    assert!(find(&[Action::Internals]));
}

#[test]
fn another_sessions_turn_is_asked_for() {
    let mut data = fixture();
    let turn = spanfall::model::node::TurnSummary {
        node: NodeId(77),
        alias: NodeId(77),
        title: "triage the nightly build".into(),
        start: 0,
        end: None,
        figures: Default::default(),
    };
    data.sessions[1].turns = vec![turn.into()];
    let other = data.sessions[1].id;
    let mut ui = at(&data.picture(), &[Action::Jump, typed("triage build")]);
    assert_eq!(offered(&ui)[0].0, "triage the nightly build");
    let effects = update(&mut ui, &data.picture(), Action::PickAccept);
    assert_eq!(effects, [Effect::ShowSession(other)]);

    // Its tree is handed in: the turn is selected in it.
    data.tree.nodes[5].id = NodeId(77);
    let mut picture = data.picture();
    (picture.session, picture.tree_version) = (Some(other), 9);
    let effects = update(&mut ui, &picture, Action::Data);
    assert_eq!(effects, [Effect::ShowNode(other, NodeId(77))]);
}

/// A turn with so many tools, the last of them another.
fn wide(count: u64) -> Fixture {
    let mut data = fixture();
    let node = |id, name: String| Node {
        parent: (id > 0).then_some(0),
        depth: u32::from(id > 0),
        ..Node::missing(NodeId(id), NodeKind::Tool, &name, State::Ok)
    };
    let tools = (0..count).map(|id| node(id, format!("tool {id} of many")));
    data.tree.nodes = tools.collect();
    data.tree.nodes[0].descendants = count as u32 - 1;
    let last = data.tree.nodes.last_mut().unwrap();
    last.name = "the needle in the haystack".into();
    data
}

#[test]
fn a_key_waits_for_a_part_of_many_nodes_and_all_are_found_in_time() {
    let data = wide(100_000);
    let mut ui = at(&data.picture(), &[Action::Jump]);
    update(&mut ui, &data.picture(), typed("needle"));
    assert!(ui.is_searching() && offered(&ui).is_empty());
    let mut parts = 1;
    while ui.is_searching() {
        update(&mut ui, &data.picture(), Action::Data);
        parts += 1;
    }
    assert!((10..=100).contains(&parts), "{parts}");
    assert_eq!(offered(&ui).len(), 1);
    assert_eq!(offered(&ui)[0].0, "the needle in the haystack");
    // Nothing has changed: nothing is looked through again.
    update(&mut ui, &data.picture(), Action::Data);
    assert!(!ui.is_searching());
}

#[test]
fn what_comes_while_the_jump_is_open_is_found_too() {
    let data = wide(9_000);
    let more = wide(9_500);
    let mut ui = at(&data.picture(), &[Action::Jump, typed("9100")]);
    let settle = |ui: &mut UiState, picture: &Picture| {
        update(ui, picture, Action::Data);
        while ui.is_searching() {
            update(ui, picture, Action::Data);
        }
    };
    settle(&mut ui, &data.picture());
    assert_eq!(offered(&ui), []);
    let mut picture = more.picture();
    picture.tree_version = 2;
    settle(&mut ui, &picture);
    assert_eq!(offered(&ui)[0].0, "tool 9100 of many");
}

#[test]
fn the_name_of_a_file_follows_what_is_saved_until_somebody_types_one() {
    use spanfall::ui::ask::{Answer, Ask};
    let data = fixture();
    let mut picture = data.picture();
    let mut ui = at(&picture, &[Action::Save]);
    let mut answers = |answer: Answer| {
        picture.now += 5_000_000_000; // the name has the time in it, and time goes on
        update(&mut ui, &picture, Action::Answer(answer));
        let Mode::Ask(Ask::Save(save)) = ui.mode() else {
            panic!("nothing is asked");
        };
        save.input.value().to_owned()
    };
    assert!(answers(Answer::What).starts_with("spanfall-all-"));
    let report = answers(Answer::Form);
    assert!(report.starts_with("spanfall-all-") && report.ends_with(".json"));
    let node = answers(Answer::What);
    assert!(!node.contains("-all-") && node.ends_with(".json"), "{node}");
    let edited = answers(Answer::Edit(tui_input::InputRequest::InsertChar('x')));
    assert_eq!(answers(Answer::What), edited);
}

#[test]
fn the_costs_lead_to_every_session() {
    let data = fixture();
    let picture = data.picture();
    let mut open: Vec<_> = (0..40)
        .filter_map(|down| {
            let mut ui = at(&picture, &[Action::View(View::Cost)]);
            (0..down).for_each(|_| _ = update(&mut ui, &picture, Action::Down));
            update(&mut ui, &picture, Action::Enter);
            ui.session()
        })
        .collect();
    open.sort_unstable();
    open.dedup();
    let mut all: Vec<_> = data.sessions.iter().map(|s| s.id).collect();
    all.sort_unstable();
    assert_eq!(open, all);
}

/// What `y` copies at once, without a menu.
fn copies(ui: &mut UiState, picture: &Picture) -> Option<String> {
    let effects = update(ui, picture, Action::Copy);
    effects.into_iter().find_map(|effect| match effect {
        Effect::Copy(item) => Some(item.text),
        _ => None,
    })
}

#[test]
fn before_there_is_a_session_the_variables_and_set_ups_are_copied() {
    let data = Fixture {
        sessions: Vec::new(),
        ..fixture()
    };
    let setups = [SetUp {
        name: "codex".into(),
        about: "a file".into(),
        text: "# a comment that is longer than any line of a screen\nexport A=1\n".into(),
    }];
    let picture = Picture {
        tree: None,
        session: None,
        setups: &setups,
        ..data.picture()
    };
    let mut ui = at(&picture, &[]);
    let text = copies(&mut ui, &picture).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"
    );
    assert!(lines.iter().all(|line| line.starts_with("export OTEL_")));
    // The agent that is chosen in the list, and the one that is opened: as it is, not as it is wrapped.
    update(&mut ui, &picture, Action::Resize(60, 20));
    for open in [Action::View(View::SetUp), Action::Enter] {
        update(&mut ui, &picture, open);
        let text = copies(&mut ui, &picture);
        assert_eq!(text.as_deref(), Some(setups[0].text.as_str()));
    }
}

#[test]
fn a_page_is_copied_as_it_stands() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = at(&picture, &[Action::View(View::Health)]);
    let text = copies(&mut ui, &picture).unwrap();
    assert!(text.starts_with("Receiver\n") && text.contains("\nFindings\n"));
    // Of a session there is a choice, and nothing of the row that is selected elsewhere.
    update(&mut ui, &picture, Action::View(View::Cost));
    assert_eq!(copies(&mut ui, &picture), None);
    let Mode::Ask(Ask::Copy(items, 0)) = ui.mode() else {
        panic!("a menu: {:?}", ui.mode());
    };
    let keys: String = items.iter().map(|item| item.key).collect();
    assert_eq!(keys, "psT");
    assert!(items[0].text.contains("by agent"));
}

#[test]
fn the_path_of_a_recording_goes_on_as_it_is_completed() {
    let data = fixture();
    let picture = data.picture();
    let mut ui = at(&picture, &[Action::Open, typed("rec")]);
    let effects = update(&mut ui, &picture, Action::Answer(Answer::Complete));
    assert!(effects.contains(&Effect::Complete("rec".into())));
    let two = vec!["recordings/".to_owned(), "record.jsonl".to_owned()];
    let answer = Answer::Completed("record".into(), two.clone());
    update(&mut ui, &picture, Action::Answer(answer));
    let Mode::Ask(Ask::Open(input, names)) = ui.mode() else {
        panic!("still asked: {:?}", ui.mode());
    };
    assert_eq!((input.value(), names), ("record", &two));
    update(&mut ui, &picture, typed(".jsonl"));
    let effects = update(&mut ui, &picture, Action::Answer(Answer::Yes));
    assert!(effects.contains(&Effect::Open("record.jsonl".into())));
}
