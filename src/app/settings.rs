//! The configuration in force: the file, then environment and flags, which go before it.

use crate::cli::{Cli, Settings};
use crate::config::{self, Config};
use anyhow::Context;
use etcetera::BaseStrategy;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What holds for a command line. An error says where in the file it is, before anything is done.
pub fn of(cli: &Cli) -> anyhow::Result<Config> {
    let mut config = match file(cli) {
        Some((path, named)) => from_file(&path, named)?.unwrap_or_default(),
        None => Config::default(),
    };
    cli.over(&mut config);
    Ok(config)
}

/// `spanfall config`.
pub fn run(cli: &Cli, args: &Settings, out: &mut dyn Write) -> anyhow::Result<()> {
    let file = file(cli);
    if args.path {
        let (path, _) = file.context("no home folder is known: name a file with --config FILE")?;
        writeln!(out, "{}", path.display())?;
        return Ok(());
    }
    let config = of(cli)?;
    match &file {
        Some((path, _)) if path.exists() => writeln!(out, "# Read from {}.", path.display())?,
        Some((path, _)) => writeln!(out, "# There is no {} yet.", path.display())?,
        None => writeln!(
            out,
            "# No home folder is known: --config FILE names a file."
        )?,
    }
    writeln!(
        out,
        "# A line such as #theme = … is how it is without it: take the # away and change it.\n\
         # Flags go before the environment, that before this file.\n"
    )?;
    out.write_all(config::print(&config).as_bytes())?;
    Ok(())
}

/// The file, and whether it was asked for by name: then it has to be there.
fn file(cli: &Cli) -> Option<(PathBuf, bool)> {
    let named = cli.config.as_ref().filter(|p| !p.as_os_str().is_empty());
    if let Some(path) = named {
        return Some((path.clone(), true));
    }
    Some((folder()?.join("config.toml"), false))
}

/// The user's folder for spanfall, as the platform has it; `None` without a home.
pub fn folder() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("spanfall"))
}

fn from_file(path: &Path, named: bool) -> anyhow::Result<Option<Config>> {
    let file = path.display();
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| {
                format!("cannot read the configuration {file}; --config FILE names another")
            });
        }
    };
    let text = text.with_context(|| format!("{file} is no text in UTF-8"))?;
    let mut config = config::read(&text).map_err(|error| anyhow::anyhow!("{file}:{error}"))?;
    let place = config::place_of(&text, "screen", "theme");
    config.screen.theme_place = place.map(|(line, column)| format!("{file}:{line}:{column}"));
    let home = etcetera::home_dir().ok();
    let folder = path.parent().unwrap_or(Path::new(""));
    config.settle(folder, home.as_deref());
    Ok(Some(config))
}
