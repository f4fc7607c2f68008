//! What is read whole: a part, all under a heading, the messages of a node.

use super::Picture;
use super::form::{self, Form};
use super::page::View;
use super::pager::{Pager, Read};
use super::pane::{Line, Tone};
use super::reader_lines::{self, Sheet};
use super::state::{Mode, UiState};
use super::toned::{toned, wrap};
use crate::model::detail::Part;
use crate::model::transcript::{Entry, What};

/// Bytes and lines of a part that are shown where it stands; the pager shows all.
const MOST: usize = 24 << 10;
const MOST_LINES: usize = 200;

impl UiState {
    /// Shows contents in the next form.
    pub(super) fn change_form(&mut self) {
        self.reader.form = self.reader.form.next();
        let word = format!("contents as {}", self.reader.form.name());
        self.tell(Tone::Text, word);
    }

    /// Opens the pager with what is chosen: a part, or all under a heading; in the detail, all messages.
    pub(super) fn read_whole(&mut self, picture: &Picture) {
        match self.read_here(picture) {
            Some((title, read)) => {
                let pager = Pager::new(title, read, self.reader.form);
                self.mode = Mode::Pager(Box::new(pager));
            }
            None => self.tell(Tone::Warning, "nothing to read here"),
        }
    }

    /// What can be read whole of what is chosen, and what it is called.
    pub(super) fn read_here(&self, picture: &Picture) -> Option<(String, Read)> {
        let found = if self.view == View::Transcript {
            self.chosen_read(picture)
        } else {
            self.messages_read(picture)
        };
        found.filter(|(_, read)| !read.is_empty())
    }

    fn chosen_read(&self, picture: &Picture) -> Option<(String, Read)> {
        let (book, tree) = (picture.book?, picture.tree?);
        let reader = &self.reader;
        let entries = &reader.transcript.entries;
        let chosen = entries.get(reader.cursor)?;
        let sheet = Sheet {
            picture,
            book,
            tree,
        };
        let heading =
            |what: &What| matches!(what, What::Turn | What::Agent | What::Call | What::Tool);
        let rest = entries.get(reader.cursor + 1..).unwrap_or_default();
        let under = if heading(&chosen.what) {
            let ends = |e: &&Entry| match chosen.what {
                What::Turn => !matches!(e.what, What::Turn),
                _ => !heading(&e.what),
            };
            rest.iter().take_while(ends).collect()
        } else {
            vec![chosen]
        };
        let read = under.into_iter().filter_map(|entry| {
            let part = book.part(reader_lines::part(&entry.what)?)?;
            Some((sheet.label(entry), part.clone()))
        });
        Some((sheet.label(chosen), read.collect()))
    }

    fn messages_read(&self, picture: &Picture) -> Option<(String, Read)> {
        let (node, detail) = (self.selected_node(picture)?, self.shown_detail(picture)?);
        let parts = detail.messages.iter().flat_map(|m| {
            let parts = m.parts.iter();
            parts.map(|part| (reader_lines::heading(&m.speaker, part), part.clone()))
        });
        Some((super::title::node(node).into_owned(), parts.collect()))
    }
}

/// The lines of a part's text, and whether that is all of it.
pub(super) fn lay(part: &Part, form: Form, width: usize) -> (Vec<Line>, bool) {
    let (kind, text, mut whole) = form::text_of(part, form, MOST);
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.trim_end_matches('\n').split('\n') {
        if lines.len() >= MOST_LINES {
            whole = false;
            break;
        }
        let line = line.strip_suffix('\r').unwrap_or(line).replace('\t', "  ");
        lines.extend(wrap(&toned(&line, kind, &mut fenced), width));
    }
    whole &= lines.len() <= MOST_LINES;
    lines.truncate(MOST_LINES);
    (lines, whole)
}
