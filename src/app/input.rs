//! Keys, pastes and new sizes, read by a thread of its own.

use super::ask::Answers;
use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use std::io;
use tokio::sync::mpsc;

/// Keys that may wait for the loop; those of a faster typist wait in the terminal.
const QUEUE: usize = 64;

/// What happens at the terminal from now on, and before that what was typed while it was asked. The thread ends with the process: the reader never
/// returns from a terminal that has hung up, and a loop that read it itself would hang with it.
pub fn events(answers: Answers) -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (queue, events) = mpsc::channel(QUEUE);
    std::thread::Builder::new()
        .name("keys".into())
        .spawn(move || {
            let mut late = Late::new(answers.is_late);
            for event in answers.typed {
                if queue.blocking_send(Ok(event)).is_err() {
                    return;
                }
            }
            loop {
                let event = event::read();
                if event.as_ref().is_ok_and(|event| late.is_part(event)) {
                    continue;
                }
                let failed = event.is_err();
                if queue.blocking_send(event).is_err() || failed {
                    break;
                }
            }
        })?;
    Ok(events)
}

/// An answer that comes too late, over a slow line: to crossterm it is keys, Alt-] to Alt-\\ or
/// Ctrl-g with `11;rgb:…` between them, and must not be taken for typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    /// It may come.
    Due,
    /// It is coming.
    Here,
    /// It came, or nothing was asked.
    No,
}

impl Late {
    fn new(due: bool) -> Self {
        if due { Self::Due } else { Self::No }
    }

    /// The event is a part of it.
    fn is_part(&mut self, event: &Event) -> bool {
        let Event::Key(key) = event else { return false };
        let held = key.modifiers;
        let end = (KeyCode::Char('\\'), KeyModifiers::ALT);
        let bell = (KeyCode::Char('g'), KeyModifiers::CONTROL);
        match (*self, key.code) {
            (Self::Due, KeyCode::Char(']')) if held == KeyModifiers::ALT => {
                *self = Self::Here;
                true
            }
            (Self::Due | Self::No, _) => false,
            (Self::Here, code) if (code, held) == end || (code, held) == bell => {
                *self = Self::No;
                true
            }
            (Self::Here, KeyCode::Char(c)) if c.is_ascii_hexdigit() || "rgb:/;".contains(c) => true,
            (Self::Here, _) => {
                *self = Self::No;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyEvent;

    fn kept(late: &mut Late, keys: &[(char, KeyModifiers)]) -> String {
        let keys = keys.iter().filter(|(c, held)| {
            let key = KeyEvent::new(KeyCode::Char(*c), *held);
            !late.is_part(&Event::Key(key))
        });
        keys.map(|(c, _)| *c).collect()
    }

    #[test]
    fn a_late_answer_is_not_typed() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        let (alt, control) = (KeyModifiers::ALT, KeyModifiers::CONTROL);
        for end in [('\\', alt), ('g', control)] {
            let mut keys = vec![('j', NONE), (']', NONE), (']', alt)];
            keys.extend("11;rgb:1e1e/1e1e/2e2e".chars().map(|c| (c, NONE)));
            keys.extend([end, ('e', NONE), (']', alt), ('1', NONE)]);
            assert_eq!(kept(&mut Late::new(true), &keys), "j]e]1");
            assert_eq!(kept(&mut Late::new(false), &keys).len(), keys.len());
        }
        let torn = [(']', alt), ('1', NONE), ('q', NONE), ('1', NONE)];
        assert_eq!(kept(&mut Late::new(true), &torn), "q1");
    }
}
