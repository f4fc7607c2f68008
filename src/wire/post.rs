//! Sending one request by OTLP/HTTP: to a receiver that a recording is played into, or on to
//! another server.

use super::payload::{Encoding, Payload, Signal};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest wait for the answer to one request.
const ANSWER: Duration = Duration::from_secs(30);
/// Bytes read of an answer: its first line tells all.
const HEAD: u64 = 64 * 1024;

/// Where to send: `http://host:port/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What stands before `/v1/traces`, without a slash at its end.
    pub prefix: String,
}

impl FromStr for Target {
    type Err = String;

    /// A URL as exporters take it: `http://collector:4318`, `http://[::1]:4318/otlp`.
    fn from_str(url: &str) -> Result<Self, String> {
        if url.starts_with("https://") {
            return Err("https is not spoken here: send to a Collector nearby by http".to_owned());
        }
        let wrong = || format!("`{url}` is no URL to send to: write http://localhost:14318");
        let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '@' | '?' | '#');
        if authority.is_empty() || !rest.chars().all(is_plain) {
            return Err(wrong());
        }
        let port = |text: &str| text.parse().map_err(|_| wrong());
        let (host, port) = match authority.rsplit_once(':') {
            _ if authority.ends_with(']') => (authority, 80),
            Some((host, _)) if host.starts_with('[') && !host.ends_with(']') => {
                return Err(wrong());
            }
            Some((host, digits)) => (host, port(digits)?),
            None => (authority, 80),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        let path = path.trim_end_matches('/');
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            prefix,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, prefix, .. } = self;
        write!(f, "http://{}:{port}{prefix}", self.bracketed())
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
            prefix: String::new(),
        }
    }
}

impl Target {
    /// The host as it stands before a port.
    fn bracketed(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

/// Sends one request on a connection of its own and gives the status of the answer.
pub async fn post(target: &Target, payload: &Payload) -> io::Result<u16> {
    timeout(ANSWER, exchange(target, payload)).await?
}

async fn exchange(target: &Target, payload: &Payload) -> io::Result<u16> {
    let path = match payload.signal {
        Signal::Traces => "traces",
        Signal::Logs => "logs",
        Signal::Metrics => "metrics",
    };
    let content_type = match payload.encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    let Target { port, prefix, .. } = target;
    let head = format!(
        "POST {prefix}/v1/{path} HTTP/1.1\r\nHost: {}:{port}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        target.bracketed(),
        payload.body.len()
    );
    let mut stream = TcpStream::connect((&*target.host, *port)).await?;
    let (mut from, mut to) = stream.split();
    let send = async {
        to.write_all(head.as_bytes()).await?;
        to.write_all(&payload.body).await
    };
    let mut answer = Vec::new();
    let read = async { (&mut from).take(HEAD).read_to_end(&mut answer).await };
    // Who refuses a body may answer and close before all of it is sent.
    let (written, all_read) = futures_util::future::join(send, read).await;
    if let Some(status) = status(&answer) {
        return Ok(status);
    }
    written?;
    all_read?;
    Err(io::Error::other("the answer is not HTTP"))
}

/// The status in the first line of an answer, `HTTP/1.1 200 OK`.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|b| *b == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|w| w.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    #[test]
    fn targets_are_urls_as_exporters_take_them() {
        for (url, host, port, prefix) in [
            ("http://localhost:4318", "localhost", 4318, ""),
            ("http://localhost:4318/", "localhost", 4318, ""),
            ("http://collector", "collector", 80, ""),
            ("http://[::1]:9/otlp/", "::1", 9, "/otlp"),
            ("http://[::1]/a/b", "::1", 80, "/a/b"),
        ] {
            let target: Target = url.parse().unwrap();
            assert_eq!(
                (&*target.host, target.port, &*target.prefix),
                (host, port, prefix)
            );
            assert_eq!(target.to_string().parse(), Ok(target), "{url}");
        }
        for wrong in [
            "",
            "localhost:4318",
            "http://",
            "http://a:b",
            "http://[::1",
            "http://a b",
            "http://me:secret@a",
            "http://a\r\nX: y",
            "https://a",
        ] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong:?}");
        }
    }
}
