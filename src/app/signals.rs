//! Signals: those that end the program, and the one after which the terminal is ours again.

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// To end with this exit status, 128 + the signal's number.
    End(u8),
    /// The program was stopped, and goes on: others had the terminal meanwhile.
    GoOn,
}

/// The exit status of a program whose terminal is gone, as if by SIGHUP: 128 + 1.
pub const HUNG_UP: u8 = 129;

/// Waits for a signal.
#[cfg(unix)]
pub struct Signals([(tokio::signal::unix::Signal, Told); 4]);

#[cfg(unix)]
impl Signals {
    /// Listens for SIGINT, SIGTERM, SIGHUP and SIGCONT from now on.
    pub fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // Its number differs between systems, and tokio has no name for it.
        let cont = if cfg!(target_os = "linux") { 18 } else { 19 };
        Ok(Self([
            (signal(SignalKind::interrupt())?, Told::End(128 + 2)),
            (signal(SignalKind::terminate())?, Told::End(128 + 15)),
            (signal(SignalKind::hangup())?, Told::End(HUNG_UP)),
            (signal(SignalKind::from_raw(cont))?, Told::GoOn),
        ]))
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        let [(int, a), (term, b), (hup, c), (cont, d)] = &mut self.0;
        // A terminal that closes sends SIGHUP and SIGCONT at once; the end goes first.
        tokio::select! {
            biased;
            _ = int.recv() => *a,
            _ = term.recv() => *b,
            _ = hup.recv() => *c,
            _ = cont.recv() => *d,
        }
    }
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
            Ok(()) => Told::End(130),
            Err(_) => std::future::pending().await,
        }
    }
}
