//! The one table of settings: what is read, what is printed, what it means.

use super::Config;
use super::value::{Fault, Value, Written};

/// One setting.
pub(super) struct Setting {
    /// The table of the file that it is in.
    pub section: &'static str,
    /// Its key.
    pub name: &'static str,
    /// What it means, and the flag that goes before it.
    pub help: &'static str,
    /// A value for the printed file when it has none.
    pub example: &'static str,
    /// Reads it into a configuration.
    pub read: fn(&mut Config, &Written) -> Result<(), Fault>,
    /// Its value as TOML, if it has one.
    pub write: fn(&Config) -> Option<String>,
}

macro_rules! settings {
    ($($section:ident.$name:ident: $help:literal $(or $example:literal)?;)*) => {
        &[$(Setting {
            section: stringify!($section),
            name: stringify!($name),
            help: $help,
            example: concat!($($example)?),
            read: |config, written| {
                config.$section.$name = Value::read(written)?;
                Ok(())
            },
            write: |config| config.$section.$name.write(),
        }),*]
    };
}

/// The tables of the file, in its order, and what is in them.
pub(super) const SECTIONS: [(&str, &str); 5] = [
    ("screen", "How it is shown."),
    ("receive", "Where and what is received."),
    ("cost", "Prices and budgets."),
    (
        "notices",
        "When to call you while you look elsewhere, and how.",
    ),
    ("findings", "What is looked for."),
];

/// All settings, in the order of the file.
pub(super) static SETTINGS: &[Setting] = settings! {
    screen.theme: "Colours: auto, the name of a theme, or the path of one. (--theme)";
    screen.ascii: "Plain ASCII characters only. (--ascii)";
    screen.mouse: "Clicks and the wheel are for spanfall, not for the terminal. (--no-mouse)";
    screen.legend: "A line that explains the bars.";
    screen.internals: "Show plumbing spans from the start; a key changes it.";
    screen.wall_clock: "Times of the clock instead of times since the start; a key changes it.";
    screen.columns: "Attributes of your own that are columns of the tree, like [\"acme.team\"]; a key pins the selected one.";
    screen.tick: "How often what runs is drawn anew, \"20ms\" to \"10s\"; slower for slow lines.";
    receive.grpc: "Addresses for OTLP/gRPC; none is localhost:4317. A port alone is this machine only. (--grpc)";
    receive.http: "Addresses for OTLP/HTTP; none is localhost:4318. (--http)";
    receive.max_memory: "Keep at most this much; the content of the oldest ended turns goes first. (--max-memory)";
    receive.content: "Message contents: \"show\", \"hash\" (equal texts stay equal) or \"off\". (--content)";
    receive.redact: "Regular expressions; what matches is replaced wherever it stands. (--redact)";
    receive.record: "Record all that is received in this file; a path is meant from this file's folder. (--record)" or "\"all.spanfall\"";
    receive.record_size: "Go on in another file above this size; \"0B\" is never. (--record-size)";
    receive.forward: "Send all that is received on to this server too. (--forward)" or "\"http://localhost:14318\"";
    receive.allow_origin: "Origins of web pages that may send, like \"https://app.example\". (--allow-origin)";
    receive.allow_host: "Host names that requests may be for besides this machine's. (--allow-host)";
    receive.token: "Take only requests that carry `authorization: Bearer TOKEN`. (--token)" or "\"…\"";
    cost.prices: "Your own prices on top of the built-in table; a path is meant from this file's folder. (--prices)" or "\"prices.json\"";
    cost.budget: "USD that all that is received may cost: a gauge in the header. (--budget)" or "5";
    cost.session_budget: "USD that one session may cost." or "1";
    notices.bell: "Ring the terminal's bell. (--notify)";
    notices.osc9: "Ask the terminal for a desktop notification (OSC 9, --notify). tmux passes it on with `set -g allow-passthrough on`.";
    notices.on: "On these occasions.";
    findings.silence: "Rules whose findings are not told, like [\"silence\"]; the README lists all.";
};
