//! Keys in writing, one notation for the key table, the configuration and the screen: `k`, `up`,
//! `ctrl-u`, `alt-enter`, `space`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// A key and what is held with it. Shift is part of a character (`G`); with named keys it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    held: KeyModifiers,
}

/// Named keys: in writing, and as drawn where there is Unicode.
const NAMES: [(KeyCode, &str, &str); 16] = [
    (KeyCode::Up, "up", "↑"),
    (KeyCode::Down, "down", "↓"),
    (KeyCode::Left, "left", "←"),
    (KeyCode::Right, "right", "→"),
    (KeyCode::Enter, "enter", "enter"),
    (KeyCode::Esc, "esc", "esc"),
    (KeyCode::Tab, "tab", "tab"),
    (KeyCode::BackTab, "shift-tab", "shift-tab"),
    (KeyCode::Home, "home", "home"),
    (KeyCode::End, "end", "end"),
    (KeyCode::PageUp, "pgup", "pgup"),
    (KeyCode::PageDown, "pgdn", "pgdn"),
    (KeyCode::Char(' '), "space", "space"),
    (KeyCode::Backspace, "backspace", "backspace"),
    (KeyCode::Delete, "delete", "delete"),
    (KeyCode::Insert, "insert", "insert"),
];

const HELD: [(KeyModifiers, &str); 3] = [
    (KeyModifiers::CONTROL, "ctrl-"),
    (KeyModifiers::ALT, "alt-"),
    (KeyModifiers::SHIFT, "shift-"),
];

/// What terminals send for these is another key.
const INDISTINCT: [(char, &str); 3] = [('i', "tab"), ('m', "enter"), ('[', "esc")];

impl Key {
    /// The key of an event.
    pub fn of(event: KeyEvent) -> Self {
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        Self {
            code: event.code,
            held: event.modifiers & known,
        }
        .plain()
    }

    /// Shift that the key itself tells is not held besides.
    fn plain(mut self) -> Self {
        match self.code {
            KeyCode::Char(c) if self.held.contains(KeyModifiers::CONTROL) => {
                self.code = KeyCode::Char(c.to_ascii_lowercase());
                self.held -= KeyModifiers::SHIFT;
            }
            KeyCode::Char(_) | KeyCode::BackTab => self.held -= KeyModifiers::SHIFT,
            KeyCode::Tab if self.held.contains(KeyModifiers::SHIFT) => {
                self.code = KeyCode::BackTab;
                self.held -= KeyModifiers::SHIFT;
            }
            _ => {}
        }
        self
    }

    /// As drawn on the screen.
    pub fn label(&self, ascii: bool) -> String {
        let held = HELD.iter().filter(|(held, _)| self.held.contains(*held));
        let held: String = held.map(|(_, name)| *name).collect();
        let named = NAMES.iter().find(|(code, ..)| *code == self.code);
        let name = match (named, self.code) {
            (Some((_, written, drawn)), _) => (*if ascii { written } else { drawn }).to_owned(),
            (None, KeyCode::Char(c)) => c.to_string(),
            (None, KeyCode::F(n)) => format!("f{n}"),
            (None, other) => other.to_string(),
        };
        held + &name
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label(true))
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no key; write a character, a name (up, enter, pgdn, space, f5) or one of them with ctrl-, alt- or shift- in front"
            )
        };
        let named = |name: &str| NAMES.iter().find(|(_, n, _)| *n == name).map(|(c, ..)| *c);
        let (mut held, mut rest) = (KeyModifiers::NONE, text);
        while named(rest).is_none()
            && let Some((modifier, after)) = HELD
                .iter()
                .find_map(|(m, name)| Some((*m, rest.strip_prefix(name)?)))
                .filter(|(_, after)| !after.is_empty())
        {
            held |= modifier;
            rest = after;
        }
        let number = rest.strip_prefix('f').and_then(|n| n.parse().ok());
        let mut chars = rest.chars();
        let code = match (named(rest), number, chars.next(), chars.next()) {
            (Some(code), ..) => code,
            (None, Some(n @ 1..=24), ..) => KeyCode::F(n),
            (None, _, Some(c), None) if !c.is_control() && !c.is_whitespace() => KeyCode::Char(c),
            _ => return Err(wrong()),
        };
        if let KeyCode::Char(c) = code {
            if held.contains(KeyModifiers::SHIFT) && c != ' ' {
                let upper = c.to_uppercase();
                return Err(format!(
                    "`{text}`: shift is part of a character; write `{upper}`"
                ));
            }
            let same = INDISTINCT
                .iter()
                .find(|(i, _)| *i == c.to_ascii_lowercase());
            if let (KeyModifiers::CONTROL, Some((_, other))) = (held, same) {
                return Err(format!(
                    "`{text}` is what terminals send for `{other}`; choose another key"
                ));
            }
        }
        Ok(Self { code, held }.plain())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let all = "k G ? up shift-tab ctrl-u alt-x ctrl-alt-x alt-up shift-down space ctrl-space f5 f12 - ctrl-- é";
        for text in all.split(' ') {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert_eq!("ctrl-U".parse::<Key>(), "ctrl-u".parse());
    }

    #[test]
    fn what_is_no_key_is_told() {
        for (text, told) in [
            ("", "is no key"),
            ("kk", "is no key"),
            ("cmd-x", "is no key"),
            ("ctrl-", "is no key"),
            ("f25", "is no key"),
            ("\u{1b}", "is no key"),
            ("shift-g", "write `G`"),
            ("ctrl-i", "`tab`"),
            ("ctrl-M", "`enter`"),
        ] {
            let error = text.parse::<Key>().unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn an_event_is_the_key_that_is_written() {
        let of = |code, held| Key::of(KeyEvent::new(code, held)).to_string();
        assert_eq!(of(KeyCode::Char('G'), KeyModifiers::SHIFT), "G");
        assert_eq!(of(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab");
        assert_eq!(of(KeyCode::Tab, KeyModifiers::SHIFT), "shift-tab");
        assert_eq!(of(KeyCode::Char('P'), KeyModifiers::CONTROL), "ctrl-p");
        assert_eq!(of(KeyCode::Up, KeyModifiers::ALT), "alt-up");
    }
}
