//! The palette: every action of the key table and every saved query, found by its name or by what
//! is said about it.

use super::keymap::TABLE;
use super::keymap::label;
use super::pick::{Entry, Picker, Wanted};
use super::state::UiState;

/// What is picked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Picked {
    /// An action, by its place in the key table.
    Does(usize),
    /// A query that was saved.
    Asks(String),
}

/// The palette.
pub type Palette = Picker<Picked>;

impl UiState {
    /// The entries of a palette for what is typed: best first, what would do nothing now last.
    pub(super) fn list_actions(&self, palette: &mut Palette) {
        let mut wanted = Wanted::new(palette.input.value());
        let mut found = Vec::new();
        let actions = TABLE.iter().enumerate().map(|(place, binding)| {
            let note = label(self.keymap.keys(place), true);
            let off = !(binding.when)(self);
            let about = binding.help.to_owned();
            (binding.name(), about, note, off, Picked::Does(place))
        });
        let saved = self.search.saved.iter().map(|(name, query)| {
            let (name, note) = (format!("@{name}"), String::new());
            let value = Picked::Asks(name.clone());
            (name, query.to_string(), note, self.session.is_none(), value)
        });
        for (name, about, note, off, value) in actions.chain(saved) {
            let text = format!("{name} {about}");
            let Some(score) = wanted.score(&text) else {
                continue;
            };
            // A name is what one types for; the rest helps who does not know it.
            let score = score + wanted.score(&name).unwrap_or(0);
            let entry = Entry {
                sign: None,
                marks: wanted.marks(&text),
                note,
                name,
                about,
                off,
                value,
            };
            found.push((off, std::cmp::Reverse(score), entry));
        }
        found.sort_by(|(off, score, a), (other_off, other, b)| {
            (off, score, &a.value).cmp(&(other_off, other, &b.value))
        });
        let entries: Vec<_> = found.into_iter().map(|(.., entry)| entry).collect();
        let total = entries.len();
        palette.show(entries, total);
    }
}
