//! The commands that draw: live, demo, open.

use super::live::{self, Left, Show};
use super::load::load_without;
use super::lore::Known;
use super::now_ns;
use super::receive::Receiving;
use super::recordings::Feed;
use super::taps::Wanted;
use super::terminal;
use super::themes::Themes;
use crate::cli;
use crate::config::{self, Config};
use crate::model::store::Store;
use crate::ui::text;
use crate::wire::receiver::{Listen, ReceiverConfig};
use crate::{record, report};
use anyhow::{anyhow, ensure};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that browsing a recording may take: it was asked for as a whole.
const NO_LIMIT: usize = usize::MAX;

/// How long the summary may count what came last: a person who leaves does not wait.
const LAST_COUNT: Duration = Duration::from_millis(300);
/// Pieces of evidence that are counted before the clock is looked at.
const PIECES: usize = 10_000;

pub(super) fn block_on<T>(task: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(task))
}

/// `spanfall`: receive and show.
pub fn live(config: Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    terminal::require()?;
    let themes = themes(&config)?;
    let known = Known::with_prices(config.cost.prices.as_deref())?;
    let receiver = receiver(&config.receive);
    warn_of_strangers(&receiver);
    let wanted = Wanted::of(&config.receive, &known.tables)?;
    let receiving = Receiving::start(&receiver, known.clone(), wanted)?;
    let show = Show {
        known: known.clone(),
        store: Store::new(),
        themes,
        limit: Memory::of(config.receive.max_memory).store,
        config,
        recording: None,
        frozen_at: None,
        feed: Feed::None,
    };
    Ok(leave(
        block_on(live::run(show, Some(receiving)))??,
        &known,
        out,
    ))
}

/// How the memory that may be used is shared out, in bytes.
pub(super) struct Memory {
    /// For the store.
    pub store: usize,
    /// For requests that are read, and again for those that are decoded and wait for the store.
    pub under_way: usize,
    /// For one request.
    pub body: usize,
}

impl Memory {
    pub fn of(limit: config::Bytes) -> Self {
        let limit = usize::try_from(limit.0).unwrap_or(usize::MAX);
        let under_way = (limit / 16).clamp(4 << 20, 256 << 20);
        Self {
            store: limit.saturating_sub(3 * under_way),
            under_way,
            body: (limit / 16).clamp(4 << 20, 64 << 20),
        }
    }
}

pub(super) fn receiver(settled: &config::Receive) -> ReceiverConfig {
    let usual = ReceiverConfig::default();
    let listen = |given: &[Listen], usual: Vec<Listen>| {
        if given.is_empty() {
            usual
        } else {
            given.to_vec()
        }
    };
    let memory = Memory::of(settled.max_memory);
    ReceiverConfig {
        max_body: memory.body,
        max_bodies: memory.under_way,
        grpc: listen(&settled.grpc, usual.grpc.clone()),
        http: listen(&settled.http, usual.http.clone()),
        allow_origins: settled.allow_origin.clone(),
        allow_hosts: settled.allow_host.clone(),
        token: settled.token.clone(),
        ..usual
    }
}

/// Binding wider than loopback says what it means.
pub(super) fn warn_of_strangers(config: &ReceiverConfig) {
    let wide = config
        .grpc
        .iter()
        .chain(&config.http)
        .find(|l| matches!(l, Listen::Exactly(a) if !a.ip().is_loopback()));
    if let Some(address) = wide
        && config.token.is_none()
    {
        let _ = writeln!(
            std::io::stderr(),
            "spanfall: {address} is open to other machines: whoever reaches it can send spans; --token TOKEN lets only yours in"
        );
    }
}

/// `spanfall demo`.
pub fn demo(config: Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    terminal::require()?;
    let known = Known::with_prices(None)?;
    let name = "demo: a recorded coding agent";
    let status = play(&known, record::demo(), 1.0, name, config, out)?;
    if status == ExitCode::SUCCESS {
        let _ = writeln!(out, "next, your own agent: `spanfall env` tells how");
    }
    Ok(status)
}

/// `spanfall open`.
pub fn open(args: &cli::Open, config: Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    terminal::require()?;
    let known = Known::with_prices(config.cost.prices.as_deref())?;
    let name = match args.paths.as_slice() {
        [path] => path.display().to_string(),
        paths => format!("{} recordings", paths.len()),
    };
    if let Some(speed) = args.replay {
        return play(
            &known,
            record::read(&args.paths)?,
            speed,
            &name,
            config,
            out,
        );
    }
    let themes = themes(&config)?;
    let wanted = Wanted::hidden(&config.receive, &known.tables)?;
    if args.follow {
        let receiving = Receiving::nowhere(known.clone(), wanted)?;
        let show = Show {
            known: known.clone(),
            store: Store::new(),
            themes,
            limit: Memory::of(config.receive.max_memory).store,
            config,
            recording: Some(format!("{name}, followed")),
            frozen_at: None,
            feed: Feed::Follow(args.paths.clone()),
        };
        let left = block_on(live::run(show, Some(receiving)))??;
        return Ok(leave(left, &known, out));
    }
    let (store, complaints) = load_without(&args.paths, &known, wanted.privacy.as_deref())?;
    complain(&complaints);
    let frozen_at = Some(store.last_time());
    let show = Show {
        known: known.clone(),
        store,
        themes,
        config,
        limit: NO_LIMIT,
        recording: Some(name),
        frozen_at,
        feed: Feed::None,
    };
    Ok(leave(block_on(live::run(show, None))??, &known, out))
}

/// Plays a recording into a real receiver, as if it happened now.
fn play(
    known: &Arc<Known>,
    recording: record::Recording,
    speed: f64,
    name: &str,
    config: Config,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let themes = themes(&config)?;
    let wanted = Wanted::hidden(&config.receive, &known.tables)?;
    let receiving = Receiving::start_anywhere(known.clone(), wanted)?;
    complain(&recording.complaints);
    ensure!(!receiving.http.is_empty(), "no port to play into");
    let due = record::replay::happening_now(recording.requests, speed, now_ns(), &|key| {
        known.tables.is_time_key(key)
    });
    let show = Show {
        known: known.clone(),
        store: Store::new(),
        themes,
        config,
        limit: NO_LIMIT,
        recording: Some(name.to_owned()),
        frozen_at: None,
        feed: Feed::Play(due),
    };
    Ok(leave(
        block_on(live::run(show, Some(receiving)))??,
        known,
        out,
    ))
}

/// A summary of a few lines after the screen.
fn leave(mut left: Left, known: &Known, out: &mut dyn Write) -> ExitCode {
    let until = Instant::now() + LAST_COUNT;
    left.store.refresh_some(known, left.at, PIECES);
    while left.store.is_behind() && Instant::now() < until {
        left.store.refresh_some(known, left.at, PIECES);
    }
    let rest = if left.store.is_behind() {
        " · not all that came is counted"
    } else {
        ""
    };
    let sessions = left.store.sessions().len();
    if sessions > 0 && left.answers {
        let plural = if sessions == 1 { "session" } else { "sessions" };
        // The terminal may close just now; how the screen was left matters more.
        let sums = report::summary(&left.store.totals());
        let turns: usize = left.store.sessions().iter().map(|s| s.turns.len()).sum();
        let turns = match turns {
            1 => "1 turn".to_owned(),
            n => format!("{n} turns"),
        };
        let _ = writeln!(out, "{sessions} {plural} · {turns} · {sums}{rest}");
    }
    if let Some((path, why)) = &left.recording_ended {
        let path = path.display();
        let _ = writeln!(
            std::io::stderr(),
            "spanfall: recording to {path} ended: {why}"
        );
    }
    for file in &left.files {
        let _ = writeln!(out, "saved to {}", file.display());
    }
    // Nobody waits for a million spans to be freed one by one.
    std::mem::forget(left.store);
    ExitCode::from(left.status)
}

fn complain(complaints: &[String]) {
    for complaint in complaints {
        let _ = writeln!(std::io::stderr(), "spanfall: {}", text::sanitize(complaint));
    }
}

/// Where themes are found. A theme that is none is told before anything else is done.
fn themes(config: &Config) -> anyhow::Result<Themes> {
    let themes = Themes::usual();
    let checked = themes.check(&config.screen.theme);
    match &config.screen.theme_place {
        Some(place) => checked.map_err(|error| anyhow!("{place}: {error}"))?,
        None => checked?,
    }
    Ok(themes)
}
