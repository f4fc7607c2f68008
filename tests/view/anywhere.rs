//! Every recorded case under keys pressed at random, on a terminal that is any size from 1x1 to
//! 300x100 and becomes another: the screen is always drawn, in its place, and takes the next key.

use crate::corpus::cases;
use crate::hostile::screen;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use spanfall::app::lore::Known;
use spanfall::ui::{Action, keymap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// What happens: a key, or the terminal becomes another size.
#[derive(Clone, Debug)]
enum Step {
    Key(KeyCode, KeyModifiers),
    Size(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    use KeyCode::*;
    let signs: Vec<KeyCode> = (' '..='~').map(Char).collect();
    let named = vec![
        Enter,
        Esc,
        Tab,
        BackTab,
        Backspace,
        Up,
        Down,
        Left,
        Right,
        Home,
        End,
        PageUp,
        PageDown,
        F(1),
    ];
    let plain = |codes| prop::sample::select(codes).prop_map(|c| Step::Key(c, KeyModifiers::NONE));
    let held =
        prop::sample::select(signs.clone()).prop_map(|c| Step::Key(c, KeyModifiers::CONTROL));
    let any = (1u16..=300, 1u16..=100).prop_map(|(w, h)| Step::Size(w, h));
    let small = (1u16..=40, 1u16..=12).prop_map(|(w, h)| Step::Size(w, h));
    prop_oneof![
        8 => plain(signs),
        8 => plain(named),
        1 => held,
        2 => any,
        2 => small,
    ]
}

fn go(known: &Arc<Known>, case: &Path, steps: &[Step]) {
    let mut size = (80, 24);
    let mut screen = screen(known, case, size);
    let now = screen.store.last_time();
    for (at, step) in steps.iter().enumerate() {
        let action = match *step {
            Step::Key(code, held) => keymap::action(screen.ui(), KeyEvent::new(code, held)),
            Step::Size(width, height) => {
                size = (width, height);
                Some(Action::Resize(width, height))
            }
        };
        if let Some(action) = action {
            screen.act(action);
        }
        screen.refresh(now);
        // Frames of sizes that are kept are all alike to draw: some of them are.
        if at % 3 == 0 || matches!(step, Step::Size(..)) {
            let frame = screen.frame(now, size);
            assert_eq!((frame.area.width, frame.area.height), size);
        }
    }
}

#[test]
fn every_case_survives_any_size_and_any_keys() {
    let known = Arc::new(Known::embedded().unwrap());
    let mut runner = TestRunner::new(Config::default());
    let steps = prop::collection::vec(step(), 30..60);
    let walks = Config::default().cases.div_ceil(256);
    for case in cases().iter().flat_map(|c| (0..walks).map(move |_| c)) {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        let went = catch_unwind(AssertUnwindSafe(|| go(&known, case, &steps)));
        assert!(went.is_ok(), "{} by {steps:?}", case.display());
    }
}
