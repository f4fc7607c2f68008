//! Every recorded case on screens of many sizes: inside the area, and in columns.

use crate::fixture::fixture;
use crate::properties::{draw_framed, themes};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use spanfall::app::lore::Known;
use spanfall::model::store::Store;
use spanfall::theme::Theme;
use spanfall::ui::{Action, Picture, UiState, update};
use spanfall::view::draw;
use spanfall::{ingest, record, wire};
use std::path::{Path, PathBuf};

const SIZES: [(u16, u16); 6] = [
    (60, 15),
    (72, 20),
    (80, 24),
    (120, 40),
    (161, 50),
    (200, 60),
];

pub fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut cases: Vec<PathBuf> = ["cli", "python"]
        .iter()
        .flat_map(|part| std::fs::read_dir(root.join(part)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() > 30);
    cases
}

pub fn store(known: &Known, case: &Path) -> Store {
    let mut store = Store::new();
    for request in record::read(&[case.to_owned()]).unwrap().requests {
        let decoded = wire::decode(&request.payload);
        store.apply(ingest::prepare(&known.tables, &decoded, 1).items);
    }
    store.refresh(known, 2);
    store
}

#[test]
fn every_case_at_every_size_stays_in_its_columns() {
    let known = Known::embedded().unwrap();
    let other = fixture();
    for (n, case) in cases().iter().enumerate() {
        let mut store = store(&known, case);
        let Some(id) = store.sessions().first().map(|s| s.id) else {
            continue;
        };
        let (tree, _) = store.tree(id, &known).unwrap();
        let picture = Picture {
            sessions: store.sessions(),
            session: Some(id),
            tree: Some(&tree),
            tree_version: 1,
            detail: None,
            detail_version: 0,
            totals: store.totals(),
            now: store.last_time(),
            ..other.picture()
        };
        for (m, (width, height)) in SIZES.into_iter().enumerate() {
            for (k, theme) in themes().iter().enumerate() {
                let mut ui = UiState::new(width, height);
                update(&mut ui, &picture, Action::Data);
                while ui.session() != Some(id) {
                    update(&mut ui, &picture, Action::PreviousSession);
                }
                for action in script((n + m + k) % 5) {
                    update(&mut ui, &picture, action);
                }
                draw_framed(&picture, &ui, theme, width, height);
                columns_hold(&picture, &ui, theme, (width, height), case);
            }
        }
    }
}

fn script(which: usize) -> Vec<Action> {
    match which {
        0 => vec![],
        1 => vec![Action::WholeSession, Action::View(spanfall::ui::View::Cost)],
        2 => vec![Action::ZoomIn, Action::ZoomIn, Action::PanEarlier],
        3 => vec![Action::Gaps, Action::Clock],
        _ => vec![
            Action::WholeSession,
            Action::Gaps,
            Action::ZoomIn,
            Action::Legend,
        ],
    }
}

/// Between a title's column and its neighbours every row has a blank cell, and what stands in the
/// column ends where the title does.
fn columns_hold(picture: &Picture, ui: &UiState, theme: &Theme, size: (u16, u16), case: &Path) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    draw(picture, ui, theme, buffer.area, &mut buffer);
    let layout = ui.layout();
    let symbols = |y: u16| -> Vec<&str> {
        (layout.rows.left()..layout.rows.right())
            .map(|x| buffer[(x, y)].symbol())
            .collect()
    };
    let titles = symbols(layout.columns.y).concat();
    for (title, cells) in [
        ("in", 6),
        ("out", 6),
        ("cost", 8),
        ("time", 6),
        ("ttft", 6),
        ("tok/s", 5),
        ("hit", 4),
    ] {
        let Some(at) = titles.rfind(&format!(" {title} ")) else {
            continue;
        };
        let end = titles[..at].chars().count() + 1 + title.len();
        for y in layout.rows.top()..layout.rows.bottom() {
            let row = symbols(y);
            let [before, after] = [end - cells - 1, end].map(|x| row[x]);
            let text: String = row[end - cells..end].concat();
            assert!(
                before == " " && after == " " && !text.ends_with(' ') | text.trim().is_empty(),
                "{title} at {at}: {:?} in {} {size:?}",
                row.concat(),
                case.display()
            );
        }
    }
}
