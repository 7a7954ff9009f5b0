//! What both families do about names: who updates the DNS (RFC 4702, RFC 4704), what the client is called, and the
//! requests that D2 gets.

use dhcpd_config::ddns::{ConflictResolution, Ddns, DnsTtl};
use ncr::{ChangeType, ConflictResolutionMode, Dhcid, Name, NameChangeRequest};
use std::net::IpAddr;

/// Records live at least this long by default, in seconds (RFC 4702 §5).
const LEAST_TTL: u32 = 600;
/// Records live a third of the lease by default (RFC 4702 §5).
const TTL_FRACTION: f64 = 0.33333;

/// Flags of the server's FQDN option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directions {
    /// S: the server updates the address record.
    pub s: bool,
    /// N: the server updates nothing.
    pub n: bool,
}

/// Answers the client's S and N flags; `None` for both at once, which the RFCs forbid.
pub fn directions(client_s: bool, client_n: bool, policy: &Ddns) -> Option<Directions> {
    let updates = policy.send_updates;
    let s = match (client_n, client_s) {
        (true, true) => return None,
        // The client wants to update its address record by itself; the server still updates the reverse one.
        (false, false) => return Some(Directions { s: updates && policy.override_client_update, n: !updates }),
        (false, true) => updates,
        (true, false) => updates && policy.override_no_update,
    };
    Some(Directions { s, n: !s })
}

/// A name with the qualifying suffix, unless it ends in it or in a dot; with or without a dot at its end.
pub fn qualify(name: &str, policy: &Ddns, trailing_dot: bool) -> String {
    let suffix = policy.qualifying_suffix.trim_end_matches('.');
    let mut full = name.to_owned();
    let has_suffix = full.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if !suffix.is_empty() && !full.ends_with('.') && !has_suffix {
        full.push('.');
        full.push_str(suffix);
    }
    match (trailing_dot, full.ends_with('.')) {
        (true, false) => full.push('.'),
        (false, true) => drop(full.pop()),
        _ => {}
    }
    full
}

/// A name made of the address: `myhost-192-0-2-1`, qualified.
pub fn generate(address: IpAddr, policy: &Ddns, trailing_dot: bool) -> String {
    let mut host = address.to_string().replace(['.', ':'], "-");
    if host.ends_with('-') {
        host.push('0');
    }
    qualify(&format!("{}-{host}", policy.generated_prefix), policy, trailing_dot)
}

/// A domain name scrubbed label by label (the set may not spare dots); `None` if a label lost all its characters.
pub fn scrub(name: &str, policy: &Ddns) -> Option<String> {
    let Some(sanitizer) = &policy.sanitizer else { return Some(name.to_owned()) };
    let (labels, dot) = name.strip_suffix('.').map_or((name, ""), |labels| (labels, "."));
    let raw = wire::names::unescape(labels).ok()?;
    let labels: Vec<Vec<u8>> = raw.split(|byte| *byte == b'.').map(|label| sanitizer.scrub(label)).collect();
    if labels.iter().any(Vec::is_empty) {
        return None;
    }
    let name = String::from_utf8(labels.join(&b'.')).ok()? + dot;
    wire::names::encode(&name, true, &mut Vec::with_capacity(name.len() + 2)).ok().map(|()| name)
}

/// A host name as the client sent it, scrubbed as a whole; `None` if nothing is left that is text.
pub fn scrub_hostname(name: &[u8], policy: &Ddns) -> Option<String> {
    let clean = policy.sanitizer.as_ref().map_or_else(|| name.to_vec(), |sanitizer| sanitizer.scrub(name));
    String::from_utf8(clean).ok().filter(|name| !name.is_empty())
}

/// Time to live of the records of a lease, both in seconds.
pub fn ttl(lifetime: u32, ttl: &DnsTtl) -> u32 {
    if let Some(fixed) = ttl.fixed.filter(|seconds| *seconds > 0) {
        return fixed;
    }
    let fraction = ttl.fraction.filter(|f| *f > 0.0).unwrap_or(TTL_FRACTION);
    let seconds = (fraction * f64::from(lifetime)).round() as u32;
    let least = ttl.min.filter(|seconds| *seconds > 0).unwrap_or(LEAST_TTL);
    match ttl.max.filter(|seconds| *seconds > 0) {
        _ if seconds < least => {
            log::event!(DHCPSRV_DDNS_TTL_TOO_SMALL, fraction, lifetime, seconds, least);
            least
        }
        Some(most) if seconds > most => {
            log::event!(DHCPSRV_DDNS_TTL_TOO_LARGE, fraction, lifetime, seconds, most);
            most
        }
        _ => seconds,
    }
}

log::messages! {
    /// The records of a lease live longer than its part of the lifetime.
    DHCPSRV_DDNS_TTL_TOO_SMALL: Debug(55), "dhcpsrv", "{fraction} of lease life time {lifetime} is {seconds}, using minimum of {least} instead.";
    /// The records of a lease live shorter than its part of the lifetime.
    DHCPSRV_DDNS_TTL_TOO_LARGE: Debug(55), "dhcpsrv", "{fraction} of lease life time {lifetime} is {seconds}, using maximum of {most} instead.";
}

/// What a lease says about its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// Name; empty if none.
    pub hostname: &'a str,
    /// The address record is ours.
    pub forward: bool,
    /// The PTR record is ours.
    pub reverse: bool,
    /// The address.
    pub address: IpAddr,
    /// Lifetime of the lease, seconds.
    pub lifetime: u32,
}

/// The request to D2 about a lease, `None` if there is nothing to ask for; an error says why it cannot be made.
/// `dhcid` computes the client's identifier at that name.
pub fn request<E: std::fmt::Display>(
    change_type: ChangeType,
    lease: Named<'_>,
    policy: &Ddns,
    dhcid: impl FnOnce(&Name) -> Result<Dhcid, E>,
) -> Result<Option<NameChangeRequest>, String> {
    if lease.hostname.is_empty() || !(lease.forward || lease.reverse) {
        return Ok(None);
    }
    let fqdn = Name::parse(lease.hostname).map_err(|e| e.to_string())?;
    let dhcid = dhcid(&fqdn).map_err(|e| e.to_string())?;
    Ok(Some(NameChangeRequest {
        change_type,
        forward_change: lease.forward,
        reverse_change: lease.reverse,
        fqdn,
        ip_address: lease.address,
        dhcid,
        lease_length: ttl(lease.lifetime, &policy.ttl),
        conflict_resolution_mode: match policy.conflict_resolution {
            ConflictResolution::CheckWithDhcid => ConflictResolutionMode::CheckWithDhcid,
            ConflictResolution::NoCheckWithDhcid => ConflictResolutionMode::NoCheckWithDhcid,
            ConflictResolution::CheckExistsWithDhcid => ConflictResolutionMode::CheckExistsWithDhcid,
            ConflictResolution::NoCheckWithoutDhcid => ConflictResolutionMode::NoCheckWithoutDhcid,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(suffix: &str) -> Ddns {
        Ddns { send_updates: true, qualifying_suffix: suffix.into(), ..Ddns::default() }
    }

    #[test]
    fn flags_by_the_rfcs_and_the_overrides() {
        let plain = policy("");
        let answer = |s, n, policy: &Ddns| directions(s, n, policy).map(|d| (d.s, d.n));
        assert_eq!(answer(true, false, &plain), Some((true, false)));
        assert_eq!(answer(false, false, &plain), Some((false, false)));
        assert_eq!(answer(false, true, &plain), Some((false, true)));
        assert_eq!(answer(true, true, &plain), None);
        let eager = Ddns { override_no_update: true, override_client_update: true, ..plain.clone() };
        assert_eq!(answer(false, false, &eager), Some((true, false)));
        assert_eq!(answer(false, true, &eager), Some((true, false)));
        let off = Ddns { send_updates: false, ..eager };
        for (s, n) in [(true, false), (false, false), (false, true)] {
            assert_eq!(answer(s, n, &off), Some((false, true)));
        }
    }

    #[test]
    fn names_are_qualified_once() {
        let policy = policy("example.com.");
        assert_eq!(qualify("foo", &policy, true), "foo.example.com.");
        assert_eq!(qualify("foo", &policy, false), "foo.example.com");
        assert_eq!(qualify("foo.", &policy, false), "foo");
        assert_eq!(qualify("foo.example.com", &policy, true), "foo.example.com.");
        assert_eq!(qualify("foo.barexample.com", &policy, false), "foo.barexample.com.example.com");
        assert_eq!(generate([192, 0, 2, 1].into(), &policy, true), "myhost-192-0-2-1.example.com.");
        let v6: IpAddr = "2001:db8::".parse().unwrap();
        assert_eq!(generate(v6, &policy, false), "myhost-2001-db8--0.example.com");
    }

    #[test]
    fn labels_are_scrubbed_apart() {
        assert_eq!(scrub("a_b.c!d.", &policy("")), Some("ab.cd.".into()));
        assert_eq!(
            scrub("my\\032host\\.x.b", &policy("")),
            Some("myhost.x.b".into()),
            "the bytes, not how they are shown"
        );
        assert_eq!(scrub("a._.b", &policy("")), None);
    }

    #[test]
    fn time_to_live() {
        let none = DnsTtl::default();
        assert_eq!(ttl(7200, &none), 2400);
        assert_eq!(ttl(600, &none), 600);
        assert_eq!(ttl(7200, &DnsTtl { fixed: Some(5), ..none }), 5);
        assert_eq!(ttl(7200, &DnsTtl { fraction: Some(0.5), max: Some(1000), ..none }), 1000);
        assert_eq!(ttl(60, &DnsTtl { min: Some(10), ..none }), 20);
    }
}
