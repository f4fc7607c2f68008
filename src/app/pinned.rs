//! The user's own attributes, read for the rows in sight.

use super::contents::Kept;
use super::screen::Screen;
use crate::query::Contents;
use crate::ui::attributes::one_line;

impl Screen {
    /// Reads what the columns of the user's own show.
    pub(super) fn read_pins(&mut self) {
        let Some((session, tree, version)) = &self.tree else {
            return;
        };
        let kept = Kept(&self.store);
        self.ui.read_pins(*session, (tree, *version), &|node, key| {
            let mut found = String::new();
            kept.attribute(node, key, &mut |value| {
                if found.is_empty() {
                    found = one_line(value);
                }
            });
            found
        });
    }
}
