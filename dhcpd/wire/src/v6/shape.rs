//! Whether an option of a client's message has the shape that its definition says.

use super::{ClientFqdn, FqdnError, Opt, code};
use crate::options::{self, DataType, Family};
use std::sync::LazyLock;

/// What is to be done about an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is as it should be.
    Good,
    /// It is to be treated as if it were not there.
    Ignored,
    /// The message cannot be read.
    Bad,
}

impl Opt<'_> {
    /// Its shape. `leniently` (`lenient-option-parsing`): what is too long is cut, and names that are none are ignored.
    pub fn shape(&self, leniently: bool) -> Shape {
        match self.code {
            code::VENDOR_CLASS => good(leniently || tuples_fit(self.data)),
            code::CLIENT_FQDN => match ClientFqdn::parse(self.data) {
                Err(FqdnError::Empty) => Shape::Bad,
                Err(FqdnError::Name(_)) if leniently => Shape::Ignored,
                Err(FqdnError::Name(_) | FqdnError::Flags) => good(leniently),
                Err(FqdnError::Trailing) => Shape::Ignored,
                Ok(_) => Shape::Good,
            },
            code => good(SIZES.get(usize::from(code)).is_none_or(|size| size.fits(self.data.len(), leniently))),
        }
    }
}

fn good(good: bool) -> Shape {
    if good { Shape::Good } else { Shape::Bad }
}

/// Whether the chunks of a vendor class end where the option does (RFC 8415 §21.16).
fn tuples_fit(data: &[u8]) -> bool {
    let Some(mut rest) = data.get(4..) else { return false };
    while !rest.is_empty() {
        let chunk = rest.split_first_chunk().map(|(len, tail)| tail.get(u16::from_be_bytes(*len).into()..));
        let Some(Some(tail)) = chunk else { return false };
        rest = tail;
    }
    true
}

/// How long an option is, in bytes.
#[derive(Clone, Copy, Debug)]
enum Size {
    Any,
    Exactly(usize),
    /// So many for each item of a list, which may be empty or not.
    Times(usize, bool),
}

impl Size {
    fn fits(self, len: usize, leniently: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(size) => len == size || leniently && len > size,
            Self::Times(size, may_be_empty) => len.is_multiple_of(size) && (may_be_empty || len > 0),
        }
    }
}

/// Sizes by code, from the option table.
static SIZES: LazyLock<[Size; 256]> = LazyLock::new(|| {
    let mut sizes = [Size::Any; 256];
    for definition in options::standard(Family::V6, "dhcp6") {
        // The table says no more of these than how they begin.
        if [code::IA_TA, code::VENDOR_OPTS].contains(&definition.code) || !definition.encapsulates.is_empty() {
            continue;
        }
        let size = definition.kind.size().filter(|size| *size > 0);
        if let (Some(size), Some(place)) = (size, sizes.get_mut(usize::from(definition.code))) {
            let addresses = definition.kind == DataType::Ipv6Address;
            *place = if definition.array { Size::Times(size, addresses) } else { Size::Exactly(size) };
        }
    }
    sizes
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_judged_by_their_definitions() {
        let shape = |code, data, leniently| Opt { code, data, offset: 0 }.shape(leniently);
        let cases: [(u16, &[u8], Shape, Shape); 13] = [
            (code::ELAPSED_TIME, &[0, 1], Shape::Good, Shape::Good),
            (code::ELAPSED_TIME, &[0], Shape::Bad, Shape::Bad),
            (code::ELAPSED_TIME, &[0, 1, 2], Shape::Bad, Shape::Good),
            (code::ORO, &[0, 23, 0], Shape::Bad, Shape::Bad),
            (code::ORO, &[], Shape::Bad, Shape::Bad),
            (code::IA_TA, &[0, 0, 0, 1, 0, 5], Shape::Good, Shape::Good),
            (code::RAPID_COMMIT, &[1], Shape::Good, Shape::Good),
            (code::VENDOR_CLASS, &[0, 0, 0, 9, 0, 2, b'a', b'b'], Shape::Good, Shape::Good),
            (code::VENDOR_CLASS, &[0, 0, 0, 9, 0, 3, b'a', b'b'], Shape::Bad, Shape::Good),
            (code::CLIENT_FQDN, &[1, 1, b'a', 0], Shape::Good, Shape::Good),
            (code::CLIENT_FQDN, &[1, 9, b'a', 0], Shape::Bad, Shape::Ignored),
            (code::CLIENT_FQDN, &[5, 1, b'a', 0], Shape::Bad, Shape::Good),
            (999, &[], Shape::Good, Shape::Good),
        ];
        for (code, data, strictly, leniently) in cases {
            let found = (shape(code, data, false), shape(code, data, true));
            assert_eq!(found, (strictly, leniently), "{code} {data:?}");
        }
    }
}
