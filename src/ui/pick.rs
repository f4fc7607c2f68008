//! A list to pick from by typing: the line, what matches it best, and where one is in it. The
//! palette, the jump and whatever else is picked are such lists; what is picked is their own.

use crate::model::node::{NodeKind, SessionState, State};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::{Input, InputRequest};

/// The sign before an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A session's state.
    Session(SessionState),
    /// A node: what it is, whether MCP carried it, its state.
    Node(NodeKind, bool, State),
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// What it is.
    pub sign: Option<Sign>,
    /// Its name.
    pub name: String,
    /// What is said about it.
    pub about: String,
    /// What stands at the right: a key, a place.
    pub note: String,
    /// It would do nothing now.
    pub off: bool,
    /// Characters of name, a space and what is said that match, by index, in order.
    pub marks: Vec<u32>,
    /// What is picked.
    pub value: T,
}

/// A list, the line that is typed, and the chosen entry.
#[derive(Clone, Debug)]
pub struct Picker<T> {
    /// The line.
    pub input: Input,
    /// What matches, best first.
    pub entries: Vec<Entry<T>>,
    /// How many match; more than there are entries when only the best are kept.
    pub total: usize,
    /// The chosen entry.
    pub at: usize,
    /// The first entry on the screen.
    pub scroll: usize,
}

impl<T> Default for Picker<T> {
    fn default() -> Self {
        Self {
            input: Input::default(),
            entries: Vec::new(),
            total: 0,
            at: 0,
            scroll: 0,
        }
    }
}

/// Entries that are shown at once on a screen of so many rows.
pub fn rows(screen: u16) -> usize {
    usize::from(screen.saturating_sub(7)).clamp(1, 20)
}

impl<T> Picker<T> {
    /// The chosen entry.
    pub fn chosen(&self) -> Option<&Entry<T>> {
        self.entries.get(self.at)
    }

    /// Edits the line; true if its text is another now. The choice goes back to the best.
    pub(super) fn edit(&mut self, request: InputRequest) -> bool {
        let change = self.input.handle(request);
        let other = change.is_some_and(|c| c.value);
        if other {
            (self.at, self.scroll) = (0, 0);
        }
        other
    }

    /// Shows other entries and keeps the place.
    pub(super) fn show(&mut self, entries: Vec<Entry<T>>, total: usize) {
        (self.entries, self.total) = (entries, total);
        self.at = self.at.min(self.entries.len().saturating_sub(1));
    }

    /// Goes so many entries; a single step goes round at the ends.
    pub(super) fn travel(&mut self, by: isize) {
        let last = self.entries.len().saturating_sub(1);
        self.at = match by {
            -1 if self.at == 0 => last,
            1 if self.at == last => 0,
            _ => self.at.saturating_add_signed(by).min(last),
        };
    }

    /// Has the chosen entry in view.
    pub(super) fn reveal(&mut self, rows: usize) {
        let lowest = (self.at + 1).saturating_sub(rows);
        let most = self.entries.len().saturating_sub(rows);
        self.scroll = self.scroll.clamp(lowest, self.at.max(lowest)).min(most);
    }
}

/// What is looked for: words, each to be found in order though not together, as in fzf.
#[derive(Debug)]
pub(super) struct Wanted {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Wanted {
    pub fn new(text: &str) -> Self {
        Self {
            pattern: Pattern::parse(text, CaseMatching::Smart, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    /// How well a text matches; more is better.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        let text = Utf32Str::new(text, &mut self.buffer);
        self.pattern.score(text, &mut self.matcher)
    }

    /// Indices of the characters of a text that match, in order.
    pub fn marks(&mut self, text: &str) -> Vec<u32> {
        let mut marks = Vec::new();
        let text = Utf32Str::new(text, &mut self.buffer);
        self.pattern.indices(text, &mut self.matcher, &mut marks);
        marks.sort_unstable();
        marks.dedup();
        marks
    }
}
