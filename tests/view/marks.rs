//! Marks, the ruler between two rows, and the critical path. In the fixture the second turn has
//! run for 16.9 s; its second call is from 3.2 s to 7.1 s, the tool after it begins at 7.1 s.

use crate::fixture::{Fixture, NOW, fixture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use spanfall::theme::{Depth, Theme};
use spanfall::ui::{Action, UiState, update};
use spanfall::view::draw;

fn screen(data: &Fixture, size: (u16, u16), actions: &[Action]) -> Vec<String> {
    let mut ui = UiState::new(size.0, size.1);
    for action in actions {
        update(&mut ui, &data.picture(), action.clone());
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    let theme = Theme::built_in("dark", Depth::None, true).unwrap();
    assert_eq!(data.picture().now, NOW);
    draw(&data.picture(), &ui, &theme, buffer.area, &mut buffer);
    let row = |y| (0..size.0).map(move |x| (x, y));
    (0..size.1)
        .map(|y| row(y).map(|at| buffer[at].symbol()).collect::<String>())
        .collect()
}

fn line<'a>(lines: &'a [String], with: &str) -> &'a str {
    let found = lines.iter().find(|l| l.contains(with));
    found.unwrap_or_else(|| panic!("no {with} in {lines:#?}"))
}

/// At the second call of the second turn.
fn there() -> Vec<Action> {
    use Action::{Data, Down, Left, Top};
    vec![Data, Top, Left, Down, Down, Down, Down, Down]
}

#[test]
fn a_mark_and_the_selection_are_measured_against_each_other() {
    let data = fixture();
    let mut actions = there();
    actions.push(Action::Mark);
    let one = screen(&data, (120, 40), &actions);
    assert!(
        !one.iter().any(|l| l.contains("ruler")),
        "a row alone has no distance"
    );
    actions.extend([Action::Down, Action::Down]);
    let lines = screen(&data, (120, 40), &actions);
    let told = line(&lines, "ruler");
    // The call begins at 3.2 s and takes 3.9; two rows on the next call begins.
    assert!(told.contains("starts"), "{told}");
    assert!(told.contains("gap") || told.contains("overlap"), "{told}");
    // Another press takes the mark away.
    actions.extend([Action::Up, Action::Up, Action::Mark, Action::Down]);
    let none = screen(&data, (120, 40), &actions);
    assert!(!none.iter().any(|l| l.contains("ruler")));
}

#[test]
fn the_critical_path_is_told_in_place_of_the_budget_and_again() {
    let data = fixture();
    let mut actions = there();
    let plain = screen(&data, (120, 40), &actions);
    actions.push(Action::CriticalPath);
    let lit = screen(&data, (120, 40), &actions);
    assert!(line(&lit, "path of turn 2").contains("16.9s"));
    actions.push(Action::CriticalPath);
    assert_eq!(screen(&data, (120, 40), &actions), plain);
}

#[test]
fn both_fit_every_size() {
    let data = fixture();
    let mut actions = there();
    actions.extend([Action::CriticalPath, Action::Mark, Action::Down]);
    for size in [(60, 15), (80, 24), (120, 40), (200, 60), (20, 5), (1, 1)] {
        let lines = screen(&data, size, &actions);
        assert_eq!(lines.len(), usize::from(size.1));
    }
}
