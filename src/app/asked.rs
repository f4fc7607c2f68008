//! What a key asks of the loop, beyond the screen.

use crate::ui::copy::Copied;
use crate::ui::outside::Handed;
use crate::ui::save::Order;

/// What a key or batch asks of the loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// To leave.
    Leave,
    /// To stop, as the shell does.
    Suspend,
    /// To play the bundled recording.
    Play,
    /// To take in the recording at this path.
    Open(String),
    /// To go on with this path.
    Complete(String),
    /// To listen to the mouse, or leave it to the terminal.
    Mouse(bool),
    /// To put a text into the clipboard.
    Copy(Copied),
    /// To hand a text to another program, and the terminal with it.
    Hand(Handed),
    /// To write a file.
    Save(Order),
    /// To begin a recording of what is received, or end it.
    Record,
}
