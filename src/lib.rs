//! spanfall: see what an AI agent does, costs and waits for, while it runs.
//!
//! Data flows one way, a room a step; who may import whom is a test (`tests/tidy.rs`).
//!
//! ```text
//! bytes ─ wire::Payload ─ wire::decode ─ ingest::prepare ─ model::Store ─ correlate ─ view::draw ─ terminal
//!            │                              │                              │            │
//!         record (files)             convention (tables)               prices      ui::update ← keys
//! ```
//!
//! `ARCHITECTURE.md` says what each room knows and, above all, what it does not.

pub mod app;
pub mod cli;
pub mod config;
pub mod convention;
pub mod diff;
pub mod findings;
pub mod forward;
pub mod ingest;
pub mod metrics;
pub mod model;
pub mod prices;
pub mod privacy;
pub mod query;
pub mod record;
pub mod report;
pub mod theme;
pub mod ui;
pub mod view;
pub mod wire;
