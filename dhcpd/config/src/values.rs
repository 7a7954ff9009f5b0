//! Values that stand as text in a configuration: prefixes, ranges, identifiers.

use schema::text_field;
use std::fmt::{self, Display};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use wire::hex::{Colons, Plain};
use wire::options;

/// An address, as far as prefixes and ranges need to know.
pub trait Address: Copy + Ord + Display + FromStr {
    /// Length in bits.
    const BITS: u8;
    /// The address as a number in the lower bits.
    fn number(self) -> u128;
    /// The address of this number.
    fn from_number(number: u128) -> Self;
}

impl Address for Ipv4Addr {
    const BITS: u8 = 32;

    fn number(self) -> u128 {
        u128::from(self.to_bits())
    }

    fn from_number(number: u128) -> Self {
        Self::from_bits(number as u32)
    }
}

impl Address for Ipv6Addr {
    const BITS: u8 = 128;

    fn number(self) -> u128 {
        self.to_bits()
    }

    fn from_number(number: u128) -> Self {
        Self::from_bits(number)
    }
}

/// Ones where the address differs within a prefix of this length.
fn host_mask<A: Address>(len: u8) -> u128 {
    1u128.checked_shl(u32::from(A::BITS.saturating_sub(len))).map_or(u128::MAX, |size| size - 1)
}

/// `192.0.2.0/24`: a prefix as written, bits beyond its length included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix<A> {
    /// Address before the slash.
    pub address: A,
    /// Length in bits.
    pub len: u8,
}

/// Prefix of IPv4 addresses.
pub type Prefix4 = Prefix<Ipv4Addr>;
/// Prefix of IPv6 addresses.
pub type Prefix6 = Prefix<Ipv6Addr>;

impl<A: Address> Prefix<A> {
    /// A prefix, if its length is possible.
    pub fn new(address: A, len: u8) -> Option<Self> {
        (len <= A::BITS).then_some(Self { address, len })
    }

    /// Its first address.
    pub fn first(self) -> A {
        A::from_number(self.address.number() & !host_mask::<A>(self.len))
    }

    /// Its last address.
    pub fn last(self) -> A {
        A::from_number(self.address.number() | host_mask::<A>(self.len))
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: A) -> bool {
        (self.first()..=self.last()).contains(&address)
    }

    /// All its addresses.
    pub fn range(self) -> Range<A> {
        Range { first: self.first(), last: self.last() }
    }
}

impl<A: Address> Display for Prefix<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

impl<A: Address> FromStr for Prefix<A> {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, len) = text.split_once('/').ok_or(())?;
        if !len.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let address = address.trim().parse().map_err(|_| ())?;
        Self::new(address, len.trim().parse().map_err(|_| ())?).ok_or(())
    }
}

text_field!(Prefix4, "ipv4-prefix", "an IPv4 prefix such as 192.0.2.0/24");
text_field!(Prefix6, "ipv6-prefix", "an IPv6 prefix such as 2001:db8::/32");

/// `192.0.2.10-192.0.2.20`, or a prefix: consecutive addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range<A> {
    /// First address.
    pub first: A,
    /// Last address, not before the first.
    pub last: A,
}

/// Range of IPv4 addresses.
pub type Range4 = Range<Ipv4Addr>;
/// Range of IPv6 addresses.
pub type Range6 = Range<Ipv6Addr>;

impl<A: Address> Range<A> {
    /// Whether both have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The prefix that has just these addresses, if there is one.
    pub fn prefix(self) -> Option<Prefix<A>> {
        let differing = self.first.number() ^ self.last.number();
        let len = A::BITS - (u128::BITS - differing.leading_zeros()) as u8;
        let prefix = Prefix { address: self.first, len };
        (prefix.range() == self).then_some(prefix)
    }
}

/// As Kea prints pools: a prefix where the addresses make one.
impl<A: Address> Display for Range<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix().filter(|prefix| prefix.len > 0) {
            Some(prefix) => prefix.fmt(f),
            None => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl<A: Address> FromStr for Range<A> {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some((first, last)) = text.split_once('-') {
            let first = first.trim().parse().map_err(|_| ())?;
            let last = last.trim().parse().map_err(|_| ())?;
            return if first <= last { Ok(Self { first, last }) } else { Err(()) };
        }
        let prefix = text.parse::<Prefix<A>>()?;
        // A prefix that does not begin at its first address is more likely a mistake than what was meant; so Kea.
        if prefix.first() == prefix.address && prefix.len > 0 { Ok(prefix.range()) } else { Err(()) }
    }
}

text_field!(Range4, "ipv4-range", "a range such as 192.0.2.10-192.0.2.20 or a prefix such as 192.0.2.16/28");
text_field!(Range6, "ipv6-range", "a range such as 2001:db8::10-2001:db8::20 or a prefix such as 2001:db8::/80");

/// Bytes of an identifier, written as `1a:2b:3c`, `0x1a2b3c`, `1a2b3c` or `'text'`, printed with colons.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Octets(pub Box<[u8]>);

/// As [`Octets`], printed without colons in capital letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlainOctets(pub Box<[u8]>);

fn octets(text: &str) -> Result<Box<[u8]>, ()> {
    let bytes = options::bytes(text).map_err(|_| ())?;
    if bytes.is_empty() { Err(()) } else { Ok(bytes.into()) }
}

impl FromStr for Octets {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        octets(text).map(Self)
    }
}

impl Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Colons(&self.0).fmt(f)
    }
}

impl FromStr for PlainOctets {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        octets(text).map(Self)
    }
}

impl Display for PlainOctets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Plain(&self.0).fmt(f)
    }
}

text_field!(Octets, "hex", "hexadecimal digits such as 1a:2b:3c");
text_field!(PlainOctets, "hex", "hexadecimal digits such as 1a2b3c, or 'text' in single quotes");

/// An address, or an empty string for none.
macro_rules! optional {
    ($(#[$doc:meta])* $name:ident, $type:ty, $format:literal, $right:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub Option<$type>);

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                if text.is_empty() {
                    return Ok(Self(None));
                }
                text.parse().map(|value| Self(Some(value))).map_err(|_| ())
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
            }
        }

        text_field!($name, $format, $right);
    };
}

optional!(
    /// `next-server`: an empty string is no address, too.
    MaybeIpv4, Ipv4Addr, "ipv4-address", "an IPv4 address"
);
optional!(
    /// `sender-ip`: an empty string leaves the choice to the server.
    MaybeIp, std::net::IpAddr, "ip-address", "an IP address"
);
optional!(
    /// `excluded-prefix`: an empty string or `::` is none.
    MaybeIpv6, Ipv6Addr, "ipv6-address", "an IPv6 address"
);
optional!(
    /// An excluded prefix, or an empty string for none.
    MaybePrefix6, Prefix6, "ipv6-prefix", "an IPv6 prefix such as 2001:db8::/32, or an empty string"
);
optional!(
    /// `identifier` of the server's DUID: empty if it is to be made.
    MaybeOctets, PlainOctets, "hex", "hexadecimal digits such as 1a2b3c, or an empty string"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_are_read_as_printed(a: u128, b: u128, len in 0u8..=128) {
            let (first, last) = (Ipv6Addr::from_bits(a.min(b)), Ipv6Addr::from_bits(a.max(b)));
            for range in [Range { first, last }, Prefix { address: first, len: len.max(1) }.range()] {
                prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
            let (first, last) = (Ipv4Addr::from_bits(a.min(b) as u32), Ipv4Addr::from_bits(u32::MAX));
            let range = Range { first, last };
            prop_assert_eq!(range.to_string().parse(), Ok(range));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-f:./ -]{0,30}") {
            let _ = (text.parse::<Range4>(), text.parse::<Range6>(), text.parse::<Octets>());
        }
    }

    #[test]
    fn prefixes_have_ends() {
        let prefix: Prefix4 = " 10.1.2.3 / 8".parse().unwrap();
        assert_eq!((prefix.first(), prefix.last()), ([10, 0, 0, 0].into(), [10, 255, 255, 255].into()));
        assert!("0.0.0.0/0".parse::<Prefix4>().unwrap().contains(Ipv4Addr::BROADCAST));
        assert!("10.0.0.0/33".parse::<Prefix4>().is_err() && "10.0.0.0/+8".parse::<Prefix4>().is_err());
        assert_eq!("192.0.2.5 - 192.0.2.5".parse::<Range4>().unwrap().to_string(), "192.0.2.5/32");
        assert!("192.0.2.5-192.0.2.4".parse::<Range4>().is_err() && "192.0.2.5/24".parse::<Range4>().is_err());
    }
}
