//! Leases and subnets in messages, in Kea's lines.

use dhcpd_config::v4::snapshot::Subnet4;
use dhcpd_config::v6::snapshot::Subnet6;
use leases::{Lease4, Lease6, LeaseState, LeaseType};
use std::fmt::{self, Display};
use wire::hex::Colons;

/// A lease or a subnet as messages show it.
pub(crate) struct Shown<'a, T>(pub &'a T);

impl Display for Shown<'_, Subnet4> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.prefix, self.0.prefix_len)
    }
}

impl Display for Shown<'_, Subnet6> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.prefix, self.0.prefix_len)
    }
}

impl Display for Shown<'_, LeaseType> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            LeaseType::Na => "IA_NA",
            LeaseType::Pd => "IA_PD",
        })
    }
}

impl Display for Shown<'_, Lease4> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lease = self.0;
        let client_id = lease.client_id.as_deref();
        writeln!(f, "Address:       {}\nValid life:    {}", lease.address, Life(lease.valid_lifetime))?;
        writeln!(f, "Cltt:          {}\nHardware addr: {}", lease.cltt, OrNone(Some(&*lease.hw_addr)))?;
        writeln!(f, "Client id:     {}\nSubnet ID:     {}", OrNone(client_id), lease.subnet_id)?;
        writeln!(f, "Pool ID:       {}\nState:         {}", lease.pool_id, state(lease.state))?;
        context(f, lease.user_context.as_deref())
    }
}

impl Display for Shown<'_, Lease6> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lease = self.0;
        let number = if lease.lease_type == LeaseType::Na { 0 } else { 2 };
        let hw_addr = lease.hw_addr.as_deref();
        writeln!(f, "Type:          {}({number})\nAddress:       {}", Shown(&lease.lease_type), lease.address)?;
        writeln!(f, "Prefix length: {}\nIAID:          {}", lease.prefix_len, lease.iaid)?;
        writeln!(f, "Pref life:     {}", Life(lease.preferred_lifetime))?;
        writeln!(f, "Valid life:    {}\nCltt:          {}", Life(lease.valid_lifetime), lease.cltt)?;
        writeln!(f, "DUID:          {}\nHardware addr: {}", Colons(&lease.duid), OrNone(hw_addr))?;
        writeln!(f, "Subnet ID:     {}\nPool ID:       {}", lease.subnet_id, lease.pool_id)?;
        writeln!(f, "State:         {}", state(lease.state))?;
        context(f, lease.user_context.as_deref())
    }
}

fn context(f: &mut fmt::Formatter<'_>, context: Option<&str>) -> fmt::Result {
    context.map_or(Ok(()), |context| writeln!(f, "User context:  {context}"))
}

fn state(state: LeaseState) -> &'static str {
    match state {
        LeaseState::Assigned => "default",
        LeaseState::Declined => "declined",
        LeaseState::ExpiredReclaimed => "expired-reclaimed",
        LeaseState::Released => "released",
        LeaseState::Registered => "registered",
    }
}

/// A lifetime in seconds.
struct Life(u32);

impl Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == u32::MAX { f.write_str("infinity") } else { self.0.fmt(f) }
    }
}

/// An identifier, or that there is none.
struct OrNone<'a>(Option<&'a [u8]>);

impl Display for OrNone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => Colons(bytes).fmt(f),
            None => f.write_str("(none)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leases::{Duid, HwAddr};

    #[test]
    fn leases_stand_in_lines() {
        let lease = Lease4 {
            address: [192, 0, 2, 1].into(),
            hw_addr: HwAddr::from_slice(&[0, 12, 1, 2, 3, 4]),
            client_id: None,
            valid_lifetime: u32::MAX,
            cltt: 7,
            subnet_id: 1,
            pool_id: 2,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: "".into(),
            state: LeaseState::Released,
            user_context: Some("{ }".into()),
        };
        let expected = "Address:       192.0.2.1\nValid life:    infinity\nCltt:          7\n\
                        Hardware addr: 00:0c:01:02:03:04\nClient id:     (none)\nSubnet ID:     1\n\
                        Pool ID:       2\nState:         released\nUser context:  { }\n";
        assert_eq!(Shown(&lease).to_string(), expected);
        let lease = Lease6 {
            lease_type: LeaseType::Pd,
            address: "2001:db8::".parse().unwrap(),
            prefix_len: 56,
            duid: Duid::from_slice(&[0, 3]),
            iaid: 5,
            preferred_lifetime: 3,
            valid_lifetime: 4,
            cltt: 7,
            subnet_id: 1,
            pool_id: 0,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: "".into(),
            hw_addr: None,
            hw_type: 0,
            hw_source: 0,
            state: LeaseState::Assigned,
            user_context: None,
        };
        let expected = "Type:          IA_PD(2)\nAddress:       2001:db8::\nPrefix length: 56\nIAID:          5\n\
                        Pref life:     3\nValid life:    4\nCltt:          7\nDUID:          00:03\n\
                        Hardware addr: (none)\nSubnet ID:     1\nPool ID:       0\nState:         default\n";
        assert_eq!(Shown(&lease).to_string(), expected);
    }
}
