//! Who holds a port.

use crate::process;
use anyhow::{Result, bail};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

/// Refuses a port that somebody listens on, by name.
pub(crate) fn check_free(address: SocketAddr) -> Result<()> {
    let port = address.port();
    // A browser that is sent to localhost may try ::1 first and would meet the stranger there.
    let local =
        [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))];
    let answered =
        local.iter().any(|local| TcpStream::connect_timeout(local, Duration::from_millis(300)).is_ok());
    let refused = match TcpListener::bind(address) {
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Some(String::new()),
        Err(error) => Some(format!(" ({error})")),
    };
    if !answered && refused.is_none() {
        return Ok(());
    }
    let holder = holder(port).unwrap_or_else(|| "another program".to_owned());
    let other = port.checked_add(1).unwrap_or(8000);
    bail!(
        "Port {port} is taken by {holder}{}: end it, or choose another port with `cargo xtask start --port {other}`",
        refused.unwrap_or_default()
    )
}

fn holder(port: u16) -> Option<String> {
    // A bare Debian has no lsof, ss or ps: there the kernel's own tables are read.
    let pid = if cfg!(target_os = "linux") { linux_holder(port) } else { lsof_holder(port) }?;
    let kernel = fs::read_to_string(format!("/proc/{pid}/comm"));
    let asked = || process::output(Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]));
    let name = kernel.ok().or_else(|| asked().ok()).filter(|name| !name.trim().is_empty())?;
    Some(format!("{} (process {pid})", name.trim()))
}

fn linux_holder(port: u16) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let inode = tables.iter().find_map(|table| listening_inode(table, port))?;
    let socket = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.filter_map(Result::ok).find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let mut files = fs::read_dir(entry.path().join("fd")).ok()?.filter_map(Result::ok);
        files
            .any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == socket.as_str()))
            .then_some(pid)
    })
}

/// The inode of the socket that listens (state 0A) on the port, from the kernel's table.
fn listening_inode(table: &str, port: u16) -> Option<&str> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        let ours = u16::from_str_radix(local, 16) == Ok(port) && fields.get(3) == Some(&"0A");
        ours.then(|| fields.get(9).copied()).flatten()
    })
}

fn lsof_holder(port: u16) -> Option<u32> {
    let printed =
        process::output(Command::new("lsof").args(["-nP", "-sTCP:LISTEN", "-t", &format!("-iTCP:{port}")]));
    printed.ok()?.lines().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listener_is_found_in_the_kernel_s_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000 0 0 111 1\n\
             1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 222 1\n\
             2: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 333 1\n";
        assert_eq!(listening_inode(table, 8000), Some("222"));
        assert_eq!(listening_inode(table, 9000), None);
    }

    #[test]
    fn a_listener_of_this_process_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = check_free(listener.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        assert!(error.contains("--port"), "{error}");
    }
}
