//! What a binding is.

use super::action::Action;
use super::state::UiState;

/// One binding: what is pressed, what happens, what is said about it.
pub struct Binding {
    /// Keys that do it unless the configuration says otherwise, as [`Key`](super::keys::Key) reads them, with a space
    /// between.
    pub keys: &'static str,
    /// What they do.
    pub action: Action,
    /// What it does, for help.
    pub help: &'static str,
    /// What stands in the footer.
    pub footer: Footer,
    /// Whether it would do something now; else it is not offered.
    pub when: fn(&UiState) -> bool,
}

/// A binding's part of the footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footer {
    /// Its key and this word.
    Says(&'static str),
    /// The same, while there is no session: who begins looks for it.
    Begins(&'static str),
    /// Its key stands in the entry of the binding above, such as `nN matches`.
    Joins,
    /// None.
    Silent,
}

impl Binding {
    /// The name by which the configuration calls the action, such as `next-error`.
    pub fn name(&self) -> String {
        let mut name = String::new();
        for c in format!("{:?}", self.action).chars() {
            if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() {
                let begins = name.is_empty() || name.ends_with('-');
                name.push_str(if begins { "" } else { "-" });
            }
            name.extend(Some(c.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric));
        }
        name.trim_end_matches('-').to_owned()
    }
}

pub(super) const fn bind(
    keys: &'static str,
    action: Action,
    help: &'static str,
    footer: Footer,
    when: fn(&UiState) -> bool,
) -> Binding {
    Binding {
        keys,
        action,
        help,
        footer,
        when,
    }
}
