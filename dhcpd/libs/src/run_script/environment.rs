//! The facts that a script hears of, as variables of its environment: names and values are Kea's.

use leases::LeaseState;
use std::fmt::{self, Display};
use wire::hex::Colons;

/// Variables, made in the order in which they are set.
#[derive(Clone, Debug, Default)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// Sets `PREFIX_NAME`; without a prefix, `NAME`.
    pub fn set(&mut self, prefix: &str, name: &str, value: impl Display) {
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}_{name}") };
        // What the system refuses in an environment would keep the script from running at all.
        self.0.push((name, value.to_string().replace('\0', "")));
    }

    /// Sets `PREFIX_NAME` and `PREFIX_NAME_TYPE`; empty if there is no address.
    pub fn hw_addr(&mut self, prefix: &str, name: &str, address: Option<(u16, &[u8])>) {
        let address = address.filter(|(_, bytes)| !bytes.is_empty());
        self.set(prefix, name, address.map_or(String::new(), |(_, bytes)| Colons(bytes).to_string()));
        self.set(prefix, &format!("{name}_TYPE"), OrEmpty(address.map(|(kind, _)| kind)));
    }

    /// The interface that a query came in by, as the machine knows it.
    pub fn interface(&mut self, prefix: &str, name: &str) {
        let index = of_interface(name, "ifindex");
        self.set(prefix, "IFACE_INDEX", index.unwrap_or_default());
        self.set(prefix, "IFACE_NAME", name);
    }

    /// The variables.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// What the kernel says of an interface.
pub fn of_interface(name: &str, what: &str) -> Option<String> {
    if name.contains('/') {
        return None;
    }
    let text = std::fs::read_to_string(format!("/sys/class/net/{name}/{what}")).ok()?;
    Some(text.trim().to_owned())
}

/// A value, or nothing.
pub struct OrEmpty<T>(pub Option<T>);

impl<T: Display> Display for OrEmpty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

/// A state in Kea's words.
pub fn state(state: LeaseState) -> &'static str {
    match state {
        LeaseState::Assigned => "default",
        LeaseState::Declined => "declined",
        LeaseState::ExpiredReclaimed => "expired-reclaimed",
        LeaseState::Released => "released",
        LeaseState::Registered => "registered",
    }
}
