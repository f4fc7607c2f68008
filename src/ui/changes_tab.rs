//! The tab that tells what changed between a model call and the one before it of the same agent.

use super::form;
use super::pane::{Line, Tone};
use super::reader_lines::heading;
use super::text;
use crate::model::book::{Book, Said, Told};
use crate::model::changes::{self, Changes};
use crate::model::lanes;
use crate::model::node::{Call, Node, Tree};

/// Parts that are listed of what was dropped or appended; of more there is only the number.
const LISTED: usize = 200;
/// Cells of a label.
const LABEL: usize = 10;

/// The lines of the tab for a node.
pub(super) fn lines(tree: &Tree, book: &Book, at: usize, width: usize) -> Vec<Line> {
    let Some(node) = tree.nodes.get(at) else {
        return Vec::new();
    };
    let Some(call) = node.call.as_deref() else {
        return vec![faint("only a model call has one before it")];
    };
    let before = lanes::before(tree, Some(book)).get(at).copied().flatten();
    let Some(former) = before.and_then(|b| tree.nodes.get(b as usize)) else {
        return vec![faint(
            "the first call of its conversation: nothing to compare it with",
        )];
    };
    let mut page = Maker {
        book,
        width,
        out: Vec::new(),
    };
    page.before(former, node);
    let told = |node: &Node| book.told(node.id).filter(|told| !told.input.is_empty());
    let both = told(former).zip(told(node));
    let changes = both.map(|(old, new)| changes::between(old, new));
    if let Some(old) = former.call.as_deref() {
        page.cache(former, node, (old, call), changes.as_ref());
    }
    if let (Some((old, new)), Some(changes)) = (both, &changes) {
        page.told((former, node), (old, new), changes);
    } else {
        page.figures(former, call);
        let why = book.told(node.id).and_then(|told| told.missing.as_deref());
        let why = why.unwrap_or("what was read was not sent");
        let lines = text::wrap(why, width.saturating_sub(2)).into_iter();
        page.out
            .extend(lines.map(|line| Line::of(Tone::Warning, line)));
    }
    page.out
}

fn faint(text: &str) -> Line {
    Line::of(Tone::Faint, text)
}

struct Maker<'a> {
    book: &'a Book,
    width: usize,
    out: Vec<Line>,
}

impl Maker<'_> {
    fn field(&mut self, label: &str, tone: Tone, text: String, note: &str) {
        let note = if note.is_empty() {
            String::new()
        } else {
            format!("  {note}")
        };
        let line = Line::of(Tone::Faint, format!("{label:LABEL$}")).and(tone, text);
        self.out.push(line.and(Tone::Secondary, note));
    }

    fn before(&mut self, former: &Node, node: &Node) {
        let ended = former.end.unwrap_or(former.start);
        let since = text::duration(node.start.saturating_sub(ended));
        let name = super::title::node(former).into_owned();
        self.field(
            "since",
            Tone::Text,
            name,
            &format!("the call before, which ended {since} earlier"),
        );
        if let (Some(was), Some(is)) = (lanes::model(former), lanes::model(node))
            && was != is
        {
            let told = format!("{} → {}", text::sanitize(was), text::sanitize(is));
            self.field("model", Tone::Warning, told, "each has a cache of its own");
        }
    }

    /// What the figures say of the cache, and where it broke.
    fn cache(
        &mut self,
        former: &Node,
        node: &Node,
        (old, new): (&Call, &Call),
        told: Option<&Changes>,
    ) {
        let Some(lost) = changes::cache_lost(old, new) else {
            return;
        };
        let money = self.book.lost.get(&node.id);
        let money = money.map_or_else(String::new, |money| {
            format!(", {} more", text::money_exact(*money))
        });
        let tokens = format!("broke: {} tokens lost{money}", text::count_exact(lost));
        let ended = former.end.unwrap_or(former.start);
        let idle = node.start.saturating_sub(ended);
        let why = match told {
            Some(changes) if changes.differs.is_some() => String::new(),
            Some(_) => format!(
                "nothing read before differs; it may have expired in {}",
                text::duration(idle)
            ),
            None => String::new(),
        };
        self.field("cache", Tone::Warning, tokens, &why);
    }

    /// Growth where only figures are known.
    fn figures(&mut self, former: &Node, call: &Call) {
        let was = former.call.as_deref().and_then(|call| call.usage.input);
        let (Some(was), Some(is)) = (was, call.usage.input) else {
            return;
        };
        let told = format!("{} → {}", text::count_exact(was), text::count_exact(is));
        self.field("input", Tone::Text, told, "tokens");
    }

    fn told(
        &mut self,
        (former, of): (&Node, &Node),
        (old, new): (&Told, &Told),
        changes: &Changes,
    ) {
        let kept = format!("{} of {}", changes.kept, old.input.len());
        let note = if changes.only_appends() {
            "parts of what was read before, all of it unchanged"
        } else {
            "parts of what was read before, up to the first difference"
        };
        self.field("kept", Tone::Text, kept, note);
        if let Some(at) = changes.differs {
            let message = new.input.get(at).map_or(0, |said| said.message + 1);
            let place = format!("message {message}");
            let (was, is) = (old.input.get(at), new.input.get(at));
            let apart = was.zip(is).and_then(|(was, is)| self.apart(*was, *is));
            let note = match apart {
                Some(at) => format!(
                    "from character {} on; the cache holds what is before it",
                    at + 1
                ),
                None => "the cache holds what is before it".to_owned(),
            };
            self.field("differs", Tone::Warning, place, &note);
            self.part("−", Tone::Error, was, apart);
            self.part("+", Tone::Running, is, apart);
        }
        let same = lanes::model(former) == lanes::model(of);
        let calls = former.call.as_deref().zip(of.call.as_deref());
        let usage = calls
            .filter(|_| same)
            .map(|(was, is)| (&was.usage, &is.usage));
        let growth = usage.and_then(|usage| changes::growth(self.book, changes, new, usage));
        let grown = growth.map_or_else(String::new, |growth| {
            let by = text::count(growth.by);
            match (growth.alone, growth.of.len()) {
                (true, 1) => format!("+{by} tokens"),
                (true, _) => format!("+{by} tokens, one message"),
                (false, n) => format!("+{by} tokens, shared by {n} parts"),
            }
        });
        self.list(
            "dropped",
            "−",
            Tone::Error,
            &changes.dropped,
            &old.input,
            "",
        );
        self.list(
            "answer",
            "+",
            Tone::Secondary,
            &changes.answered,
            &new.input,
            "read again",
        );
        self.list(
            "appended",
            "+",
            Tone::Running,
            &changes.appended,
            &new.input,
            &grown,
        );
        if changes.dropped.is_empty() && changes.appended.is_empty() && changes.answered.is_empty()
        {
            self.field("appended", Tone::Faint, "nothing".to_owned(), "");
        }
    }

    fn list(
        &mut self,
        label: &str,
        sign: &str,
        tone: Tone,
        which: &[usize],
        of: &[Said],
        note: &str,
    ) {
        if which.is_empty() {
            return;
        }
        let parts = match which.len() {
            1 => "1 part".to_owned(),
            n => format!("{n} parts"),
        };
        self.field(label, Tone::Text, parts, note);
        for at in which.iter().take(LISTED) {
            self.part(sign, tone, of.get(*at), None);
        }
        if which.len() > LISTED {
            self.out.push(faint(&format!(
                "{:LABEL$}and {} more",
                "",
                which.len() - LISTED
            )));
        }
    }

    /// A part in a line, from a little before the character where it differs.
    fn part(&mut self, sign: &str, tone: Tone, said: Option<&Said>, from: Option<usize>) {
        let Some(said) = said else { return };
        let Some(part) = self.book.part(said.part) else {
            return;
        };
        let label = heading(self.book.speaker(*said), part);
        let label = text::cut(&label, 28, text::Cut::End, "…");
        let room = self.width.saturating_sub(text::width(&label) + 8);
        let told = match from.filter(|at| *at > 24) {
            Some(at) => {
                let (_, all, _) = form::text_of(part, form::Form::Plain, usize::MAX);
                let tail: String = all.chars().skip(at - 16).take(room * 2).collect();
                format!("…{tail}")
            }
            None => form::preview(part, room * 4 + 8),
        };
        let told = text::cut(&told, room, text::Cut::End, "…");
        let line = Line::of(tone, format!("  {sign} "))
            .and(Tone::Secondary, format!("{label}  "))
            .and(Tone::Text, told);
        self.out.push(line);
    }

    /// The first character in which two texts differ.
    fn apart(&self, one: Said, other: Said) -> Option<usize> {
        let text = |said: Said| {
            let part = self.book.part(said.part)?;
            Some(form::text_of(part, form::Form::Plain, usize::MAX).1)
        };
        let (one, other) = (text(one)?, text(other)?);
        let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
        Some(same.count())
    }
}
