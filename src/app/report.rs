//! `spanfall report`: the numbers of recordings, without a screen.

use super::contents::Kept;
use super::load::load_without;
use super::lore::Known;
use super::taps::Wanted;
use crate::cli::{FailOn, Format, Report};
use crate::config::Config;
use crate::findings;
use crate::model::node::SessionSummary;
use crate::model::store::Store;
use crate::query::{Saved, Scene, matches, parse};
use crate::report::{self, Only};
use crate::ui::text;
use anyhow::anyhow;
use std::io::Write;
use std::process::ExitCode;

/// Reads the recordings and writes the report; exit 1 when a limit of the command line says so.
/// What could not be read goes to standard error, one line each.
pub fn run(args: &Report, config: &Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let known = Known::with_prices(config.cost.prices.as_deref())?;
    let wanted = Wanted::hidden(&config.receive, &known.tables)?;
    let (mut store, complaints) = load_without(&args.paths, &known, wanted.privacy.as_deref())?;
    for complaint in complaints {
        writeln!(std::io::stderr(), "spanfall: {complaint}")?;
    }
    let only = args
        .only
        .as_deref()
        .map(|text| only(&mut store, &known, text, &config.queries));
    let built = match only.transpose()? {
        Some(only) => report::build_only(&mut store, &*known, &only),
        None => report::build(&mut store, &*known),
    };
    let built = built.silenced(&config.findings.silence);
    print(&built, args.format, out)?;
    let totals = built.all;
    let cost = totals.cost.map_or(0, |c| c.0);
    let too_dear = args.max_cost.is_some_and(|max| cost > max.0);
    // What is known is the least that it cost: more than allowed is sure, less is not.
    if let Some(max) = args
        .max_cost
        .filter(|_| !too_dear && totals.unpriced_calls > 0)
    {
        let (calls, max) = (totals.unpriced_calls, text::money(max));
        let calls = match calls {
            1 => "1 call has no known price".to_owned(),
            n => format!("{n} calls have no known price"),
        };
        writeln!(
            std::io::stderr(),
            "spanfall: {calls}: whether it cost more than {max} is not sure; --prices FILE can tell"
        )?;
    }
    let failed = args.fail_on.is_some_and(|what| match what {
        FailOn::Severity(least) => built.found(least),
        FailOn::Rule(rule) => built.found_by(rule),
    });
    Ok(ExitCode::from(u8::from(too_dear || failed)))
}

/// The nodes of each session that match a query.
fn only(store: &mut Store, known: &Known, asked: &str, saved: &Saved) -> anyhow::Result<Only> {
    let query = parse(asked, saved).map_err(|error| {
        let before = text::width(asked.get(..error.at).unwrap_or(asked));
        let asked = text::sanitize(asked);
        anyhow!("--where: {error}\n  {asked}\n  {:before$}^", "")
    })?;
    let sessions: Vec<SessionSummary> = store.sessions().to_vec();
    let mut only = Only {
        text: query.to_string(),
        ..Only::default()
    };
    for session in &sessions {
        let Some((tree, _)) = store.tree(session.id, known) else {
            continue;
        };
        let findings = findings::of_session(session, &tree);
        let scene = Scene {
            session,
            nodes: &tree.nodes,
            findings: &findings,
            contents: &Kept(store),
            now: session.last_arrival.max(session.end),
        };
        let found = matches(&query, &scene).into_iter().zip(&tree.nodes);
        let found = found.filter(|(matches, _)| *matches).map(|(_, n)| n.id);
        only.nodes.insert(session.id, found.collect());
    }
    Ok(only)
}

/// Writes a report.
pub fn print(report: &report::Report, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        Format::Text => out.write_all(report::text(report).as_bytes())?,
        Format::Markdown => out.write_all(report::markdown(report).as_bytes())?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(report)?)?,
    }
    Ok(())
}
