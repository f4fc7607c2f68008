//! Facets: a field or attribute of what is shown is chosen, then one of its values, which is asked
//! for from then on. Counted in slices, as all looking is.

use super::Picture;
use super::action::Action;
use super::pick::{Entry, Picker, Sign, Wanted};
use super::search::{of, scene};
use super::state::UiState;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{NodeKind, State, Tree};
use crate::query::{Census, Op, Run, Subject, Test, Value};
use rustc_hash::FxHashSet;
use tui_input::InputRequest;

/// What is picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Of this the values are listed next.
    Of(Subject),
    /// This is asked for as well.
    Term(String),
    /// This is asked for, and nothing else.
    Whole(String),
}

/// What a list is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// What has values in what is shown.
    #[default]
    Shown,
    /// The values of one of these.
    Values(Subject),
    /// The tools of the session, by the agent that ran them.
    Runs,
}

/// The list, and how far it has been counted.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    /// The list.
    pub list: Picker<Facet>,
    /// What is listed.
    pub of: Of,
    census: Option<((SessionId, u64), Census)>,
    /// What was listed last: of which rows, for which text.
    listed: Option<(SessionId, u64)>,
    entries: Vec<Entry<Facet>>,
}

impl Facets {
    fn of(subject: Subject) -> Self {
        Self {
            of: Of::Values(subject),
            ..Self::default()
        }
    }

    /// A list of agents and the tools that they ran.
    pub(super) fn runs() -> Self {
        Self {
            of: Of::Runs,
            ..Self::default()
        }
    }

    /// Not everything is counted yet.
    pub fn is_counting(&self) -> bool {
        self.census.is_some()
    }

    pub(super) fn edit(&mut self, request: InputRequest) {
        self.list.edit(request);
    }

    /// Counts one slice more: of what was found, or of everything.
    pub(super) fn advance(
        &mut self,
        picture: &Picture,
        session: SessionId,
        tree: &Tree,
        found: Option<&FxHashSet<NodeId>>,
    ) {
        let version = (session, picture.tree_version);
        if self.listed != Some(version) || self.census.is_some() {
            let Some(summary) = of(picture, session) else {
                return;
            };
            let scene = scene(picture, summary, tree);
            let anew = || {
                let found = found.filter(|_| self.of != Of::Runs);
                let only = found.map(|found| {
                    let nodes = (0u32..).zip(&tree.nodes);
                    let found = nodes.filter(|(_, n)| found.contains(&n.id));
                    found.map(|(i, _)| i).collect()
                });
                let of = match &self.of {
                    Of::Values(subject) => Some(subject.clone()),
                    Of::Shown | Of::Runs => None,
                };
                (version, Census::new(&scene, of, only))
            };
            let (begun, mut census) = self.census.take().unwrap_or_else(anew);
            if census.advance(&scene, super::search::SLICE) {
                let seen = census.into_seen();
                self.entries = match &self.of {
                    Of::Values(subject) => {
                        let all = seen.values_of(subject).into_iter();
                        all.map(|(value, n)| value_entry(subject, value, n))
                            .collect()
                    }
                    Of::Shown => seen
                        .subjects
                        .iter()
                        .map(|(s, n)| subject_entry(s, *n))
                        .collect(),
                    Of::Runs => {
                        let all = seen.runs().into_iter();
                        all.map(|(run, n)| run_entry(run, n)).collect()
                    }
                };
                self.listed = Some(begun);
            } else {
                self.census = Some((begun, census));
            }
        }
        self.show();
    }

    fn show(&mut self) {
        let mut wanted = Wanted::new(self.list.input.value());
        let mut found = Vec::new();
        for (place, entry) in self.entries.iter().enumerate() {
            let text = format!("{} {}", entry.name, entry.about);
            let text = if self.of == Of::Runs {
                &text
            } else {
                &entry.name
            };
            if let Some(score) = wanted.score(text) {
                let marks = wanted.marks(text);
                found.push((
                    std::cmp::Reverse(score),
                    place,
                    Entry {
                        marks,
                        ..entry.clone()
                    },
                ));
            }
        }
        found.sort_by_key(|(score, place, _)| (*score, *place));
        let entries: Vec<_> = found.into_iter().map(|(.., entry)| entry).collect();
        let total = entries.len();
        self.list.show(entries, total);
    }
}

fn entry(name: &str, n: usize, value: Facet) -> Entry<Facet> {
    Entry {
        sign: None,
        name: super::text::sanitize(name).into_owned(),
        about: String::new(),
        note: super::text::count_exact(n as u64),
        off: false,
        marks: Vec::new(),
        value,
    }
}

fn subject_entry(subject: &Subject, n: usize) -> Entry<Facet> {
    let about = match subject {
        Subject::Field(field) => field.info().help,
        Subject::Attr(_) => "",
    };
    Entry {
        about: about.to_owned(),
        ..entry(&subject.to_string(), n, Facet::Of(subject.clone()))
    }
}

fn value_entry(subject: &Subject, value: &str, n: usize) -> Entry<Facet> {
    // A value that was cut is not the whole of it.
    let op = if value.chars().count() >= crate::query::LONGEST {
        Op::Contains
    } else {
        Op::Is
    };
    let test = Test {
        subject: subject.clone(),
        op,
        value: Value::Text(value.into()),
    };
    entry(value, n, Facet::Term(test.to_string()))
}

fn run_entry((agent, tool): &Run, n: usize) -> Entry<Facet> {
    let by = agent.as_deref().unwrap_or("main");
    let query = super::alike::runs(agent.as_deref(), tool);
    Entry {
        sign: Some(Sign::Node(NodeKind::Tool, false, State::Ok)),
        about: format!("by {}", super::text::sanitize(by)),
        ..entry(tool, n, Facet::Whole(query))
    }
}

impl UiState {
    /// What is done with what is picked: a list of values, or a query with one more term.
    pub(super) fn pick_facet(&mut self, facets: &Facets) -> Action {
        match facets.list.chosen().map(|e| e.value.clone()) {
            Some(Facet::Of(subject)) => {
                self.mode = super::state::Mode::Facets(Box::new(Facets::of(subject)));
                Action::Data
            }
            Some(Facet::Term(term)) => {
                let before = self.search.text().trim();
                let ors = crate::query::parse(before, &self.search.saved)
                    .is_ok_and(|q| matches!(q.expr, Some(crate::query::Expr::Or(_))));
                Action::Query(match before {
                    "" => term,
                    before if ors => format!("({before}) {term}"),
                    before => format!("{before} {term}"),
                })
            }
            Some(Facet::Whole(query)) => Action::Query(query),
            None => Action::Data,
        }
    }
}
