//! The running program: everything above, wired together. The only room that knows clock,
//! terminal, threads and signals.

pub mod ask;
pub mod asked;
mod burn;
mod canvas;
pub mod cells;
mod clipboard;
pub mod compare;
mod complete;
pub mod contents;
pub mod detail;
pub mod env;
mod hands;
mod headless;
pub mod input;
mod judge;
pub mod live;
pub mod load;
pub mod lore;
pub mod manual;
mod mouse;
mod notice;
mod numbers;
mod others;
mod pace;
mod pinned;
pub mod price;
pub mod reading;
pub mod receive;
pub mod recordings;
pub mod report;
pub mod save;
pub mod screen;
mod sequence;
pub mod settings;
pub mod show;
mod signals;
pub mod sink;
pub mod taps;
pub mod terminal;
pub mod themes;
mod times;

use crate::cli::{Cli, Command};
use std::io::Write;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Does what the command line says. An error is usage or unreadable input, exit code 2.
pub fn run(cli: &Cli, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &cli.command {
        None if cli.live.headless => headless::run(&cli.live, &settings::of(cli)?, out),
        None => show::live(settings::of(cli)?, out),
        Some(Command::Demo(_)) => show::demo(settings::of(cli)?, out),
        Some(Command::Open(args)) => show::open(args, settings::of(cli)?, out),
        Some(Command::Report(args)) => report::run(args, &settings::of(cli)?, out),
        Some(Command::Diff(args)) => compare::run(args, &settings::of(cli)?, out),
        Some(Command::Config(args)) => {
            settings::run(cli, args, out)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Completions(args)) => {
            manual::completions(args, out)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Manual(args)) => {
            manual::man(args, out)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Price(args)) => {
            price::run(args, &settings::of(cli)?, now_ns(), out)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Env(args)) => {
            env::run(args, std::env::var("SHELL").ok().as_deref(), out)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The wall clock, nanoseconds since the epoch.
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}
