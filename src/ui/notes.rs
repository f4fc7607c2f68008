//! What is noted of answered calls besides their sums: who answered, why they ended, and which have
//! no price.

use super::listed::Listed;
use crate::model::ids::NodeId;
use crate::model::node::{Call, Node};
use std::sync::Arc;

/// A model that was asked for, and another name that answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The model asked for.
    pub asked: Arc<str>,
    /// The one that answered.
    pub by: Arc<str>,
    /// Calls.
    pub calls: u64,
    /// The latest of them.
    pub call: NodeId,
}

/// Calls without a known price.
#[derive(Clone, Debug, PartialEq)]
pub struct Unpriced {
    /// The model.
    pub model: Arc<str>,
    /// Why, in the price table's words.
    pub why: Arc<str>,
    /// Calls.
    pub calls: u64,
    /// The latest of them.
    pub call: NodeId,
}

/// Why calls of a model ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// The model.
    pub model: Arc<str>,
    /// The reason as reported.
    pub reason: Arc<str>,
    /// Calls.
    pub calls: u64,
}

/// What is counted of answered calls besides sums.
#[derive(Default)]
pub(super) struct Notes {
    pub unpriced: Listed<(Arc<str>, Arc<str>), Unpriced>,
    pub answered: Listed<(Arc<str>, Arc<str>), Answered>,
    pub finishes: Listed<(Arc<str>, Arc<str>), Finish>,
}

impl Notes {
    /// Notes an answered call.
    pub fn take(&mut self, node: &Node, call: &Call, model: &Arc<str>) {
        if call.cost.is_none() {
            let why = call.price_entry.clone().unwrap_or_else(|| "unknown".into());
            let of = self.unpriced.of((model.clone(), why.clone()), || Unpriced {
                model: model.clone(),
                why,
                calls: 0,
                call: node.id,
            });
            if let Some(of) = of {
                (of.calls, of.call) = (of.calls + 1, node.id);
            }
        }
        if let (Some(asked), Some(by)) = (&call.request_model, &call.response_model)
            && asked != by
        {
            let of = self.answered.of((asked.clone(), by.clone()), || Answered {
                asked: asked.clone(),
                by: by.clone(),
                calls: 0,
                call: node.id,
            });
            if let Some(of) = of {
                (of.calls, of.call) = (of.calls + 1, node.id);
            }
        }
        let told = call.finish_reasons.iter().cloned();
        let silent = call.finish_reasons.is_empty().then(|| "not told".into());
        for reason in told.chain(silent) {
            let of = self
                .finishes
                .of((model.clone(), reason.clone()), || Finish {
                    model: model.clone(),
                    reason,
                    calls: 0,
                });
            if let Some(of) = of {
                of.calls += 1;
            }
        }
    }
}
