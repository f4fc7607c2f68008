//! Who may send. A web page that the user happens to visit can reach loopback ports too, under its
//! own origin or, by rebinding DNS, under its own host name: both are refused before a body is
//! read.

use super::ReceiverConfig;
use super::reply::{Refusal, no_content};
use super::stats::Reason;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use std::net::{IpAddr, Ipv6Addr};
use tonic::body::Body;

/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_SECONDS: &str = "7200";
const PRIVATE_NETWORK_ASKED: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Refuses a request by its head alone. `local` is the address at which it arrived.
pub(super) fn check(config: &ReceiverConfig, head: &Parts, local: IpAddr) -> Result<(), Refusal> {
    let headers = &head.headers;
    for origin in headers.get_all(header::ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        if !origin_allowed(config, &origin) {
            let flag = format!(
                "if it is yours, start spanfall with --allow-origin {}",
                quoted(&origin)
            );
            return Err(Refusal::new(
                Reason::Origin,
                format!("web pages of another origin may not send: {flag}"),
            ));
        }
    }
    let host = match head.uri.authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => headers
            .get(header::HOST)
            .map(|h| String::from_utf8_lossy(h.as_bytes()).into_owned())
            .unwrap_or_default(),
    };
    let mut others = headers.get_all(header::HOST).iter();
    let same = others.all(|h| h.as_bytes().eq_ignore_ascii_case(host.as_bytes()));
    if !same || !host_allowed(config, &host, local) {
        let flag = format!(
            "if this machine is called so, start spanfall with --allow-host {}",
            quoted(&host)
        );
        return Err(Refusal::new(
            Reason::Host,
            format!("requests to this host name are not taken: {flag}"),
        ));
    }
    Ok(())
}

/// Refuses a request without the token. Preflights carry none and come before.
pub(super) fn check_token(config: &ReceiverConfig, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(token) = &config.token else {
        return Ok(());
    };
    let shown = headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes);
    let shown = shown
        .and_then(|value| value.split_at_checked(7))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
    if shown.is_some_and(|(_, shown)| same_secret(shown.trim_ascii(), token.as_bytes())) {
        return Ok(());
    }
    let how = "tell the exporter OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20<the value of --token>";
    Err(Refusal::new(
        Reason::Token,
        format!("a token is asked for: {how}"),
    ))
}

/// Equality that takes the same time wherever the two differ.
fn same_secret(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Text of a stranger, for a message that a person reads.
fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .take(100)
        .filter(char::is_ascii_graphic)
        .collect();
    if text.is_empty() {
        "<name>".into()
    } else {
        text
    }
}

fn origin_allowed(config: &ReceiverConfig, origin: &str) -> bool {
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    let loopback = rest
        .and_then(split_port)
        .is_some_and(|(host, _)| is_loopback(host));
    loopback
        || config
            .allow_origins
            .iter()
            .any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

fn host_allowed(config: &ReceiverConfig, host: &str, local: IpAddr) -> bool {
    let Some((name, _)) = split_port(host) else {
        return false;
    };
    // a name could be made to point here, an address in digits cannot
    let as_bound = bare(name).parse::<IpAddr>().is_ok_and(|ip| ip == local);
    let named =
        |allowed: &String| allowed.eq_ignore_ascii_case(host) || allowed.eq_ignore_ascii_case(name);
    is_loopback(name) || as_bound || config.allow_hosts.iter().any(named)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || bare(host)
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host)
}

/// `host` or `host:port`, where host may be `[v6]`. `None` if it is anything else, such as
/// `localhost:80@elsewhere`.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rfind(':') {
        Some(at) if !authority.ends_with(']') => {
            let (host, port) = authority.split_at(at);
            (host, Some(port.get(1..)?.parse().ok()?))
        }
        _ => (authority, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let v6 = bare(host).len() + 2 == host.len() && bare(host).parse::<Ipv6Addr>().is_ok();
    (!host.is_empty() && (v6 || host.chars().all(plain))).then_some((host, port))
}

/// The headers that let an allowed page read the reply. Only called where [`check`] passed.
pub(super) fn allow_reading(asked: &HeaderMap, reply: &mut HeaderMap) {
    let Some(origin) = asked.get(header::ORIGIN) else {
        return;
    };
    reply.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    reply.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("retry-after"),
    );
    reply.insert(header::VARY, HeaderValue::from_static("origin"));
}

/// Whether a request is a browser's question before the real one.
pub(super) fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(header::ORIGIN)
        && head
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to it: POST with any headers. Only called where [`check`] passed.
pub(super) fn answer_preflight(asked: &HeaderMap) -> Response<Body> {
    let mut answer = no_content();
    let reply = answer.headers_mut();
    reply.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST"),
    );
    reply.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static(PREFLIGHT_SECONDS),
    );
    if let Some(headers) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        reply.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
    }
    if asked.contains_key(PRIVATE_NETWORK_ASKED) {
        reply.insert(PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    answer
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    fn config() -> ReceiverConfig {
        ReceiverConfig {
            allow_origins: vec!["https://app.example".into()],
            allow_hosts: vec!["otel.lan".into(), "only.lan:4318".into()],
            ..ReceiverConfig::default()
        }
    }

    #[test]
    fn only_loopback_and_allowed_origins_pass() {
        for origin in [
            "http://localhost",
            "http://localhost:5173",
            "https://127.0.0.1:8443",
            "http://[::1]:3000",
            "https://app.example",
            "https://APP.example",
        ] {
            assert!(origin_allowed(&config(), origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "localhost",
            "http://",
            "http://localhost.evil.example",
            "http://localhost:80@evil.example",
            "http://localhost:80:90",
            "http://localhost:99999",
            "http://evil.example/localhost",
            "http://127.0.0.1.evil.example",
            "http://[::1",
            "https://app.example.evil.example",
            "https://app.example:444",
            "file://localhost",
            "chrome-extension://localhost",
        ] {
            assert!(!origin_allowed(&config(), origin), "{origin}");
        }
    }

    #[test]
    fn only_loopback_bound_and_allowed_hosts_pass() {
        let local = "192.168.1.5".parse().unwrap();
        for host in [
            "localhost",
            "LocalHost:4318",
            "127.0.0.1:1",
            "[::1]:4317",
            "192.168.1.5:4317",
            "otel.lan",
            "otel.lan:9",
            "only.lan:4318",
        ] {
            assert!(host_allowed(&config(), host, local), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:4318",
            "192.168.1.6:4317",
            "only.lan:4319",
            "::1",
            "localhost:",
        ] {
            assert!(!host_allowed(&config(), host, local), "{host}");
        }
    }

    #[test]
    fn the_token_has_to_be_the_same() {
        let config = ReceiverConfig {
            token: Some("secret".into()),
            ..config()
        };
        let shown = |value: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            check_token(&config, &headers).is_ok()
        };
        assert!(shown("Bearer secret"));
        assert!(shown("bearer secret"));
        for wrong in [
            "",
            "secret",
            "Bearer",
            "Bearer ",
            "Bearer secre",
            "Bearer secrets",
            "Basic secret",
        ] {
            assert!(!shown(wrong), "{wrong}");
        }
        assert!(check_token(&config, &HeaderMap::new()).is_err());
    }
}
