//! spanfall: parse, run, exit code.

use spanfall::ui::text::sanitize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Halves the time of decoding, which is mostly allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = spanfall::cli::read(std::env::args_os());
    let mut out = io::stdout(); // not locked: the terminal's thread writes too
    let done =
        spanfall::app::run(&cli, &mut out).and_then(|code| Ok(out.flush().map(|()| code)?));
    match done {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            for line in format!("spanfall: {error:#}").lines() {
                // Nobody left to tell if this fails too.
                let _ = writeln!(io::stderr(), "{}", sanitize(line));
            }
            ExitCode::from(2)
        }
    }
}

/// The reader of our output (`head`) has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
