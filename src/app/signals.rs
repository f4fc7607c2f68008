//! Signals: those that end the program, and those between which others have the terminal.

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// To end with this exit status, 128 + the signal's number.
    End(u8),
    /// To stop, as Ctrl-Z asks.
    Stop,
    /// The program was stopped, and goes on: others had the terminal meanwhile.
    GoOn,
}

/// The exit status of a program that Ctrl-C ended: 128 + SIGINT.
pub const INTERRUPTED: u8 = 128 + 2;

/// The exit status of a program whose terminal is gone, as if by SIGHUP: 128 + 1.
pub const HUNG_UP: u8 = 129;

/// Waits for a signal.
#[cfg(unix)]
pub struct Signals([(tokio::signal::unix::Signal, Told); 5]);

#[cfg(unix)]
impl Signals {
    /// Listens for SIGINT, SIGTERM, SIGHUP, SIGTSTP and SIGCONT from now on.
    pub fn new() -> std::io::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let number = |signal: Signal| SignalKind::from_raw(signal.as_raw());
        let (stop, cont) = (number(Signal::TSTP), number(Signal::CONT));
        Ok(Self([
            (signal(SignalKind::interrupt())?, Told::End(INTERRUPTED)),
            (signal(SignalKind::terminate())?, Told::End(128 + 15)),
            (signal(SignalKind::hangup())?, Told::End(HUNG_UP)),
            (signal(stop)?, Told::Stop),
            (signal(cont)?, Told::GoOn),
        ]))
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        let [int, term, hup, stop, cont] = &mut self.0;
        // A terminal that closes sends SIGHUP and SIGCONT at once; the end goes first.
        tokio::select! {
            biased;
            _ = int.0.recv() => int.1,
            _ = term.0.recv() => term.1,
            _ = hup.0.recv() => hup.1,
            _ = stop.0.recv() => stop.1,
            _ = cont.0.recv() => cont.1,
        }
    }
}

/// Stops this process until it is continued.
#[cfg(unix)]
pub fn stop() {
    use rustix::process::{Signal, getpid, kill_process};
    // It cannot fail: it is our own.
    let _ = kill_process(getpid(), Signal::STOP);
}

/// Tells this process that the terminal may have another size, which wakes who waits for keys.
#[cfg(unix)]
pub fn wake_reader() {
    use rustix::process::{Signal, getpid, kill_process};
    // It cannot fail: it is our own.
    let _ = kill_process(getpid(), Signal::WINCH);
}

/// Asks the shell's whole job to stop, as the terminal does for Ctrl-Z where it is not raw.
#[cfg(unix)]
pub fn ask_to_stop() {
    // It cannot fail: we are of it.
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Told::End(INTERRUPTED),
            Err(_) => std::future::pending().await,
        }
    }
}

/// There is no such thing here.
#[cfg(not(unix))]
pub fn stop() {}

/// There is no such thing here.
#[cfg(not(unix))]
pub fn ask_to_stop() {}
