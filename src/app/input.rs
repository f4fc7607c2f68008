//! Keys, pastes and new sizes, read by a thread of its own.

use crossterm::event::{self, Event};
use std::io;
use tokio::sync::mpsc;

/// Keys that may wait for the loop; those of a faster typist wait in the terminal.
const QUEUE: usize = 64;

/// What happens at the terminal from now on. The thread ends with the process: the reader never
/// returns from a terminal that has hung up, and a loop that read it itself would hang with it.
pub fn events() -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (queue, events) = mpsc::channel(QUEUE);
    std::thread::Builder::new()
        .name("keys".into())
        .spawn(move || {
            loop {
                let event = event::read();
                let failed = event.is_err();
                if queue.blocking_send(event).is_err() || failed {
                    break;
                }
            }
        })?;
    Ok(events)
}
