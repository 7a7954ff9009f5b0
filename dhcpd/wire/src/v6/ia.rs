//! Identity associations and what stands in them (RFC 8415 §21.4, §21.6, §21.21, §21.22).

use super::{Opt, Options, code};
use std::net::Ipv6Addr;

/// An IA_NA or IA_PD.
#[derive(Clone, Copy, Debug)]
pub struct Ia<'a> {
    /// Chosen by the client.
    pub iaid: u32,
    /// T1, seconds.
    pub t1: u32,
    /// T2, seconds.
    pub t2: u32,
    /// Addresses, prefixes, status.
    pub options: Options<'a>,
}

/// An address in an IA_NA.
#[derive(Clone, Copy, Debug)]
pub struct IaAddress<'a> {
    /// The address.
    pub address: Ipv6Addr,
    /// Preferred lifetime, seconds.
    pub preferred: u32,
    /// Valid lifetime, seconds.
    pub valid: u32,
    /// Status.
    pub options: Options<'a>,
}

/// A prefix in an IA_PD.
#[derive(Clone, Copy, Debug)]
pub struct IaPrefix<'a> {
    /// First address.
    pub prefix: Ipv6Addr,
    /// Length; the wire allows what no prefix has.
    pub len: u8,
    /// Preferred lifetime, seconds.
    pub preferred: u32,
    /// Valid lifetime, seconds.
    pub valid: u32,
    /// Status, excluded prefix.
    pub options: Options<'a>,
}

impl<'a> Ia<'a> {
    /// From an IA_NA or IA_PD option; `None` if its fixed part is cut short.
    pub fn parse(option: &Opt<'a>) -> Option<Self> {
        let (iaid, rest) = u32_of(option.data)?;
        let (t1, rest) = u32_of(rest)?;
        let (t2, _) = u32_of(rest)?;
        Some(Self { iaid, t1, t2, options: option.options(12)? })
    }
}

impl<'a> IaAddress<'a> {
    /// From an option; `None` if it is no IA address or its fixed part is cut short.
    pub fn parse(option: &Opt<'a>) -> Option<Self> {
        let (address, rest) = option.data.split_first_chunk::<16>().filter(|_| option.code == code::IA_ADDR)?;
        let (preferred, rest) = u32_of(rest)?;
        let (valid, _) = u32_of(rest)?;
        Some(Self { address: Ipv6Addr::from(*address), preferred, valid, options: option.options(24)? })
    }
}

impl<'a> IaPrefix<'a> {
    /// From an option; `None` if it is no IA prefix or its fixed part is cut short.
    pub fn parse(option: &Opt<'a>) -> Option<Self> {
        let (preferred, rest) = u32_of(option.data).filter(|_| option.code == code::IA_PREFIX)?;
        let (valid, rest) = u32_of(rest)?;
        let (&len, rest) = rest.split_first()?;
        let prefix = Ipv6Addr::from(*rest.first_chunk::<16>()?);
        Some(Self { prefix, len, preferred, valid, options: option.options(25)? })
    }
}

fn u32_of(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}
