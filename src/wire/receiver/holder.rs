//! Who listens on an address that is taken, where the system tells: on Linux, of one's own
//! processes.

use std::fs;
use std::net::{IpAddr, SocketAddr};

/// `TCP_LISTEN` as /proc/net/tcp writes it.
const LISTEN: &str = "0A";

/// Name and number of the process that listens there: `otelcol, process 4242`.
pub(super) fn holder(address: SocketAddr) -> Option<String> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, address))
        .collect();
    let sockets: Vec<String> = inodes.iter().map(|i| format!("socket:[{i}]")).collect();
    let processes = fs::read_dir("/proc").ok().filter(|_| !sockets.is_empty())?;
    processes.flatten().find_map(|process| {
        let number: u32 = process.file_name().to_str()?.parse().ok()?;
        let files = fs::read_dir(process.path().join("fd")).ok()?;
        let mut links = files.flatten().filter_map(|f| fs::read_link(f.path()).ok());
        links.find(|to| {
            to.to_str()
                .is_some_and(|to| sockets.iter().any(|s| s == to))
        })?;
        let name = fs::read_to_string(process.path().join("comm")).ok()?;
        let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
        Some(format!("{name}, process {number}"))
    })
}

/// Inodes of the sockets that listen on an address, or on all of its port, in the kernel's table.
fn listening(table: &str, address: SocketAddr) -> Vec<String> {
    let lines = table.lines().skip(1);
    lines
        .filter_map(|line| {
            let mut cells = line.split_whitespace();
            let (host, port) = cells.nth(1)?.split_once(':')?;
            let same = u16::from_str_radix(port, 16).ok()? == address.port();
            let any = host.bytes().all(|b| b == b'0');
            let ours = same && (any || host == hex(address.ip()));
            let is_open = cells.nth(1)? == LISTEN;
            let inode = cells.nth(5)?;
            (ours && is_open).then(|| inode.to_owned())
        })
        .collect()
}

/// An address as the kernel's table writes it: words of four bytes in the machine's own order.
fn hex(ip: IpAddr) -> String {
    let bytes = match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = bytes.chunks_exact(4).map(|w| {
        let word = w.try_into().map_or(0, u32::from_ne_bytes);
        format!("{word:08X}")
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:10DD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0 100 0
   1: 0100007F:10DD 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 31338 1 0 20 4
   2: 00000000:10DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31339 1 0 100 0
";

    #[test]
    #[cfg(target_endian = "little")]
    fn sockets_that_listen_are_found_by_address_and_port() {
        let of = |address: &str| address.parse().map(|a| listening(TABLE, a));
        assert_eq!(of("127.0.0.1:4317"), Ok(vec!["31337".to_owned()]));
        assert_eq!(of("127.0.0.1:4318"), Ok(vec!["31339".to_owned()]));
        assert_eq!(of("10.0.0.1:4317"), Ok(vec![]));
        assert_eq!(
            hex(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)),
            "00000000000000000000000001000000"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn our_own_socket_is_ours() {
        let held =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| Ok((l.local_addr()?, l)));
        let told = held.ok().and_then(|(address, _listener)| holder(address));
        let number = format!("process {}", std::process::id());
        assert!(told.is_some_and(|t| t.ends_with(&number)));
    }
}
