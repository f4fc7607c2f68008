//! Theme files to themes.

use super::color::{Depth, down, parse};
use super::role::Role;
use super::{Theme, ThemeError};
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    palette: BTreeMap<String, String>,
    roles: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "modifiers are independent switches"
)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    fg16: Option<String>,
    bg16: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

/// Reads a theme file for a colour depth.
pub(super) fn load(text: &str, depth: Depth, ascii: bool) -> Result<Theme, ThemeError> {
    let file: File = toml::from_str(text).map_err(|e| ThemeError::File(e.to_string()))?;
    if let Some(unknown) = file
        .roles
        .keys()
        .find(|key| Role::ALL.iter().all(|r| r.name() != key.as_str()))
    {
        return Err(ThemeError::UnknownRole(unknown.clone()));
    }
    let mut styles = [Style::new(); Role::ALL.len()];
    for (slot, &role) in styles.iter_mut().zip(Role::ALL) {
        let value = file
            .roles
            .get(role.name())
            .ok_or(ThemeError::MissingRole(role.name()))?;
        let entry = entry(value).map_err(|why| ThemeError::Role(role.name(), why))?;
        *slot = style(&entry, &file.palette, role, depth)
            .map_err(|why| ThemeError::Role(role.name(), why))?;
    }
    Ok(Theme {
        name: file.name,
        depth,
        ascii,
        styles,
    })
}

fn entry(value: &toml::Value) -> Result<Entry, String> {
    match value {
        toml::Value::String(fg) => Ok(Entry {
            fg: Some(fg.clone()),
            ..Entry::default()
        }),
        table => table
            .clone()
            .try_into()
            .map_err(|e: toml::de::Error| e.message().to_owned()),
    }
}

fn style(
    entry: &Entry,
    palette: &BTreeMap<String, String>,
    role: Role,
    depth: Depth,
) -> Result<Style, String> {
    let color = |name: &Option<String>| -> Result<Option<Color>, String> {
        let Some(name) = name else { return Ok(None) };
        let text = palette.get(name).unwrap_or(name);
        parse(text).map(Some).ok_or_else(|| {
            format!(
                "{text:?} is no colour: write #rrggbb, a name of [palette] or one of the sixteen"
            )
        })
    };
    let pick = |full: Option<Color>, small: Option<Color>| match depth {
        Depth::Ansi16 => small.or(full),
        _ => full,
    };
    // All four are read at every depth: a mistake must show on every terminal.
    let fg = pick(color(&entry.fg)?, color(&entry.fg16)?);
    let bg = pick(color(&entry.bg)?, color(&entry.bg16)?);
    let mut style = Style::new();
    if depth == Depth::None {
        style = without_colour(role);
    } else {
        style.fg = fg.map(|c| down(c, depth));
        style.bg = bg.map(|c| down(c, depth));
    }
    for (on, modifier) in [
        (entry.bold, Modifier::BOLD),
        (entry.dim, Modifier::DIM),
        (entry.italic, Modifier::ITALIC),
        (entry.underline, Modifier::UNDERLINED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

/// What a role keeps when there is no colour at all: the brightness levels and the selection.
fn without_colour(role: Role) -> Style {
    match role {
        Role::Faint | Role::Rule | Role::Container | Role::TitleUnfocused => Style::new().dim(),
        Role::Selection => Style::new().reversed(),
        Role::SelectionUnfocused => Style::new().underlined(),
        Role::Running => Style::new().bold(),
        _ => Style::new(),
    }
}
