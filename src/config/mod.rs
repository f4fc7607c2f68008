//! What the user has settled: the options of the program and its keys. Text to [`Config`] or to an
//! error that says where and what was expected, and back to commented text. Knows no files, no
//! environment and no flags; who merges them is `app`.

mod nearest;
mod print;
mod read;
mod settings;
mod value;

pub use nearest::hint;
pub use print::print;
pub use read::{ConfigError, place_of, read};
pub use value::{parse_size, parse_usd};

use crate::findings::Rule;
use crate::model::usage::PicoUsd;
use crate::query::Saved;
use crate::ui::Keymap;
use crate::wire::receiver::Listen;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that can be settled. The default is what holds without a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// How it is shown.
    pub screen: Screen,
    /// Where and what is received.
    pub receive: Receive,
    /// Prices and budgets.
    pub cost: Cost,
    /// When to call the user.
    pub notices: Notices,
    /// What is looked for.
    pub findings: Findings,
    /// The keys in force.
    pub keys: Keymap,
    /// Queries by name.
    pub queries: Saved,
}

/// How it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each with its line"
)]
pub struct Screen {
    /// The name of a theme, the path of one, or `auto`: dark or light, as the terminal is.
    pub theme: String,
    /// Where a file names it, as `file:line:column`; `None` where none does, or a flag goes before.
    pub theme_place: Option<String>,
    /// Plain ASCII characters only.
    pub ascii: bool,
    /// Clicks and the wheel are for spanfall, not for the terminal.
    pub mouse: bool,
    /// The line that explains the bars.
    pub legend: bool,
    /// Plumbing spans are shown.
    pub internals: bool,
    /// Times are those of the clock, not those since the start.
    pub wall_clock: bool,
    /// Attributes that are columns of the tree.
    pub columns: Vec<String>,
    /// How often what runs is drawn anew.
    pub tick: Duration,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            theme: "auto".to_owned(),
            theme_place: None,
            ascii: false,
            mouse: true,
            legend: true,
            internals: false,
            wall_clock: false,
            columns: Vec::new(),
            tick: Duration::from_millis(100),
        }
    }
}

/// Where and what is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receive {
    /// Addresses for gRPC; none is the usual port.
    pub grpc: Vec<Listen>,
    /// Addresses for HTTP; none is the usual port.
    pub http: Vec<Listen>,
    /// Bytes that are kept at most.
    pub max_memory: Bytes,
    /// What becomes of message contents.
    pub content: Content,
    /// Regular expressions of what is replaced wherever it stands.
    pub redact: Vec<String>,
    /// All that is received is recorded here.
    pub record: Option<PathBuf>,
    /// A recording goes on in another file above so many bytes; 0 is never.
    pub record_size: Bytes,
    /// The server that all that is received is sent on to.
    pub forward: Option<String>,
    /// Web pages that may send.
    pub allow_origin: Vec<String>,
    /// Host names besides the loopback's.
    pub allow_host: Vec<String>,
    /// Bearer token that every request must carry.
    pub token: Option<String>,
}

impl Default for Receive {
    fn default() -> Self {
        Self {
            grpc: Vec::new(),
            http: Vec::new(),
            max_memory: Bytes(512 << 20),
            content: Content::default(),
            redact: Vec::new(),
            record: None,
            record_size: Bytes(0),
            forward: None,
            allow_origin: Vec::new(),
            allow_host: Vec::new(),
            token: None,
        }
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// What becomes of message contents (design, section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Kept and shown as received.
    #[default]
    Show,
    /// Replaced by a keyed hash: equal texts stay equal.
    Hash,
    /// Left out.
    Off,
}

/// Prices and budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The user's prices on top of the built-in table.
    pub prices: Option<PathBuf>,
    /// What all that is received may cost.
    pub budget: Option<PicoUsd>,
    /// What a session may cost.
    pub session_budget: Option<PicoUsd>,
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What these rules find is not told.
    pub silence: Vec<&'static Rule>,
}

/// When to call the user, and how. Off unless asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notices {
    /// The terminal's bell.
    pub bell: bool,
    /// A desktop notification by way of the terminal (OSC 9).
    pub osc9: bool,
    /// On these occasions.
    pub on: Vec<Occasion>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            bell: false,
            osc9: false,
            on: Occasion::ALL.to_vec(),
        }
    }
}

/// What the user may want to be called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A turn has ended.
    TurnDone,
    /// A model call, tool call or agent failed.
    Error,
    /// A budget is used up.
    Budget,
    /// An agent waits for a person.
    Waiting,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TurnDone, Self::Error, Self::Budget, Self::Waiting];
}

impl Config {
    /// Paths of a file are meant from the folder that it is in, and `~/` is the home folder.
    pub fn settle(&mut self, folder: &Path, home: Option<&Path>) {
        let paths = [&mut self.cost.prices, &mut self.receive.record];
        for path in paths.into_iter().flatten() {
            let below = path.strip_prefix("~").ok().zip(home);
            *path = below.map_or_else(|| folder.join(&path), |(rest, home)| home.join(rest));
        }
    }
}

#[cfg(test)]
mod tests;
