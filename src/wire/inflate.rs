//! Decompression with a bound on what comes out.

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// zlib (RFC 1950), or raw (RFC 1951) as some clients send under the same name.
    Deflate,
    /// RFC 8878.
    Zstd,
}

/// Why a body could not be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// It would be larger than allowed: too much telemetry at once, or a bomb.
    #[error("decompressed, the body is larger than {0} bytes")]
    TooLarge(usize),
    /// It is not what its label says, or cut off.
    #[error("the body is no valid {0:?} data: {1}")]
    Corrupt(Compression, String),
}

/// A compression that is not spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this compression is not spoken here: use gzip, deflate, zstd or none")]
pub struct UnknownCompression;

/// Largest window a zstd frame may ask for, as a power of two (32 MiB): memory that a few bytes
/// of header could claim. Compressors' ordinary levels use up to 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 25;

impl Compression {
    /// By the name that `Content-Encoding` and `grpc-encoding` share; `Ok(None)` is "not
    /// compressed".
    pub fn named(name: &str) -> Result<Option<Self>, UnknownCompression> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "deflate" => Ok(Some(Self::Deflate)),
            "zstd" => Ok(Some(Self::Zstd)),
            _ => Err(UnknownCompression),
        }
    }

    /// By the magic number, for files: gzip and zstd have one.
    pub fn sniff(body: &[u8]) -> Option<Self> {
        match body {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Decompresses `body`, refusing as soon as more than `limit` bytes come out.
pub fn inflate(how: Compression, body: &[u8], limit: usize) -> Result<Bytes, InflateError> {
    let corrupt = |e: std::io::Error| InflateError::Corrupt(how, e.to_string());
    match how {
        Compression::Gzip => bounded(MultiGzDecoder::new(body), limit),
        Compression::Deflate if is_zlib(body) => bounded(ZlibDecoder::new(body), limit),
        Compression::Deflate => bounded(DeflateDecoder::new(body), limit),
        Compression::Zstd => zstd::stream::read::Decoder::new(body).and_then(|mut frames| {
            frames.window_log_max(ZSTD_WINDOW_LOG)?;
            bounded(frames, limit)
        }),
    }
    .map_err(corrupt)?
    .ok_or(InflateError::TooLarge(limit))
}

/// The header of RFC 1950: method 8, and a checksum that makes it a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [a, b, ..] if a & 0x0f == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0)
}

fn bounded(from: impl Read, limit: usize) -> std::io::Result<Option<Bytes>> {
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(&mut out)?;
    if out.len() > limit {
        return Ok(None);
    }
    out.shrink_to_fit(); // spans are slices of it and keep all of it alive
    Ok(Some(Bytes::from(out)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use flate2::Compression as Level;
    use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};

    fn packed(how: Compression, raw: bool, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match how {
            Compression::Gzip => GzEncoder::new(text, Level::fast())
                .read_to_end(&mut out)
                .unwrap(),
            Compression::Deflate if raw => DeflateEncoder::new(text, Level::fast())
                .read_to_end(&mut out)
                .unwrap(),
            Compression::Deflate => ZlibEncoder::new(text, Level::fast())
                .read_to_end(&mut out)
                .unwrap(),
            Compression::Zstd => return zstd::encode_all(text, 3).unwrap(),
        };
        out
    }

    const ALL: [(Compression, bool); 4] = [
        (Compression::Gzip, false),
        (Compression::Deflate, false),
        (Compression::Deflate, true),
        (Compression::Zstd, false),
    ];

    #[test]
    fn what_was_packed_comes_out_up_to_the_limit() {
        let text = vec![b'x'; 1000];
        for (how, raw) in ALL {
            let body = packed(how, raw, &text);
            assert_eq!(inflate(how, &body, 1000).unwrap(), text, "{how:?}");
            assert_eq!(
                inflate(how, &body, 999),
                Err(InflateError::TooLarge(999)),
                "{how:?}"
            );
        }
    }

    #[test]
    fn a_cut_or_false_body_is_corrupt() {
        let text: Vec<u8> = (0..2000u32).flat_map(u32::to_le_bytes).collect();
        for (how, raw) in ALL {
            let body = packed(how, raw, &text);
            let cut = body.get(..body.len() / 2).unwrap();
            assert!(
                matches!(inflate(how, cut, 1 << 20), Err(InflateError::Corrupt(..))),
                "{how:?} cut"
            );
            assert!(
                matches!(
                    inflate(how, b"\xff\xffno", 1 << 20),
                    Err(InflateError::Corrupt(..))
                ),
                "{how:?} false"
            );
        }
    }

    #[test]
    fn a_bomb_is_refused_without_being_unpacked() {
        let zeros = vec![0u8; 64 << 20];
        for (how, raw) in ALL {
            let body = packed(how, raw, &zeros);
            assert!(body.len() < 1 << 20, "{how:?}");
            assert_eq!(
                inflate(how, &body, 1 << 20),
                Err(InflateError::TooLarge(1 << 20)),
                "{how:?}"
            );
        }
    }
}
