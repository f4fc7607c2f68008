//! What a person should look at, kept up to date beside the screen.

use super::screen::{PIECES, Screen};
use crate::findings::{Rule, Watch};

impl Screen {
    /// Looks for findings once all that came is correlated; true if there is more to look at. Of a
    /// recording that is browsed nothing more will come.
    pub(super) fn judge(&mut self, now: u64) -> bool {
        if self.store.is_behind() {
            return false;
        }
        let over = self.receiver.listeners.is_empty();
        let (known, first) = (self.known.clone(), self.ui.session());
        self.findings
            .advance(&self.store, &*known, first, (now, over), PIECES)
    }

    /// Leaves out what these rules find.
    pub fn silence(&mut self, rules: Vec<&'static Rule>) {
        self.findings = Watch::new(rules);
    }
}
