//! What interfaces the machine has, and their addresses.

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A network interface as the kernel shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Kernel's number, never 0 for one that is there.
    pub index: u32,
    /// Name, `eth0`.
    pub name: String,
    /// Link-layer address; empty where the link has none.
    pub hw_addr: Vec<u8>,
    /// ARP hardware type (RFC 1700), 1 for Ethernet.
    pub hw_type: u16,
    /// Administratively up and with carrier.
    pub running: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// What else the kernel says of it.
    pub flags: Flags,
    /// IPv4 addresses and their prefix lengths, in the kernel's order.
    pub v4: Vec<(Ipv4Addr, u8)>,
    /// IPv6 addresses, in the kernel's order.
    pub v6: Vec<Ipv6Addr>,
}

/// Flags of an interface that are told, and decide nothing here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Administratively up, with or without carrier.
    pub up: bool,
    /// Can send to many.
    pub multicast: bool,
    /// Can send to all.
    pub broadcast: bool,
}

impl Interface {
    /// The link-local address, if the link has one that is usable.
    pub fn link_local(&self) -> Option<Ipv6Addr> {
        self.v6.iter().copied().find(Ipv6Addr::is_unicast_link_local)
    }

    /// The broadcast addresses of its subnets (RFC 919 §7), the limited one (255.255.255.255) not among them.
    pub fn directed_broadcasts(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.v4
            .iter()
            .filter(|(_, len)| *len < 31)
            .map(|&(address, len)| Ipv4Addr::from_bits(address.to_bits() | u32::MAX >> len))
    }
}

/// All interfaces, by index.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut found: Vec<Interface> = Vec::new();
    for entry in getifaddrs()? {
        let at = match found.iter().position(|i| i.name == entry.interface_name) {
            Some(at) => at,
            None => {
                let index = nix::net::if_::if_nametoindex(entry.interface_name.as_str()).unwrap_or(0);
                found.push(Interface {
                    index,
                    name: entry.interface_name.clone(),
                    hw_addr: Vec::new(),
                    hw_type: 0,
                    running: entry.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING),
                    loopback: entry.flags.contains(InterfaceFlags::IFF_LOOPBACK),
                    flags: Flags {
                        up: entry.flags.contains(InterfaceFlags::IFF_UP),
                        multicast: entry.flags.contains(InterfaceFlags::IFF_MULTICAST),
                        broadcast: entry.flags.contains(InterfaceFlags::IFF_BROADCAST),
                    },
                    v4: Vec::new(),
                    v6: Vec::new(),
                });
                found.len() - 1
            }
        };
        let interface = &mut found[at];
        let Some(address) = entry.address else { continue };
        if let Some(link) = address.as_link_addr() {
            interface.hw_type = link.hatype();
            interface.hw_addr = link.addr().map(|a| a.to_vec()).unwrap_or_default();
        } else if let Some(v4) = address.as_sockaddr_in() {
            let mask = entry.netmask.and_then(|m| m.as_sockaddr_in().map(|m| m.ip().to_bits())).unwrap_or(u32::MAX);
            interface.v4.push((v4.ip(), mask.count_ones() as u8));
        } else if let Some(v6) = address.as_sockaddr_in6() {
            interface.v6.push(v6.ip());
        }
    }
    found.retain(|i| i.index != 0); // gone between two system calls
    found.sort_by_key(|i| i.index);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_found_with_its_address() {
        let all = interfaces().unwrap();
        let lo = all.iter().find(|i| i.loopback).expect("every machine has a loopback interface");
        assert_eq!(lo.name, "lo");
        assert!(!lo.running || lo.v4.contains(&(Ipv4Addr::LOCALHOST, 8)));
    }

    #[test]
    fn directed_broadcast_is_the_last_address_of_the_subnet() {
        let interface = Interface {
            index: 1,
            name: "x".into(),
            hw_addr: vec![],
            hw_type: 1,
            running: true,
            loopback: false,
            flags: Flags::default(),
            v4: vec![(Ipv4Addr::new(192, 0, 2, 9), 25), (Ipv4Addr::new(10, 0, 0, 0), 31)],
            v6: vec![],
        };
        assert_eq!(interface.directed_broadcasts().collect::<Vec<_>>(), [Ipv4Addr::new(192, 0, 2, 127)]);
    }
}
