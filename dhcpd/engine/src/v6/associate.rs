//! Answers to the identity associations of SOLICIT, REQUEST, RENEW and REBIND (RFC 8415 §18.3).

use super::allocate::Hint;
use super::bind::Grant;
use super::exchange::Exchange;
use super::messages::*;
use super::refusal::Refusal;
use dhcpd_config::lifetime::TeeTimes;
use dhcpd_config::v6::snapshot::Excluded;
use leases::{LeaseType, Leases6};
use smallvec::SmallVec;
use std::fmt;
use std::net::Ipv6Addr;
use wire::v6::{Ia, IaAddress, IaPrefix, MessageType, Opt, Status, Writer, code};

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Leases for an IA of a SOLICIT or REQUEST.
    pub(super) async fn assign(&mut self, out: &mut Writer<'_>, kind: LeaseType, ia: &Ia<'_>) -> Result<(), Refusal> {
        let hint = hints(kind, ia).next();
        self.log_assign(kind, ia.iaid, hint.as_ref());
        if self.subnet.is_none() {
            let (status, text) = match kind {
                LeaseType::Na => (Status::NoAddrsAvail, "Server could not select subnet for this client"),
                LeaseType::Pd => (Status::NoPrefixAvail, "Sorry, no subnet available."),
            };
            self.refuse(out, kind, ia.iaid, status, text);
            return Ok(());
        }
        let mut binding = self.bind(kind, ia.iaid, hint.as_slice()).await?;
        if kind == LeaseType::Na {
            // A client that asks anew gets one address.
            binding.grants.truncate(1);
        }
        if binding.grants.is_empty() {
            self.log_failure(kind, ia.iaid);
            let (status, text) = match kind {
                LeaseType::Na => (Status::NoAddrsAvail, "Sorry, no address could be allocated."),
                LeaseType::Pd => (Status::NoPrefixAvail, "Sorry, no prefixes could be allocated."),
            };
            self.refuse(out, kind, ia.iaid, status, text);
            return Ok(());
        }
        let (t1, t2) = self.tee_times(&binding.grants);
        let open = out.open_ia(code_of(kind), ia.iaid, t1, t2);
        for grant in &binding.grants {
            self.log_grant(grant, ia.iaid, false);
            self.write(out, grant);
        }
        out.close(open);
        Ok(())
    }

    /// Leases for an IA of a RENEW or REBIND: those it has are extended or, where the configuration changed, replaced.
    /// What the client must not use any longer is sent with lifetimes of zero (RFC 8415 §18.3.4).
    pub(super) async fn extend(&mut self, out: &mut Writer<'_>, kind: LeaseType, ia: &Ia<'_>) -> Result<(), Refusal> {
        let client = self.query.label();
        match kind {
            LeaseType::Na => log::event!(DHCP6_PROCESS_IA_NA_EXTEND, client, iaid = ia.iaid),
            LeaseType::Pd => log::event!(DHCP6_PROCESS_IA_PD_EXTEND, client, iaid = ia.iaid),
        }
        if self.subnet.is_none() {
            let text = match kind {
                LeaseType::Na => "Sorry, no known leases for this duid/iaid.",
                LeaseType::Pd if self.query.kind() == MessageType::REBIND => return Err(Refusal::UnknownLink),
                LeaseType::Pd => "Sorry, no known PD leases for this duid/iaid.",
            };
            self.refuse(out, kind, ia.iaid, Status::NoBinding, text);
            return Ok(());
        }
        let hints: SmallVec<[Hint; 2]> = hints(kind, ia).collect();
        let binding = self.bind(kind, ia.iaid, &hints).await?;
        let (t1, t2) = if binding.grants.is_empty() { (0, 0) } else { self.tee_times(&binding.grants) };
        let open = out.open_ia(code_of(kind), ia.iaid, t1, t2);
        for grant in &binding.grants {
            self.log_grant(grant, ia.iaid, true);
            self.write(out, grant);
        }
        for (address, len) in &binding.retired {
            write_ended(out, kind, *address, *len);
        }
        let answered = |hint: &Hint| {
            let granted = binding.grants.iter().map(|grant| (grant.address, grant.len));
            let mut leases = granted.chain(binding.retired.iter().copied());
            leases.any(|(address, len)| address == hint.address && (kind == LeaseType::Na || len == hint.len))
        };
        for hint in hints.iter().filter(|hint| !answered(hint)) {
            // A prefix that is all zeros asks for a length.
            if kind == LeaseType::Na || !hint.address.is_unspecified() {
                write_ended(out, kind, hint.address, hint.len);
            }
        }
        if binding.grants.is_empty() {
            let (status, text) = match kind {
                LeaseType::Na => (Status::NoAddrsAvail, "Sorry, no addresses could be assigned at this time."),
                LeaseType::Pd => (Status::NoPrefixAvail, "Sorry, no prefixes could be assigned at this time."),
            };
            self.ia_status(out, ia.iaid, status, text);
        }
        out.close(open);
        Ok(())
    }

    /// An IA of a client in the class REJECT.
    pub(super) fn reject(&self, out: &mut Writer<'_>, kind: LeaseType, iaid: u32) {
        let status = match kind {
            LeaseType::Na => Status::NoAddrsAvail,
            LeaseType::Pd => Status::NoPrefixAvail,
        };
        self.refuse(out, kind, iaid, status, "Server rejected this request");
    }

    /// An IA that holds a status alone.
    pub(super) fn refuse(&self, out: &mut Writer<'_>, kind: LeaseType, iaid: u32, status: Status, text: &str) {
        let open = out.open_ia(code_of(kind), iaid, 0, 0);
        self.ia_status(out, iaid, status, text);
        out.close(open);
    }

    fn write(&self, out: &mut Writer<'_>, grant: &Grant) {
        let Grant { kind, address, len: prefix_len, .. } = *grant;
        match kind {
            LeaseType::Na => out.ia_address(address, grant.preferred, grant.valid),
            LeaseType::Pd => {
                let open = out.open_ia_prefix(address, prefix_len, grant.preferred, grant.valid);
                let excluded = self.excluded(grant).filter(|_| self.query.asks_for(code::PD_EXCLUDE));
                if let Some(Excluded { prefix, len }) = excluded {
                    out.pd_exclude(address, prefix_len, prefix, len);
                }
                out.close(open);
            }
        }
    }

    /// The prefix to be kept out of a delegated one (RFC 6603): that of the reservation, or that of the pool, which is
    /// at the same place in each of the pool's prefixes.
    fn excluded(&self, grant: &Grant) -> Option<Excluded> {
        let Grant { address, len: prefix_len, .. } = *grant;
        let host = self.subnet.and_then(|at| self.hosts.current(at));
        let reserved = host.and_then(|host| host.prefixes.iter().find(|p| p.prefix == address && p.len == prefix_len));
        if let Some(reserved) = reserved {
            return reserved.excluded;
        }
        self.subnet()?.pd_pools.get(grant.pool?)?.excluded
    }

    /// T1 and T2 by the shortest preferred lifetime; a T1 that is not before T2 is left to the client.
    fn tee_times(&self, grants: &[Grant]) -> (u32, u32) {
        let Some(tee) = self.subnet().map(|subnet| subnet.tee) else { return (0, 0) };
        let preferred = grants.iter().map(|grant| grant.preferred).filter(|seconds| *seconds > 0).min().unwrap_or(0);
        tee_times(&tee, preferred)
    }

    fn log_assign(&self, kind: LeaseType, iaid: u32, hint: Option<&Hint>) {
        let (client, hint) = (self.query.label(), Asked(hint));
        match (kind, self.commit) {
            (LeaseType::Na, false) => log::event!(DHCP6_PROCESS_IA_NA_SOLICIT, client, iaid, hint),
            (LeaseType::Na, true) => log::event!(DHCP6_PROCESS_IA_NA_REQUEST, client, iaid, hint),
            (LeaseType::Pd, false) => log::event!(DHCP6_PROCESS_IA_PD_SOLICIT, client, iaid, hint),
            (LeaseType::Pd, true) => log::event!(DHCP6_PROCESS_IA_PD_REQUEST, client, iaid, hint),
        }
    }

    fn log_failure(&self, kind: LeaseType, iaid: u32) {
        let client = self.query.label();
        match (kind, self.commit) {
            (LeaseType::Na, false) => log::event!(DHCP6_LEASE_ADVERT_FAIL, client, iaid),
            (LeaseType::Na, true) => log::event!(DHCP6_LEASE_ALLOC_FAIL, client, iaid),
            (LeaseType::Pd, false) => log::event!(DHCP6_PD_LEASE_ADVERT_FAIL, client, iaid),
            (LeaseType::Pd, true) => log::event!(DHCP6_PD_LEASE_ALLOC_FAIL, client, iaid),
        }
    }

    fn log_grant(&self, grant: &Grant, iaid: u32, renewed: bool) {
        let client = self.query.label();
        let Grant { kind, address, len: length, .. } = *grant;
        let lifetime = Lifetime(grant.valid);
        match kind {
            LeaseType::Na if !self.commit => log::event!(DHCP6_LEASE_ADVERT, client, address, iaid),
            LeaseType::Na if grant.reused => log::event!(DHCP6_LEASE_REUSE, client, address, iaid, lifetime),
            LeaseType::Na if renewed => log::event!(DHCP6_LEASE_RENEW, client, address, iaid),
            LeaseType::Na => log::event!(DHCP6_LEASE_ALLOC, client, address, iaid, lifetime),
            LeaseType::Pd if !self.commit => {
                log::event!(DHCP6_PD_LEASE_ADVERT, client, prefix = address, length, iaid);
            }
            LeaseType::Pd if grant.reused => {
                log::event!(DHCP6_PD_LEASE_REUSE, client, prefix = address, length, iaid, lifetime);
            }
            LeaseType::Pd if renewed => log::event!(DHCP6_PD_LEASE_RENEW, client, prefix = address, length, iaid),
            LeaseType::Pd => log::event!(DHCP6_PD_LEASE_ALLOC, client, prefix = address, length, iaid, lifetime),
        }
    }
}

/// What the client asks for in an IA, in its order.
fn hints<'i>(kind: LeaseType, ia: &'i Ia<'_>) -> impl Iterator<Item = Hint> + 'i {
    ia.options.iter().map_while(Result::ok).filter_map(move |option| hint(kind, &option))
}

fn hint(kind: LeaseType, option: &Opt<'_>) -> Option<Hint> {
    match kind {
        LeaseType::Na => {
            let IaAddress { address, preferred, valid, .. } = IaAddress::parse(option)?;
            Some(Hint { address, len: 128, preferred, valid })
        }
        LeaseType::Pd => {
            let IaPrefix { prefix, len, preferred, valid, .. } = IaPrefix::parse(option)?;
            // More than there can be is all of it; it comes this far where that is forgiven.
            Some(Hint { address: prefix, len: len.min(128), preferred, valid })
        }
    }
}

/// The client is to stop using it at once.
fn write_ended(out: &mut Writer<'_>, kind: LeaseType, address: Ipv6Addr, len: u8) {
    match kind {
        LeaseType::Na => out.ia_address(address, 0, 0),
        LeaseType::Pd => {
            let open = out.open_ia_prefix(address, len, 0, 0);
            out.close(open);
        }
    }
}

/// Code of the option that holds an IA.
pub(super) fn code_of(kind: LeaseType) -> u16 {
    match kind {
        LeaseType::Na => code::IA_NA,
        LeaseType::Pd => code::IA_PD,
    }
}

fn tee_times(tee: &TeeTimes, preferred: u32) -> (u32, u32) {
    let part = |fraction: f64| if tee.calculate { (fraction * f64::from(preferred)).round() as u32 } else { 0 };
    let t2 = tee.rebind.unwrap_or_else(|| part(tee.t2_fraction));
    let t1 = tee.renew.unwrap_or_else(|| part(tee.t1_fraction));
    (if t1 < t2 { t1 } else { 0 }, t2)
}

/// A hint as messages show it.
struct Asked<'h>(Option<&'h Hint>);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(hint) => hint.address.fmt(f),
            None => f.write_str("(no hint)"),
        }
    }
}

/// A lifetime as messages show it.
struct Lifetime(u32);

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            u32::MAX => f.write_str("infinity"),
            seconds => seconds.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t1_comes_before_t2_or_is_left_to_the_client() {
        let tee = TeeTimes { renew: None, rebind: None, calculate: true, t1_fraction: 0.5, t2_fraction: 0.8 };
        assert_eq!(tee_times(&tee, 3000), (1500, 2400));
        assert_eq!(tee_times(&TeeTimes { renew: Some(1000), rebind: Some(2000), ..tee }, 3000), (1000, 2000));
        assert_eq!(tee_times(&TeeTimes { renew: Some(2000), rebind: Some(1000), ..tee }, 3000), (0, 1000));
        assert_eq!(tee_times(&TeeTimes { calculate: false, ..tee }, 3000), (0, 0));
    }
}
