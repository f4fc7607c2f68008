//! Going to the next row that matches or failed, round and round.

use super::Picture;
use super::page::View;
use super::pane::Tone;
use super::rows::Row;
use super::state::UiState;
use crate::model::node::{Node, State, Tree};

/// Which way a search goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Back,
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    Match,
    Error,
    Finding,
    Dearest,
}

/// Selects the next row that matches or failed, round and round. Errors are found inside folds too,
/// unless a filter hides them.
pub(super) fn find(ui: &mut UiState, picture: &Picture, way: Way, what: Search) {
    if ui.view == View::Transcript && what == Search::Error {
        return ui.next_failure(way == Way::Back);
    }
    let Some(tree) = picture.tree.filter(|_| picture.session == ui.session) else {
        return;
    };
    // Rows by their place on the screen; what folds hide by its place in the tree.
    let by_row = match what {
        Search::Match => true,
        Search::Error => !ui.search.is_empty(),
        Search::Finding | Search::Dearest => false,
    };
    // A frame fails with what is in it, which is where to look.
    let origin = |n: &Node| n.state == State::Error && !n.sources.is_empty();
    let failed = |node: usize| tree.nodes.get(node).is_some_and(origin);
    let (at, hits): (usize, Vec<(usize, usize)>) = if by_row {
        let wanted = |r: &Row| match what {
            Search::Match => r.matches,
            _ => failed(r.node as usize),
        };
        let rows = ui.rows.iter().enumerate().filter(|(_, r)| wanted(r));
        (ui.cursor, rows.map(|(i, r)| (i, r.node as usize)).collect())
    } else {
        let at = ui.rows.get(ui.cursor).map_or(0, |r| r.node as usize);
        let nodes: Vec<usize> = match what {
            Search::Finding => ui.marks.nodes().collect(),
            Search::Dearest => dearest(tree).into_iter().collect(),
            _ => (0..tree.nodes.len()).filter(|i| failed(*i)).collect(),
        };
        (at, nodes.into_iter().map(|i| (i, i)).collect())
    };
    let hit = match way {
        Way::Forward => hits.iter().find(|(h, _)| *h > at).or(hits.first()),
        Way::Back => hits.iter().rfind(|(h, _)| *h < at).or(hits.last()),
    };
    if let Some((_, node)) = hit {
        ui.show_view(View::Trace);
        ui.follow = false;
        ui.go_to_node(picture, tree, *node);
    } else {
        let word = match what {
            Search::Match => "nothing matches",
            Search::Error if failed_elsewhere(picture) => {
                "no errors in this session; ! goes to one of another"
            }
            Search::Error => "no errors in this session",
            Search::Finding => "no findings in this session",
            Search::Dearest => "no call of this session has a known cost",
        };
        ui.tell(Tone::Warning, word);
    }
}

fn failed_elsewhere(picture: &Picture) -> bool {
    picture.sessions.iter().any(|s| s.figures.errors > 0)
}

/// The call that cost most; of several the first.
fn dearest(tree: &Tree) -> Option<usize> {
    let cost = |node: &Node| node.call.as_ref().and_then(|c| c.cost);
    let calls = tree.nodes.iter().enumerate();
    let priced = calls.filter_map(|(i, node)| Some((cost(node)?, std::cmp::Reverse(i))));
    priced.max().map(|(_, std::cmp::Reverse(i))| i)
}
