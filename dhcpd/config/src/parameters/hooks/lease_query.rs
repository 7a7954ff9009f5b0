//! `libdhcp_lease_query.so`: what others ask about leases (RFC 4388, RFC 5007), and all leases of a kind over TCP (RFC 6926, RFC 5460).

use super::{Library, Load, Loading};
use crate::values::{Address, Prefix4, Prefix6};
use schema::{Annotations, At, Given, Problem, Scope};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use wire::options::Family;

/// Parameters of `libdhcp_lease_query.so`, with which access concentrators ask about leases.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct LeaseQuery {
    /// Addresses and prefixes of those who may ask.
    #[param(required)]
    pub requesters: Given<Vec<At<String>>>,
    /// Queries over TCP.
    pub advanced: Given<Advanced>,
    /// Lengths at which a delegated prefix is looked for around an address, in DHCPv6; those of the pools if absent.
    pub prefix_lengths: Given<Vec<At<u8>>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Queries over TCP, which are answered with any number of leases.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Advanced {
    /// Whether they are answered.
    #[param(default = false)]
    pub bulk_query_enabled: Given<bool>,
    /// Whether changes are told as they happen (RFC 7724), which Kea does not do either.
    #[param(default = false)]
    pub active_query_enabled: Given<bool>,
    /// Whether leases are found by relay, by remote end and by link; as `bulk-query-enabled` if absent.
    pub extended_info_tables_enabled: Given<bool>,
    /// Address to listen on; that of the loopback interface if absent.
    pub lease_query_ip: Given<String>,
    /// Port to listen on; 67 or 547 if absent.
    #[param(range = 1..=65535)]
    pub lease_query_tcp_port: Given<u16>,
    /// Most threads that Kea answers with. All connections share one here, which takes a few leases at a time.
    #[param(default = 0)]
    pub max_bulk_query_threads: Given<u32>,
    /// Most connections at a time.
    #[param(range = 1..=4294967295, default = 10)]
    pub max_requester_connections: Given<u32>,
    /// Most queries of a connection that are answered at a time; the others wait. No limit if 0.
    #[param(default = 0)]
    pub max_concurrent_queries: Given<u32>,
    /// Seconds without a query after which a connection is closed.
    #[param(range = 1..=2147483, default = 300)]
    pub max_requester_idle_time: Given<u32>,
    /// Most leases that are fetched at a time.
    #[param(range = 1..=4294967295, default = 100)]
    pub max_leases_per_fetch: Given<u32>,
    /// Certificates of those who may connect.
    #[param(later, yang(absent))]
    pub trust_anchor: Given<String>,
    /// Certificate of the server.
    #[param(later, yang(absent))]
    pub cert_file: Given<String>,
    /// Key of the certificate.
    #[param(later, yang(absent))]
    pub key_file: Given<String>,
    /// Whether those who connect need a certificate.
    #[param(later, yang(absent))]
    pub cert_required: Given<bool>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// What the library works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaseQueryRules {
    /// First and last address of each range of those who may ask.
    requesters: Vec<(IpAddr, IpAddr)>,
    /// How many addresses and prefixes they are.
    pub several_requesters: bool,
    /// Lengths at which a delegated prefix is looked for, the longest first; those of the pools if none.
    pub prefix_lengths: Option<Vec<u8>>,
    /// Queries over TCP.
    pub bulk: Option<BulkRules>,
    /// Leases are found by relay, by remote end and by link.
    pub extended: bool,
}

/// How queries over TCP are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRules {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Most connections at a time.
    pub connections: u32,
    /// Most queries of a connection at a time.
    pub queries: Option<u32>,
    /// Without a query for this long, a connection is closed.
    pub idle: Duration,
    /// Most leases at a time.
    pub page: usize,
}

impl LeaseQueryRules {
    /// Whether an address may ask.
    pub fn admits(&self, requester: IpAddr) -> bool {
        self.requesters.iter().any(|(first, last)| (first..=last).contains(&&requester))
    }
}

impl Load for LeaseQuery {
    const FILE: &'static str = "libdhcp_lease_query.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let mut rules = LeaseQueryRules::default();
        if let Some(given) = &self.requesters {
            for entry in &given.value {
                match range(entry, loading.family) {
                    Ok(range) if rules.requesters.contains(&range) => {
                        let reason = format!("'requesters' entry '{}' is already in the list", entry.value);
                        loading.problems.push(Problem::new(entry.pos, reason));
                    }
                    Ok(range) => rules.requesters.push(range),
                    Err(reason) => loading.problems.push(Problem::new(entry.pos, reason)),
                }
            }
            if given.is_empty() {
                loading.problems.push(Problem::new(given.pos, "'requesters' list cannot be empty"));
            }
            rules.several_requesters = given.len() > 1;
        }
        if let Some(given) = &self.prefix_lengths {
            if loading.family == Family::V4 {
                loading.problems.push(Problem::new(given.pos, "there are no delegated prefixes in DHCPv4"));
            }
            for length in given.iter().filter(|length| !(1..=128).contains(&length.value)) {
                let reason = format!("must be greater than 0 and less than or equal to 128, not {}", length.value);
                loading.problems.push(Problem::new(length.pos, reason));
            }
            let mut lengths: Vec<u8> = given.iter().map(|length| length.value).collect();
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            lengths.dedup();
            rules.prefix_lengths = Some(lengths);
        }
        if let Some(advanced) = &self.advanced {
            rules.bulk = advanced.resolve(loading);
            rules.extended = match &advanced.extended_info_tables_enabled {
                Some(given) => given.value,
                None => rules.bulk.is_some(),
            };
        }
        Library::LeaseQuery(rules)
    }
}

impl Advanced {
    fn resolve(&self, loading: &mut Loading<'_>) -> Option<BulkRules> {
        if let Some(given) = self.active_query_enabled.as_ref().filter(|given| given.value) {
            loading.problems.push(Problem::new(given.pos, "Active query is not supported"));
        }
        let (address, port): (IpAddr, _) = match loading.family {
            Family::V4 => (Ipv4Addr::LOCALHOST.into(), 67),
            Family::V6 => (Ipv6Addr::LOCALHOST.into(), 547),
        };
        let mut ip = address;
        if let Some(given) = &self.lease_query_ip {
            match given.parse::<IpAddr>() {
                Ok(parsed) if parsed.is_ipv4() == address.is_ipv4() => ip = parsed,
                Ok(_) => {
                    let reason = format!("lease-query-ip not a {} address", name(loading.family));
                    loading.problems.push(Problem::new(given.pos, reason));
                }
                Err(_) => {
                    loading.problems.push(Problem::new(given.pos, format!("invalid lease-query-ip '{}'", given.value)));
                }
            }
        }
        let port = self.lease_query_tcp_port.as_ref().map_or(port, |port| port.value);
        self.bulk_query_enabled().then(|| BulkRules {
            listen: SocketAddr::new(ip, port),
            connections: self.max_requester_connections(),
            queries: Some(self.max_concurrent_queries()).filter(|queries| *queries > 0),
            idle: Duration::from_secs(self.max_requester_idle_time().into()),
            page: self.max_leases_per_fetch() as usize,
        })
    }
}

/// First and last address of an entry of `requesters`.
fn range(entry: &str, family: Family) -> Result<(IpAddr, IpAddr), String> {
    let text: String = entry.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    if !text.contains('/') {
        let address = text.parse().ok().filter(|address: &IpAddr| address.is_ipv4() == (family == Family::V4));
        let wrong = || format!("'requesters' address entry '{entry}' is invalid: not a {} address", name(family));
        return address.map(|address| (address, address)).ok_or_else(wrong);
    }
    fn ends<A: Address + Into<IpAddr>>(prefix: crate::values::Prefix<A>) -> (IpAddr, IpAddr) {
        (prefix.first().into(), prefix.last().into())
    }
    let ends = match family {
        Family::V4 => text.parse::<Prefix4>().map(ends),
        Family::V6 => text.parse::<Prefix6>().map(ends),
    };
    ends.map_err(|()| format!("'requesters' CIDR entry '{text}' is invalid: not a {} prefix", name(family)))
}

fn name(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requesters_are_addresses_and_prefixes_of_the_family() {
        let told = |entry, family| range(entry, family).map(|(first, last)| format!("{first}-{last}"));
        assert_eq!(told("192.0.2.1", Family::V4).as_deref(), Ok("192.0.2.1-192.0.2.1"));
        assert_eq!(told("192.0.2.0 / 24", Family::V4).as_deref(), Ok("192.0.2.0-192.0.2.255"));
        assert_eq!(told("2001:db8::/127", Family::V6).as_deref(), Ok("2001:db8::-2001:db8::1"));
        assert!(told("2001:db8::1", Family::V4).is_err() && told("192.0.2.0/33", Family::V4).is_err());
        let rules = LeaseQueryRules {
            requesters: vec![range("192.0.2.0/30", Family::V4).unwrap()],
            ..LeaseQueryRules::default()
        };
        assert!(rules.admits("192.0.2.3".parse().unwrap()) && !rules.admits("192.0.2.4".parse().unwrap()));
        assert!(!rules.admits("::1".parse().unwrap()));
    }
}
