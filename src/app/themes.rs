//! Themes by name: the user's own beside the configuration, then those that come with the program.

use super::screen::Screen;
use super::settings;
use crate::theme::{BUILT_IN, Canvas, Definition, Theme, ThemeError};
use crate::ui::pane::Tone;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// The name that stands for the one of dark and light that suits the terminal.
pub const AUTO: &str = "auto";

/// Where themes are found.
#[derive(Clone, Debug, Default)]
pub struct Themes {
    folder: Option<PathBuf>,
}

impl Themes {
    /// The user's folder: `themes` beside the configuration file.
    pub fn usual() -> Self {
        Self {
            folder: settings::folder().map(|folder| folder.join("themes")),
        }
    }

    /// The themes of another folder.
    pub fn of(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
        }
    }

    /// Fails, with what is wrong, where [`Self::on`] would.
    pub fn check(&self, wanted: &str) -> anyhow::Result<()> {
        if wanted != AUTO {
            self.find(wanted)?;
        }
        Ok(())
    }

    /// Finds a theme by its name, or by the path of its file. The user's own go first.
    pub fn find(&self, wanted: &str) -> anyhow::Result<Definition> {
        let path = Path::new(wanted);
        if path.components().count() > 1 || is_theme_file(path) {
            return read(path);
        }
        let own = self.folder.as_ref();
        let own = own.map(|folder| folder.join(format!("{wanted}.toml")));
        match own.filter(|path| path.exists()) {
            Some(path) => read(&path),
            None if BUILT_IN.iter().any(|(name, _)| *name == wanted) => {
                Ok(Definition::built_in(wanted)?)
            }
            None => Err(ThemeError::unknown(wanted, &self.names()).into()),
        }
    }

    /// The names of all: built in, then the user's own by name. A folder that cannot be read
    /// holds none.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = BUILT_IN.iter().map(|(n, _)| (*n).to_owned()).collect();
        let files = self.folder.as_ref().and_then(|f| f.read_dir().ok());
        let files = files.into_iter().flatten().flatten().map(|e| e.path());
        let mut own: Vec<String> = files
            .filter(|path| is_theme_file(path))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|name| !names.contains(name))
            .collect();
        own.sort();
        names.append(&mut own);
        names
    }

    /// The theme of a name for a terminal; [`AUTO`] goes by the terminal's background, dark where
    /// it is unknown.
    pub fn on(&self, wanted: &str, canvas: Canvas) -> anyhow::Result<Theme> {
        let name = match (wanted, canvas.is_dark) {
            (AUTO, Some(false)) => "light",
            (AUTO, _) => "dark",
            (name, _) => name,
        };
        Ok(self.find(name)?.on(canvas))
    }
}

fn is_theme_file(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml")
}

fn read(path: &Path) -> anyhow::Result<Definition> {
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read theme {file}"))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Definition::read(&name, &file, &text)?)
}

impl Screen {
    /// Draws in another theme, on the same terminal; one that cannot be read is told.
    pub(super) fn set_theme(&mut self, name: &str) {
        match self.themes.on(name, self.theme.canvas()) {
            Ok(theme) => self.theme = theme,
            Err(error) => self.ui.tell(Tone::Error, format!("{error:#}")),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::theme::Role;
    use ratatui::style::Color;
    use std::fs;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Themes) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let themes = Themes::of(folder.path().to_owned());
        (folder, themes)
    }

    #[test]
    fn the_users_own_go_first_and_are_listed_last() {
        let own = "inherits = \"dark\"\n[roles]\ncost = \"#010203\"";
        let (folder, themes) =
            folder(&[("sepia.toml", own), ("dark.toml", own), ("notes.txt", "")]);
        let cost = |name: &str| {
            themes
                .find(name)
                .unwrap()
                .on(Canvas::default())
                .style(Role::Cost)
                .fg
        };
        let changed = Some(Color::Rgb(1, 2, 3));
        assert_eq!((cost("sepia"), cost("dark")), (changed, changed));
        assert_ne!(cost("light"), changed);
        let path = folder.path().join("sepia.toml");
        assert_eq!(cost(path.to_str().unwrap()), changed);
        let names = themes.names();
        assert_eq!(
            (names.first().unwrap(), names.last().unwrap()),
            (&"dark".into(), &"sepia".into())
        );
        assert_eq!(names.iter().filter(|n| *n == "dark").count(), 1);
    }

    #[test]
    fn mistakes_name_the_file_and_unknown_names_those_there_are() {
        let (_folder, themes) =
            folder(&[("mine.toml", "inherits = \"dark\"\n[roles]\ncots = \"red\"")]);
        let error = |name: &str| format!("{:#}", themes.find(name).unwrap_err());
        assert!(
            error("mine").contains("mine.toml:3:1: there is no role `cots`"),
            "{}",
            error("mine")
        );
        assert!(
            error("minne").contains("did you mean `mine`?"),
            "{}",
            error("minne")
        );
        assert!(error("./nowhere.toml").contains("cannot read theme ./nowhere.toml"));
    }

    #[test]
    fn auto_suits_the_background() {
        for (is_dark, name) in [(None, "dark"), (Some(true), "dark"), (Some(false), "light")] {
            let canvas = Canvas {
                is_dark,
                ..Canvas::default()
            };
            let theme = Themes::default().on(AUTO, canvas).unwrap();
            assert_eq!((theme.name.as_str(), theme.ground), (name, None));
        }
    }
}
