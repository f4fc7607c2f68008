//! Saving: what, as what, and where, asked in a few lines.

use super::Picture;
use super::state::UiState;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::SessionSummary;
use tui_input::Input;

/// Longest part of a default name that a title gives.
const LONGEST: usize = 32;

/// What is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A node and all below it.
    Node(SessionId, NodeId),
    /// A session.
    Session(SessionId),
    /// All that is there.
    Everything,
}

impl What {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Node(..) => "this node",
            Self::Session(_) => "session",
            Self::Everything => "everything",
        }
    }
}

/// How it is written; the name's ending says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// OTLP/JSON lines, as the Collector's file exporter writes them: `spanfall open` reads them.
    Otlp,
    /// The report `spanfall.report/1`.
    Report,
    /// The report for people.
    Markdown,
    /// The report for people, plain.
    Text,
}

impl Form {
    /// All forms in their order.
    pub const ALL: [Self; 4] = [Self::Otlp, Self::Report, Self::Markdown, Self::Text];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Otlp => "OTLP JSON",
            Self::Report => "JSON report",
            Self::Markdown => "Markdown",
            Self::Text => "text",
        }
    }

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Otlp => "jsonl",
            Self::Report => "json",
            Self::Markdown => "md",
            Self::Text => "txt",
        }
    }

    /// The form that a name asks for.
    pub fn of(name: &str) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let named = Self::ALL.into_iter().find(|f| f.ending() == ending);
        named.unwrap_or(Self::Otlp)
    }
}

/// What the program is asked to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub what: What,
    /// Where; its ending says as what.
    pub path: String,
    /// What is there already may go.
    pub overwrite: bool,
    /// Leave once it is written.
    pub leave: bool,
}

/// The question.
#[derive(Clone, Debug)]
pub struct Save {
    /// What can be saved now, the smallest first.
    pub offers: Vec<What>,
    /// The chosen one.
    pub chosen: usize,
    /// The file's name.
    pub input: Input,
    /// The name that we proposed: while it stands, another choice proposes another.
    proposed: String,
    /// This name is taken, and was refused once.
    pub taken: Option<String>,
    /// Leave once it is written.
    pub leave: bool,
}

impl Save {
    /// Asks what to save and where.
    pub(super) fn ask(ui: &UiState, picture: &Picture, leave: bool) -> Self {
        let mut offers = Vec::new();
        let session = picture.sessions.iter().find(|s| Some(s.id) == ui.session());
        if let Some(session) = session {
            let node = ui.selected_node(picture).map(|n| n.id);
            offers.extend(node.map(|node| What::Node(session.id, node)));
            offers.push(What::Session(session.id));
        }
        offers.push(What::Everything);
        let last = offers.len() - 1;
        // Who leaves saves all; else the session is what one most often wants.
        let chosen = if leave { last } else { last.saturating_sub(1) };
        let mut save = Self {
            offers,
            chosen,
            input: Input::default(),
            proposed: String::new(),
            taken: None,
            leave,
        };
        save.name(picture, Form::Otlp);
        save
    }

    /// Asks once more, after a name was refused because it is taken.
    pub(super) fn again(order: Order) -> Self {
        Self {
            offers: vec![order.what],
            chosen: 0,
            input: Input::new(order.path.clone()),
            proposed: String::new(),
            taken: Some(order.path),
            leave: order.leave,
        }
    }

    /// What is chosen.
    pub fn what(&self) -> What {
        let chosen = self.offers.get(self.chosen);
        chosen.copied().unwrap_or(What::Everything)
    }

    /// As what it will be written.
    pub fn form(&self) -> Form {
        Form::of(self.input.value())
    }

    /// Chooses the next thing to save.
    pub(super) fn next_what(&mut self, picture: &Picture) {
        let form = self.form();
        let named = self.input.value() == self.proposed;
        self.chosen = (self.chosen + 1) % self.offers.len().max(1);
        if named {
            self.name(picture, form);
        }
    }

    /// Chooses the next form, by changing the name's ending.
    pub(super) fn next_form(&mut self) {
        let form = self.form();
        let at = Form::ALL.iter().position(|f| *f == form).unwrap_or(0);
        let next = Form::ALL[(at + 1) % Form::ALL.len()];
        let value = self.input.value();
        let stem = value
            .strip_suffix(form.ending())
            .and_then(|stem| stem.strip_suffix('.'));
        let name = format!("{}.{}", stem.unwrap_or(value), next.ending());
        if value == self.proposed {
            self.proposed.clone_from(&name);
        }
        self.input = Input::new(name);
    }

    fn name(&mut self, picture: &Picture, form: Form) {
        self.proposed = default_name(picture, self.what(), form);
        self.input = Input::new(self.proposed.clone());
    }

    /// What to write, or why it cannot be.
    pub(super) fn order(&self) -> Result<Order, &'static str> {
        let path = self.input.value().trim();
        if path.is_empty() {
            return Err("a file needs a name");
        }
        Ok(Order {
            what: self.what(),
            path: path.to_owned(),
            overwrite: self.taken.as_deref() == Some(path),
            leave: self.leave,
        })
    }
}

/// `spanfall-fix-the-off-by-one-20261121-140241.jsonl`: the title, and the time at the clock on
/// the wall.
fn default_name(picture: &Picture, what: What, form: Form) -> String {
    let of = |id| picture.sessions.iter().find(|s| s.id == id);
    let node = |id| {
        let tree = picture.tree?;
        tree.nodes.get(tree.find(id)?)
    };
    let title = match what {
        What::Node(_, id) => node(id).map(|n| n.name.clone()),
        What::Session(id) => of(id).map(|s: &SessionSummary| s.title.clone()),
        What::Everything => Some("all".into()),
    };
    let title = slug(title.as_deref().unwrap_or("untitled"));
    let time = i64::try_from(picture.now / 1_000_000_000)
        .ok()
        .and_then(|s| jiff::Timestamp::from_second(s).ok());
    let zone = jiff::tz::Offset::from_seconds(picture.utc_offset).unwrap_or(jiff::tz::Offset::UTC);
    let time = time.map_or_else(String::new, |t| {
        zone.to_datetime(t).strftime("-%Y%m%d-%H%M%S").to_string()
    });
    format!("spanfall-{title}{time}.{}", form.ending())
}

/// A received text as a part of a file's name: no separator, no dot at its front, no surprise.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if out.len() >= LONGEST {
            break;
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    match out.trim_matches('-') {
        "" => "untitled".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_harmless_name() {
        assert_eq!(
            slug("fix the off-by-one in window.py"),
            "fix-the-off-by-one-in-window-py"
        );
        assert_eq!(slug("../../etc/passwd\u{202e}\n"), "etc-passwd");
        assert_eq!(slug("…"), "untitled");
        assert_eq!(slug("Grüße, 世界"), "grüße-世界");
        assert!(slug(&"long ".repeat(50)).len() <= LONGEST);
    }

    #[test]
    fn the_ending_says_the_form_and_the_form_changes_the_ending() {
        let mut save = Save {
            offers: vec![What::Everything],
            chosen: 0,
            input: Input::new("a.b/x.jsonl".into()),
            proposed: String::new(),
            taken: None,
            leave: false,
        };
        for (form, name) in [
            (Form::Otlp, "a.b/x.jsonl"),
            (Form::Report, "a.b/x.json"),
            (Form::Markdown, "a.b/x.md"),
            (Form::Text, "a.b/x.txt"),
            (Form::Otlp, "a.b/x.jsonl"),
        ] {
            assert_eq!((save.form(), save.input.value()), (form, name));
            save.next_form();
        }
        save.input = Input::new("no ending".into());
        save.next_form();
        assert_eq!(save.input.value(), "no ending.json");
    }

    #[test]
    fn only_the_name_that_was_refused_may_be_overwritten() {
        let order = Order {
            what: What::Everything,
            path: "x.jsonl".into(),
            overwrite: false,
            leave: true,
        };
        let mut save = Save::again(order.clone());
        assert_eq!(
            save.order(),
            Ok(Order {
                overwrite: true,
                ..order.clone()
            })
        );
        save.input = Input::new(" y.jsonl ".into());
        assert_eq!(
            save.order(),
            Ok(Order {
                path: "y.jsonl".into(),
                ..order
            })
        );
        save.input = Input::new("  ".into());
        assert!(save.order().is_err());
    }
}
