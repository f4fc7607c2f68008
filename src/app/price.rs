//! `spanfall price`: what a model call would cost, by the same table and rules as everywhere.

use crate::cli::{Counting, Price, PriceFormat};
use crate::config::Config;
use crate::model::usage::{Convention, Usage};
use crate::prices::{Priced, Quote, Table};
use anyhow::Context as _;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// The answer for programs; names and types are stable.
#[derive(Serialize)]
struct Answer<'a> {
    /// Decimal string, 8 decimals; null is unknown.
    cost_usd: Option<String>,
    /// As asked.
    model: &'a str,
    /// Id of the provider that bills.
    provider: Option<&'a str>,
    /// Id of the model's entry.
    entry: Option<&'a str>,
    /// The table's newest price change.
    as_of: &'a str,
    /// Why `cost_usd` is null.
    why_unknown: Option<&'a str>,
    /// What the counts were taken to mean.
    convention: &'a str,
}

/// Prices one call and writes the answer; `now_ns` is the time of a call that tells none. Unknown
/// is an answer, not an error.
pub fn run(args: &Price, config: &Config, now_ns: u64, out: &mut dyn Write) -> anyhow::Result<()> {
    let own = config.cost.prices.as_deref();
    let over = own.map(read_override).transpose()?;
    let table = over.as_ref().unwrap_or_else(|| Table::embedded());
    let at_ns = args.at.as_deref().map_or(Ok(now_ns), parse_time)?;
    let context = context(&args.context)?;
    let raw = usage(args);
    let convention = match args.convention {
        Some(Counting::Incl) => Convention::Incl,
        Some(Counting::Excl) => Convention::Excl,
        Some(Counting::Split) => Convention::Split,
        None => Convention::detect(&raw, None, args.provider.as_deref()),
    };
    let priced = table.quote(&Quote {
        provider: args.provider.as_deref(),
        host: args.host.as_deref(),
        response_model: Some(&args.model),
        request_model: None,
        at_ns,
        usage: raw.normalise(convention, None),
        context: &context,
    });
    match args.format {
        PriceFormat::Text => write_text(&priced, table.as_of(), convention, out),
        PriceFormat::Json => {
            let answer = Answer {
                cost_usd: priced.cost.map(|c| c.decimal(8)),
                model: &args.model,
                provider: priced.provider,
                entry: priced.entry,
                as_of: table.as_of(),
                why_unknown: priced.why_unknown,
                convention: word(convention).0,
            };
            Ok(writeln!(out, "{}", serde_json::to_string(&answer)?)?)
        }
    }
}

/// The built-in table with the user's file on top; the error says where the file is wrong.
pub fn read_override(path: &Path) -> anyhow::Result<Table> {
    let file = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the prices in {file} (see --prices)"))?;
    Table::with_override(&text)
        .with_context(|| format!("{file} is no price file; correct it, or leave out --prices"))
}

fn write_text(
    priced: &Priced<'_>,
    as_of: &str,
    convention: Convention,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match priced.cost {
        Some(cost) => writeln!(out, "{} USD\nentry   {}", cost.decimal(8), priced.label())?,
        None => writeln!(out, "unknown\nwhy     {}", priced.label())?,
    }
    writeln!(out, "prices  as of {as_of}")?;
    let (name, meaning) = word(convention);
    writeln!(out, "counts  {name}: {meaning}")?;
    if priced.cost.is_none() && priced.provider.is_none() {
        writeln!(
            out,
            "Next: name who sells it with --provider or --host, or give your own price with --prices"
        )?;
    }
    Ok(())
}

fn word(convention: Convention) -> (&'static str, &'static str) {
    match convention {
        Convention::Incl => ("incl", "input holds the cache, output the reasoning"),
        Convention::Excl => ("excl", "the cache comes on top of the input"),
        Convention::Split => ("split", "the reasoning comes on top of the output"),
        Convention::Apart => ("apart", "cache and reasoning come on top"),
    }
}

fn usage(args: &Price) -> Usage {
    let t = args.tokens;
    Usage {
        input: Some(t.input),
        cache_read: Some(t.cache_read),
        cache_write: Some(t.cache_write.saturating_add(t.cache_write_1h)),
        cache_write_1h: Some(t.cache_write_1h),
        output: Some(t.output),
        reasoning: Some(t.reasoning),
        audio_in: Some(t.audio_in),
        audio_out: Some(t.audio_out),
    }
}

fn parse_time(text: &str) -> anyhow::Result<u64> {
    let hint = || format!("--at {text}: expected a time like 2026-11-18T12:00:00Z");
    let stamp: jiff::Timestamp = text.parse().with_context(hint)?;
    u64::try_from(stamp.as_nanosecond()).with_context(hint)
}

fn context(pairs: &[String]) -> anyhow::Result<Vec<(&str, &str)>> {
    let told = pairs.iter().map(|p| p.trim()).filter(|p| !p.is_empty());
    told.map(|pair| {
        pair.split_once('=').with_context(|| {
            format!("--context {pair}: expected key=value, like service_tier=flex")
        })
    })
    .collect()
}
