//! Addresses to listen on.

use super::ReceiverConfig;
use super::holder::holder;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use tokio::net::TcpListener;

/// One address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// This port on 127.0.0.1 and, where there is IPv6, on `[::1]`. Port 0 is any free one, the same
    /// for both.
    Loopback(u16),
    /// Exactly this address.
    Exactly(SocketAddr),
}

impl FromStr for Listen {
    type Err = String;

    /// `4317`, `localhost:4317`, `192.168.1.5:4317`, `[::]:4317`.
    fn from_str(text: &str) -> Result<Self, String> {
        let port = text.strip_prefix("localhost:").unwrap_or(text);
        if let Ok(port) = port.parse() {
            return Ok(Self::Loopback(port));
        }
        let wrong =
            || format!("`{text}` is no address: write 4317, localhost:4317 or 192.168.1.5:4317");
        text.parse().map(Self::Exactly).map_err(|_| wrong())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(port) => write!(f, "localhost:{port}"),
            Self::Exactly(address) => write!(f, "{address}"),
        }
    }
}

/// An address could not be listened on. The text says which flag changes that, and what the
/// exporter must then be told.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Something else listens there.
    #[error(
        "{address} is taken{}: choose another port, such as {flag} {}, and tell the exporter \
         OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:{}",
        holder.as_ref().map_or_else(
            || ", perhaps by an OpenTelemetry Collector or another spanfall".to_owned(),
            |holder| format!(" by {holder}")),
        moved(*address), other_port(address.port())
    )]
    Taken {
        /// The address.
        address: SocketAddr,
        /// `--grpc` or `--http`.
        flag: &'static str,
        /// By whom, where that can be told.
        holder: Option<String>,
    },
    /// Anything else.
    #[error(
        "cannot listen on {address}: {source}; choose an address of this machine with {flag}, such \
         as {flag} {}, and tell the exporter OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:{}",
        other_port(address.port()), other_port(address.port())
    )]
    Refused {
        /// The address.
        address: SocketAddr,
        /// `--grpc` or `--http`.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// A port that is likely to be free, needs no privilege and is easy to remember: 14317 for 4317.
fn other_port(port: u16) -> u16 {
    port.checked_add(10_000).unwrap_or(14_317)
}

/// The same on the other port, as the flag takes it.
fn moved(address: SocketAddr) -> String {
    match other_port(address.port()) {
        port if address.ip().is_loopback() => port.to_string(),
        port => SocketAddr::new(address.ip(), port).to_string(),
    }
}

/// Sockets that accept. Exporters may connect from now on; [`Bound::serve`] answers them.
#[derive(Debug)]
pub struct Bound {
    pub(super) config: ReceiverConfig,
    pub(super) listeners: Vec<TcpListener>,
    grpc: Vec<SocketAddr>,
    http: Vec<SocketAddr>,
}

impl Bound {
    /// Addresses to announce for gRPC.
    pub fn grpc(&self) -> &[SocketAddr] {
        &self.grpc
    }

    /// Addresses to announce for HTTP.
    pub fn http(&self) -> &[SocketAddr] {
        &self.http
    }
}

/// Listens on all addresses of the configuration, or on none.
pub async fn bind(config: &ReceiverConfig) -> Result<Bound, BindError> {
    let mut bound = Bound {
        config: config.clone(),
        listeners: Vec::new(),
        grpc: Vec::new(),
        http: Vec::new(),
    };
    for listen in &config.grpc {
        bound
            .grpc
            .extend(listen_on(*listen, "--grpc", &mut bound.listeners).await?);
    }
    for listen in &config.http {
        bound
            .http
            .extend(listen_on(*listen, "--http", &mut bound.listeners).await?);
    }
    Ok(bound)
}

async fn listen_on(
    listen: Listen,
    flag: &'static str,
    listeners: &mut Vec<TcpListener>,
) -> Result<Vec<SocketAddr>, BindError> {
    let v4 = match listen {
        Listen::Loopback(port) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        Listen::Exactly(address) => address,
    };
    let v4 = one(v4, flag, listeners).await?;
    let Listen::Loopback(asked) = listen else {
        return Ok(vec![v4]);
    };
    let v6 = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), v4.port());
    match one(v6, flag, listeners).await {
        Ok(v6) => Ok(vec![v4, v6]),
        // an exporter's `localhost` may be [::1]: what listens there would get its telemetry
        Err(taken @ BindError::Taken { .. }) if asked != 0 => Err(taken),
        Err(_) => Ok(vec![v4]), // no IPv6 here
    }
}

/// Listens on one address; one that is listened on already (both flags naming the same) is shared.
async fn one(
    address: SocketAddr,
    flag: &'static str,
    listeners: &mut Vec<TcpListener>,
) -> Result<SocketAddr, BindError> {
    let ours = |l: &TcpListener| address.port() != 0 && l.local_addr().is_ok_and(|a| a == address);
    if listeners.iter().any(ours) {
        return Ok(address);
    }
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken {
            address,
            flag,
            holder: holder(address),
        },
        _ => BindError::Refused {
            address,
            flag,
            source,
        },
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    listeners.push(listener);
    Ok(address)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        assert_eq!("4317".parse(), Ok(Listen::Loopback(4317)));
        assert_eq!("localhost:0".parse(), Ok(Listen::Loopback(0)));
        assert_eq!(
            "0.0.0.0:4317".parse(),
            Ok(Listen::Exactly("0.0.0.0:4317".parse().unwrap()))
        );
        assert_eq!(
            "[::1]:4317".parse(),
            Ok(Listen::Exactly("[::1]:4317".parse().unwrap()))
        );
        for wrong in [
            "",
            "localhost",
            "example.org:4317",
            "70000",
            "http://localhost:4317",
        ] {
            assert!(
                wrong
                    .parse::<Listen>()
                    .unwrap_err()
                    .contains("is no address"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_taken_port_names_the_flag_and_the_endpoint() {
        let taken = |address: &str, flag| {
            BindError::Taken {
                address: address.parse().unwrap(),
                flag,
                holder: None,
            }
            .to_string()
        };
        let text = taken("127.0.0.1:4317", "--grpc");
        assert!(text.contains("127.0.0.1:4317 is taken"), "{text}");
        assert!(text.contains("--grpc 14317,"), "{text}");
        assert!(
            text.ends_with("OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:14317"),
            "{text}"
        );
        let text = taken("0.0.0.0:4318", "--http");
        assert!(text.contains("--http 0.0.0.0:14318,"), "{text}");
    }

    #[tokio::test]
    async fn both_flags_may_name_one_port() {
        let free = bind(&any_port()).await.unwrap();
        let port = free.http()[0].port();
        drop(free);
        let same = ReceiverConfig {
            grpc: vec![Listen::Loopback(port)],
            http: vec![Listen::Loopback(port)],
            ..any_port()
        };
        let bound = bind(&same).await.unwrap();
        assert_eq!(bound.grpc(), bound.http());
    }

    #[tokio::test]
    async fn a_second_receiver_is_told_that_the_port_is_taken() {
        let first = bind(&any_port()).await.unwrap();
        let port = first.http()[0].port();
        let error = bind(&ReceiverConfig {
            http: vec![Listen::Loopback(port)],
            ..any_port()
        })
        .await
        .unwrap_err();
        assert!(
            matches!(error, BindError::Taken { address, flag: "--http", .. } if address.port() == port),
            "{error}"
        );
    }

    fn any_port() -> ReceiverConfig {
        ReceiverConfig {
            grpc: vec![Listen::Loopback(0)],
            http: vec![Listen::Loopback(0)],
            ..ReceiverConfig::default()
        }
    }
}
