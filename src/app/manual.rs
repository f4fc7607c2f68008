//! `spanfall completions` and `spanfall man`: what a package installs beside the program, made from
//! the definition of the command line and the key table.

use crate::cli::{Cli, Completions, Manual};
use crate::ui::Keymap;
use crate::ui::keymap::label;
use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io::Write;

/// Writes the completion script.
pub fn completions(args: &Completions, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "spanfall", &mut script);
    Ok(out.write_all(&script)?)
}

/// Writes the manual's main page, or all its pages into a folder.
pub fn man(args: &Manual, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(folder) = &args.to else {
        return page(out);
    };
    let fail = || format!("cannot write the manual into {}", folder.display());
    clap_mangen::generate_to(Cli::command(), folder).with_context(fail)?;
    let mut main = Vec::new();
    page(&mut main)?;
    std::fs::write(folder.join("spanfall.1"), main).with_context(fail)?;
    Ok(())
}

/// The main page: the command line, the keys, the files.
fn page(out: &mut dyn Write) -> anyhow::Result<()> {
    Man::new(Cli::command()).render(out)?;
    let mut roff = Roff::new();
    roff.control("SH", ["KEYS"]);
    for (binding, keys) in Keymap::default().bindings() {
        roff.control("TP", []);
        roff.text([bold(label(keys, true))]);
        roff.text([roman(binding.help)]);
    }
    roff.control("SH", ["FILES"]);
    roff.control("TP", []);
    roff.text([bold("~/.config/spanfall/config.toml")]);
    roff.text([roman(
        "Settings and keys. spanfall config prints those in force in this form, spanfall config \
         --path where the file is on this system.",
    )]);
    roff.to_writer(out)?;
    Ok(())
}
