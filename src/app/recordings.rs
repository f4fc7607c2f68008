//! Recordings beside what is received: played, opened while it goes on, followed while they grow.

use super::now_ns;
use super::receive::Receiving;
use super::sink::Intake;
use crate::record::follow::Tail;
use crate::record::replay::{self, Due};
use crate::record::{self, Recording};
use crate::wire::payload::Payload;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

/// A request that the store had no room for is played again so much later.
const LATER: Duration = Duration::from_millis(100);
/// A recording that grows is looked at so often.
const LOOK: Duration = Duration::from_millis(250);

impl Receiving {
    /// Plays requests at their pace, as if they were received; that it is over is sent to `done`.
    pub fn play(&self, due: Vec<Due>, done: mpsc::UnboundedSender<Opened>) {
        let intake = self.intake.clone();
        self.spawn(async move {
            let start = Instant::now();
            for next in due {
                sleep_until(start + next.at).await;
                let payload = Payload {
                    received_ns: now_ns(),
                    ..next.payload
                };
                while intake.take(payload.clone()).await.is_err() {
                    sleep(LATER).await;
                }
            }
            let _ = done.send(Opened::Played { refused: None });
        });
    }

    /// Reads a recording beside the screen and takes it in with the times that it has. What became
    /// of it is sent to `done`.
    pub fn open(&self, path: PathBuf, done: mpsc::UnboundedSender<Opened>) {
        let intake = self.intake.clone();
        self.spawn(async move {
            let from = path.clone();
            let reading = spawn_blocking(move || record::read(&[from]));
            let taken = match reading.await {
                Ok(Ok(recording)) => Ok(take_in(&intake, recording).await),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("reading it failed".to_owned()),
            };
            // Nobody listens once the program ends.
            let _ = done.send(Opened::Read { path, taken });
        });
    }

    /// Feeds the screen. What cannot be read, and that all was played, is sent to `told`.
    pub fn feed(&self, feed: Feed, told: &mpsc::UnboundedSender<Opened>) {
        match feed {
            Feed::None => {}
            Feed::Follow(paths) => {
                for path in paths {
                    self.spawn(follow(self.intake.clone(), Tail::new(path), told.clone()));
                }
            }
            Feed::Play(due) => {
                let Some(target) = self.http.first().copied() else {
                    return;
                };
                let told = told.clone();
                self.spawn(async move {
                    let played = replay::play(target, due).await;
                    let refused = played.last_refusal.map(|why| (played.refused, why));
                    let _ = told.send(Opened::Played { refused });
                });
            }
        }
    }
}

/// What became of a recording.
pub enum Opened {
    /// It was opened.
    Read {
        /// Where it is.
        path: PathBuf,
        /// What was taken in, or why nothing was.
        taken: Result<Taken, String>,
    },
    /// It was played to its end.
    Played {
        /// Requests that were not taken in, and why the last was not.
        refused: Option<(u64, String)>,
    },
}

/// What is shown besides what others send.
#[derive(Default)]
pub enum Feed {
    /// Nothing.
    #[default]
    None,
    /// Recordings that still grow.
    Follow(Vec<PathBuf>),
    /// A recording, played into the receiver's own port.
    Play(Vec<Due>),
}

/// What was taken in of a recording.
#[derive(Default)]
pub struct Taken {
    /// Requests.
    pub requests: usize,
    /// Files, lines, spans and records that could not be read.
    pub unread: u64,
    /// Why, of the first.
    pub why: Option<String>,
}

async fn take_in(intake: &Intake, recording: Recording) -> Taken {
    let mut taken = Taken {
        requests: recording.requests.len(),
        unread: recording.complaints.len() as u64,
        why: recording.complaints.into_iter().next(),
    };
    for recorded in recording.requests {
        let answer = loop {
            match intake.take(recorded.payload.clone()).await {
                Ok(answer) => break answer,
                Err(_) => sleep(LATER).await,
            }
        };
        if answer.rejected > 0 {
            taken.unread += answer.rejected;
            taken.why.get_or_insert(answer.message);
        }
    }
    taken
}

/// Looks for more every now and then.
async fn follow(intake: Arc<Intake>, mut tail: Tail, told: mpsc::UnboundedSender<Opened>) {
    let mut is_new = false;
    let mut trouble = None;
    loop {
        let path = tail.path().to_owned();
        let look = spawn_blocking(move || {
            let more = tail.more();
            (tail, more)
        });
        let Ok((same, more)) = look.await else { return };
        tail = same;
        let mut wait = LOOK;
        let why = match more {
            Ok(more) => {
                wait = if more.is_part { Duration::ZERO } else { LOOK };
                let mut recording = Recording {
                    requests: more.requests,
                    complaints: more.complaints,
                };
                let lines = recording.requests.iter_mut().map(|r| &mut r.payload);
                for payload in lines.filter(|p| is_new && p.received_ns == 0) {
                    payload.received_ns = now_ns();
                }
                let taken = take_in(&intake, recording).await;
                if taken.unread > 0 {
                    let taken = Ok(taken);
                    let _ = told.send(Opened::Read { path, taken });
                }
                is_new |= wait == LOOK;
                None
            }
            Err(error) => Some(format!("{}: {error}", path.display())),
        };
        if let Some(why) = why.clone().filter(|_| why != trouble) {
            let path = tail.path().to_owned();
            let taken = Err(why);
            let _ = told.send(Opened::Read { path, taken });
        }
        trouble = why;
        sleep(wait).await;
    }
}
