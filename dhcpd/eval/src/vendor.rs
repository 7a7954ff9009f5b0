//! The options of vendors: 124 and 125 of DHCPv4 (RFC 3925), 16 and 17 of DHCPv6 (RFC 8415 §21.16, §21.17).
//!
//! A packet may have several, each for its enterprise. An expression that names the enterprise looks at all of its own;
//! Kea sees only the first of the packet. One that names none looks at the first: in DHCPv4, as in Kea, that of the
//! lowest number.

use crate::ast::{Enterprise, Vendor};
use crate::{Subject, path};
use wire::options::Family;

/// What one enterprise has in a packet: sub-options or chunks of data, as they stand on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub enterprise: u32,
    pub body: &'a [u8],
}

/// All blocks of a packet, in its order.
pub(crate) fn blocks<'a>(subject: &'a dyn Subject, family: Family, vendor: Vendor) -> impl Iterator<Item = Block<'a>> {
    let code = vendor.code(family);
    let mut instance = 0;
    let mut rest = subject.option(code, 0).filter(|_| family == Family::V4).unwrap_or(&[]);
    std::iter::from_fn(move || match family {
        // In DHCPv4 all enterprises stand in one option, each with a length in one byte.
        Family::V4 => {
            let (enterprise, tail) = rest.split_first_chunk()?;
            let (&len, tail) = tail.split_first()?;
            let (body, tail) = tail.split_at_checked(len.into())?;
            rest = tail;
            Some(Block { enterprise: u32::from_be_bytes(*enterprise), body })
        }
        Family::V6 => {
            let payload = subject.option(code, instance).filter(|_| instance < MOST_INSTANCES)?;
            let (enterprise, body) = payload.split_first_chunk()?;
            instance += 1;
            Some(Block { enterprise: u32::from_be_bytes(*enterprise), body })
        }
    })
}

/// Options of one code that are looked at: finding each goes through those before it.
const MOST_INSTANCES: usize = 16;

/// The enterprise that an expression means: the one it names if the packet has it, or the packet's first.
pub(crate) fn chosen(subject: &dyn Subject, family: Family, vendor: Vendor, enterprise: Enterprise) -> Option<u32> {
    let mut all = blocks(subject, family, vendor).map(|block| block.enterprise);
    match (enterprise, family) {
        (Some(named), _) => all.find(|other| *other == named),
        (None, Family::V4) => all.min(),
        (None, Family::V6) => all.next(),
    }
}

/// A sub-option of an enterprise.
pub(crate) fn sub_option(subject: &dyn Subject, family: Family, enterprise: Enterprise, code: u16) -> Option<&[u8]> {
    let chosen = chosen(subject, family, Vendor::Options, enterprise)?;
    let mut own = blocks(subject, family, Vendor::Options).filter(|block| block.enterprise == chosen);
    own.find_map(|block| path::sub_option(family, block.body, code))
}

/// Chunks of data of an enterprise's class.
pub(crate) fn chunks(subject: &dyn Subject, family: Family, enterprise: u32) -> impl Iterator<Item = &[u8]> {
    let own = blocks(subject, family, Vendor::Class).filter(move |block| block.enterprise == enterprise);
    own.flat_map(move |block| block.chunks(family))
}

impl<'a> Block<'a> {
    /// In DHCPv4 a block is a chunk; in DHCPv6 it has several, each with a length in two bytes. One that is said to be longer
    /// than what is left is what is left: servers that do not forgive that drop the message.
    pub fn chunks(self, family: Family) -> impl Iterator<Item = &'a [u8]> {
        let (whole, mut rest) = match family {
            Family::V4 => (Some(self.body), &[] as &[u8]),
            Family::V6 => (None, self.body),
        };
        whole.into_iter().chain(std::iter::from_fn(move || {
            let (len, tail) = rest.split_first_chunk()?;
            let (chunk, tail) = tail.split_at_checked(u16::from_be_bytes(*len).into()).unwrap_or((tail, &[]));
            rest = tail;
            Some(chunk)
        }))
    }
}
