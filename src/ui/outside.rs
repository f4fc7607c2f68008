//! Texts that are handed to the person's own pager or editor.

use super::action::Effect;
use super::form::Form;
use super::pager::Pager;
use super::pane::Tone;
use super::state::UiState;
use super::{Picture, text};
use crate::model::detail::turns_writing;
use std::borrow::Cow;

/// A program of the person's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// What reads.
    Pager,
    /// What edits; a copy, which is not read back.
    Editor,
}

impl Program {
    /// The environment variables that name it, the first that is set.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Pager => &["PAGER"],
            Self::Editor => &["VISUAL", "EDITOR"],
        }
    }

    /// The one of them to set.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Pager => "PAGER",
            Self::Editor => "EDITOR",
        }
    }

    /// What one could set it to.
    pub fn example(self) -> &'static str {
        match self {
            Self::Pager => "less",
            Self::Editor => "vim",
        }
    }
}

/// A text to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// To what.
    pub program: Program,
    /// The text, as received.
    text: String,
    form: Form,
}

impl Handed {
    /// The text as the program may have it. A pager may pass control characters on to the
    /// terminal, so they are shown in place of being sent; an editor shows them itself and has
    /// the text as it is.
    pub fn text(&self) -> Cow<'_, str> {
        match self.program {
            Program::Editor => Cow::Borrowed(&self.text),
            Program::Pager => Cow::Owned(shown(&self.text)),
        }
    }

    /// How a file of it is called at its end, for who colours it.
    pub fn suffix(&self) -> &'static str {
        match self.form {
            Form::Markdown => ".md",
            Form::Plain => ".txt",
            Form::Json => ".json",
        }
    }
}

/// A text in which what a terminal would obey is shown as on our own screen: controls as `^[`, what
/// turns the writing direction as `<U+202E>`. Lines, tabs and all that is drawn stay as they are.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() || turns_writing(c) => {
                shown.push_str(&text::sanitize(c.encode_utf8(&mut [0; 4])));
            }
            c => shown.push(c),
        }
    }
    shown
}

impl Pager {
    /// What is read, for another program.
    pub(super) fn hand(&self, program: Program) -> Effect {
        Effect::Hand(Handed {
            program,
            text: self.text().to_owned(),
            form: self.form(),
        })
    }
}

impl UiState {
    /// What is chosen, for another program; nothing where nothing can be read.
    pub(super) fn hand(&mut self, picture: &Picture, program: Program) -> Option<Effect> {
        let found = self.read_here(picture);
        if found.is_none() {
            self.tell(Tone::Warning, "nothing to read here");
        }
        let (title, read) = found?;
        Some(Pager::new(title, read, self.reader.form).hand(program))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_never_gets_what_a_terminal_would_obey() {
        let text = "a\x1b[31mred\x1b]52;c;aGk=\x07\tb\u{9b}1m\u{202e}\r\nsecond\n";
        let of = |program| Handed {
            program,
            text: text.to_owned(),
            form: Form::Plain,
        };
        assert_eq!(of(Program::Editor).text(), text, "as it is");
        let shown = of(Program::Pager).text().into_owned();
        let obeyed = |c: char| c.is_control() && !matches!(c, '\t' | '\n');
        assert!(!shown.contains(obeyed), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
        assert_eq!(shown.lines().count(), 2);
        assert!(
            shown.contains("[31mred") && shown.contains("\tb"),
            "{shown:?}"
        );
        assert!(shown.ends_with("second\n"));
    }
}
