//! The DHCPv6 server's identifier: made once, kept in a file, the same for the life of the server (RFC 8415 §11).

use dhcpd_config::v6::snapshot::{ServerId, ServerIdKind};
use net::Interface;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use wire::v6::Duid;

/// Name of the file in the data folder, as Kea has it.
pub const FILE: &str = "kea-dhcp6-serverid";

/// Seconds from 1970 to 2000, where a DUID's time begins.
const EPOCH_2000: u64 = 946_684_800;
/// ISC's enterprise number, Kea's default for DUID-EN.
const ENTERPRISE_ISC: u32 = 2495;
/// Length of an identifier that is made up for a DUID-EN, in bytes.
const MADE_UP: usize = 6;

/// The identifier as `server-id` wants it: the one in the file where that fits, a new one otherwise.
pub fn obtain(wanted: &ServerId, path: &Path, interfaces: &[Interface]) -> Result<Duid, String> {
    let stored = match fs::read_to_string(path) {
        Ok(text) => {
            text.trim().parse::<Duid>().map(Some).map_err(|e| format!("{}: not a DUID: {e}", path.display()))?
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(format!("{}: {e}", path.display())),
    };
    if let Some(stored) = stored.filter(|stored| fits(stored, wanted)) {
        return Ok(stored);
    }
    let made = make(wanted, interfaces)?;
    if wanted.persist {
        store(&made, path).map_err(|e| format!("unable to write DUID file {}: {e}", path.display()))?;
    }
    Ok(made)
}

/// Whether a stored DUID has what the configuration spells out.
fn fits(stored: &Duid, wanted: &ServerId) -> bool {
    let bytes = stored.as_bytes();
    let spelt_out = match wanted.kind {
        ServerIdKind::Llt => {
            (wanted.time == 0 || bytes.get(4..8) == Some(&wanted.time.to_be_bytes())) && hardware_fits(bytes, 8, wanted)
        }
        ServerIdKind::Ll => hardware_fits(bytes, 4, wanted),
        ServerIdKind::En => {
            bytes.get(2..6) == Some(&enterprise(wanted).to_be_bytes())
                && (wanted.identifier.is_empty() || bytes.get(6..) == Some(&wanted.identifier))
        }
    };
    // The default configuration takes any identifier that the server already had.
    *wanted == (ServerId { persist: wanted.persist, ..ServerId::default() })
        || (bytes.get(..2) == Some(&code(wanted.kind).to_be_bytes()) && spelt_out)
}

fn hardware_fits(bytes: &[u8], address_at: usize, wanted: &ServerId) -> bool {
    (wanted.hardware_type == 0 || bytes.get(2..4) == Some(&wanted.hardware_type.to_be_bytes()))
        && (wanted.identifier.is_empty() || bytes.get(address_at..) == Some(&wanted.identifier))
}

fn code(kind: ServerIdKind) -> u16 {
    match kind {
        ServerIdKind::Llt => 1,
        ServerIdKind::En => 2,
        ServerIdKind::Ll => 3,
    }
}

fn enterprise(wanted: &ServerId) -> u32 {
    if wanted.enterprise_id == 0 { ENTERPRISE_ISC } else { wanted.enterprise_id }
}

fn make(wanted: &ServerId, interfaces: &[Interface]) -> Result<Duid, String> {
    let made = match wanted.kind {
        ServerIdKind::Llt | ServerIdKind::Ll => {
            let (hardware_type, address) = hardware(wanted, interfaces)?;
            let now =
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().saturating_sub(EPOCH_2000));
            match wanted.kind {
                ServerIdKind::Ll => Duid::link_layer(hardware_type, &address),
                _ => Duid::link_layer_time(
                    hardware_type,
                    if wanted.time == 0 { now as u32 } else { wanted.time },
                    &address,
                ),
            }
        }
        ServerIdKind::En if wanted.identifier.is_empty() => {
            Duid::enterprise(enterprise(wanted), &rand::random::<[u8; MADE_UP]>())
        }
        ServerIdKind::En => Duid::enterprise(enterprise(wanted), &wanted.identifier),
    };
    made.map_err(|e| format!("server-id: {e}"))
}

/// The address of a link-layer DUID: the configured one, or that of the first interface that has one.
fn hardware(wanted: &ServerId, interfaces: &[Interface]) -> Result<(u16, Vec<u8>), String> {
    let usable = |i: &&Interface| !i.loopback && i.hw_addr.len() >= 6 && i.hw_addr.iter().any(|&b| b != 0);
    let found = interfaces.iter().find(usable);
    let hardware_type = match wanted.hardware_type {
        0 => found.map_or(1, |i| i.hw_type),
        given => given,
    };
    if !wanted.identifier.is_empty() {
        return Ok((hardware_type, wanted.identifier.to_vec()));
    }
    let found = found
        .ok_or("server-id: no interface has a link-layer address to make a DUID of; set type EN or an identifier")?;
    Ok((hardware_type, found.hw_addr.clone()))
}

/// Writes the file whole and durably: an identifier that changes makes strangers of all clients.
fn store(duid: &Duid, path: &Path) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(&beside)?;
    writeln!(file, "{duid}")?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface() -> Interface {
        Interface {
            index: 2,
            name: "eth0".into(),
            hw_addr: vec![2, 0, 0, 0, 0, 9],
            hw_type: 1,
            running: true,
            loopback: false,
            flags: Default::default(),
            v4: vec![],
            v6: vec![],
        }
    }

    #[test]
    fn it_is_made_once_and_then_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let wanted = ServerId { persist: true, ..ServerId::default() };
        let first = obtain(&wanted, &path, &[interface()]).unwrap();
        assert_eq!(first.as_bytes()[..4], [0, 1, 0, 1]);
        assert_eq!(first.as_bytes()[8..], [2, 0, 0, 0, 0, 9]);
        assert_eq!(obtain(&wanted, &path, &[]).unwrap(), first);
        let other = ServerId { kind: ServerIdKind::En, persist: true, ..ServerId::default() };
        let en = obtain(&other, &path, &[]).unwrap();
        assert_eq!(en.as_bytes()[..6], [0, 2, 0, 0, 0x09, 0xbf]);
        assert_eq!(obtain(&other, &path, &[]).unwrap(), en);
    }

    #[test]
    fn a_file_that_holds_something_else_is_an_error_not_a_new_identity() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, "hello").unwrap();
        assert!(obtain(&ServerId::default(), &path, &[interface()]).unwrap_err().contains("not a DUID"));
    }
}
