//! The options inside of an option: of either family, and behind a vendor's number.

use wire::options::Family;
use wire::{v4, v6};

/// The options of a container, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inside {
    family: Family,
    vendor: Option<u32>,
    options: Vec<(u16, Vec<u8>)>,
}

/// The container is this vendor's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OtherVendor(pub u32);

impl Inside {
    /// A container that holds nothing.
    pub fn empty(family: Family, vendor: Option<u32>) -> Self {
        Self { family, vendor, options: Vec::new() }
    }

    /// What a container holds; what does not fit into it is lost.
    pub fn read(family: Family, vendor: Option<u32>, bytes: &[u8]) -> Result<Self, OtherVendor> {
        let mut made = Self::empty(family, vendor);
        let bytes = match vendor {
            None => bytes,
            Some(wanted) => {
                let (number, rest) =
                    bytes.split_first_chunk().map_or((0, &[][..]), |(n, rest)| (u32::from_be_bytes(*n), rest));
                if number != wanted {
                    return Err(OtherVendor(number));
                }
                // In DHCPv4 the length of the vendor's part comes first (RFC 3925 §4).
                if family == Family::V4 { rest.get(1..).unwrap_or_default() } else { rest }
            }
        };
        made.options = match family {
            Family::V4 => v4::sub_options(bytes).map(|(code, data)| (code.into(), data.to_vec())).collect(),
            Family::V6 => {
                let options = v6::Options::new(bytes, 0).iter().map_while(Result::ok);
                options.map(|option| (option.code, option.data.to_vec())).collect()
            }
        };
        Ok(made)
    }

    pub fn is_empty(&self) -> bool {
        self.options.is_empty()
    }

    pub fn has(&self, code: u16) -> bool {
        self.options.iter().any(|(other, _)| *other == code)
    }

    /// Puts an option in the place of those with its code.
    pub fn put(&mut self, code: u16, value: Vec<u8>) {
        self.take_away(code);
        self.options.push((code, value));
    }

    pub fn take_away(&mut self, code: u16) {
        self.options.retain(|(other, _)| *other != code);
    }

    /// The container. In DHCPv4, an option of more than 255 bytes cannot stand in it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut inner = Vec::new();
        for (code, data) in &self.options {
            match self.family {
                Family::V4 => {
                    let data = data.get(..255).unwrap_or(data);
                    inner.extend_from_slice(&[*code as u8, data.len() as u8]);
                    inner.extend_from_slice(data);
                }
                Family::V6 => v6::Writer::new(&mut inner).option(*code, data),
            }
        }
        let Some(vendor) = self.vendor else { return inner };
        let mut whole = vendor.to_be_bytes().to_vec();
        if self.family == Family::V4 {
            inner.truncate(255);
            whole.push(inner.len() as u8);
        }
        whole.extend_from_slice(&inner);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        let same = |family, vendor, bytes: &[u8]| {
            assert_eq!(Inside::read(family, vendor, bytes).map(|inside| inside.bytes()), Ok(bytes.to_vec()));
        };
        same(Family::V4, None, &[1, 2, 7, 8, 2, 0]);
        same(Family::V4, Some(4491), &[0, 0, 0x11, 0x8b, 4, 1, 2, 7, 8]);
        same(Family::V6, None, &[0, 1, 0, 2, 7, 8]);
        same(Family::V6, Some(4491), &[0, 0, 0x11, 0x8b, 0, 1, 0, 1, 9]);
        assert_eq!(Inside::read(Family::V6, Some(4491), &[0, 0, 0, 9]), Err(OtherVendor(9)));
    }

    #[test]
    fn options_come_and_go() {
        let mut inside = Inside::empty(Family::V4, Some(9));
        inside.put(1, vec![5]);
        inside.put(1, vec![6]);
        assert_eq!((inside.has(1), inside.bytes()), (true, vec![0, 0, 0, 9, 3, 1, 1, 6]));
        inside.take_away(1);
        assert!(inside.is_empty());
    }
}
