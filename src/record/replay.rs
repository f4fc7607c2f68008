//! Playing a recording again, at its own pace, into a real receiver.

use super::read::Recorded;
use super::request::Request;
use super::shift::shift;
use crate::wire::payload::{Encoding, Payload};
use crate::wire::post::{Target, post};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How often a request is sent that the receiver asks to be sent again later.
const ATTEMPTS: u32 = 6;

/// A request and when it is to be sent, counted from the start of the replay: not from the request
/// before it, so that the time that sending takes does not add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// From the start of the replay.
    pub at: Duration,
    /// What is sent.
    pub payload: Payload,
}

/// When each request is due: the recorded gaps divided by `speed`. Where no gap is known (an
/// unknown offset, or one before its predecessor's: another recording begins) a request follows at
/// once. A speed that is not above zero, or infinite, means no waiting at all.
pub fn pace(requests: Vec<Recorded>, speed: f64) -> impl Iterator<Item = Due> {
    let factor = if speed > 0.0 && speed.is_finite() {
        1.0 / speed
    } else {
        0.0
    };
    let mut at = Duration::ZERO;
    let mut last_ms = None;
    requests.into_iter().map(move |recorded| {
        if let Some((last, next)) = last_ms.zip(recorded.offset_ms) {
            let gap_s = f64::max(next - last, 0.0) / 1e3 * factor;
            at += Duration::try_from_secs_f64(gap_s).unwrap_or_default();
        }
        last_ms = recorded.offset_ms.or(last_ms);
        Due {
            at,
            payload: recorded.payload,
        }
    })
}

/// A recording made ready to happen now: paced, and every time in it moved by one offset. The
/// replay is to start at `now_ns` (since the epoch); `time_keys` as in [`shift`].
pub fn happening_now(
    requests: Vec<Recorded>,
    speed: f64,
    now_ns: u64,
    time_keys: &dyn Fn(&str) -> bool,
) -> Vec<Due> {
    let mut due: Vec<Due> = pace(requests, speed).collect();
    let offset_ns = offset_to_now(&due, now_ns);
    for next in &mut due {
        next.payload = shift(next.payload.clone(), offset_ns, time_keys);
    }
    due
}

/// The offset that makes a recording happen now, for [`shift`]: the largest with which
/// nothing lies in the future when it arrives, if the replay of `due` starts at `now_ns` (since
/// the epoch). Zero if nothing holds a time.
pub fn offset_to_now(due: &[Due], now_ns: u64) -> i64 {
    let offsets = due.iter().filter_map(|d| {
        let arrives = i128::from(now_ns) + i128::try_from(d.at.as_nanos()).ok()?;
        i64::try_from(arrives - i128::from(newest_ns(&d.payload)?)).ok()
    });
    offsets.min().unwrap_or(0)
}

/// The newest time that a request holds, ns since the epoch.
fn newest_ns(payload: &Payload) -> Option<u64> {
    let mut request = match payload.encoding {
        Encoding::Protobuf => Request::from_protobuf(payload.signal, &payload.body).ok()?,
        Encoding::Json => Request::from_json(payload.signal, &payload.body).ok()?,
    };
    let mut newest = 0;
    request.each_time(&mut |time| newest = newest.max(*time));
    (newest > 0).then_some(newest)
}

/// What became of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Requests that the receiver took.
    pub accepted: u64,
    /// Requests that it refused, or that could not be sent.
    pub refused: u64,
    /// Why the last of those was.
    pub last_refusal: Option<String>,
}

/// Plays requests into the receiver at `address`, each when it is due. One that fails costs only
/// itself.
pub async fn play(address: SocketAddr, due: impl IntoIterator<Item = Due>) -> Played {
    let start = Instant::now();
    let mut played = Played::default();
    for next in due {
        sleep_until(start + next.at).await;
        match post_patiently(address, &next.payload).await {
            Ok(200..300) => played.accepted += 1,
            answer => {
                played.refused += 1;
                played.last_refusal = Some(match answer {
                    Ok(status) => format!("{address} answered {status}"),
                    Err(error) => format!("{address}: {error}"),
                });
            }
        }
    }
    played
}

/// Sends again, a little later each time, while the receiver says that it has too much to do.
async fn post_patiently(address: SocketAddr, payload: &Payload) -> io::Result<u16> {
    let target = Target::from(address);
    let mut pause = Duration::from_millis(50);
    for _ in 1..ATTEMPTS {
        match post(&target, payload).await {
            Ok(429 | 503) => sleep(pause).await,
            answer => return answer,
        }
        pause *= 2;
    }
    post(&target, payload).await
}
