//! Questions: what to copy, what to save and where, whether to clear, whether to leave unsaved.

use super::action::{Action, Effect};
use super::copy::{self, Copied};
use super::pane::Tone;
use super::save::{Order, Save};
use super::state::{Mode, UiState};
use super::{Picture, text};
use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::backend::crossterm::to_input_request;
use tui_input::{Input, InputRequest};

/// A question that has the keyboard.
#[derive(Clone, Debug)]
pub enum Ask {
    /// What to copy; the chosen one.
    Copy(Vec<Copied>, usize),
    /// What to save, and where.
    Save(Box<Save>),
    /// Which recording to open, and how its path could go on.
    Open(Input, Vec<String>),
    /// Whether all that was received may go.
    Clear,
    /// Whether to leave although so many spans and records are saved nowhere.
    Leave(u64),
}

/// What a person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, this.
    Yes,
    /// The entry with this key.
    Pick(char),
    /// The next thing to save.
    What,
    /// The next form to save in.
    Form,
    /// A key of the line.
    Edit(InputRequest),
    /// Save first.
    Save,
    /// To go on with the path.
    Complete,
    /// The path went on so far; from there it could with any of these.
    Completed(String, Vec<String>),
}

impl Ask {
    /// The keys of a question of one line: key, word, answer.
    pub fn keys(&self) -> &'static [(&'static str, &'static str, Option<Answer>)] {
        match self {
            Self::Clear => &[("X", "clear", Some(Answer::Yes)), ("esc", "keep", None)],
            Self::Leave(_) => &[
                ("q", "quit", Some(Answer::Yes)),
                ("s", "save and quit", Some(Answer::Save)),
                ("esc", "stay", None),
            ],
            Self::Copy(..) | Self::Save(_) | Self::Open(..) => &[],
        }
    }

    /// What a key answers.
    pub(super) fn action(&self, key: KeyEvent) -> Option<Action> {
        let answer = |answer| Some(Action::Answer(answer));
        match (self, key.code) {
            (_, KeyCode::Esc) => Some(Action::Back),
            (Self::Copy(..) | Self::Save(_) | Self::Open(..), KeyCode::Enter) => {
                answer(Answer::Yes)
            }
            (Self::Copy(..), KeyCode::Up) => Some(Action::Up),
            (Self::Copy(..), KeyCode::Down) => Some(Action::Down),
            (Self::Copy(..), KeyCode::Char(c)) => answer(Answer::Pick(c)),
            (Self::Save(_), KeyCode::Tab) => answer(Answer::What),
            (Self::Save(_), KeyCode::BackTab) => answer(Answer::Form),
            (Self::Open(..), KeyCode::Tab) => answer(Answer::Complete),
            (Self::Save(_) | Self::Open(..), _) => {
                to_input_request(&Event::Key(key)).map(|r| Action::Answer(Answer::Edit(r)))
            }
            (Self::Clear | Self::Leave(_), KeyCode::Char(c)) => {
                let mut keys = self.keys().iter();
                let key = keys.find(|(k, ..)| k.chars().eq([c]));
                let said = key.and_then(|(.., said)| said.clone());
                // Any other key is no yes.
                Some(said.map_or(Action::Back, Action::Answer))
            }
            _ => None,
        }
    }
}

impl UiState {
    /// Asks what to copy, where there is a choice.
    pub(super) fn ask_copy(&mut self, picture: &Picture) -> Option<Effect> {
        let mut items = copy::items(self, picture);
        match items.len() {
            0 => self.tell(Tone::Warning, "nothing is selected that could be copied"),
            1 => return items.pop().map(copied),
            _ => self.mode = Mode::Ask(Ask::Copy(items, 0)),
        }
        None
    }

    /// Asks what to save and where.
    pub(super) fn ask_save(&mut self, picture: &Picture, leave: bool) {
        let r = picture.receiver;
        if r.spans + r.logs == r.cleared.0 + r.cleared.1 {
            self.tell(Tone::Warning, "nothing was received that could be saved");
        } else {
            let save = Save::ask(self, picture, leave);
            self.mode = Mode::Ask(Ask::Save(Box::new(save)));
        }
    }

    /// Asks which recording to open.
    pub(super) fn ask_open(&mut self) {
        self.mode = Mode::Ask(Ask::Open(Input::default(), Vec::new()));
    }

    /// A name was refused: asks whether what is there may go.
    pub(super) fn ask_overwrite(&mut self, order: Order) {
        self.mode = Mode::Ask(Ask::Save(Box::new(Save::again(order))));
    }

    /// Leaves, or asks first where something would be lost.
    pub(super) fn leave(&mut self, picture: &Picture) -> Option<Effect> {
        match picture.receiver.unsaved {
            0 => Some(Effect::Quit),
            unsaved => {
                self.mode = Mode::Ask(Ask::Leave(unsaved));
                None
            }
        }
    }

    /// Moves in the question's list.
    pub(super) fn travel_ask(&mut self, by: isize) {
        if let Mode::Ask(Ask::Copy(items, chosen)) = &mut self.mode {
            let last = items.len().saturating_sub(1);
            *chosen = chosen.saturating_add_signed(by).min(last);
        }
    }

    /// Pastes into the question's line.
    pub(super) fn paste_ask(&mut self, text: &str) {
        let input = match &mut self.mode {
            Mode::Ask(Ask::Save(save)) => &mut save.input,
            Mode::Ask(Ask::Open(input, _)) => input,
            _ => return,
        };
        for c in text.chars().filter(|c| !c.is_control()) {
            input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Does what was answered.
    pub(super) fn answer(&mut self, picture: &Picture, answer: Answer) -> Option<Effect> {
        let Mode::Ask(ask) = std::mem::take(&mut self.mode) else {
            return None;
        };
        match (ask, answer) {
            (Ask::Copy(mut items, chosen), Answer::Yes) => {
                (chosen < items.len()).then(|| copied(items.swap_remove(chosen)))
            }
            (Ask::Copy(items, chosen), Answer::Pick(key)) => {
                if let Some(item) = items.iter().find(|i| i.key == key) {
                    return Some(copied(item.clone()));
                }
                let by = match key {
                    'j' => 1,
                    'k' => -1,
                    _ => 0,
                };
                self.mode = Mode::Ask(Ask::Copy(items, chosen));
                self.travel_ask(by);
                None
            }
            (Ask::Save(mut save), answer) => {
                match answer {
                    Answer::Yes => match save.order() {
                        Ok(order) => return Some(Effect::Save(order)),
                        Err(why) => self.tell(Tone::Warning, why),
                    },
                    Answer::What => save.next_what(picture),
                    Answer::Form => save.next_form(),
                    Answer::Edit(request) => {
                        save.input.handle(request);
                    }
                    _ => {}
                }
                self.mode = Mode::Ask(Ask::Save(save));
                None
            }
            // No name is no wish.
            (Ask::Open(input, _), Answer::Yes) => {
                let path = input.value().trim();
                (!path.is_empty()).then(|| Effect::Open(path.to_owned()))
            }
            (Ask::Open(mut input, mut names), answer) => {
                let mut wish = None;
                match answer {
                    Answer::Edit(request) => {
                        input.handle(request);
                        names.clear();
                    }
                    Answer::Complete => wish = Some(Effect::Complete(input.value().to_owned())),
                    Answer::Completed(path, more) => (input, names) = (Input::new(path), more),
                    _ => {}
                }
                self.mode = Mode::Ask(Ask::Open(input, names));
                wish
            }
            (Ask::Clear, Answer::Yes) => {
                self.forget();
                Some(Effect::Clear)
            }
            (Ask::Leave(_), Answer::Yes) => Some(Effect::Quit),
            (Ask::Leave(_), Answer::Save) => {
                self.ask_save(picture, true);
                None
            }
            _ => None,
        }
    }
}

fn copied(item: Copied) -> Effect {
    Effect::Copy(item)
}

/// `412 B`, `74.1 kB`.
pub fn bytes(n: usize) -> String {
    let n = n as u64;
    match n {
        0..1000 => format!("{n} B"),
        _ => format!("{}B", text::count(n))
            .replace("kB", " kB")
            .replace("MB", " MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    fn press(ask: &Ask, key: char) -> Option<Action> {
        ask.action(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE))
    }

    #[test]
    fn only_the_keys_that_are_shown_say_yes() {
        let yes = Some(Action::Answer(Answer::Yes));
        assert_eq!(press(&Ask::Clear, 'X'), yes);
        assert_eq!(press(&Ask::Clear, 'x'), Some(Action::Back));
        assert_eq!(press(&Ask::Clear, 'y'), Some(Action::Back));
        assert_eq!(press(&Ask::Leave(7), 'q'), yes);
        assert_eq!(
            press(&Ask::Leave(7), 's'),
            Some(Action::Answer(Answer::Save))
        );
        assert_eq!(press(&Ask::Leave(7), 'n'), Some(Action::Back));
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(412), "412 B");
        assert_eq!(bytes(74_100), "74.1 kB");
        assert_eq!(bytes(2_500_000), "2.50 MB");
    }
}
