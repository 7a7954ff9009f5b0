//! A column of leases, said once for both kinds of databases: its name, what is in it, and how it goes from a lease into the
//! table and back.

use leases::LeaseState;
use std::borrow::Cow;
use std::net::Ipv6Addr;

/// A column of the leases `L`.
pub(super) struct Column<L: 'static> {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub kind: Kind,
    /// What it has of a lease.
    pub of: for<'a> fn(&'a L) -> Cell<'a>,
    /// Makes a lease have it. Those in front of it were read before. An error says what is wrong with it.
    pub into: fn(&mut L, Cell<'_>) -> Result<(), &'static str>,
}

/// What is in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An IPv6 address.
    Address,
    /// Bytes.
    Bytes,
    /// 0 or 1.
    Flag,
    /// A number.
    Number,
    /// A number of so many bits without a sign, which PostgreSQL keeps with one.
    Bits(u32),
    /// Text.
    Text,
    /// Seconds since 1970, which the database keeps as a time.
    Time,
}

/// What is in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell<'a> {
    Null,
    Address(Ipv6Addr),
    Bytes(Cow<'a, [u8]>),
    Number(i64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// A number.
    pub fn of(number: impl Into<i64>) -> Self {
        Cell::Number(number.into())
    }

    /// Bytes; none if there are none.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        if bytes.is_empty() { Cell::Null } else { Cell::Bytes(bytes.into()) }
    }

    /// Text up to its first byte 0, since there is none in a text of PostgreSQL; none if there is none.
    pub fn text(text: &'a str) -> Self {
        if text.is_empty() { Cell::Null } else { Cell::Text(text.split('\0').next().unwrap_or_default()) }
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Cell::Null, Self::text)
    }
}

impl<'a> From<Option<&'a [u8]>> for Cell<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Cell::Null, Self::bytes)
    }
}

/// What a lease has of a cell. What is not there is as if zero or empty.
impl Cell<'_> {
    /// The number in it, if it has one of these bits.
    pub fn number<N: TryFrom<i64>>(&self) -> Result<N, &'static str> {
        let number = match self {
            Cell::Number(number) => *number,
            _ => 0,
        };
        number.try_into().map_err(|_| "is out of range")
    }

    pub fn flag(&self) -> Result<bool, &'static str> {
        Ok(!matches!(self, Cell::Null | Cell::Number(0)))
    }

    pub fn as_bytes(&self) -> Result<Option<&[u8]>, &'static str> {
        Ok(match self {
            Cell::Bytes(bytes) if !bytes.is_empty() => Some(bytes),
            _ => None,
        })
    }

    pub fn as_text(&self) -> Result<Option<&str>, &'static str> {
        Ok(match self {
            Cell::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        })
    }

    pub fn state(&self) -> Result<LeaseState, &'static str> {
        Ok(match self.number::<i64>()? {
            0 => LeaseState::Assigned,
            1 => LeaseState::Declined,
            2 => LeaseState::ExpiredReclaimed,
            3 => LeaseState::Released,
            4 => LeaseState::Registered,
            _ => return Err("is no valid state"),
        })
    }

    /// The begin of a lease's time, by when it ends.
    pub fn cltt(&self, valid_lifetime: u32) -> Result<u64, &'static str> {
        match *self {
            Cell::Number(expire) => Ok(u64::try_from(expire).unwrap_or(0).saturating_sub(length(valid_lifetime))),
            _ => Err("is missing"),
        }
    }
}

/// When a lease ends, as the tables have it: one that never does has the begin of its time there.
pub(super) fn expire(cltt: u64, valid_lifetime: u32) -> i64 {
    cltt.saturating_add(length(valid_lifetime)) as i64
}

fn length(valid_lifetime: u32) -> u64 {
    if valid_lifetime == u32::MAX { 0 } else { valid_lifetime.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_never_ends_has_its_begin_in_the_table() {
        assert_eq!((expire(1000, 4000), expire(1000, u32::MAX)), (5000, 1000));
        assert_eq!(Cell::Number(5000).cltt(4000), Ok(1000));
        assert_eq!(Cell::Number(1000).cltt(u32::MAX), Ok(1000));
        assert_eq!(Cell::Number(-5).cltt(4000), Ok(0));
        assert_eq!(Cell::Null.cltt(4000), Err("is missing"));
    }

    #[test]
    fn a_cell_is_as_it_may_be() {
        assert_eq!((Cell::text("a\0b"), Cell::text("")), (Cell::Text("a"), Cell::Null));
        assert_eq!(Cell::Number(256).number::<u8>(), Err("is out of range"));
        assert_eq!((Cell::Null.number::<u8>(), Cell::Null.flag(), Cell::Null.as_bytes()), (Ok(0), Ok(false), Ok(None)));
        assert_eq!(Cell::Number(5).state(), Err("is no valid state"));
    }
}
