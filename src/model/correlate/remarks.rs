//! What else the pieces of a node say of it.

use super::build::Builder;
use super::place::Group;
use crate::model::evidence::{Evidence, Field};
use crate::model::remarks::{Remarks, VERDICT, Verdict};

impl Builder<'_> {
    /// What else is told of a group; `None` where nothing is.
    pub(super) fn remarks(&self, group: &Group) -> Option<Box<Remarks>> {
        let mut remarks = Remarks {
            arguments: self.number(group, Field::ToolArguments),
            result: self.number(group, Field::ToolResult),
            cut: self.text(group, Field::CutShort),
            sampled_ppm: self.number(group, Field::SampledPpm),
            ..Remarks::default()
        };
        for &i in &group.pieces {
            let piece = &self.forest.pieces[i];
            let lost = piece.number(Field::Lost).unwrap_or(0);
            remarks.lost = remarks.lost.saturating_add(lost);
            self.judge(piece.evidence, &mut remarks.verdicts);
        }
        (remarks != Remarks::default()).then(|| Box::new(remarks))
    }

    /// The verdicts that a piece tells: its own, and those of its events.
    fn judge(&self, evidence: &Evidence, verdicts: &mut Vec<Verdict>) {
        let text = |field| Some(self.cx.texts.str(evidence.facts.text(field)?));
        let own = Verdict::of(VERDICT.map(text));
        let events = text(Field::Verdicts).into_iter().flat_map(Verdict::several);
        for verdict in own.into_iter().chain(events) {
            // Attributes and an event of the same span, or a span and a record, say it twice.
            if !verdicts.contains(&verdict) {
                verdicts.push(verdict);
            }
        }
    }
}
