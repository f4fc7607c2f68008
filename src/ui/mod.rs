//! The state of the screen, pure: keys become actions through one table, actions change the
//! state and yield effects as data, the picture is handed in. Knows the model, no terminal and
//! no colours; who draws reads it.

pub mod action;
pub mod arguments;
mod arrange;
pub mod ask;
pub mod attributes;
pub mod axis;
mod bindings;
pub mod context;
pub mod copy;
mod cost;
mod cost_tables;
mod detail;
mod fields;
pub mod filter;
mod find;
mod growth;
mod health;
pub mod jump;
pub mod keymap;
pub mod keys;
pub mod layout;
pub mod ledger;
mod listed;
pub mod mouse;
mod movement;
pub mod notes;
pub mod page;
pub mod palette;
pub mod pane;
pub mod pick;
mod picking;
pub mod picture;
mod point;
pub mod rows;
pub mod save;
mod set_up;
mod sheet;
pub mod spent;
pub mod state;
pub mod summary;
pub mod text;
pub mod themes;
pub mod title;
pub mod toast;
mod update;

pub use action::{Action, Effect};
pub use keymap::Keymap;
pub use page::View;
pub use picture::{DialectView, Listener, Picture, ReceiverView, SetUp, StoreView};
pub use state::UiState;
pub use update::update;
