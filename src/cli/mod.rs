//! The command line: arguments and their help, nothing of what they do.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the help texts, and shown as they are"
)]

mod diff;
mod notify;
mod over;
mod receive;
mod values;

use crate::config::parse_usd;
use crate::model::usage::PicoUsd;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use diff::Diff;
pub use notify::{Calls, Notify};
pub use receive::{Content, Privacy, Receive};
use std::ffi::OsString;
use std::path::PathBuf;
pub use values::{Agent, FailOn, Shell, parse_fail_on, parse_speed};

/// The usual port of OTLP over gRPC.
pub const GRPC_PORT: u16 = 4317;
/// The usual port of OTLP over HTTP.
pub const HTTP_PORT: u16 = 4318;

/// `spanfall config`.
#[derive(Args, Debug)]
pub struct Settings {
    /// Print only where the file is, or would be
    #[arg(long)]
    pub path: bool,
    /// Where to receive.
    #[command(flatten)]
    pub receive: Receive,
    /// How to show it.
    #[command(flatten)]
    pub screen: Screen,
    /// Your own prices.
    #[command(flatten)]
    pub prices: PriceFile,
    /// When to call.
    #[command(flatten)]
    pub calls: Calls,
}

/// `spanfall completions`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `spanfall man`.
#[derive(Args, Debug)]
pub struct Manual {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<PathBuf>,
}

/// See what an AI agent does, costs and waits for, while it runs.
///
/// Without a command: receive OpenTelemetry on ports 4317 (gRPC) and 4318 (HTTP) of this machine
/// and show it live. Next: point an agent here, `spanfall env` tells how; or see one play:
/// `spanfall demo`.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 the thing asked about failed, 2 usage or unreadable input."
)]
pub struct Cli {
    /// What to do; none means receive and show.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Read the configuration from this file; else from the user's own, see `spanfall config`
    #[arg(long, value_name = "FILE", env = "SPANFALL_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Flags of receiving.
    #[command(flatten)]
    pub live: Live,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a bundled recording of a coding agent, live, through the real receiver
    ///
    /// Needs no network, agent or key, and stays open for browsing. Next: `spanfall env` tells how
    /// to see your own agent.
    Demo(Demo),
    /// Browse recordings
    ///
    /// A PATH is a file of OTLP/JSON lines (as the Collector's file exporter writes them), a single
    /// export request as JSON or protobuf (*.traces.pb, *.logs.pb, *.metrics.pb), or a folder of
    /// them; any may be gzipped. Next: `spanfall report PATH` prints the same numbers.
    Open(Open),
    /// Print the numbers of recordings: tokens, costs, times, errors
    ///
    /// Exits 1 when --fail-on or --max-cost say so, which makes it a check for CI.
    Report(Report),
    /// Compare two runs, step by step, and tell where they parted
    ///
    /// A and B are recordings as `spanfall report` takes them, or PATH#SESSION for a session of one:
    /// its place in time (PATH#2), its key, the start of its id or a part of its title. Without
    /// #SESSION it is the one with most steps. Exits 1 with --exit-code when they parted.
    Diff(Diff),
    /// Print what a model call would cost, or `unknown`
    ///
    /// By the price at the time of the call. Unknown is never shown as 0, and exits 0 too.
    /// Example: spanfall price claude-sonnet-4-5 --input 12000 --cache-read 9000 --output 800
    Price(Price),
    /// Print how to make an agent send its telemetry here
    ///
    /// Without AGENT: the agents known. Next: paste what is printed, then start the agent from the
    /// same shell while `spanfall` runs in another.
    Env(Env),
    /// Print the configuration in force, with its keys, as a file that can be saved
    ///
    /// What is as it is without a file is commented out. Flags go before the environment, that
    /// before the file. Next: save it where --path says, and change what you like.
    Config(Settings),
    /// Print a script that completes commands and flags in a shell
    ///
    /// Next: save it where the shell looks, such as
    /// ~/.local/share/bash-completion/completions/spanfall for bash,
    /// ~/.config/fish/completions/spanfall.fish for fish,
    /// or a file _spanfall in a folder of $fpath for zsh.
    Completions(Completions),
    /// Print the manual page
    ///
    /// Read it with: spanfall man | man -l -
    #[command(name = "man")]
    Manual(Manual),
}

/// Receive and show.
#[derive(Args, Debug)]
pub struct Live {
    /// Where to receive.
    #[command(flatten)]
    pub receive: Receive,
    /// How to show it.
    #[command(flatten)]
    pub screen: Screen,
    /// Your own prices.
    #[command(flatten)]
    pub prices: PriceFile,
    /// When to call.
    #[command(flatten)]
    pub calls: Calls,
    /// Draw nothing: print a line per finished turn, and the report on exit (see --report)
    #[arg(long)]
    pub headless: bool,
    /// The report that --headless prints on exit
    #[arg(long, value_name = "FORMAT", requires = "headless")]
    pub report: Option<Format>,
}

/// How to show it.
#[derive(Args, Debug)]
pub struct Screen {
    /// Colours: auto, dark, light, high-contrast, colour-blind, catppuccin-mocha, gruvbox-dark, one of
    /// your own by name, or the path of a theme file. auto is dark or light, as the terminal is
    #[arg(long, value_name = "NAME", env = "SPANFALL_THEME")]
    pub theme: Option<String>,
    /// Draw with plain ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal, which selects text with it; the key `m` turns it on
    #[arg(long)]
    pub no_mouse: bool,
    /// What all may cost, in USD: a gauge in the header, and a word when it is passed
    #[arg(long, value_name = "USD", value_parser = parse_usd)]
    pub budget: Option<PicoUsd>,
}

/// The user's own prices.
#[derive(Args, Debug)]
pub struct PriceFile {
    /// Your own prices on top of the built-in table, in a file of the same shape
    #[arg(id = "prices", long, value_name = "FILE", env = "SPANFALL_PRICES")]
    pub path: Option<PathBuf>,
}

/// `spanfall demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// How to show it.
    #[command(flatten)]
    pub screen: Screen,
}

/// `spanfall open`.
#[derive(Args, Debug)]
pub struct Open {
    /// Files or folders, read in this order
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Play them at their own pace, or SPEED times as fast, as if it happened now
    #[arg(long, value_name = "SPEED", num_args = 0..=1, default_missing_value = "1", value_parser = parse_speed)]
    pub replay: Option<f64>,
    /// Go on reading files that still grow, such as another program's recording
    #[arg(long, conflicts_with = "replay")]
    pub follow: bool,
    /// What is hidden.
    #[command(flatten)]
    pub privacy: Privacy,
    /// How to show it.
    #[command(flatten)]
    pub screen: Screen,
    /// Your own prices.
    #[command(flatten)]
    pub prices: PriceFile,
}

/// `spanfall report`.
#[derive(Args, Debug)]
pub struct Report {
    /// Files or folders, read in this order
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// text and markdown are for people, json (schema spanfall.report/1) for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Count only what matches this query, each with its own figures: `agent:reviewer dur>2s`.
    /// --fail-on and --max-cost are then about what matches
    #[arg(long = "where", value_name = "QUERY")]
    pub only: Option<String>,
    /// Exit 1 if this is in it: error (a failure too), warning or info, or anything graver; or what
    /// one rule finds, by its name
    #[arg(long, value_name = "WHAT", value_parser = parse_fail_on)]
    pub fail_on: Option<FailOn>,
    /// Exit 1 if it cost more than this; calls without a known price are told
    #[arg(long, value_name = "USD", value_parser = parse_usd)]
    pub max_cost: Option<PicoUsd>,
    /// What is hidden.
    #[command(flatten)]
    pub privacy: Privacy,
    /// Your own prices.
    #[command(flatten)]
    pub prices: PriceFile,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, in a terminal.
    Text,
    /// For programs; stable.
    Json,
    /// For people, in a pull request.
    Markdown,
}

/// `spanfall price`.
#[derive(Args, Debug)]
pub struct Price {
    /// The model, as an API or a trace names it
    pub model: String,
    /// Who sells it, as a trace names it (openai, aws.bedrock, …); else the model's name must tell
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// The server's address (api.openai.com); it tells more than the provider's name
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
    /// Time of the call, RFC 3339 (2026-11-18T12:00:00Z); else now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// What else sets the rate: service_tier=priority, processing=batch, speed=fast. Repeatable
    #[arg(long, value_name = "K=V", value_delimiter = ';')]
    pub context: Vec<String>,
    /// What the counts mean; else found out from the counts
    #[arg(long, value_name = "MEANING")]
    pub convention: Option<Counting>,
    /// text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PriceFormat,
    /// Your own prices.
    #[command(flatten)]
    pub prices: PriceFile,
    /// The tokens.
    #[command(flatten)]
    pub tokens: Tokens,
}

/// Token counts as a reporter tells them.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Tokens")]
pub struct Tokens {
    /// Input
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub input: u64,
    /// Read from the provider's cache
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub cache_read: u64,
    /// Written to the provider's cache, for 5 minutes or for an unknown time
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub cache_write: u64,
    /// Written to the provider's cache for 1 hour, besides --cache-write
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub cache_write_1h: u64,
    /// Output
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub output: u64,
    /// Spent on reasoning
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub reasoning: u64,
    /// Audio, part of the input
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub audio_in: u64,
    /// Audio, part of the output
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub audio_out: u64,
}

/// What token counts mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Counting {
    /// Input holds the cache, output holds the reasoning (OpenTelemetry, OpenAI).
    Incl,
    /// Input leaves the cache out (raw Anthropic, Bedrock Converse).
    Excl,
    /// Output leaves the reasoning out (raw Gemini, xAI, Perplexity).
    Split,
}

/// How a price is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PriceFormat {
    /// For people.
    Text,
    /// For programs; stable.
    Json,
}

/// `spanfall env`.
#[derive(Args, Debug)]
pub struct Env {
    /// The agent or language; none lists them
    pub agent: Option<Agent>,
    /// Write for this shell; else for $SHELL where that is fish, else for sh
    #[arg(long, value_name = "SHELL")]
    pub shell: Option<Shell>,
    /// Print a span processor that sends spans at their start too (python, node)
    #[arg(long, requires = "agent")]
    pub live: bool,
    /// The port where spanfall receives gRPC
    #[arg(long, value_name = "PORT", default_value_t = GRPC_PORT)]
    pub grpc_port: u16,
    /// The port where spanfall receives HTTP
    #[arg(long, value_name = "PORT", default_value_t = HTTP_PORT)]
    pub http_port: u16,
}

/// What the command line says. What it does not understand it tells with the next step, and leaves.
pub fn read(line: impl IntoIterator<Item = OsString>) -> Cli {
    Cli::try_parse_from(line).unwrap_or_else(|error| hinted(error).exit())
}

/// An option before a command that has options of its own: says where it is to stand.
fn hinted(mut error: clap::Error) -> clap::Error {
    let told = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(all)) => all.first().cloned(),
        _ => None,
    };
    let command = told(ContextKind::InvalidSubcommand);
    if error.kind() == ErrorKind::ArgumentConflict
        && let Some((command, option)) = command.zip(told(ContextKind::PriorArg))
    {
        let tip = format!("options stand behind the command: spanfall {command} {option} …");
        let tip = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "test")]
    use super::*;
    use crate::model::finding::Severity;
    use crate::wire::receiver::Listen;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_means_receive_at_the_usual_places() {
        let cli = parse("spanfall").unwrap();
        assert!(cli.command.is_none());
        let receive = &cli.live.receive;
        assert!(receive.grpc.is_empty() && receive.http.is_empty());
        assert_eq!(receive.max_memory, None);
    }

    #[test]
    fn an_option_before_a_command_is_told_where_to_stand() {
        let error = hinted(parse("spanfall --theme dark open x").unwrap_err());
        let tip = "options stand behind the command: spanfall open --theme <NAME> …";
        assert!(error.to_string().contains(tip), "{error}");
        let other = hinted(parse("spanfall --no-such").unwrap_err());
        assert!(!other.to_string().contains("behind"), "{other}");
    }

    #[test]
    fn addresses_may_repeat() {
        let cli = parse("spanfall --http 9000 --http [::]:9001 --grpc 0.0.0.0:7").unwrap();
        let text = |all: &[Listen]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            text(&cli.live.receive.http),
            ["localhost:9000", "[::]:9001"]
        );
        assert_eq!(text(&cli.live.receive.grpc), ["0.0.0.0:7"]);
        assert!(parse("spanfall --http example.com:80").is_err());
    }

    #[test]
    fn replay_takes_an_optional_speed() {
        let replay = |line| match parse(line).unwrap().command {
            Some(Command::Open(open)) => open.replay,
            other => panic!("{other:?}"),
        };
        assert_eq!(replay("spanfall open a b"), None);
        assert_eq!(replay("spanfall open a b --replay"), Some(1.0));
        assert_eq!(replay("spanfall open a --replay 2.5x"), Some(2.5));
        assert!(parse("spanfall open a --replay 0").is_err());
        assert!(parse("spanfall open").is_err());
    }

    #[test]
    fn report_limits_are_parsed() {
        let line = "spanfall report x --format markdown --fail-on error --max-cost 0.05";
        let Some(Command::Report(report)) = parse(line).unwrap().command else {
            panic!("no report");
        };
        assert_eq!(report.max_cost, Some(PicoUsd(50_000_000_000)));
        assert_eq!(report.fail_on, Some(FailOn::Severity(Severity::Error)));
        assert_eq!(report.format, Format::Markdown);
    }

    #[test]
    fn usage_errors_exit_2() {
        for line in [
            "spanfall --bogus",
            "spanfall price",
            "spanfall env nobody",
            "spanfall --report json",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
        assert_eq!(parse("spanfall --help").unwrap_err().exit_code(), 0);
    }
}
