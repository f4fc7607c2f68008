//! Following a recording that still grows: what was appended since it was looked at last.

use super::body::{self, Layout};
use super::journal::{self, MAGIC};
use super::read::Recorded;
use crate::wire::payload::Payload;
use bytes::Bytes;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const PART: u64 = 16 << 20;
/// A line or entry longer than this is none: what is there is given up.
const LONGEST: usize = 256 << 20;

/// A file that is followed: OTLP JSON lines, or a recording of our own.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    /// What tells the file from another that took its name.
    is: Option<u64>,
    at: u64,
    /// Bytes read that are no whole request yet.
    rest: Vec<u8>,
    own: bool,
}

/// What was appended.
#[derive(Debug, Default)]
pub struct More {
    /// The requests.
    pub requests: Vec<Recorded>,
    /// What could not be read.
    pub complaints: Vec<String>,
    /// There may be more at once.
    pub is_part: bool,
}

impl Tail {
    /// Follows a file from its beginning; it need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            is: None,
            at: 0,
            rest: Vec::new(),
            own: false,
        }
    }

    /// Which file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was appended since the last time; all there is, of a file that was begun anew.
    pub fn more(&mut self) -> io::Result<More> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(More::default()),
            Err(error) => return Err(error),
        };
        let about = file.metadata()?;
        if self.is != identity(&about) || about.len() < self.at {
            *self = Self::new(std::mem::take(&mut self.path));
            self.is = identity(&about);
        }
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.take(PART).read_to_end(&mut self.rest)? as u64;
        if self.at == 0 {
            self.own = self.rest.starts_with(MAGIC);
        }
        self.at += read;
        let mut more = More {
            is_part: read == PART,
            ..More::default()
        };
        if read > 0 {
            self.split(&mut more);
        }
        Ok(more)
    }

    fn split(&mut self, more: &mut More) {
        let content = Bytes::from(std::mem::take(&mut self.rest));
        let whole = if self.own {
            let (payloads, whole) = journal::requests(&content);
            let recorded = payloads.into_iter().map(|payload| Recorded {
                payload,
                offset_ms: None,
            });
            more.requests.extend(recorded);
            whole
        } else {
            let end = content.iter().rposition(|b| *b == b'\n');
            let whole = end.map_or(0, |at| at + 1);
            self.lines(content.slice(..whole), more);
            whole
        };
        let rest = content.slice(whole..);
        if rest.len() > LONGEST {
            more.complaints
                .push(format!("{} bytes are no request", rest.len()));
        } else {
            self.rest = rest.to_vec();
        }
    }

    fn lines(&self, lines: Bytes, more: &mut More) {
        if lines.trim_ascii().is_empty() {
            return;
        }
        let found = body::split(lines, Layout::Json, &mut more.complaints);
        let recorded = found.into_iter().map(|found| Recorded {
            payload: Payload {
                signal: found.signal,
                encoding: found.encoding,
                body: found.body,
                received_ns: 0,
                peer: self.path.display().to_string().into(),
            },
            offset_ms: found.arrival_ms,
        });
        more.requests.extend(recorded);
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere nothing is known")]
fn identity(about: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(about))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<u64> {
    None
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::record::journal::Journal;
    use crate::wire::payload::{Encoding, Signal};
    use std::io::Write;

    const LINE: &[u8] = b"{\"resourceSpans\":[]}\n";

    #[test]
    fn lines_come_once_each_when_they_are_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let mut tail = Tail::new(path.clone());
        assert!(tail.more().unwrap().requests.is_empty(), "not there yet");
        let mut file = File::create(&path).unwrap();
        for _ in 0..3 {
            file.write_all(LINE).unwrap();
            file.write_all(&LINE[..7]).unwrap();
            assert_eq!(tail.more().unwrap().requests.len(), 1);
            assert!(
                tail.more().unwrap().requests.is_empty(),
                "a half line waits"
            );
            file.write_all(&LINE[7..]).unwrap();
            assert_eq!(tail.more().unwrap().requests.len(), 1);
        }
        file.write_all(b"nonsense\n").unwrap();
        let more = tail.more().unwrap();
        assert_eq!((more.requests.len(), more.complaints.len()), (0, 1));
    }

    #[test]
    fn a_file_that_was_begun_anew_is_read_from_its_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, LINE.repeat(3)).unwrap();
        let mut tail = Tail::new(path.clone());
        assert_eq!(tail.more().unwrap().requests.len(), 3);
        std::fs::rename(&path, dir.path().join("b")).unwrap();
        std::fs::write(&path, LINE.repeat(2)).unwrap();
        assert_eq!(tail.more().unwrap().requests.len(), 2);
        std::fs::write(&path, LINE).unwrap();
        assert_eq!(
            tail.more().unwrap().requests.len(),
            1,
            "cut and written anew"
        );
    }

    #[test]
    fn our_own_recordings_are_followed_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.spanfall");
        let mut journal = Journal::open(&path, None).unwrap();
        let mut tail = Tail::new(path);
        for n in 1..5u8 {
            let payload = Payload {
                signal: Signal::Logs,
                encoding: Encoding::Protobuf,
                body: vec![n; 30].into(),
                received_ns: n.into(),
                peer: "p".into(),
            };
            journal.append(&payload).unwrap();
            let came: Vec<Payload> = tail
                .more()
                .unwrap()
                .requests
                .into_iter()
                .map(|r| r.payload)
                .collect();
            assert_eq!(came, [payload]);
        }
    }
}
