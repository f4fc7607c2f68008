//! Configuration to text that can be saved and read again.

use super::Config;
use super::settings::{SECTIONS, SETTINGS, Setting};
use super::value::quoted;
use crate::ui::keymap::TABLE;
use std::fmt::Write as _;

/// The configuration as a commented file. What is as it is without a file is a comment, so that a
/// saved file holds only what was chosen.
pub fn print(config: &Config) -> String {
    let usual = Config::default();
    let mut out = String::new();
    for (section, about) in SECTIONS {
        let _ = writeln!(out, "[{section}]  # {about}");
        for setting in SETTINGS.iter().filter(|s| s.section == section) {
            let _ = writeln!(out, "# {}", setting.help);
            out += &line(setting, config, &usual);
        }
        out.push('\n');
    }
    out + &queries(config) + &keys(config)
}

fn queries(config: &Config) -> String {
    let mut out =
        "[queries]  # Queries by name: in the palette, and as @name within others.\n".to_owned();
    if config.queries.is_empty() {
        out += "#slow-tools = \"kind:tool dur>5s\"\n";
    }
    for (name, query) in config.queries.iter() {
        let name = if name.is_ascii() {
            name.to_owned()
        } else {
            quoted(name)
        };
        let _ = writeln!(out, "{name} = {}", quoted(&query.to_string()));
    }
    out + "\n"
}

fn line(setting: &Setting, config: &Config, usual: &Config) -> String {
    let name = setting.name;
    match ((setting.write)(config), (setting.write)(usual)) {
        (None, _) => format!("#{name} = {}\n", setting.example),
        (Some(value), usual) if Some(&value) == usual.as_ref() => format!("#{name} = {value}\n"),
        (Some(value), _) => format!("{name} = {value}\n"),
    }
}

fn keys(config: &Config) -> String {
    let mut out = "[keys]  # Keys of each action; [] is none.\n".to_owned();
    let lines = TABLE.iter().enumerate().map(|(place, binding)| {
        let keys = config.keys.keys(place).iter();
        let keys: Vec<_> = keys.map(|k| quoted(&k.to_string())).collect();
        let mark = if config.keys.is_changed(place) {
            ""
        } else {
            "#"
        };
        let line = format!("{mark}{} = [{}]", binding.name(), keys.join(", "));
        (line, binding.help)
    });
    let lines: Vec<_> = lines.collect();
    let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
    for (line, help) in lines {
        let _ = writeln!(out, "{line:width$}  # {help}");
    }
    out
}
