//! What was lost before it was sent: cut texts, dropped attributes, traces that sampling left out.

use super::rules::{SAMPLED, TRUNCATED};
use super::walk::{At, Check, Found};

const MILLION: u64 = 1_000_000;

/// What a session lost, told once: where it was seen first, and how much in all.
#[derive(Default)]
pub(super) struct Evidence {
    /// Where the finding stands; rows, and attributes that they lost.
    lost: Option<usize>,
    rows: u64,
    attributes: u64,
    sampled: bool,
}

impl Check for Evidence {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let Some(remarks) = at.node.remarks.as_deref() else {
            return;
        };
        if remarks.lost > 0 || remarks.cut.is_some() {
            self.rows += 1;
            self.attributes += remarks.lost;
            let place = *self.lost.get_or_insert_with(|| {
                let key = remarks.cut.as_deref().unwrap_or_default();
                let key = if key.is_empty() {
                    String::new()
                } else {
                    format!("first in {key}")
                };
                found.add(&TRUNCATED, at.node, String::new(), key);
                found.list.len() - 1
            });
            if let Some(finding) = found.list.get_mut(place) {
                let rows = if self.rows == 1 {
                    "1 row was".to_owned()
                } else {
                    format!("{} rows were", self.rows)
                };
                finding.message = match self.attributes {
                    0 => format!("{rows} sent with texts cut short"),
                    n => format!(
                        "{rows} sent without all that was known: {n} attributes, events or links left out"
                    ),
                };
            }
        }
        let share = remarks
            .sampled_ppm
            .filter(|ppm| *ppm < MILLION && !self.sampled);
        if let Some(ppm) = share {
            self.sampled = true;
            let percent = format!("{}.{:02}", ppm / 10_000, ppm % 10_000 / 100);
            let percent = percent.trim_end_matches('0').trim_end_matches('.');
            let text = format!("{percent}% of the traces are sent; sums are of those");
            found.add(&SAMPLED, at.node, text, String::new());
        }
    }
}
