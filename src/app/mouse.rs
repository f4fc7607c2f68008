//! What is written to a terminal to have its mouse, or to leave it alone.

use crossterm::Command;
#[cfg(windows)]
use std::io;

/// Asks for clicks, the wheel and drags in the SGR form (xterm's modes 1002 and 1006); not for every
/// move of the pointer, which would wake an idle program.
#[derive(Clone, Copy)]
pub(super) struct EnableMouse;
/// Leaves the mouse to the terminal.
#[derive(Clone, Copy)]
pub(super) struct DisableMouse;

impl Command for EnableMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1002h\x1b[?1006h")
    }
    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::EnableMouseCapture.execute_winapi()
    }
    #[cfg(windows)]
    fn is_ansi_code_supported(&self) -> bool {
        false
    }
}

impl Command for DisableMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1006l\x1b[?1002l")
    }
    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::DisableMouseCapture.execute_winapi()
    }
    #[cfg(windows)]
    fn is_ansi_code_supported(&self) -> bool {
        false
    }
}
