//! Two runs side by side on the screen: marked, compared, and read.

use ratatui::buffer::Buffer;
use spanfall::app::lore::Known;
use spanfall::app::screen::Screen;
use spanfall::model::ids::{NodeId, SessionId};
use spanfall::model::store::Store;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, UiState};
use spanfall::{ingest, record, wire};
use std::path::Path;
use std::sync::Arc;

const NOW: u64 = 2;

fn screen(cases: &[&str], size: (u16, u16)) -> Screen {
    let known = Arc::new(Known::embedded().unwrap());
    let mut store = Store::new();
    for case in cases {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/corpus")
            .join(case);
        for request in record::read(&[path]).unwrap().requests {
            let decoded = wire::decode(&request.payload);
            store.apply(ingest::prepare(&known.tables, &decoded, 1).items);
        }
    }
    let theme = Theme::built_in("dark", Depth::None, false).unwrap();
    let mut ui = UiState::new(size.0, size.1);
    ui = ui.with(spanfall::ui::state::Settled::default());
    let mut screen = Screen::new(known, store, theme, ui, usize::MAX);
    settle(&mut screen);
    screen
}

/// Until nothing is left to do.
fn settle(screen: &mut Screen) {
    for _ in 0..1_000 {
        if !screen.refresh(NOW) {
            return;
        }
    }
    panic!("it comes to an end");
}

fn text(buffer: &Buffer) -> String {
    let line = |y| {
        (0..buffer.area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..buffer.area.height)
        .map(|y| line(y).trim_end().to_owned() + "\n")
        .collect()
}

/// The runs of `tests/diff.rs`: they part at step 8, the fifth call (`truth.json` of killed-sigint). Both
/// have the conversation's id, so they are turns of one session; the whole one comes first.
fn turns(screen: &Screen) -> (SessionId, [NodeId; 2]) {
    let session = &screen.store.sessions()[0];
    let turn = |calls| {
        let mut turns = session.turns.iter();
        turns.find(|t| t.figures.model_calls == calls).unwrap().node
    };
    (session.id, [turn(9), turn(5)])
}

fn compared(size: (u16, u16)) -> Screen {
    let cases = ["python/genai-langchain-graph", "python/killed-sigint"];
    let mut screen = screen(&cases, size);
    let (session, [whole, cut]) = turns(&screen);
    screen.act(Action::GoTo(session, Some(whole)));
    screen.act(Action::Mark);
    assert!(screen.ui().is_marked(session, Some(whole)));
    screen.act(Action::GoTo(session, Some(cut)));
    screen.act(Action::Diff);
    settle(&mut screen);
    screen
}

#[test]
fn marked_turns_are_compared() {
    let mut screen = compared((120, 40));
    let shown = text(&screen.frame(NOW, (120, 40)));
    assert!(shown.contains("Two runs side by side"), "{shown}");
    assert!(shown.contains("they part at step 8"), "{shown}");
    let step = |l: &&str| l.trim_start().starts_with("8 !");
    let parted = shown
        .lines()
        .find(step)
        .unwrap_or_else(|| panic!("{shown}"));
    assert!(
        parted.contains("coder · gpt-4o") && parted.contains("✗"),
        "{parted}"
    );
    assert_eq!(
        shown.lines().filter(|l| l.contains(" < ")).count(),
        8,
        "{shown}"
    );
}

#[test]
fn marked_sessions_are_compared() {
    let mut screen = screen(&["cli/claude-code-errors"], (120, 40));
    let ids: Vec<SessionId> = screen.store.sessions().iter().map(|s| s.id).collect();
    screen.act(Action::GoTo(ids[0], None));
    screen.act(Action::PreviousPanel);
    screen.act(Action::Mark);
    assert!(screen.ui().is_marked(ids[0], None));
    screen.act(Action::Down);
    screen.act(Action::Diff);
    settle(&mut screen);
    let shown = text(&screen.frame(NOW, (120, 40)));
    let titles: Vec<_> = screen
        .store
        .sessions()
        .iter()
        .map(|s| s.title.to_string())
        .collect();
    for (name, title) in [("A", &titles[0]), ("B", &titles[1])] {
        assert!(shown.contains(&format!("{name}  {title}")), "{shown}");
    }
}

#[test]
fn a_line_leads_to_its_step() {
    let mut screen = compared((120, 40));
    let (session, [whole, _]) = turns(&screen);
    // The first line is the first run.
    screen.act(Action::Top);
    screen.act(Action::Enter);
    settle(&mut screen);
    assert_eq!(screen.ui().session(), Some(session));
    assert_eq!(screen.ui().selected(), Some(whole));
}

#[test]
fn turns_and_agents_are_compared_too() {
    let mut screen = screen(&["cli/claude-code-one-process"], (120, 40));
    screen.act(Action::Top);
    screen.act(Action::Mark);
    screen.act(Action::Bottom);
    screen.act(Action::Mark);
    let marks = screen.ui().marked().list().to_vec();
    assert_eq!(marks.len(), 2);
    assert!(marks.iter().all(|m| m.node.is_some()));
    screen.act(Action::Diff);
    settle(&mut screen);
    let shown = text(&screen.frame(NOW, (120, 40)));
    assert!(shown.contains("A  Please fix the off-by-one"), "{shown}");
    // A third mark takes the place of the first, and a mark is taken away where it was set.
    screen.act(Action::Back);
    screen.act(Action::Up);
    screen.act(Action::Mark);
    assert_eq!(screen.ui().marked().list()[0], marks[1]);
    screen.act(Action::Mark);
    assert_eq!(screen.ui().marked().list(), [marks[1]]);
}

#[test]
fn a_comparison_fits_every_screen() {
    for size in [(40, 10), (60, 15), (80, 24), (200, 60)] {
        let mut screen = compared(size);
        let buffer = screen.frame(NOW, size);
        assert_eq!((buffer.area.width, buffer.area.height), size);
        assert!(text(&buffer).contains("A  "), "{size:?}");
    }
}

/// The prompts of `tests/diff.rs`, on the screen: both sessions are marked in their list.
#[test]
fn prompts_that_differ_are_pointed_at() {
    let cases = ["cli/gemini-cli-grpc", "cli/gemini-cli-http"];
    let mut screen = screen(&cases, (160, 50));
    let session = |words: &str| {
        let mut all = screen.store.sessions().iter();
        all.find(|s| s.title.starts_with(words)).unwrap().id
    };
    let two = [session("Please fix"), session("Use a sub-agent")];
    for id in two {
        screen.act(Action::GoTo(id, None));
        screen.act(Action::PreviousPanel);
        screen.act(Action::Mark);
    }
    screen.act(Action::Diff);
    settle(&mut screen);
    let shown = text(&screen.frame(NOW, (160, 50)));
    let at = shown
        .find("prompts differ")
        .unwrap_or_else(|| panic!("{shown}"));
    let told = &shown[at..];
    let fix = told.find("Please fix the off-by-one").unwrap();
    assert!(
        fix < told.find("Use a sub-agent to list").unwrap(),
        "{shown}"
    );
}
