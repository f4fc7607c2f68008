//! How to make an agent export here: the agents, and the text of one, as `spanfall env` prints it.

use super::page::{PageLine, Target};
use super::pane::{Line, Tone};
use super::{Picture, ReceiverView, text};

/// Cells of an agent's name.
const NAME: usize = 14;

/// What to paste into a shell, so that any exporter sends here, and soon.
pub fn variables(receiver: &ReceiverView) -> Vec<String> {
    let port = |protocol: &str| {
        let mut listeners = receiver.listeners.iter();
        let listener = listeners.find(|l| l.protocol.contains(protocol))?;
        listener.address.rsplit(':').next()
    };
    if receiver.listeners.is_empty() {
        return Vec::new();
    }
    let port = port("HTTP").or_else(|| port("gRPC")).unwrap_or("4318");
    vec![
        format!("export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:{port}"),
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf".to_owned(),
        "export OTEL_BSP_SCHEDULE_DELAY=500 OTEL_BLRP_SCHEDULE_DELAY=500".to_owned(),
    ]
}

/// The agents, or the text of the one that was opened.
pub(super) fn lines(picture: &Picture, opened: Option<usize>, width: usize) -> Vec<PageLine> {
    match opened.and_then(|agent| picture.setups.get(agent)) {
        Some(setup) => setup
            .text
            .lines()
            .flat_map(|line| {
                let comment = line.starts_with('#');
                let tone = if comment { Tone::Secondary } else { Tone::Text };
                let wrapped = text::wrap(line, width).into_iter();
                wrapped.map(move |line| PageLine::from(Line::of(tone, line)))
            })
            .collect(),
        None => picture
            .setups
            .iter()
            .enumerate()
            .map(|(at, setup)| PageLine {
                line: Line::of(Tone::Text, format!("{:<NAME$}", setup.name))
                    .and(Tone::Secondary, setup.about.clone()),
                target: Some(Target::SetUp(at)),
            })
            .collect(),
    }
}
