//! Theme files, read and checked. A mistake is told with its place and what was probably meant.

use super::ThemeError;
use super::color::{self, parse};
use super::role::Role;
use ratatui::style::{Color, Modifier};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a role looks like, before it is brought down to a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub fg: Option<Color>,
    pub bg: Option<Color>,
    /// In place of `fg` with sixteen colours.
    pub fg16: Option<Color>,
    pub bg16: Option<Color>,
    pub modifiers: Modifier,
}

/// The content of a theme file.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub ground: [u8; 3],
    pub fill: bool,
    pub looks: [Look; Role::ALL.len()],
}

/// What a theme file may say besides roles and palette.
const KEYS: [&str; 5] = ["ground", "fill", "inherits", "palette", "roles"];
const COLORS: [&str; 4] = ["fg", "bg", "fg16", "bg16"];
const MODIFIERS: [(&str, Modifier); 4] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
];

type Value<'i> = Spanned<DeValue<'i>>;

/// Reads a theme file; `base` gives the theme that it inherits from, or what to say.
pub(super) fn load(
    path: &str,
    text: &str,
    base: &dyn Fn(&str) -> Result<File, String>,
) -> Result<File, ThemeError> {
    let wrong = |span: Range<usize>, what: String| mistake(path, text, span.start, what);
    let root = DeTable::parse(text).map_err(|e| {
        let start = e.span().map_or(0, |s| s.start);
        mistake(path, text, start, e.message().replace('\n', ", "))
    })?;
    let root = root.get_ref();
    for key in root.keys() {
        if !KEYS.contains(&key.get_ref().as_ref()) {
            let name = key.get_ref();
            let meant = did_you_mean(name, KEYS);
            return Err(wrong(key.span(), format!("unknown key `{name}`{meant}")));
        }
    }
    let reader = Reader {
        palette: root
            .get("palette")
            .map(|p| table(p).map_err(|what| wrong(p.span(), what)))
            .transpose()?,
    };
    let inherited = root
        .get("inherits")
        .map(|value| {
            let name = string(value)?;
            base(name)
        })
        .transpose()
        .map_err(|what| wrong(span(root, "inherits"), what))?;
    let ground = match (root.get("ground"), &inherited) {
        (None, Some(base)) => base.ground,
        (None, None) => {
            let what = "there is no `ground`: the background that the colours are made for";
            return Err(wrong(0..0, what.to_owned()));
        }
        (Some(value), _) => reader
            .color(value)
            .map(color::rgb)
            .map_err(|what| wrong(value.span(), format!("`ground`: {what}")))?,
    };
    let fill = match root.get("fill").map(|v| (v.get_ref().as_bool(), v.span())) {
        None => inherited.as_ref().is_some_and(|base| base.fill),
        Some((Some(fill), _)) => fill,
        Some((None, span)) => return Err(wrong(span, "`fill` is true or false".to_owned())),
    };
    let mut looks: Vec<Option<Look>> = match &inherited {
        Some(base) => base.looks.iter().copied().map(Some).collect(),
        None => vec![None; Role::ALL.len()],
    };
    if let Some(roles) = root.get("roles") {
        let entries = table(roles).map_err(|what| wrong(roles.span(), what))?;
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let Some(role) = Role::ALL.iter().find(|r| r.name() == name) else {
                let meant = did_you_mean(name, Role::ALL.iter().map(|r| r.name()));
                let what = format!("there is no role `{name}`{meant}");
                return Err(wrong(key.span(), what));
            };
            let look = reader
                .look(value)
                .map_err(|(span, what)| wrong(span, format!("role `{name}`: {what}")))?;
            if let Some(slot) = looks.get_mut(*role as usize) {
                *slot = Some(look);
            }
        }
    }
    let mut whole = [Look::default(); Role::ALL.len()];
    for ((slot, look), role) in whole.iter_mut().zip(looks).zip(Role::ALL) {
        *slot = look.ok_or_else(|| {
            let what = format!(
                "role `{}` is missing: add a line for it, or say `inherits = \"dark\"` at the top",
                role.name()
            );
            wrong(span(root, "roles"), what)
        })?;
    }
    Ok(File {
        ground,
        fill,
        looks: whole,
    })
}

/// Where a key stands.
fn span(table: &DeTable<'_>, name: &str) -> Range<usize> {
    let key = table.keys().find(|key| key.get_ref() == name);
    key.map_or(0..0, Spanned::span)
}

fn table<'v, 'i>(value: &'v Value<'i>) -> Result<&'v DeTable<'i>, String> {
    let table = value.get_ref().as_table();
    table.ok_or_else(|| "a table is wanted here".to_owned())
}

fn string<'v>(value: &'v Value<'_>) -> Result<&'v str, String> {
    let string = value.get_ref().as_str();
    string.ok_or_else(|| "a text in quotes is wanted here".to_owned())
}

/// Reads colours by the file's own names.
struct Reader<'v, 'i> {
    palette: Option<&'v DeTable<'i>>,
}

impl Reader<'_, '_> {
    fn color(&self, value: &Value<'_>) -> Result<Color, String> {
        let name = string(value)?;
        let own = self.palette.and_then(|p| p.get(name));
        let text = own.map_or(Ok(name), string)?;
        parse(text).ok_or_else(|| {
            let names = self.palette.into_iter().flat_map(DeTable::keys);
            let names = names.map(|k| k.get_ref().as_ref());
            let meant = did_you_mean(text, names.chain(color::NAMES));
            format!(
                "\"{text}\" is no colour{meant}; write \"#rrggbb\", a name of [palette] or one of the terminal's sixteen"
            )
        })
    }

    /// A colour for terminals with sixteen: always one of theirs, whatever the palette calls so.
    fn one_of_sixteen(value: &Value<'_>) -> Result<Color, String> {
        let name = string(value)?;
        let color = parse(name).filter(|_| color::NAMES.contains(&name));
        color.ok_or_else(|| {
            let meant = did_you_mean(name, color::NAMES);
            let names = color::NAMES.join(", ");
            format!("\"{name}\" is none of the terminal's sixteen{meant}; they are {names}")
        })
    }

    fn look(&self, value: &Value<'_>) -> Result<Look, (Range<usize>, String)> {
        let mut look = Look::default();
        let Some(entries) = value.get_ref().as_table() else {
            look.fg = Some(self.color(value).map_err(|what| (value.span(), what))?);
            return Ok(look);
        };
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let slot = match name {
                "fg" => &mut look.fg,
                "bg" => &mut look.bg,
                "fg16" => &mut look.fg16,
                "bg16" => &mut look.bg16,
                _ => {
                    let modifier = MODIFIERS.iter().find(|(n, _)| *n == name);
                    let (_, modifier) = modifier.ok_or_else(|| {
                        let known = COLORS.into_iter().chain(MODIFIERS.map(|(n, _)| n));
                        let meant = did_you_mean(name, known.clone());
                        let known = known.collect::<Vec<_>>().join(", ");
                        let what = format!("unknown field `{name}`{meant}; there are {known}");
                        (key.span(), what)
                    })?;
                    let on = value.get_ref().as_bool();
                    let on = on.ok_or_else(|| (value.span(), format!("`{name}` is true or false")));
                    look.modifiers.set(*modifier, on?);
                    continue;
                }
            };
            let color = match name {
                "fg" | "bg" => self.color(value),
                _ => Self::one_of_sixteen(value),
            };
            *slot = Some(color.map_err(|what| (value.span(), what))?);
        }
        Ok(look)
    }
}

fn mistake(path: &str, text: &str, start: usize, what: String) -> ThemeError {
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    ThemeError::Mistake {
        file: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        what,
    }
}

/// `; did you mean …?` where a known name is near.
pub(super) fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    known
        .into_iter()
        .map(|n| (strsim::normalized_damerau_levenshtein(name, n), n))
        .filter(|(near, _)| *near > 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or(String::new(), |(_, n)| format!(", did you mean `{n}`?"))
}
