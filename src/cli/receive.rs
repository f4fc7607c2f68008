//! Arguments of receiving.

use crate::config::parse_size;
use crate::wire::receiver::Listen;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Where to receive, and from whom.
#[derive(Args, Debug)]
pub struct Receive {
    /// Receive here instead of port 4317 of 127.0.0.1 and `[::1]`; a port alone means both.
    /// Repeatable. Then tell the exporter: `spanfall env AGENT --grpc-port PORT`
    #[arg(
        long,
        value_name = "ADDR",
        env = "SPANFALL_GRPC",
        value_delimiter = ','
    )]
    pub grpc: Vec<Listen>,
    /// Receive here instead of port 4318 of 127.0.0.1 and `[::1]`; a port alone means both.
    /// Repeatable. Then tell the exporter: `spanfall env AGENT --http-port PORT`
    #[arg(
        long,
        value_name = "ADDR",
        env = "SPANFALL_HTTP",
        value_delimiter = ','
    )]
    pub http: Vec<Listen>,
    /// Keep at most this much; the content of the oldest ended turns goes first [default: 512MiB]
    #[arg(long, value_name = "SIZE", env = "SPANFALL_MAX_MEMORY", value_parser = parse_size)]
    pub max_memory: Option<u64>,
    /// Record all that is received in this file, exactly as it came; goes on with one that is there.
    /// `spanfall open` and `report` read it. The key `ctrl-r` records from then on
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Put the recording aside above this size (as FILE-0001, …) and go on with an empty one
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub record_size: Option<u64>,
    /// Send all that is received on to this server too (`http://localhost:14318`), by OTLP/HTTP.
    /// What it does not take in time is counted and let go
    #[arg(long, value_name = "URL", env = "SPANFALL_FORWARD")]
    pub forward: Option<String>,
    /// What is hidden of all that is received.
    #[command(flatten)]
    pub privacy: Privacy,
    /// Also take requests that a page of this origin sends (`https://app.example`). Repeatable
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,
    /// Also take requests for this host name (a container's name for this machine). Repeatable
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Take only requests that carry `authorization: Bearer TOKEN`
    #[arg(
        long,
        value_name = "TOKEN",
        env = "SPANFALL_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,
}

/// What is hidden on the screen, in reports, recordings and what is sent on.
#[derive(Args, Debug)]
pub struct Privacy {
    /// Message contents: as they came, as a hash by which equal ones are known, or not at all.
    /// Hides all texts but names, ids and the like [default: show]
    #[arg(long, value_name = "HOW", env = "SPANFALL_CONTENT")]
    pub content: Option<Content>,
    /// Replace what matches this regular expression, in any text. Repeatable
    #[arg(long, value_name = "PATTERN")]
    pub redact: Vec<String>,
}

/// What becomes of message contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Content {
    /// Shown as they came.
    Show,
    /// Replaced by a keyed hash: equal texts stay equal.
    Hash,
    /// Left out.
    Off,
}
