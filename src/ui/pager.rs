//! The pager: one long text over the whole screen, with search in it.

use super::action::{Action, Effect};
use super::copy::Copied;
use super::form::{self, Form};
use super::long::{Long, Spot, Wanted};
use super::pane::Line;
use super::state::{Mode, UiState};
use super::update::distance;
use crate::model::detail::Part;
use std::fmt::Write as _;
use tui_input::{Input, InputRequest};

/// What is read: parts of messages, each with a heading.
pub type Read = Vec<(String, Part)>;

/// A text that is read.
#[derive(Clone, Debug)]
pub struct Pager {
    /// What it is.
    pub title: String,
    read: Read,
    form: Form,
    long: Long,
    at: Spot,
    wanted: Wanted,
    /// The line in which one types what is looked for.
    pub typing: Option<Input>,
    /// It was looked for and is not there.
    pub missed: bool,
}

impl Pager {
    /// Opens a text. Several parts stand under their headings.
    pub fn new(title: String, read: Read, form: Form) -> Self {
        let long = long(&read, form);
        Self {
            title,
            read,
            form,
            long,
            at: Spot::default(),
            wanted: Wanted::default(),
            typing: None,
            missed: false,
        }
    }

    /// The lines on the screen.
    pub fn view(&self, width: usize, height: usize) -> Vec<Line> {
        let lines = self.long.view(self.at, width, height).into_iter();
        lines.map(|line| self.wanted.mark(line)).collect()
    }

    /// How far one has come, in percent, and the form.
    pub fn place(&self, width: usize, height: usize) -> (usize, &'static str) {
        let all = self.at >= self.long.last(width, height);
        let percent = if all { 100 } else { self.long.percent(self.at) };
        (percent, self.form.name())
    }

    /// The text in its present form.
    pub fn text(&self) -> &str {
        self.long.text()
    }

    /// The form that it has.
    pub fn form(&self) -> Form {
        self.form
    }

    fn look(&mut self, back: bool, width: usize, again: bool) {
        if self.wanted.is_empty() {
            return;
        }
        // What is typed is looked for from here on, this line included.
        let at = if self.wanted_here(width) && !again {
            Some(self.at)
        } else {
            self.long.find(&self.wanted, self.at, back, width)
        };
        self.missed = at.is_none();
        self.at = at.unwrap_or(self.at);
    }

    fn wanted_here(&self, width: usize) -> bool {
        let line = self.long.view(self.at, width, 1).into_iter().next();
        line.is_some_and(|line| self.wanted.mark(line.clone()) != line)
    }

    fn change_form(&mut self) {
        self.form = self.form.next();
        self.long = long(&self.read, self.form);
        self.at = Spot::default();
    }
}

fn long(read: &Read, form: Form) -> Long {
    let mut all = String::new();
    let mut kind = None;
    for (heading, part) in read {
        let (of, text, _) = form::text_of(part, form, usize::MAX);
        if read.len() > 1 {
            let gap = if all.is_empty() { "" } else { "\n" };
            let _ = writeln!(all, "{gap}── {heading} ──");
        }
        all.push_str(&text);
        all.push('\n');
        kind = kind
            .filter(|kind| *kind == of)
            .or(kind.is_none().then_some(of));
    }
    let mixed = if form == Form::Markdown {
        form::Kind::Markdown
    } else {
        form::Kind::Plain
    };
    all.truncate(all.trim_end_matches('\n').len());
    Long::new(all, kind.unwrap_or(mixed))
}

impl UiState {
    /// Columns and rows of the pager's text.
    pub(crate) fn pager_size(&self) -> (usize, usize) {
        let (width, height) = self.size;
        (
            usize::from(width.saturating_sub(4)).clamp(1, 140),
            usize::from(height.saturating_sub(2)).max(1),
        )
    }

    /// Does in the pager what an action says, if that is one of its.
    pub(super) fn act_in_pager(&mut self, action: &Action) -> Option<Vec<Effect>> {
        let mut effects = Vec::new();
        self.page_through(action, &mut effects).then_some(effects)
    }

    fn page_through(&mut self, action: &Action, effects: &mut Vec<Effect>) -> bool {
        let (width, height) = self.pager_size();
        let Mode::Pager(pager) = &mut self.mode else {
            return false;
        };
        match action {
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::Top
            | Action::Bottom => {
                let by = match action {
                    Action::Top => return pager_to(pager, Spot::default()),
                    Action::Bottom => {
                        let last = pager.long.last(width, height);
                        return pager_to(pager, last);
                    }
                    action => distance(action, height, 0),
                };
                pager.at = pager.long.step(pager.at, by, width, height);
            }
            Action::Filter => pager.typing = Some(Input::default()),
            Action::FilterEdit(request) => pager.type_in(&[*request], width),
            Action::Paste(text) => {
                let typed = text.chars().filter(|c| !c.is_control());
                let typed: Vec<_> = typed.map(InputRequest::InsertChar).collect();
                pager.type_in(&typed, width);
            }
            Action::FilterAccept => pager.typing = None,
            Action::FilterCancel => {
                pager.typing = None;
                pager.wanted = Wanted::default();
            }
            Action::NextMatch => pager.look(false, width, true),
            Action::PreviousMatch => pager.look(true, width, true),
            Action::Form => {
                pager.change_form();
                self.reader.form = pager.form;
            }
            Action::Hand(program) => effects.push(pager.hand(*program)),
            Action::Copy => effects.push(Effect::Copy(Copied {
                key: 'm',
                what: "what is read",
                text: pager.text().to_owned(),
            })),
            Action::Back | Action::Enter | Action::Quit | Action::Read => self.mode = Mode::Main,
            _ => return false,
        }
        true
    }
}

fn pager_to(pager: &mut Pager, to: Spot) -> bool {
    pager.at = to;
    true
}

impl Pager {
    fn type_in(&mut self, requests: &[InputRequest], width: usize) {
        let Some(input) = &mut self.typing else {
            return;
        };
        for request in requests {
            input.handle(*request);
        }
        self.wanted = Wanted::new(input.value());
        self.missed = false;
        self.look(false, width, false);
    }
}
