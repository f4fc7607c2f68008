//! Others that have the terminal for a while: the person's own pager and editor. The key-reading
//! thread and the thread that draws rest meanwhile; receiving goes on.

use super::input::Gate;
use super::live::{Loop, size};
use super::signals::{self, HUNG_UP, INTERRUPTED, Told};
use super::terminal::Writer;
use crate::ui::outside::{Handed, Program};
use crate::ui::pane::Tone;
use crate::ui::{Action, text};
use crossterm::event::Event;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};
use tempfile::{Builder, NamedTempFile};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// So long after somebody had the terminal a Ctrl-C may still be told that was theirs. Our own is a
/// key and no signal.
const THEIRS: Duration = Duration::from_millis(500);

/// Who has the terminal.
pub(super) struct Guests {
    gate: Gate,
    /// What is read by the one who has it; it goes away with it.
    here: Option<(Handed, NamedTempFile)>,
    /// When the last one ended.
    left: Option<Instant>,
    ended: (
        UnboundedSender<io::Result<ExitStatus>>,
        UnboundedReceiver<io::Result<ExitStatus>>,
    ),
}

impl Guests {
    /// Nobody yet. Keys are held back by `gate`.
    pub fn new(gate: Gate) -> Self {
        Self {
            gate,
            here: None,
            left: None,
            ended: unbounded_channel(),
        }
    }

    fn just_left(&self) -> bool {
        self.left.is_some_and(|left| left.elapsed() < THEIRS)
    }

    /// Waits until the one who has the terminal has ended.
    pub async fn next(&mut self) -> io::Result<ExitStatus> {
        match self.ended.1.recv().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }
}

impl Loop {
    /// Does what a signal asks for; the exit status where that is to end.
    pub(super) fn on_signal(&mut self, told: Told, writer: &Writer) -> Option<u8> {
        let lent = self.guests.here.is_some();
        match told {
            // Ctrl-C is for the one who has the terminal, though the whole job hears it.
            Told::End(INTERRUPTED) if lent || self.guests.just_left() => {}
            Told::End(status) => return Some(status),
            Told::Stop => {
                if writer.lend().is_err() {
                    return Some(HUNG_UP);
                }
                signals::stop();
            }
            Told::GoOn if lent => {}
            Told::GoOn => {
                if !self.take_again(writer) {
                    return Some(HUNG_UP);
                }
            }
        }
        None
    }

    /// Draws on the terminal again, which may have another size; false if it is gone.
    fn take_again(&mut self, writer: &Writer) -> bool {
        let taken = writer.take_again().is_ok();
        if taken {
            let (columns, rows) = size();
            self.on_event(Event::Resize(columns, rows), writer);
        }
        taken
    }

    /// Hands a text to the person's own program, and the terminal with it.
    pub(super) fn hand_out(&mut self, handed: &Handed, writer: &Writer) {
        let program = handed.program;
        let Some(command) = command(program) else {
            let name = program.variable();
            let such = program.example();
            return self.say(&format!(
                "${name} is not set: `export {name}={such}`, and start spanfall again"
            ));
        };
        let file = match file(handed) {
            Ok(file) => file,
            Err(error) => return self.say(&format!("cannot hand it to {command}: {error}")),
        };
        if !self.guests.gate.hold() {
            return self.say("keys are still being read: try again");
        }
        let started = writer.lend().and_then(|()| start(&command, file.path()));
        let ended = self.guests.ended.0.clone();
        let waited = started.and_then(|mut child| {
            let wait = move || {
                // The loop may be gone: then nobody asks.
                let _ = ended.send(child.wait());
            };
            std::thread::Builder::new()
                .name("others".into())
                .spawn(wait)
        });
        self.guests.here = Some((handed.clone(), file));
        if let Err(error) = waited {
            let _ = self.guests.ended.0.send(Err(error));
        }
    }

    /// The one who had the terminal has ended; false if the terminal is gone with it.
    pub(super) fn on_returned(&mut self, ended: &io::Result<ExitStatus>, writer: &Writer) -> bool {
        let program = self.guests.here.take().map(|(handed, _)| handed.program);
        self.guests.left = Some(Instant::now());
        let taken = self.take_again(writer);
        self.guests.gate.release();
        let name = program.map_or("", Program::variable);
        match ended {
            Ok(status) if status.success() => {}
            Ok(status) => self.say(&format!("${name} ended with {status}")),
            Err(error) => self.say(&format!("${name} could not be started: {error}")),
        }
        taken
    }

    fn say(&mut self, told: &str) {
        self.dirty = true;
        let told = text::sanitize(told).into_owned();
        self.screen.act(Action::Tell(Tone::Warning, told));
    }
}

/// What the person wants to read or edit with.
fn command(program: Program) -> Option<String> {
    let mut values = program.variables().iter().filter_map(std::env::var_os);
    let set = values.find(|value| !value.is_empty());
    set.map(|value| value.to_string_lossy().into_owned())
}

/// The text in a file that nobody else may read, and that goes away with what is returned.
fn file(handed: &Handed) -> io::Result<NamedTempFile> {
    let mut file = Builder::new()
        .prefix("spanfall-")
        .suffix(handed.suffix())
        .tempfile()?;
    file.write_all(handed.text().as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// The variables hold a command line, arguments and all, as git and others take them.
#[cfg(unix)]
fn start(command: &str, file: &Path) -> io::Result<Child> {
    let line = format!("{command} \"$1\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &line, "sh"]).arg(file).spawn()
}

#[cfg(not(unix))]
fn start(command: &str, file: &Path) -> io::Result<Child> {
    let mut words = command.split_whitespace();
    let mut program = Command::new(words.next().unwrap_or_default());
    program.args(words).arg(file).spawn()
}
