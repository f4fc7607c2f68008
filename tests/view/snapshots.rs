use crate::fixture::{Fixture, fixture, listening};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use spanfall::model::heard::{Heard, Measure};
use spanfall::model::ids::SessionId;
use spanfall::theme::{Depth, Role, Theme};
use spanfall::ui::{Action, UiState, View, update};
use spanfall::view::draw;
use std::collections::BTreeMap;

/// Text, then for each line its runs of style as `from-to style`. Styles are named by letters, listed at the end.
fn dump(buffer: &Buffer) -> String {
    let (mut text, mut runs) = (String::new(), String::new());
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for y in 0..buffer.area.height {
        let cells: Vec<&Cell> = (0..buffer.area.width).map(|x| &buffer[(x, y)]).collect();
        let line: String = cells.iter().map(|c| c.symbol()).collect();
        text += line.trim_end();
        text += "\n";
        let mut x = 0;
        let mut out = Vec::new();
        for run in cells.chunk_by(|a, b| style(a) == style(b)) {
            let name = style(run[0]);
            if !name.is_empty() {
                let next = names.len();
                let id = *names.entry(name).or_insert(next);
                out.push(format!("{x}-{}:{id}", x + run.len() - 1));
            }
            x += run.len();
        }
        runs += &format!("{y}: {}\n", out.join(" "));
    }
    let mut names: Vec<_> = names.into_iter().map(|(name, id)| (id, name)).collect();
    names.sort();
    let names: Vec<_> = names
        .into_iter()
        .map(|(id, name)| format!("{id} = {name}"))
        .collect();
    format!("{text}\n{runs}\n{}\n", names.join("\n"))
}

fn style(cell: &Cell) -> String {
    let mut parts = Vec::new();
    for (name, color) in [("", cell.fg), ("on ", cell.bg)] {
        if color != Color::Reset {
            parts.push(format!("{name}{color}"));
        }
    }
    if cell.modifier != Modifier::empty() {
        parts.push(format!("{:?}", cell.modifier));
    }
    parts.join(" ")
}

fn shot(data: &Fixture, size: (u16, u16), theme: &Theme, actions: &[Action]) -> Buffer {
    let picture = data.picture();
    let mut ui = UiState::new(size.0, size.1);
    update(&mut ui, &picture, Action::Data);
    for action in actions {
        update(&mut ui, &picture, action.clone());
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    draw(&picture, &ui, theme, buffer.area, &mut buffer);
    buffer
}

fn dark() -> Theme {
    Theme::built_in("dark", Depth::True, false).unwrap()
}

fn plain() -> Theme {
    Theme::built_in("dark", Depth::None, true).unwrap()
}

/// First turn folded, the second model call selected.
fn at_call() -> Vec<Action> {
    use Action::{Down, Left, Top};
    vec![Top, Left, Down, Down, Down, Down, Down]
}

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 60)];

#[test]
fn main_at_four_sizes() {
    for (width, height) in SIZES {
        let buffer = shot(&fixture(), (width, height), &dark(), &at_call());
        insta::assert_snapshot!(format!("main_{width}x{height}"), dump(&buffer));
    }
}

#[test]
fn main_without_colour_in_ascii() {
    for (width, height) in SIZES {
        let buffer = shot(&fixture(), (width, height), &plain(), &at_call());
        let text = dump(&buffer);
        assert!(text.is_ascii(), "{text}");
        assert!(
            buffer
                .content
                .iter()
                .all(|c| (c.fg, c.bg) == (Color::Reset, Color::Reset))
        );
        insta::assert_snapshot!(format!("plain_{width}x{height}"), text);
    }
}

#[test]
fn sixteen_colours() {
    let theme = Theme::built_in("light", Depth::Ansi16, false).unwrap();
    insta::assert_snapshot!(dump(&shot(&fixture(), (80, 24), &theme, &at_call())));
}

#[test]
fn tabs_of_the_detail() {
    for (name, steps) in [
        ("messages", 1),
        ("attributes", 4),
        ("events", 5),
        ("source", 6),
    ] {
        let mut actions = at_call();
        actions.push(Action::Enter);
        actions.extend(std::iter::repeat_n(Action::NextTab, steps));
        insta::assert_snapshot!(name, dump(&shot(&fixture(), (80, 24), &dark(), &actions)));
    }
}

#[test]
fn cost() {
    for (width, height) in [(60, 15), (120, 40)] {
        let actions = [Action::View(View::Cost), Action::Down];
        let buffer = shot(&fixture(), (width, height), &dark(), &actions);
        insta::assert_snapshot!(format!("cost_{width}x{height}"), dump(&buffer));
    }
    let buffer = shot(&fixture(), (120, 40), &plain(), &[Action::View(View::Cost)]);
    let text = dump(&buffer);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn latency() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60)] {
        let actions = [Action::View(View::Latency), Action::Down];
        let buffer = shot(&fixture(), (width, height), &dark(), &actions);
        insta::assert_snapshot!(format!("latency_{width}x{height}"), dump(&buffer));
    }
    let actions = [Action::View(View::Latency), Action::NextTab];
    let buffer = shot(&fixture(), (120, 40), &plain(), &actions);
    let text = dump(&buffer);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("latency_of_a_turn", text);
}

#[test]
fn health() {
    for (width, height) in [(60, 15), (120, 40)] {
        let actions = [Action::View(View::Health), Action::Down];
        let buffer = shot(&fixture(), (width, height), &dark(), &actions);
        insta::assert_snapshot!(format!("health_{width}x{height}"), dump(&buffer));
    }
    let buffer = shot(
        &fixture(),
        (80, 24),
        &plain(),
        &[Action::View(View::Health)],
    );
    assert!(text_of(&buffer).is_ascii(), "{}", text_of(&buffer));
}

#[test]
fn a_finding_leads_to_its_session() {
    let data = fixture();
    let mut ui = UiState::new(120, 40);
    for action in [Action::View(View::Health), Action::Bottom, Action::Enter] {
        update(&mut ui, &data.picture(), action);
    }
    assert_eq!(
        ui.session(),
        Some(SessionId(3)),
        "of the last finding, the mildest"
    );
    let buffer = shot(
        &data,
        (120, 40),
        &dark(),
        &[Action::View(View::Health), Action::Back],
    );
    assert!(text_of(&buffer).contains("Sessions"));
}

#[test]
fn help_and_filter() {
    let mut actions = at_call();
    actions.push(Action::Help);
    insta::assert_snapshot!(
        "help",
        dump(&shot(&fixture(), (120, 40), &plain(), &actions))
    );
    actions.extend([
        Action::Help,
        Action::Filter,
        Action::Paste("bash\u{1b}".into()),
    ]);
    insta::assert_snapshot!(
        "filter",
        dump(&shot(&fixture(), (80, 24), &dark(), &actions))
    );
}

#[test]
fn palette_and_jump() {
    for (name, list, theme) in [
        ("palette", Action::Palette, dark()),
        ("jump", Action::Jump, plain()),
    ] {
        let mut actions = at_call();
        actions.extend([list, Action::Paste("re".into()), Action::Down]);
        insta::assert_snapshot!(name, dump(&shot(&fixture(), (80, 24), &theme, &actions)));
    }
}

#[test]
fn t_shows_wall_clock_times() {
    let mut actions = at_call();
    actions.extend([
        Action::Enter,
        Action::NextTab,
        Action::NextTab,
        Action::NextTab,
        Action::NextTab,
        Action::NextTab,
    ]);
    let relative = text_of(&shot(&fixture(), (80, 24), &dark(), &actions));
    assert!(
        relative.contains("+900ms  first_token") && relative.contains("  0s  "),
        "{relative}"
    );
    actions.push(Action::Clock);
    let wall = text_of(&shot(&fixture(), (80, 24), &dark(), &actions));
    // The turn starts at 14:02:24, the token came 4.1 s later.
    assert!(
        wall.contains("14:02:28  first_token") && wall.contains(" 14:02:30 14:02:40"),
        "{wall}"
    );
}

fn text_of(buffer: &Buffer) -> String {
    dump(buffer)
        .split("\n0: ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// An engine or a tool server that sends metrics and nothing else.
#[test]
fn metrics_without_a_session_are_told() {
    let mut data = fixture();
    data.sessions.clear();
    data.heard.rows.push(Heard {
        name: "mcp.server.operation.duration".into(),
        unit: "".into(),
        is_time: true,
        measure: Measure::Other,
        provider: None,
        model: None,
        about: "tools/call".into(),
        failed: false,
        count: Some(10),
        sum: Some(2.4e9),
        most: Some(1.4e9),
        quantiles: [Some((50e6, 100e6)), None, None],
    });
    let told = |data: &Fixture| {
        let actions = [Action::View(View::Latency)];
        text_of(&shot(data, (120, 40), &dark(), &actions))
    };
    let text = told(&data);
    let row = text.lines().find(|l| l.contains("tools/call"));
    let row = row.unwrap_or_else(|| panic!("{text}"));
    assert!(
        row.contains("75.0ms ±25.0ms") && row.contains("2.4s"),
        "{row}"
    );
    data.heard.rows.clear();
    assert!(told(&data).contains("no session yet"));
}

/// The sessions of the fixture cost 0.035, 0.021 and at least 0.31 USD.
#[test]
fn costs_are_told_by_session() {
    let actions = [Action::View(View::Cost)];
    let text = text_of(&shot(&fixture(), (120, 80), &dark(), &actions));
    let rows = text.lines().skip_while(|l| !l.starts_with(" by session"));
    let told: Vec<_> = rows.skip(1).take(3).collect();
    for (row, of) in told
        .iter()
        .zip(["nightly", "fix the off-by-one", "planner"])
    {
        assert!(row.trim_start().starts_with(of), "{told:#?}");
    }
    assert!(told[0].contains("≥$0.31") && told[2].contains("$0.021"));
}

#[test]
fn the_empty_screen_tells_which_failure_it_is() {
    let mut data = fixture();
    data.sessions.clear();
    data.totals = Default::default();
    let mut check = |change: &dyn Fn(&mut spanfall::ui::ReceiverView), expected: &str| {
        data.receiver = listening();
        change(&mut data.receiver);
        for size in [(80, 24), (120, 40)] {
            let text = text_of(&shot(&data, size, &plain(), &[]));
            for expected in expected.lines() {
                assert!(text.contains(expected), "{expected}\n{text}");
            }
            assert!(
                text.contains("127.0.0.1:4317") && text.contains("localhost:4318"),
                "{text}"
            );
        }
    };
    check(&|_| {}, "no connection yet");
    check(&|r| r.connections = 2, "2 connections, no data yet");
    check(
        &|r| (r.connections, r.refused) = (1, vec![("415: send protobuf or JSON".into(), 3)]),
        "3 requests refused",
    );
    check(
        &|r| r.refused = vec![("415: send protobuf or JSON".into(), 3)],
        "3x  415: send protobuf",
    );
    check(&|r| r.metrics = 14, "only metrics: 14 points");
    check(
        &|r| (r.spans, r.services) = (218, vec!["checkout".into()]),
        "218 spans from `checkout` received\nnone of a model call, agent or tool",
    );
    // What was cleared is not counted again.
    check(
        &|r| (r.spans, r.logs, r.cleared) = (218, 9, (200, 9)),
        "  18 spans received",
    );
    check(
        &|r| (r.connections, r.rejected) = (1, 7),
        "7 records could not be read",
    );
}

#[test]
fn messages_open_at_the_last_of_the_input() {
    let mut data = fixture();
    let mut history = data.detail.messages.clone();
    history.retain(|m| !m.output);
    let answer = data.detail.messages.last().cloned().unwrap();
    assert!(!history.is_empty() && answer.output);
    data.detail.messages = history.iter().cycle().take(40).cloned().collect();
    data.detail.messages.push(answer);
    let mut actions = at_call();
    actions.extend([Action::Enter, Action::NextTab]);
    let text = text_of(&shot(&data, (120, 40), &dark(), &actions));
    assert!(text.contains("written in this call"), "{text}");
    let place = text.lines().find(|l| l.contains("Messages")).unwrap();
    let place = place.trim_end_matches(['─', ' ']);
    let (shown, all) = place.rsplit_once(" of ").unwrap();
    assert!(shown.ends_with(&format!("-{all}")), "at the end: {place}");
}

#[test]
fn joined_midway_and_unknown_figures_are_said() {
    let mut data = fixture();
    data.sessions[0].joined_midway = true;
    let call = data.tree.nodes[7].call.as_mut().unwrap();
    call.usage = Default::default();
    call.cost = None;
    let text = text_of(&shot(&data, (120, 40), &dark(), &at_call()));
    assert!(
        text.contains("joined 13:59, earlier turns not seen"),
        "{text}"
    );
    assert!(text.contains("≥$0.035"), "{text}");
    let row = text
        .lines()
        .filter(|l| l.contains("sonnet-4-5"))
        .nth(1)
        .unwrap();
    let cells: Vec<_> = row.split_whitespace().skip(3).take(4).collect();
    assert_eq!(cells, ["–", "–", "–", "3.9s"], "{row}");
}

#[test]
fn hostile_text_never_reaches_a_cell() {
    let mut data = fixture();
    let evil = "\u{1b}]0;owned\u{7}\u{202e}abc\u{200b}\r\n\u{9b}31m";
    data.sessions[0].title = evil.into();
    data.sessions[0].emitter = evil.into();
    for node in &mut data.tree.nodes {
        (node.name, node.detail, node.error) = (evil.into(), Some(evil.into()), Some(evil.into()));
        if let Some(call) = &mut node.call {
            (call.response_model, call.provider) = (Some(evil.into()), Some(evil.into()));
            (call.operation, call.price_entry) = (Some(evil.into()), Some(evil.into()));
            (call.phases.source, call.finish_reasons) = (Some(evil.into()), vec![evil.into()]);
        }
    }
    data.receiver.recording = Some(evil.to_owned());
    let evidence = &mut data.detail.evidence[0];
    (evidence.title, evidence.why, evidence.scope) = (evil.into(), evil.into(), evil.into());
    evidence.attributes.push((
        evil.into(),
        spanfall::model::detail::Value::Text(evil.into()),
    ));
    evidence.events[0].name = evil.into();
    for tab in 0..7 {
        let mut actions = at_call();
        actions.extend([Action::Enter, Action::Enter]);
        actions.extend(std::iter::repeat_n(Action::NextTab, tab));
        for actions in [actions, at_call()] {
            let buffer = shot(&data, (160, 50), &dark(), &actions);
            for ch in buffer.content.iter().flat_map(|c| c.symbol().chars()) {
                assert!(
                    !ch.is_control()
                        && !matches!(ch, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}')
                );
            }
            assert!(text_of(&buffer).contains("<U+202E>"));
        }
    }
}

/// The header with a budget of which so much is spent, and the colour of the gauge.
fn budget(width: u16, theme: &Theme, budget: f64) -> (String, Option<Color>) {
    let data = fixture();
    let settled = spanfall::ui::state::Settled {
        budget: spanfall::model::usage::PicoUsd::from_usd(budget),
        ..Default::default()
    };
    let mut ui = UiState::new(width, 40).with(settled);
    update(&mut ui, &data.picture(), Action::Data);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, 40));
    draw(&data.picture(), &ui, theme, buffer.area, &mut buffer);
    let cells: Vec<&Cell> = (0..width).map(|x| &buffer[(x, 0)]).collect();
    let line: String = cells.iter().map(|c| c.symbol()).collect();
    let gauge = cells.iter().position(|c| c.symbol() == "▕");
    (line, gauge.map(|at| cells[at + 1].fg))
}

#[test]
fn a_budget_is_a_gauge_that_warns_and_goes_before_what_matters_more() {
    let theme = dark();
    let color = |role| Some(theme.style(role).fg.unwrap());
    let (line, fg) = budget(160, &theme, 2.0);
    assert!(
        line.contains("≥$0.37 of $2.00 ▕█▍      ▏   $0.21/min"),
        "{line}"
    );
    assert_eq!(fg, color(Role::Cost));
    assert_eq!(budget(160, &theme, 0.4).1, color(Role::Warning));
    assert_eq!(budget(160, &theme, 0.2).1, color(Role::Error));
    assert_eq!(budget(160, &theme, 0.0).1, color(Role::Error));
    for (width, left, gone) in [
        (120, "≥$0.37 of $2.00 ▕█▍      ▏  $0.21/min", ":4317"),
        (100, "71% cached   ≥$0.37 of $2.00 ▕█▍      ▏  ", "out"),
        (80, "71% cached  ≥$0.37 of $2.00  ✗ 1", "▕"),
        (60, "1 running  ≥$0.37 of $2.00   ✗ 1", "cached"),
    ] {
        let (line, _) = budget(width, &theme, 2.0);
        assert!(line.contains(left) && !line.contains(gone), "{line}");
    }
    let (line, _) = budget(120, &plain(), 2.0);
    assert!(line.contains(">$0.37 of $2.00 [#       ]"), "{line}");
}

/// The second turn's 16.9 s: the calls wait 1.1 + 0.9 + 0.6 s and write 2 + 3 + 1.3 s, one of 2 s is
/// not split; tools work alone for 0.04 + 0.5 + 0.4 + 1.1 s; the person is waited for from 7.1 s
/// until a tool begins at 7.5 s; something is presumed to run for 2.4 s.
#[test]
fn the_line_below_tells_where_the_turn_s_time_went() {
    let text = text_of(&shot(&fixture(), (200, 60), &dark(), &at_call()));
    let line = text.lines().find(|l| l.contains("wait+prefill 1")).unwrap();
    for part in [
        "wait+prefill 16%",
        "decode 37%",
        "not split 12%",
        "tools 12%",
        "you 2%",
        "presumed 14%",
        "idle 7%",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}
