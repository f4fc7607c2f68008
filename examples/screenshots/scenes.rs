//! What the pictures show: real recordings, played to a moment on a clock of our own, and what a
//! person would have pressed by then.

use crate::svg::{self, Frame, Paper};
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use spanfall::app::env;
use spanfall::app::lore::Known;
use spanfall::app::screen::Screen;
use spanfall::model::store::Store;
use spanfall::record::replay::{Due, happening_now};
use spanfall::theme::{Canvas, Definition, Depth, Role, rgb};
use spanfall::ui::{Action, Listener, ReceiverView, UiState, View};
use spanfall::wire::payload::{Encoding, Signal};
use spanfall::{ingest, record, wire};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// When every recording begins to play: 2026-11-20 10:00:00 UTC.
const START: u64 = 1_795_168_800_000_000_000;
/// All of it.
const ALL: Duration = Duration::MAX;
/// How long after the last request the picture is taken.
const AFTER: Duration = Duration::from_millis(600);
/// Bytes that the store may hold.
const NO_LIMIT: usize = usize::MAX;

/// A picture to take.
struct Scene {
    name: &'static str,
    title: &'static str,
    size: (u16, u16),
    theme: &'static str,
    canvas: Canvas,
    /// Folders of `tests/corpus`, oldest first.
    cases: &'static [&'static str],
    /// How far they have played.
    until: Duration,
    keys: Vec<Action>,
}

const CANVAS: Canvas = Canvas {
    depth: Depth::True,
    ascii: false,
    is_dark: None,
};

/// Several agents, the newest a coding agent of three turns.
const TEAM: &[&str] = &[
    "python/semconv-vllm",
    "python/openai-agents-genai-llm",
    "cli/claude-code-errors",
    "cli/claude-code-one-process",
];

/// The transcript of the session that came last, a tool call in it expanded.
fn opened() -> Vec<Action> {
    let mut keys = vec![Action::NextSession; 5];
    keys.extend([Action::View(View::Transcript), Action::Top]);
    keys.extend(vec![Action::Down; 4]);
    keys.push(Action::Right);
    keys
}

fn scenes() -> Vec<Scene> {
    use Action::{Down, NextError, NextSession, Right, Top};
    let scene = |name, title, keys| Scene {
        name,
        title,
        size: (120, 36),
        theme: "dark",
        canvas: CANVAS,
        cases: TEAM,
        until: ALL,
        keys,
    };
    let at_call = || vec![Top, Down, Down];
    let show = |view| vec![Action::View(view)];
    // The session that came last, and in it a sub-agent's first call.
    let newest = || {
        let mut keys = vec![NextSession; 5];
        keys.extend([Top, Down, Right, Down, Down, Down, Down]);
        keys
    };
    let mut all = vec![
        scene(
            "main",
            "spanfall: sessions, the tree of one, its waterfall and a model call",
            newest(),
        ),
        Scene {
            cases: &[
                "cli/claude-code-one-process",
                "python/killed-sigkill-pending",
            ],
            ..scene("running", "An agent while it runs", vec![NextSession])
        },
        Scene {
            cases: &[
                "cli/claude-code-one-process",
                "cli/claude-code-errors",
                "python/killed-sigint",
            ],
            ..scene(
                "errors",
                "What failed, and why",
                vec![
                    NextSession,
                    NextSession,
                    NextSession,
                    NextSession,
                    NextError,
                ],
            )
        },
        Scene {
            size: (80, 24),
            ..scene("narrow", "80 columns", newest())
        },
        Scene {
            size: (200, 60),
            ..scene("wide", "200 columns", newest())
        },
        Scene {
            canvas: Canvas {
                depth: Depth::None,
                ascii: true,
                ..CANVAS
            },
            ..scene("ascii", "Without colours, in ASCII", newest())
        },
        Scene {
            cases: &[],
            ..scene("empty", "Before anything has come", vec![])
        },
        scene(
            "cost",
            "What tokens and money went to",
            [vec![NextSession; 5], vec![Action::View(View::Cost)]].concat(),
        ),
        Scene {
            cases: &["python/semconv-vllm"],
            size: (120, 64),
            ..scene("latency", "How long calls took", show(View::Latency))
        },
        scene("transcript", "What was said, in order", opened()),
        scene(
            "health",
            "What was received, and how well",
            vec![Action::View(View::Health)],
        ),
    ];
    for (theme, title) in [
        ("light", "The light theme"),
        ("high-contrast", "The theme of high contrast"),
        ("colour-blind", "The theme for colour-blind eyes"),
        ("catppuccin-mocha", "Catppuccin Mocha"),
        ("gruvbox-dark", "Gruvbox dark"),
    ] {
        all.push(Scene {
            theme,
            ..scene(theme, title, at_call())
        });
    }
    all
}

/// All pictures: name of the file and its text.
pub fn all() -> anyhow::Result<Vec<(String, String)>> {
    let known = Known::with_prices(None)?;
    let mut files = Vec::new();
    for scene in scenes() {
        let definition = Definition::built_in(scene.theme)?;
        let mut stage = Stage::new(&known, &definition, scene.canvas, scene.size);
        let mut last = Duration::ZERO;
        for case in scene.cases {
            let folder = format!("{}/tests/corpus/{case}", env!("CARGO_MANIFEST_DIR"));
            let due = due(&known, record::read(&[PathBuf::from(folder)])?, last);
            let end = due.last().map_or(last, |d| d.at).min(scene.until);
            stage.play(due, end);
            last = end + AFTER;
        }
        stage.refresh(last);
        for key in scene.keys {
            stage.press(key);
        }
        stage.refresh(last);
        let text = svg::picture(scene.title, paper(&definition), &stage.draw());
        files.push((format!("{}.svg", scene.name), text));
    }
    files.push(("demo.svg".to_owned(), film(&known)?));
    Ok(files)
}

/// The demo, frame by frame, at twice its pace and without its longest silences.
fn film(known: &Arc<Known>) -> anyhow::Result<String> {
    const STEP: Duration = Duration::from_millis(400);
    const LONGEST: f64 = 1.2;
    let definition = Definition::built_in("dark")?;
    let mut stage = Stage::new(known, &definition, CANVAS, (100, 26));
    let mut due = due(known, record::demo(), Duration::ZERO);
    let end = due.last().map_or(Duration::ZERO, |d| d.at);
    let mut frames: Vec<Frame> = Vec::new();
    let mut now = Duration::ZERO;
    while now < end + STEP {
        let later = due.split_off(due.partition_point(|d| d.at <= now));
        let came = !due.is_empty();
        stage.play(std::mem::replace(&mut due, later), now);
        if came || frames.is_empty() {
            let buffer = stage.draw();
            frames.push(Frame {
                buffer,
                seconds: 0.0,
            });
        }
        if let Some(frame) = frames.last_mut() {
            frame.seconds = (frame.seconds + STEP.as_secs_f64() / 2.0).min(LONGEST);
        }
        now += STEP;
    }
    if let Some(last) = frames.last_mut() {
        last.seconds = 4.0;
    }
    Ok(svg::film("spanfall demo", paper(&definition), &frames))
}

/// The terminal's own colours are those that the theme is made for.
fn paper(definition: &Definition) -> Paper {
    let ink = definition.on(CANVAS).style(Role::Text).fg;
    Paper {
        ground: definition.ground(),
        ink: rgb(ink.unwrap_or(Color::White)),
    }
}

/// A recording as if it had begun `after` our start.
fn due(known: &Known, recording: record::Recording, after: Duration) -> Vec<Due> {
    let start = at(after);
    let mut due = happening_now(recording.requests, 1.0, start, &|key| {
        known.tables.is_time_key(key)
    });
    for next in &mut due {
        next.at += after;
    }
    due
}

fn at(time: Duration) -> u64 {
    START + u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - START)
}

/// A screen that time passes on as we say.
struct Stage<'a> {
    known: &'a Known,
    screen: Screen,
    receiver: ReceiverView,
    size: (u16, u16),
    now: u64,
}

impl<'a> Stage<'a> {
    fn new(known: &'a Arc<Known>, look: &Definition, canvas: Canvas, size: (u16, u16)) -> Self {
        let listener = |protocol: &str, address: &str| Listener {
            protocol: protocol.to_owned(),
            address: address.to_owned(),
        };
        let ui = UiState::new(size.0, size.1);
        let theme = look.on(canvas);
        let screen = Screen::new(known.clone(), Store::new(), theme, ui, NO_LIMIT);
        let mut screen = screen.with_utc_offset(0);
        screen.set_setups(env::setups(None, 4317, 4318));
        Self {
            known,
            screen,
            receiver: ReceiverView {
                listeners: vec![
                    listener("OTLP/gRPC", "127.0.0.1:4317"),
                    listener("OTLP/HTTP", "127.0.0.1:4318"),
                ],
                ..ReceiverView::default()
            },
            size,
            now: START,
        }
    }

    /// Receives what is due until a moment, and looks at it then.
    fn play(&mut self, due: Vec<Due>, until: Duration) {
        for next in due.into_iter().filter(|d| d.at <= until) {
            let decoded = wire::decode(&next.payload);
            let batch = ingest::prepare(&self.known.tables, &decoded, at(next.at));
            self.receiver.connections = 1;
            self.receiver.requests += 1;
            self.count(&next);
            self.screen.receive(batch);
        }
        self.refresh(until);
    }

    /// Counts a request where the receiver would have.
    fn count(&mut self, request: &Due) {
        let name = match request.payload.encoding {
            Encoding::Protobuf => "http/protobuf",
            Encoding::Json => "http/json",
        };
        let told = &mut self.receiver.by_protocol;
        if !told.iter().any(|(n, _)| n == name) {
            told.push((name.to_owned(), [0; 3]));
        }
        let row = told.iter_mut().find(|(n, _)| n == name);
        let at = match request.payload.signal {
            Signal::Traces => 0,
            Signal::Logs => 1,
            Signal::Metrics => 2,
        };
        if let Some(count) = row.and_then(|(_, of)| of.get_mut(at)) {
            *count += 1;
        }
    }

    fn refresh(&mut self, now: Duration) {
        self.now = at(now);
        self.screen.set_receiver(self.receiver.clone());
        while self.screen.refresh(self.now) {}
    }

    fn press(&mut self, action: Action) {
        self.screen.act(action);
    }

    fn draw(&mut self) -> Buffer {
        self.screen.frame(self.now, self.size)
    }
}
