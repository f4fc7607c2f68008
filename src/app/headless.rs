//! Receiving without a screen: a line per finished turn, and the report on exit.

use super::load::file;
use super::lore::Known;
use super::now_ns;
use super::pace::QUIET;
use super::receive::Receiving;
use super::report::print;
use super::show::{Memory, block_on, receiver, warn_of_strangers};
use super::signals::{Signals, Told};
use super::taps::{Recorded, Taps, Wanted};
use crate::cli::Live;
use crate::config::Config;
use crate::model::ids::NodeId;
use crate::model::node::{SessionState, SessionSummary};
use crate::model::store::Store;
use crate::report;
use std::collections::HashSet;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A turn is finished when nothing of it has come for so long: children may follow their parents.
const SETTLED_NS: u64 = 2_000_000_000;
const LOOK: Duration = Duration::from_millis(500);

/// Receives until a signal.
pub fn run(args: &Live, config: &Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let known = Known::with_prices(config.cost.prices.as_deref())?;
    let receiver = receiver(&config.receive);
    warn_of_strangers(&receiver);
    let wanted = Wanted::of(&config.receive, &known.tables)?;
    let receiving = Receiving::start(&receiver, known.clone(), wanted)?;
    let limit = Memory::of(config.receive.max_memory).store;
    let mut store = block_on(receive(&known, receiving, limit, out))??;
    if let Some(format) = args.report {
        let report = report::build(&mut store, &*known);
        print(&report.silenced(&config.findings.silence), format, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn receive(
    known: &Known,
    mut receiving: Receiving,
    limit: usize,
    out: &mut dyn Write,
) -> anyhow::Result<Store> {
    let mut signals = Signals::new()?;
    let mut store = Store::new();
    let mut told = HashSet::new();
    let addresses: Vec<String> = receiving
        .grpc
        .iter()
        .chain(&receiving.http)
        .map(ToString::to_string)
        .collect();
    writeln!(
        std::io::stderr(),
        "spanfall: receiving OTLP on {}",
        addresses.join(" ")
    )?;
    let mut look = Instant::now() + LOOK;
    let mut heard = Instant::now();
    loop {
        // Not a branch of its own: batches that keep coming must not keep it from its turn.
        if store.held() > limit || look <= Instant::now() {
            store.refresh(known, now_ns());
            tell(store.sessions(), &mut told, now_ns(), out)?;
            let gone = store.hold(limit, &|_| false);
            // They will not be seen again.
            tell(&gone, &mut told, u64::MAX, out)?;
            forget(&gone, &mut told);
            look = Instant::now() + LOOK;
        }
        tokio::select! {
            biased;
            told = signals.next() => if told != Told::GoOn { break },
            Some(came) = receiving.batches.recv() => {
                file(&mut store, came.batch);
                heard = Instant::now();
            }
            () = sleep_until(look) => {}
            () = sleep_until(heard + QUIET), if store.can_squeeze() => store.squeeze(),
        }
    }
    while let Ok(came) = receiving.batches.try_recv() {
        file(&mut store, came.batch);
    }
    store.refresh(known, now_ns());
    tell(store.sessions(), &mut told, u64::MAX, out)?;
    say_recorded(receiving.taps())?;
    Ok(store)
}

/// One line for each turn that has finished since. A turn whose end nobody tells (log records
/// alone) is finished when the next one begins, or at the end.
fn tell(
    sessions: &[SessionSummary],
    told: &mut HashSet<NodeId>,
    now: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for session in sessions {
        let settled = now.saturating_sub(session.last_arrival) > SETTLED_NS
            && (session.state != SessionState::Running || now == u64::MAX);
        for (i, turn) in session.turns.iter().enumerate() {
            let followed = i + 1 < session.turns.len();
            let over = followed || (settled && (turn.end.is_some() || now == u64::MAX));
            if over && told.insert(turn.node) {
                writeln!(out, "{}", report::turn_line(session, i + 1, turn))?;
            }
        }
    }
    Ok(())
}

/// What was told of sessions that went need not be remembered.
fn forget(gone: &[SessionSummary], told: &mut HashSet<NodeId>) {
    for turn in gone.iter().flat_map(|s| &s.turns) {
        told.remove(&turn.node);
    }
}

/// What became of the recording and of what was sent on.
fn say_recorded(taps: &Taps) -> anyhow::Result<()> {
    let mut err = std::io::stderr();
    if let Some((path, why)) = taps.recording_ended() {
        writeln!(
            err,
            "spanfall: recording to {} ended: {why}",
            path.display()
        )?;
    }
    if let Some(Recorded { path, written }) = taps.stop_recording() {
        let requests = written.0;
        writeln!(
            err,
            "spanfall: recorded {requests} requests to {}",
            path.display()
        )?;
    }
    if let Some((to, done)) = taps.forwarded() {
        let (lost, sent) = (done.dropped + done.failed, done.sent);
        let why = done
            .last_failure
            .map_or(String::new(), |why| format!(" ({why})"));
        writeln!(
            err,
            "spanfall: sent {sent} requests on to {to}, {lost} lost{why}"
        )?;
    }
    Ok(())
}
