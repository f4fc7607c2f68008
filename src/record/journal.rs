//! Our own recordings: each request exactly as received, one after another, only ever appended to.
//!
//! A file is [`MAGIC`] and entries. An entry is, in little-endian numbers: the length of what
//! follows its first eight bytes (u32), the CRC-32 of that (u32); then signal (u8), encoding (u8),
//! arrival in ns since the epoch (u64), the length of the peer's name (u16), that name, and the
//! body. What is readable ends where an entry is cut off or its checksum does not hold.

use crate::wire::payload::{Encoding, Payload, Signal};
use bytes::Bytes;
use flate2::Crc;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How a recording begins.
pub const MAGIC: &[u8; 8] = b"spanfal1";
/// Length and checksum.
const HEAD: usize = 8;
/// Signal, encoding, arrival and the length of the peer's name.
const ABOUT: usize = 12;
/// No request is longer; a length that says so is a tear.
const MOST: usize = 1 << 30;

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file of another kind is there.
    #[error("{0} is there and is no recording of spanfall: name another file")]
    Other(PathBuf),
    /// It cannot be written.
    #[error("cannot record to {path}: {source}; name a file in a folder that can be written to")]
    Unwritable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A recording that is written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of the file up to the last whole entry.
    size: u64,
    /// Another file is begun above so many bytes.
    rotate: Option<u64>,
    /// Requests written, over all files.
    requests: u64,
    /// Bytes written, over all files.
    bytes: u64,
    entry: Vec<u8>,
}

impl Journal {
    /// Begins a recording, or goes on with the one that is there, after its last whole entry. Only
    /// its owner may read it. Above `rotate` bytes the file is put aside under a name of its own
    /// (`run.spanfall` as `run-0001.spanfall`) and begun anew.
    pub fn open(path: &Path, rotate: Option<u64>) -> Result<Self, JournalError> {
        let unwritable = |source| JournalError::Unwritable {
            path: path.to_owned(),
            source,
        };
        let mut file = create(path).map_err(unwritable)?;
        let size = match end(&mut file).map_err(unwritable)? {
            Some(0) => {
                file.set_len(0).map_err(unwritable)?;
                file.write_all(MAGIC).map_err(unwritable)?;
                MAGIC.len() as u64
            }
            Some(end) => {
                file.set_len(end).map_err(unwritable)?;
                end
            }
            None => return Err(JournalError::Other(path.to_owned())),
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            rotate,
            requests: 0,
            bytes: 0,
            entry: Vec::new(),
        })
    }

    /// Writes a request. It is in the file when this returns, though not yet on the disk. On an
    /// error the file ends with the entry before it.
    pub fn append(&mut self, payload: &Payload) -> io::Result<()> {
        encode(payload, &mut self.entry)?;
        let length = self.entry.len() as u64;
        if self.size > MAGIC.len() as u64
            && self.rotate.is_some_and(|most| self.size + length > most)
        {
            self.turn_over()?;
        }
        if let Err(error) = self.file.write_all(&self.entry) {
            // A torn entry would hide those that follow; it is found as a tear if this fails too.
            let _ = self.file.set_len(self.size);
            return Err(error);
        }
        self.size += length;
        self.bytes += length;
        self.requests += 1;
        self.entry.shrink_to(1 << 20);
        Ok(())
    }

    /// Puts the file aside and begins it anew.
    fn turn_over(&mut self) -> io::Result<()> {
        let stem = self.path.file_stem().unwrap_or_default();
        let extension = self.path.extension();
        let name = |n: u32| {
            let mut name = stem.to_owned();
            name.push(format!("-{n:04}"));
            if let Some(extension) = extension {
                name.push(".");
                name.push(extension);
            }
            self.path.with_file_name(name)
        };
        let aside = (1..10_000).map(name).find(|path| !path.exists());
        let aside = aside.ok_or_else(|| io::Error::other("there are 9999 files of it already"))?;
        std::fs::rename(&self.path, aside)?;
        self.file = create(&self.path)?;
        self.file.write_all(MAGIC)?;
        self.size = MAGIC.len() as u64;
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Requests and bytes written.
    pub fn written(&self) -> (u64, u64) {
        (self.requests, self.bytes)
    }
}

/// The file, readable by nobody else, with writes going to its end.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Where the last whole entry ends; `None` if the file is no recording.
fn end(file: &mut File) -> io::Result<Option<u64>> {
    let length = file.metadata()?.len();
    let mut from = io::BufReader::with_capacity(1 << 16, file);
    let mut magic = Vec::new();
    from.by_ref()
        .take(MAGIC.len() as u64)
        .read_to_end(&mut magic)?;
    if magic != MAGIC {
        // One that was torn in its first bytes is begun anew.
        return Ok(MAGIC.starts_with(&magic).then_some(0));
    }
    let mut at = MAGIC.len() as u64;
    let mut entry = Vec::new();
    loop {
        entry.clear();
        from.by_ref().take(HEAD as u64).read_to_end(&mut entry)?;
        let Some((size, _)) = head(&entry).filter(|(size, _)| at + *size as u64 <= length) else {
            break;
        };
        from.by_ref().take(size as u64).read_to_end(&mut entry)?;
        let Some((_, rest)) = split(&Bytes::copy_from_slice(&entry)) else {
            break;
        };
        debug_assert!(rest.is_empty());
        at += entry.len() as u64;
    }
    from.into_inner().seek(SeekFrom::End(0))?;
    // Nothing but the beginning: it is written anew.
    Ok(Some(if length == 0 { 0 } else { at }))
}

fn encode(payload: &Payload, entry: &mut Vec<u8>) -> io::Result<()> {
    let peer = payload.peer.as_bytes();
    let peer = peer.get(..usize::from(u16::MAX)).unwrap_or(peer);
    let length = ABOUT + peer.len() + payload.body.len();
    if length > MOST {
        return Err(io::Error::other("the request is too large for a recording"));
    }
    entry.clear();
    entry.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    entry.extend_from_slice(&[0; 4]);
    entry.push(match payload.signal {
        Signal::Traces => 0,
        Signal::Logs => 1,
        Signal::Metrics => 2,
    });
    entry.push(match payload.encoding {
        Encoding::Protobuf => 0,
        Encoding::Json => 1,
    });
    entry.extend_from_slice(&payload.received_ns.to_le_bytes());
    entry.extend_from_slice(&u16::try_from(peer.len()).unwrap_or(0).to_le_bytes());
    entry.extend_from_slice(peer);
    entry.extend_from_slice(&payload.body);
    let sum = checksum(entry.get(HEAD..).unwrap_or_default());
    if let Some(place) = entry.get_mut(4..HEAD) {
        place.copy_from_slice(&sum.to_le_bytes());
    }
    Ok(())
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Length and checksum of an entry.
fn head(bytes: &[u8]) -> Option<(usize, u32)> {
    let number = |from: usize| {
        Some(u32::from_le_bytes(
            bytes.get(from..from + 4)?.try_into().ok()?,
        ))
    };
    let length = usize::try_from(number(0)?).ok()?;
    (ABOUT..=MOST)
        .contains(&length)
        .then_some((length, number(4)?))
}

/// The first entry, and what follows it; `None` where no whole entry is.
fn split(bytes: &Bytes) -> Option<(Payload, Bytes)> {
    let (length, sum) = head(bytes)?;
    let entry = bytes.get(HEAD..HEAD + length)?;
    if checksum(entry) != sum {
        return None;
    }
    let signal = match entry.first()? {
        0 => Signal::Traces,
        1 => Signal::Logs,
        2 => Signal::Metrics,
        _ => return None,
    };
    let encoding = match entry.get(1)? {
        0 => Encoding::Protobuf,
        1 => Encoding::Json,
        _ => return None,
    };
    let received_ns = u64::from_le_bytes(entry.get(2..10)?.try_into().ok()?);
    let peer = usize::from(u16::from_le_bytes(entry.get(10..ABOUT)?.try_into().ok()?));
    let (peer, body) = entry.get(ABOUT..)?.split_at_checked(peer)?;
    let payload = Payload {
        signal,
        encoding,
        body: bytes.slice_ref(body),
        received_ns,
        peer: String::from_utf8_lossy(peer).into(),
    };
    Some((payload, bytes.slice(HEAD + length..)))
}

/// The requests of a recording, or of a part of one that begins with an entry, and how many bytes
/// of it they are; what follows is a tear, or not written yet.
pub fn requests(content: &Bytes) -> (Vec<Payload>, usize) {
    let mut found = Vec::new();
    let begin = if content.starts_with(MAGIC) {
        MAGIC.len()
    } else {
        0
    };
    let mut rest = content.slice(begin..);
    while let Some((payload, after)) = split(&rest) {
        found.push(payload);
        rest = after;
    }
    (found, content.len() - rest.len())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    fn payload(n: u8) -> Payload {
        Payload {
            signal: [Signal::Traces, Signal::Logs, Signal::Metrics][usize::from(n) % 3],
            encoding: [Encoding::Protobuf, Encoding::Json][usize::from(n) % 2],
            body: vec![n; usize::from(n) * 7].into(),
            received_ns: 1_000 + u64::from(n),
            peer: format!("127.0.0.1:{n}").into(),
        }
    }

    fn read(path: &Path) -> Vec<Payload> {
        requests(&std::fs::read(path).unwrap().into()).0
    }

    #[test]
    fn what_was_written_is_read_as_it_was_and_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.spanfall");
        let all: Vec<Payload> = (0..9).map(payload).collect();
        for some in all.chunks(4) {
            let mut journal = Journal::open(&path, None).unwrap();
            for payload in some {
                journal.append(payload).unwrap();
            }
            assert_eq!(journal.written().0, some.len() as u64);
        }
        assert_eq!(read(&path), all);
    }

    #[test]
    fn a_tear_anywhere_costs_what_follows_and_recording_goes_on_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.spanfall");
        let mut journal = Journal::open(&path, None).unwrap();
        (0..4).for_each(|n| journal.append(&payload(n)).unwrap());
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let before = read(&path);
            assert!(
                before.iter().zip(0..).all(|(p, n)| *p == payload(n)),
                "{cut}"
            );
            let mut journal = Journal::open(&path, None).unwrap();
            journal.append(&payload(9)).unwrap();
            let after = read(&path);
            assert_eq!(after.len(), before.len() + 1, "{cut}");
            assert_eq!(after.last(), Some(&payload(9)), "{cut}");
        }
        // A flipped bit in the third entry: the two before it are whole.
        let last = HEAD + ABOUT + payload(3).peer.len() + payload(3).body.len();
        let mut flipped = whole.clone();
        flipped[whole.len() - last - 5] ^= 1;
        assert_eq!(requests(&flipped.into()).0.len(), 2);
    }

    #[test]
    fn a_full_file_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.spanfall");
        let mut journal = Journal::open(&path, Some(200)).unwrap();
        (1..9).for_each(|n| journal.append(&payload(n)).unwrap());
        let mut files: Vec<PathBuf> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        files.sort();
        assert!(files.len() > 2 && files.last() == Some(&path), "{files:?}");
        assert_eq!(files[0].file_name().unwrap(), "run-0001.spanfall");
        let all: Vec<Payload> = files.iter().flat_map(|f| read(f)).collect();
        assert_eq!(all, (1..9).map(payload).collect::<Vec<_>>());
        assert!(files.iter().all(|f| f.metadata().unwrap().len() <= 200));
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "my notes").unwrap();
        let error = Journal::open(&path, None).unwrap_err();
        assert!(matches!(error, JournalError::Other(_)), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"my notes");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.spanfall");
        Journal::open(&path, None).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
