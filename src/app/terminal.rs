//! The terminal: taken over, drawn on and given back by a thread of its own, so that a slow or
//! blocked terminal never holds up the store, nor the way out.

use super::ask::{self, Answers};
use super::cells;
use super::mouse::{DisableMouse, EnableMouse};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a blocked terminal is waited for when the program leaves.
const LAST_FRAME: Duration = Duration::from_millis(500);

/// The terminal leaves letters where they are put: one that turned right-to-left writing round by
/// itself would carry the figures behind it along
/// (<https://terminal-wg.pages.freedesktop.org/bidi/recommendation/escape-sequences.html>).
const LETTERS_AS_PUT: &str = "\x1b[8l";
/// It may turn them again.
const LETTERS_TURNED: &str = "\x1b[8h";

/// Standard output by a handle of our own: a write that blocks holds no lock that the way out
/// needs.
#[cfg(unix)]
type Output = std::fs::File;
#[cfg(not(unix))]
type Output = io::Stdout;

#[cfg(unix)]
fn output() -> io::Result<Output> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// A console takes UTF-16, which only the standard library's own handle knows.
#[cfg(not(unix))]
fn output() -> io::Result<Output> {
    Ok(io::stdout())
}

/// Fails, with what to do instead, where there is nothing to draw on.
pub fn require() -> anyhow::Result<()> {
    if io::stdout().is_terminal() && io::stdin().is_terminal() {
        return Ok(());
    }
    anyhow::bail!(
        "this is no terminal to draw on; use `spanfall --headless` to receive without a screen, or `spanfall report PATH` for numbers"
    )
}

/// What the terminal is known to show.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Shows {
    /// What was written last.
    #[default]
    Written,
    /// It was resized, and may have cut or moved what it showed.
    Anything,
    /// Another program had it meanwhile.
    Others,
}

/// What the threads tell each other.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent wishes")]
struct Slot {
    /// The newest frame that nobody has begun to write.
    frame: Option<Buffer>,
    shows: Shows,
    leaving: bool,
    /// Others are to have the terminal.
    lend: bool,
    /// They may.
    lent: bool,
    /// The terminal is to send mouse events.
    mouse: bool,
    /// What is to be written besides frames: a text for the clipboard, the bell.
    words: Vec<u8>,
    /// The thread has ended; true if the terminal took everything, to the last byte.
    ended: Option<bool>,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.slot());
        self.changed.notify_all();
    }

    /// Gives the terminal back. A blocked one is not waited for beyond half a second: true if
    /// it took everything.
    fn leave(&self) -> bool {
        self.tell(|slot| slot.leaving = true);
        let wait = self
            .changed
            .wait_timeout_while(self.slot(), LAST_FRAME, |slot| slot.ended.is_none());
        let (slot, _) = wait.unwrap_or_else(PoisonError::into_inner);
        let restored = slot.ended;
        drop(slot);
        // Nothing can be done about a terminal that is gone.
        let _ = disable_raw_mode();
        restored == Some(true)
    }
}

/// What to ask the terminal when it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Questions {
    /// Nothing: it would print the question.
    None,
    /// How wide it draws our signs.
    Width,
    /// That, and its background.
    WidthAndGround,
}

/// Hands frames to the terminal: one in flight, of those waiting the latest.
pub struct Writer(Arc<Shared>);

impl Writer {
    /// Takes the terminal over: raw mode, alternate screen, no cursor. A panic of the main thread
    /// gives it back before it is told; one on a receiver's thread costs its request and is told
    /// to its exporter as a lost connection.
    ///
    /// On the way it asks what `questions` want to know.
    pub fn take(questions: Questions) -> io::Result<(Self, Answers)> {
        let shared = Arc::new(Shared::default());
        let mut output = BufWriter::with_capacity(1 << 16, output()?);
        restore_on_panic(shared.clone());
        enable_raw_mode()?;
        let asked = enter(&mut output).and_then(|()| match questions {
            Questions::None => Ok(Answers::default()),
            Questions::Width => ask::ask(&mut output, false),
            Questions::WidthAndGround => ask::ask(&mut output, true),
        });
        let answers = asked.inspect_err(|_| {
            let _ = disable_raw_mode();
        })?;
        let writer = Self(shared.clone());
        std::thread::Builder::new()
            .name("terminal".into())
            .spawn(move || {
                let drawing = AssertUnwindSafe(|| write_frames(&shared, &mut output));
                let drawn = catch_unwind(drawing);
                let lent = matches!(drawn, Ok(Ok(true)));
                let restored = lent || give_back(&mut output).is_ok();
                let drawn = matches!(drawn, Ok(Ok(_)));
                shared.tell(|slot| slot.ended = Some(drawn && restored));
            })
            .inspect_err(|_| {
                let _ = disable_raw_mode();
            })?;
        Ok((writer, answers))
    }

    /// Shows a frame, in place of one that is still waiting.
    pub fn show(&self, frame: Buffer) {
        self.0.tell(|slot| slot.frame = Some(frame));
    }

    /// Asks the terminal for mouse events, or leaves the mouse to it.
    pub fn mouse(&self, on: bool) {
        self.0.tell(|slot| slot.mouse = on);
    }

    /// Writes control sequences that draw nothing.
    pub fn say(&self, words: &[u8]) {
        self.0.tell(|slot| slot.words.extend(words));
    }

    /// The next frame is written as a whole, for a terminal that was resized: it may show
    /// anything, even at the size that it had before.
    pub fn repaint(&self) {
        self.found(Shows::Anything);
    }

    fn found(&self, shows: Shows) {
        let mut slot = self.0.slot();
        slot.shows = slot.shows.max(shows);
    }

    /// Gives the terminal to others, until it is taken again. A blocked one is not waited for
    /// beyond half a second.
    pub fn lend(&self) -> io::Result<()> {
        self.0.tell(|slot| slot.lend = true);
        let waiting = |slot: &mut Slot| !slot.lent && slot.ended.is_none();
        let wait = self
            .0
            .changed
            .wait_timeout_while(self.0.slot(), LAST_FRAME, waiting);
        drop(wait);
        disable_raw_mode()
    }

    /// Takes the terminal over once more, after the program was stopped and continued.
    pub fn take_again(&self) -> io::Result<()> {
        disable_raw_mode()?; // else the next does nothing
        enable_raw_mode()?;
        self.0.tell(|slot| (slot.lend, slot.lent) = (false, false));
        self.found(Shows::Others);
        Ok(())
    }

    /// The terminal could not be written to: it is gone.
    pub fn is_gone(&self) -> bool {
        self.0.slot().ended.is_some()
    }

    /// Gives the terminal back; false if it is gone or blocked, and must not be written to.
    pub fn leave(self) -> bool {
        self.0.leave()
    }
}

fn restore_on_panic(shared: Arc<Shared>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let main = std::thread::current().name() == Some("main");
        if main {
            shared.leave();
        }
        if main || shared.slot().ended.is_some() {
            before(info);
        }
    }));
}

fn give_back(output: &mut impl Write) -> io::Result<()> {
    execute!(
        output,
        EndSynchronizedUpdate,
        ResetColor,
        DisableMouse,
        DisableBracketedPaste,
        EnableLineWrap,
        Print(LETTERS_TURNED),
        LeaveAlternateScreen,
        cursor::Show
    )
}

fn enter(output: &mut impl Write) -> io::Result<()> {
    execute!(
        output,
        EnterAlternateScreen,
        EnableBracketedPaste,
        DisableLineWrap, // what a terminal draws wider than we do stays in its row
        Print(LETTERS_AS_PUT),
        cursor::Hide
    )
}

/// What there is to do next.
enum Next {
    Write(Work),
    Lend,
    Leave,
}

/// What is to be written next.
struct Work {
    frame: Option<Buffer>,
    shows: Shows,
    mouse: bool,
    words: Vec<u8>,
}

/// Writes frames to a terminal that was entered, until it is left; true while it is others' then.
fn write_frames(shared: &Shared, output: &mut BufWriter<Output>) -> io::Result<bool> {
    let mut shown = Buffer::default();
    let (mut lent, mut mouse) = (false, false);
    loop {
        match next(shared, lent, mouse) {
            Next::Write(work) => {
                if lent || work.shows == Shows::Others {
                    enter(output)?;
                    (lent, mouse) = (false, false);
                }
                if work.mouse != mouse {
                    mouse = work.mouse;
                    if mouse {
                        execute!(output, EnableMouse)?;
                    } else {
                        execute!(output, DisableMouse)?;
                    }
                }
                output.write_all(&work.words)?;
                output.flush()?;
                if work.shows != Shows::Written {
                    shown = Buffer::default();
                }
                if let Some(frame) = work.frame {
                    write_frame(output, &shown, &frame)?;
                    shown = frame;
                }
            }
            Next::Lend => {
                give_back(output)?;
                (lent, mouse) = (true, false);
                shared.tell(|slot| slot.lent = true);
            }
            Next::Leave => return Ok(lent),
        }
    }
}

/// Waits for something to do; `mouse` is what the terminal was asked for last.
fn next(shared: &Shared, lent: bool, mouse: bool) -> Next {
    let mut slot = shared.slot();
    loop {
        if slot.leaving {
            return Next::Leave;
        }
        if slot.lend && !lent {
            return Next::Lend;
        }
        // A terminal that was lent is taken again with a frame.
        let words = !lent && (!slot.words.is_empty() || slot.mouse != mouse);
        if !slot.lend && (slot.frame.is_some() || words) {
            let frame = slot.frame.take();
            // Without a frame, what the terminal shows is still to be put right.
            let shows = match frame {
                Some(_) => std::mem::take(&mut slot.shows),
                None => Shows::Written,
            };
            return Next::Write(Work {
                frame,
                shows,
                mouse: slot.mouse,
                words: std::mem::take(&mut slot.words),
            });
        }
        let woken = shared.changed.wait(slot);
        slot = woken.unwrap_or_else(PoisonError::into_inner);
    }
}

/// Writes what differs, between synchronized-update marks so that it appears at once; nothing if
/// nothing does.
fn write_frame(output: &mut impl Write, shown: &Buffer, frame: &Buffer) -> io::Result<()> {
    let mut backend = CrosstermBackend::new(output);
    let drawn = if shown.area == frame.area {
        cells::write(&mut backend, shown, frame, |to| {
            queue!(to, BeginSynchronizedUpdate)
        })?
    } else {
        queue!(
            backend,
            BeginSynchronizedUpdate,
            ResetColor,
            Clear(ClearType::All)
        )?;
        cells::write(&mut backend, &Buffer::empty(frame.area), frame, |_| Ok(()))?;
        true
    };
    if drawn {
        queue!(backend, EndSynchronizedUpdate)?;
    }
    Write::flush(&mut backend)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn written(shown: &Buffer, frame: &Buffer) -> String {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, shown, frame).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_frame_is_written_at_once_and_not_at_all_where_nothing_changed() {
        let area = Rect::new(0, 0, 20, 3);
        let mut frame = Buffer::empty(area);
        frame.set_string(2, 1, "spans", ratatui::style::Style::new());
        let (begin, end) = ("\x1b[?2026h", "\x1b[?2026l");
        for before in [Buffer::default(), Buffer::empty(area)] {
            let bytes = written(&before, &frame);
            assert!(
                bytes.starts_with(begin) && bytes.ends_with(end),
                "{bytes:?}"
            );
            assert!(bytes.contains("spans"), "{bytes:?}");
        }
        assert_eq!(written(&frame, &frame), "");
    }
}
