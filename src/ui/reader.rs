//! Where one is in a transcript: what is chosen, what is expanded, what is scrolled to. What comes in
//! meanwhile moves neither.

use super::Picture;
use super::action::Action;
use super::form::Form;
use super::page::View;
use super::pane::{Line, Tone};
use super::reader_lines;
use super::state::UiState;
use super::update::distance;
use crate::model::ids::SessionId;
use crate::model::transcript::{Entry, Transcript, What};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a transcript was made from.
type Made = (SessionId, u64, u64);

/// The transcript that is read, and the place in it.
#[derive(Debug, Default)]
pub struct Reader {
    made: Option<Made>,
    /// The transcript.
    pub(crate) transcript: Transcript,
    /// The first line of each entry, and of what would be next.
    heads: Vec<usize>,
    /// The chosen entry.
    pub(crate) cursor: usize,
    /// The first line on the screen.
    pub(crate) scroll: usize,
    /// What is expanded, laid out, by the entry's id.
    pub(crate) expanded: FxHashMap<u64, Vec<Line>>,
    /// What was expanded unasked, once.
    seen: FxHashSet<u64>,
    laid: Option<(Form, usize)>,
    /// How contents are shown, here and in the pager.
    pub form: Form,
}

impl Reader {
    /// The first line of an entry.
    pub(crate) fn head(&self, entry: usize) -> usize {
        self.heads.get(entry).copied().unwrap_or(0)
    }

    /// All lines.
    pub(crate) fn lines(&self) -> usize {
        self.heads.last().copied().unwrap_or(0)
    }

    /// The entry that a line is of.
    pub(crate) fn entry_at(&self, line: usize) -> usize {
        let after = self.heads.partition_point(|head| *head <= line);
        let last = self.transcript.entries.len().saturating_sub(1);
        after.saturating_sub(1).min(last)
    }

    /// What is chosen.
    pub(super) fn chosen(&self) -> Option<&Entry> {
        self.transcript.entries.get(self.cursor)
    }

    /// Empty lines before an entry.
    pub(crate) fn gap(&self, at: usize) -> usize {
        let entry = self.transcript.entries.get(at);
        usize::from(at > 0 && entry.is_some_and(|e| matches!(e.what, What::Turn)))
    }

    fn measure(&mut self) {
        self.heads.clear();
        let mut line = 0;
        for (at, entry) in self.transcript.entries.iter().enumerate() {
            self.heads.push(line);
            let gap = usize::from(at > 0 && matches!(entry.what, What::Turn));
            let body = self
                .expanded
                .get(&entry.id)
                .map_or(1, |lines| lines.len().max(1));
            line += gap + body;
        }
        self.heads.push(line);
    }

    /// Has the chosen entry on the screen: its first line, and as much of the rest as fits.
    fn reveal(&mut self, height: usize) {
        let most = self.lines().saturating_sub(height);
        let (first, end) = (self.head(self.cursor), self.head(self.cursor + 1));
        let lowest = end.saturating_sub(height).min(first);
        // What is taller than the screen may be scrolled through.
        let tall = end - first > height;
        let highest = if tall {
            end.saturating_sub(height)
        } else {
            first
        };
        self.scroll = self.scroll.clamp(lowest, highest.max(lowest)).min(most);
    }
}

impl UiState {
    /// What was said in the session is to be read.
    pub fn reads(&self) -> bool {
        self.view == View::Transcript
            || self.tab.reads() && self.view == View::Trace
            || self.tie.is_some()
    }

    /// Brings the transcript in line with the picture; what is chosen stays where it is on the screen.
    pub(super) fn refresh_reader(&mut self, picture: &Picture) {
        if self.view != View::Transcript {
            return;
        }
        let area = self.layout().page;
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(session), Some(tree), Some(book)) = (self.session, tree, picture.book) else {
            self.reader = Reader {
                form: self.reader.form,
                ..Reader::default()
            };
            return;
        };
        let follow = self.follow;
        let reader = &mut self.reader;
        let made = (session, picture.tree_version, book.version());
        let laid = Some((reader.form, width));
        let again = reader.laid != laid;
        if reader.made == Some(made) && !again {
            reader.reveal(height);
            return;
        }
        let before = reader.made.replace(made);
        let other = before.is_none_or(|before| before.0 != session);
        let chosen = reader.transcript.entries.get(reader.cursor);
        let chosen = chosen.map(|entry| (entry.id, entry.at));
        let beyond = reader.head(reader.cursor).saturating_sub(reader.scroll);
        if before != Some(made) {
            reader.transcript = Transcript::of(tree, book);
        }
        if other {
            reader.expanded.clear();
            reader.seen.clear();
        }
        if again {
            reader.laid = laid;
            let open: Vec<u64> = reader.expanded.keys().copied().collect();
            for id in open {
                let entry = reader.transcript.entries.iter().find(|e| e.id == id);
                let lines = entry.map(|e| reader_lines::body(book, e, reader.form, width));
                reader.expanded.insert(id, lines.unwrap_or_default());
            }
        }
        // Why nothing was sent is said whole: it is what one would do about it.
        for entry in &reader.transcript.entries {
            if matches!(entry.what, What::Missing(_)) && !reader.seen.contains(&entry.id) {
                reader.seen.insert(entry.id);
                let lines = reader_lines::body(book, entry, reader.form, width);
                reader.expanded.insert(entry.id, lines);
            }
        }
        let entries = &reader.transcript.entries;
        let last = entries.len().saturating_sub(1);
        let same = chosen.and_then(|(id, _)| entries.iter().position(|e| e.id == id));
        let near = chosen.and_then(|(_, at)| reader.transcript.of_node(at));
        let wanted = self.place.selected.filter(|_| other);
        let wanted = wanted.and_then(|node| tree.find(node));
        let wanted = wanted.and_then(|at| reader.transcript.of_node(u32::try_from(at).ok()?));
        reader.cursor = match (follow, wanted) {
            (true, _) => last,
            (false, Some(wanted)) => wanted,
            (false, None) => same.or(near).unwrap_or(0).min(last),
        };
        reader.measure();
        let above = if other { 2 } else { beyond };
        reader.scroll = reader.head(reader.cursor).saturating_sub(above);
        reader.reveal(height);
    }

    /// A move within the transcript.
    pub(super) fn travel_reader(&mut self, picture: &Picture, action: &Action) {
        match action {
            Action::Left => return self.fold_entry(),
            Action::Right => return self.expand_entry(picture),
            _ => {}
        }
        self.follow = false;
        let height = usize::from(self.layout().page.height).max(1);
        let reader = &mut self.reader;
        let by = distance(action, height, reader.lines());
        let last = reader.transcript.entries.len().saturating_sub(1);
        let (first, end) = (reader.head(reader.cursor), reader.head(reader.cursor + 1));
        let below = end > reader.scroll + height;
        match by {
            1 if below && end - first > height => reader.scroll += 1,
            -1 if first < reader.scroll => reader.scroll -= 1,
            1 | -1 => reader.cursor = reader.cursor.saturating_add_signed(by).min(last),
            by => {
                let most = reader.lines().saturating_sub(height);
                let to = reader.scroll.saturating_add_signed(by).min(most);
                let stays = to == reader.scroll;
                reader.scroll = to;
                let shown = if by > 0 && stays {
                    last
                } else if by < 0 && stays {
                    0
                } else if by > 0 {
                    reader.entry_at(to + height - 1)
                } else {
                    reader.entry_at(to)
                };
                reader.cursor = shown;
            }
        }
        reader.reveal(height);
    }

    /// Scrolls by lines, as a wheel does; the chosen entry stays on the screen.
    pub(super) fn scroll_reader(&mut self, by: isize) {
        self.follow = false;
        let height = usize::from(self.layout().page.height).max(1);
        let reader = &mut self.reader;
        let most = reader.lines().saturating_sub(height);
        reader.scroll = reader.scroll.saturating_add_signed(by).min(most);
        let shown = (
            reader.entry_at(reader.scroll),
            reader.entry_at(reader.scroll + height - 1),
        );
        reader.cursor = reader.cursor.clamp(shown.0, shown.1.max(shown.0));
        reader.reveal(height);
    }

    /// Chooses the entry of a line.
    pub(super) fn choose_entry(&mut self, line: usize) {
        self.follow = false;
        self.reader.cursor = self.reader.entry_at(line);
    }

    /// Expands or folds what is chosen; a heading leads to its node.
    pub(super) fn enter_reader(&mut self, picture: &Picture) {
        let reader = &self.reader;
        let Some(entry) = reader.transcript.entries.get(reader.cursor) else {
            return;
        };
        if reader.expanded.contains_key(&entry.id) {
            return self.fold_entry();
        }
        if reader_lines::opens(&entry.what) {
            return self.expand_entry(picture);
        }
        if let Some(session) = self.session {
            let node = entry.node;
            self.go_to(picture, session, Some(node));
        }
    }

    fn expand_entry(&mut self, picture: &Picture) {
        let width = usize::from(self.layout().page.width);
        let height = usize::from(self.layout().page.height);
        let reader = &mut self.reader;
        let entry = reader.transcript.entries.get(reader.cursor);
        let (Some(entry), Some(book)) = (entry, picture.book) else {
            return;
        };
        if reader_lines::opens(&entry.what) {
            let lines = reader_lines::body(book, entry, reader.form, width);
            reader.expanded.insert(entry.id, lines);
            reader.measure();
            reader.reveal(height);
        }
    }

    /// Folds what is chosen; what is folded goes to the heading above.
    fn fold_entry(&mut self) {
        let height = usize::from(self.layout().page.height);
        let reader = &mut self.reader;
        let Some(entry) = reader.transcript.entries.get(reader.cursor) else {
            return;
        };
        if reader.expanded.remove(&entry.id).is_none() {
            let heads = reader.transcript.entries.iter().take(reader.cursor);
            let above = heads
                .collect::<Vec<_>>()
                .into_iter()
                .rposition(|e| matches!(e.what, What::Turn | What::Agent | What::Call));
            reader.cursor = above.unwrap_or(reader.cursor);
        }
        reader.measure();
        reader.reveal(height);
    }

    /// Goes to the next failure, or to the one before.
    pub(super) fn next_failure(&mut self, back: bool) {
        let failed = |entry: &Entry| matches!(entry.what, What::Failed(_));
        let entries = &self.reader.transcript.entries;
        let at = self.reader.cursor;
        let found = if back {
            entries.iter().take(at).rposition(failed)
        } else {
            let after = entries.iter().skip(at + 1).position(failed);
            after.map(|n| at + 1 + n)
        };
        match found {
            Some(found) => {
                self.follow = false;
                self.reader.cursor = found;
            }
            None => self.tell(Tone::Text, "no other failure that way"),
        }
    }
}
