//! Keys, pastes and new sizes, read by a thread of its own. It rests while others have the terminal.

use super::ask::Answers;
use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Keys that may wait for the loop; those of a faster typist wait in the terminal.
const QUEUE: usize = 64;

/// How long the thread is waited for when it is to rest.
const REST: Duration = Duration::from_millis(500);

/// Who may read keys.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Turn {
    /// The thread.
    #[default]
    Ours,
    /// Others, as soon as the thread rests.
    Asked,
    /// Others.
    Theirs,
}

/// Holds the thread back that reads keys.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<Turn>, Condvar)>);

impl Gate {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, turn: Turn) {
        *self.turn() = turn;
        self.0.1.notify_all();
    }

    /// Has the thread rest; false if it does not within half a second, and goes on.
    pub fn hold(&self) -> bool {
        self.set(Turn::Asked);
        wake();
        let rests = |turn: &mut Turn| *turn == Turn::Asked;
        let waited = self.0.1.wait_timeout_while(self.turn(), REST, rests);
        let (mut turn, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let rests = *turn == Turn::Theirs;
        if !rests {
            *turn = Turn::Ours;
        }
        rests
    }

    /// Has the thread go on.
    pub fn release(&self) {
        self.set(Turn::Ours);
    }

    /// Somebody waits for the thread to rest.
    fn is_asked(&self) -> bool {
        *self.turn() == Turn::Asked
    }

    /// Rests while others have the keys.
    fn pass(&self) {
        let mut turn = self.turn();
        if *turn == Turn::Asked {
            *turn = Turn::Theirs;
            self.0.1.notify_all();
        }
        let theirs = |turn: &mut Turn| *turn == Turn::Theirs;
        drop(self.0.1.wait_while(turn, theirs));
    }
}

/// The next event. It is waited for in a read that nothing but an event ends, so a new size is told
/// that is none, and not passed on.
#[cfg(unix)]
fn read(gate: &Gate) -> Option<io::Result<Event>> {
    let event = event::read();
    let woken = gate.is_asked() && matches!(event, Ok(Event::Resize(..)));
    (!woken).then_some(event)
}

#[cfg(unix)]
use super::signals::wake_reader as wake;

/// Nothing can be read any more: the terminal has hung up, or is not ours.
#[cfg(unix)]
fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

/// The next event, where none can be made up: looked for ten times a second.
#[cfg(not(unix))]
fn read(_: &Gate) -> Option<io::Result<Event>> {
    match event::poll(REST / 5) {
        Ok(true) => Some(event::read()),
        Ok(false) => None,
        Err(error) => Some(Err(error)),
    }
}

#[cfg(not(unix))]
fn wake() {}

#[cfg(not(unix))]
fn is_gone(_: &io::Error) -> bool {
    false
}

/// What happens at the terminal from now on, and before that what was typed while it was asked. The
/// thread ends with the process, or with the terminal, which ends the events: the reader may never
/// return from one that has hung up, and a loop that read it itself would hang with it. The gate holds
/// the thread back.
pub fn events(answers: Answers) -> io::Result<(mpsc::Receiver<io::Result<Event>>, Gate)> {
    let (queue, events) = mpsc::channel(QUEUE);
    let gate = Gate::default();
    let held = gate.clone();
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
                held.pass();
                let Some(event) = read(&held) else { continue };
                if event.as_ref().is_ok_and(|event| late.is_part(event)) {
                    continue;
                }
                if event.as_ref().is_err_and(is_gone) {
                    break;
                }
                let failed = event.is_err();
                if queue.blocking_send(event).is_err() || failed {
                    break;
                }
            }
        })?;
    Ok((events, gate))
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
