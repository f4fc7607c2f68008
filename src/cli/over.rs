//! Which settings the arguments (and, by clap, the environment) override.

use super::{Cli, Command, PriceFile, Privacy, Receive, Screen};
use crate::config::{Bytes, Config, Content};

impl Cli {
    /// Writes what was given over the configuration.
    pub fn over(&self, config: &mut Config) {
        let live = &self.live;
        let (receive, screen, prices) = match &self.command {
            None => (Some(&live.receive), Some(&live.screen), Some(&live.prices)),
            Some(Command::Config(a)) => (Some(&a.receive), Some(&a.screen), Some(&a.prices)),
            Some(Command::Open(a)) => (None, Some(&a.screen), Some(&a.prices)),
            Some(Command::Demo(a)) => (None, Some(&a.screen), None),
            Some(Command::Report(a)) => (None, None, Some(&a.prices)),
            Some(Command::Diff(a)) => (None, None, Some(&a.prices)),
            Some(Command::Price(a)) => (None, None, Some(&a.prices)),
            Some(Command::Env(_) | Command::Completions(_) | Command::Manual(_)) => {
                (None, None, None)
            }
        };
        let calls = match &self.command {
            None => Some(&live.calls),
            Some(Command::Config(a)) => Some(&a.calls),
            Some(_) => None,
        };
        if let Some(calls) = calls {
            calls.over(config);
        }
        if let Some(receive) = receive {
            receive.over(config);
        }
        if let Some(Command::Open(open)) = &self.command {
            open.privacy.over(config);
        }
        if let Some(Command::Report(report)) = &self.command {
            report.privacy.over(config);
        }
        if let Some(screen) = screen {
            screen.over(config);
        }
        if let Some(PriceFile { path: Some(path) }) = prices {
            config.cost.prices = Some(path.clone());
        }
    }
}

/// A list that was given goes before the other as a whole.
fn replace<T: Clone>(list: &mut Vec<T>, given: &[T]) {
    if !given.is_empty() {
        *list = given.to_vec();
    }
}

impl Receive {
    fn over(&self, config: &mut Config) {
        let receive = &mut config.receive;
        replace(&mut receive.grpc, &self.grpc);
        replace(&mut receive.http, &self.http);
        replace(&mut receive.allow_origin, &self.allow_origin);
        replace(&mut receive.allow_host, &self.allow_host);
        if let Some(bytes) = self.max_memory {
            receive.max_memory = Bytes(bytes);
        }
        self.privacy.over(config);
        let receive = &mut config.receive;
        if let Some(bytes) = self.record_size {
            receive.record_size = Bytes(bytes);
        }
        if let Some(path) = &self.record {
            receive.record = Some(path.clone());
        }
        if let Some(url) = &self.forward {
            receive.forward = Some(url.clone());
        }
        if let Some(token) = &self.token {
            receive.token = Some(token.clone());
        }
    }
}

impl Privacy {
    fn over(&self, config: &mut Config) {
        replace(&mut config.receive.redact, &self.redact);
        config.receive.content = match self.content {
            None => config.receive.content,
            Some(super::Content::Show) => Content::Show,
            Some(super::Content::Hash) => Content::Hash,
            Some(super::Content::Off) => Content::Off,
        };
    }
}

impl Screen {
    fn over(&self, config: &mut Config) {
        if let Some(theme) = &self.theme {
            config.screen.theme.clone_from(theme);
            config.screen.theme_place = None;
        }
        config.screen.ascii |= self.ascii;
        config.screen.mouse &= !self.no_mouse;
        config.cost.budget = self.budget.or(config.cost.budget);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::model::usage::PicoUsd;
    use clap::Parser;

    fn over(line: &str, file: &str) -> Config {
        let mut config = crate::config::read(file).unwrap();
        Cli::try_parse_from(line.split(' '))
            .unwrap()
            .over(&mut config);
        config
    }

    const FILE: &str = r#"
        screen.theme = "light"
        receive = { http = [9000, 9001], max_memory = "1GiB", allow_host = ["a"] }
        cost.prices = "p.json"
    "#;

    #[test]
    fn what_is_not_given_stays_as_the_file_has_it() {
        for line in [
            "spanfall",
            "spanfall open x",
            "spanfall config",
            "spanfall env",
        ] {
            assert_eq!(
                over(line, FILE),
                crate::config::read(FILE).unwrap(),
                "{line}"
            );
        }
    }

    #[test]
    fn who_is_called_says_how() {
        for (line, how) in [
            ("spanfall", [true, false]),
            ("spanfall --notify", [true, true]),
            ("spanfall --notify=bell", [true, false]),
            ("spanfall --notify=desktop", [false, true]),
            ("spanfall --notify=off", [false, false]),
            ("spanfall config --notify", [true, true]),
        ] {
            let notices = over(line, "notices.bell = true").notices;
            assert_eq!([notices.bell, notices.osc9], how, "{line}");
        }
    }

    #[test]
    fn flags_go_before_the_file() {
        let line =
            "--theme dark --ascii --http 7 --max-memory 1MiB --allow-host b --token t --budget 2.5";
        for line in [
            format!("spanfall {line}"),
            format!("spanfall config {line}"),
        ] {
            let config = over(&line, FILE);
            assert_eq!((&*config.screen.theme, config.screen.ascii), ("dark", true));
            assert_eq!(config.receive.http, ["7".parse().unwrap()]);
            assert_eq!(config.receive.max_memory, Bytes(1 << 20));
            assert_eq!(config.receive.allow_host, ["b"]);
            assert_eq!(config.receive.token.as_deref(), Some("t"));
            assert_eq!(config.cost.budget, Some(PicoUsd(2_500_000_000_000)));
        }
        let config = over("spanfall report x --prices q.json", FILE);
        assert_eq!(config.cost.prices, Some("q.json".into()));
    }
}
