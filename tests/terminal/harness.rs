//! The real binary in a pseudo-terminal, and what a person would see on it.

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for anything: machines that build are slow, and who waits for a condition goes on
/// as soon as it holds.
pub const HANG: Duration = Duration::from_secs(30);

/// What came out of the program.
struct Output {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// Nobody reads the terminal.
    blocked: bool,
    /// The program has closed it.
    ended: bool,
    /// The person has closed it.
    closed: bool,
}

struct Shared {
    output: Mutex<Output>,
    changed: Condvar,
}

impl Output {
    /// Between the marks of a synchronized update: what stands there is not to be looked at.
    fn is_half_drawn(&self) -> bool {
        let mut marks = self.raw.windows(8).rev();
        let last = marks.find(|w| w.starts_with(b"\x1b[?2026"));
        last.is_some_and(|mark| mark.ends_with(b"h"))
    }
}

impl Shared {
    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A terminal with a program in it.
pub struct Terminal {
    shared: Arc<Shared>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Option<Box<dyn Child + Send + Sync>>,
    pid: u32,
    modes_before: String,
}

impl Terminal {
    /// Runs a program in a terminal of so many columns and rows.
    pub fn run(program: &str, args: &[&str], (cols, rows): (u16, u16)) -> Self {
        let pty = native_pty_system().openpty(size(cols, rows)).unwrap();
        let modes_before = format!("{:?}", pty.master.get_termios());
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        let ours = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("SPANFALL_") || name == "NO_COLOR"
        });
        ours.for_each(|(name, _)| command.env_remove(name));
        // The one of whoever runs the tests is not meant.
        command.env("SPANFALL_CONFIG", "/dev/null");
        let child = pty.slave.spawn_command(command).unwrap();
        let shared = Arc::new(Shared {
            output: Mutex::new(Output {
                parser: vt100::Parser::new(rows, cols, 0),
                raw: Vec::new(),
                blocked: false,
                ended: false,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let reader = pty.master.try_clone_reader().unwrap();
        let into = shared.clone();
        thread::spawn(move || read(reader, &into));
        Self {
            keys: Some(pty.master.take_writer().unwrap()),
            master: Some(pty.master),
            pid: child.process_id().unwrap(),
            child: Some(child),
            shared,
            modes_before,
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        let into = self.keys.as_mut().unwrap();
        into.write_all(keys.as_bytes()).unwrap();
        into.flush().unwrap();
    }

    /// Changes the size, as a person does who drags the window's corner.
    pub fn resize(&self, cols: u16, rows: u16) {
        let mut output = self.shared.output();
        output.parser.screen_mut().set_size(rows, cols);
        let master = self.master.as_ref().unwrap();
        master.resize(size(cols, rows)).unwrap();
    }

    /// Stops reading what the program writes, or goes on.
    pub fn block(&self, blocked: bool) {
        self.shared.output().blocked = blocked;
        self.shared.changed.notify_all();
    }

    /// Closes the window, as soon as the reader has read once more: the clock moves every second.
    pub fn close(&mut self) {
        self.keys = None;
        self.master = None;
        self.shared.output().closed = true;
    }

    /// What another program writes to the terminal.
    pub fn scribble(&self, bytes: &[u8]) {
        self.shared.output().parser.process(bytes);
    }

    /// How the terminal treats what is typed: echo, lines, signals.
    pub fn modes(&self) -> String {
        let master = self.master.as_ref().unwrap();
        format!("{:?}", master.get_termios())
    }

    /// The same as the program found it.
    pub fn modes_before(&self) -> &str {
        &self.modes_before
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid.to_string();
        let done = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(done.unwrap().success());
    }

    /// Waits until the screen is as it should be, and says what it is then.
    pub fn wait_until(&self, what: &str, is: impl Fn(&vt100::Screen) -> bool) -> String {
        let output = self.wait(what, |o| !o.is_half_drawn() && is(o.parser.screen()));
        output.parser.screen().contents()
    }

    /// Waits until a text stands on the screen, and says what else does.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until a text stands there no more.
    pub fn wait_gone(&self, text: &str) -> String {
        let what = format!("no {text}");
        self.wait_until(&what, |screen| !screen.contents().contains(text))
    }

    fn wait(&self, what: &str, is: impl Fn(&Output) -> bool) -> MutexGuard<'_, Output> {
        let until = Instant::now() + HANG;
        let mut output = self.shared.output();
        while !is(&output) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !output.ended,
                "waited for: {what}\n{}",
                dump(&output)
            );
            output = self.shared.changed.wait_timeout(output, left).unwrap().0;
        }
        output
    }

    /// Waits for the end; how it ended, and how long that took.
    pub fn wait_exit(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        let mut child = self.child.take().unwrap();
        let (done, ended) = mpsc::channel();
        thread::spawn(move || done.send(child.wait()));
        match ended.recv_timeout(HANG) {
            Ok(status) => (status.unwrap(), since.elapsed()),
            Err(mpsc::RecvTimeoutError::Timeout | mpsc::RecvTimeoutError::Disconnected) => {
                panic!("it does not end\n{}", dump(&self.shared.output()))
            }
        }
    }

    /// The screen when all is said, after the end.
    pub fn last_words(&self) -> (String, Vec<u8>) {
        let until = Instant::now() + HANG;
        let mut output = self.shared.output();
        while !output.ended {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "it stays open after the end\n{}",
                dump(&output)
            );
            output = self.shared.changed.wait_timeout(output, left).unwrap().0;
        }
        (output.parser.screen().contents(), output.raw.clone())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that a failed test leaves behind.
        if let Some(child) = &mut self.child {
            let _ = child.kill();
        }
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn read(mut from: Box<dyn Read + Send>, into: &Shared) {
    let mut bytes = [0; 4096];
    loop {
        let blocked = |output: &mut Output| output.blocked;
        drop(into.changed.wait_while(into.output(), blocked));
        let n = from.read(&mut bytes).unwrap_or(0); // the other side's end is an error on Linux
        let mut output = into.output();
        output.parser.process(&bytes[..n]);
        output.raw.extend(&bytes[..n]);
        output.ended = n == 0;
        into.changed.notify_all();
        if output.ended || output.closed {
            return;
        }
    }
}

fn dump(output: &Output) -> String {
    let screen = output.parser.screen();
    let (rows, cols) = screen.size();
    let lines: Vec<String> = screen
        .rows(0, cols)
        .map(|line| format!("|{line}|"))
        .collect();
    let ended = if output.ended { ", ended" } else { "" };
    format!("{cols}x{rows}{ended}\n{}", lines.join("\n"))
}
