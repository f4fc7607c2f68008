//! The palette: every action of the key table, found by its name or by what is said about it.

use super::keymap::TABLE;
use super::keymap::label;
use super::pick::{Entry, Picker, Wanted};
use super::state::UiState;

/// The palette; what is picked is a place in the key table.
pub type Palette = Picker<usize>;

impl UiState {
    /// The entries of a palette for what is typed: best first, what would do nothing now last.
    pub(super) fn list_actions(&self, palette: &mut Palette) {
        let mut wanted = Wanted::new(palette.input.value());
        let mut found = Vec::new();
        for (place, binding) in TABLE.iter().enumerate() {
            let (name, about) = (binding.name(), binding.help.to_owned());
            let text = format!("{name} {about}");
            let Some(score) = wanted.score(&text) else {
                continue;
            };
            // A name is what one types for; the rest helps who does not know it.
            let score = score + wanted.score(&name).unwrap_or(0);
            let off = !(binding.when)(self);
            let entry = Entry {
                sign: None,
                marks: wanted.marks(&text),
                note: label(self.keymap.keys(place), true),
                name,
                about,
                off,
                value: place,
            };
            found.push((off, std::cmp::Reverse(score), entry));
        }
        found.sort_by_key(|(off, score, entry)| (*off, *score, entry.value));
        let entries: Vec<_> = found.into_iter().map(|(.., entry)| entry).collect();
        let total = entries.len();
        palette.show(entries, total);
    }
}
