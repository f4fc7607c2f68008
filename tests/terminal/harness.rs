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

/// What the terminal says of itself when it is asked who it is, which is the last question.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    /// It answers nothing at all.
    pub silent: bool,
    /// Its background, in X11's notation: else it does not know the question.
    pub ground: Option<&'static str>,
    /// It draws ambiguous characters in two cells.
    pub wide: bool,
    /// What the person types before the answers come.
    pub typed: &'static str,
}

impl Manner {
    fn answer(self) -> String {
        use std::fmt::Write;
        let mut answer = self.typed.to_owned();
        if !self.silent {
            let column = if self.wide { 3 } else { 2 };
            write!(answer, "\x1b[1;{column}R").unwrap();
            if let Some(ground) = self.ground {
                write!(answer, "\x1b]11;{ground}\x1b\\").unwrap();
            }
            answer += "\x1b[?62;22c";
        }
        answer
    }
}

/// What came out of the program.
struct Output {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// When it asked, and when its first frame was whole.
    asked: Option<Instant>,
    drawn: Option<Instant>,
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

/// What is typed, and answered; gone when the window is closed.
type Keys = Arc<Mutex<Option<Box<dyn Write + Send>>>>;

fn send(keys: &Keys, text: &str) {
    if let Some(into) = keys.lock().unwrap().as_mut() {
        into.write_all(text.as_bytes()).unwrap();
        into.flush().unwrap();
    }
}

/// A terminal with a program in it.
pub struct Terminal {
    shared: Arc<Shared>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Keys,
    child: Option<Box<dyn Child + Send + Sync>>,
    pid: u32,
    modes_before: String,
}

impl Terminal {
    /// Runs a program in a terminal of so many columns and rows.
    pub fn run(program: &str, args: &[&str], size: (u16, u16)) -> Self {
        Self::run_in(Manner::default(), &[], program, args, size)
    }

    /// The same in a terminal of another manner, and with variables.
    pub fn run_in(
        manner: Manner,
        variables: &[(&str, &str)],
        program: &str,
        args: &[&str],
        (cols, rows): (u16, u16),
    ) -> Self {
        let pty = native_pty_system().openpty(size(cols, rows)).unwrap();
        let modes_before = format!("{:?}", pty.master.get_termios());
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        let ours = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("SPANFALL_") || ["NO_COLOR", "COLORFGBG", "STY"].contains(&&*name)
        });
        ours.for_each(|(name, _)| command.env_remove(name));
        // The one of whoever runs the tests is not meant.
        command.env("SPANFALL_CONFIG", "/dev/null");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        let shared = Arc::new(Shared {
            output: Mutex::new(Output {
                parser: vt100::Parser::new(rows, cols, 0),
                raw: Vec::new(),
                asked: None,
                drawn: None,
                blocked: false,
                ended: false,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let reader = pty.master.try_clone_reader().unwrap();
        let into = shared.clone();
        let keys = Arc::new(Mutex::new(Some(pty.master.take_writer().unwrap())));
        let answers = keys.clone();
        thread::spawn(move || read(reader, &into, manner, &answers));
        Self {
            keys,
            master: Some(pty.master),
            pid: child.process_id().unwrap(),
            child: Some(child),
            shared,
            modes_before,
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        send(&self.keys, keys);
    }

    /// Changes the size, as a person does who drags the window's corner.
    pub fn resize(&self, cols: u16, rows: u16) {
        let mut output = self.shared.output();
        output.parser.screen_mut().set_size(rows, cols);
        let master = self.master.as_ref().unwrap();
        master.resize(size(cols, rows)).unwrap();
    }

    /// Presses and lets go of the left button on a cell, counted from 0.
    pub fn click(&mut self, x: usize, y: usize) {
        let (x, y) = (x + 1, y + 1);
        self.keys(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
    }

    /// Waits until these bytes have come out of the program.
    pub fn wait_bytes(&self, bytes: &[u8]) {
        let what = format!("bytes {}", bytes.escape_ascii());
        drop(self.wait(&what, |o| o.raw.windows(bytes.len()).any(|w| w == bytes)));
    }

    /// Stops reading what the program writes, or goes on.
    pub fn block(&self, blocked: bool) {
        self.shared.output().blocked = blocked;
        self.shared.changed.notify_all();
    }

    /// Closes the window, as soon as the reader has read once more: the clock moves every second.
    pub fn close(&mut self) {
        *self.keys.lock().unwrap() = None;
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

    /// All that the program wrote so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.output().raw.clone()
    }

    /// How long the program waited for answers before its first frame was whole.
    pub fn waited(&self) -> Duration {
        let output = self.wait("the first frame", |o| o.drawn.is_some());
        output.drawn.unwrap() - output.asked.unwrap()
    }

    /// The program is stopped, as `ps` tells.
    pub fn is_stopped(&self) -> bool {
        let pid = self.pid.to_string();
        let told = Command::new("ps")
            .args(["-o", "state=", "-p", &pid])
            .output();
        String::from_utf8_lossy(&told.unwrap().stdout).starts_with('T')
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

    /// Looks at the screen as it is.
    pub fn look(&self, at: impl FnOnce(&vt100::Screen)) {
        at(self.shared.output().parser.screen());
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

fn read(mut from: Box<dyn Read + Send>, into: &Shared, manner: Manner, answers: &Keys) {
    let mut bytes = [0; 4096];
    loop {
        let blocked = |output: &mut Output| output.blocked;
        drop(into.changed.wait_while(into.output(), blocked));
        let n = from.read(&mut bytes).unwrap_or(0); // the other side's end is an error on Linux
        let mut output = into.output();
        output.parser.process(&bytes[..n]);
        output.raw.extend(&bytes[..n]);
        let has = |output: &Output, sequence: &[u8]| {
            output.raw.windows(sequence.len()).any(|w| w == sequence)
        };
        if output.asked.is_none() && has(&output, b"\x1b[c") {
            output.asked = Some(Instant::now());
            send(answers, &manner.answer());
        }
        if output.drawn.is_none() && has(&output, b"\x1b[?2026l") {
            output.drawn = Some(Instant::now());
        }
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
