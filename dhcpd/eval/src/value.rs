//! A string of bytes, borrowed from the packet or the expression wherever it can be.

use smallvec::SmallVec;
use std::fmt::{self, Write};
use std::ops::Deref;

/// The value of a string expression. Up to 32 bytes of its own stand in it without an allocation.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// Bytes that stand somewhere else.
    Borrowed(&'a [u8]),
    /// Bytes that were made.
    Made(SmallVec<[u8; 32]>),
}

/// Bytes that are made.
pub(crate) type Bytes = SmallVec<[u8; 32]>;

impl<'a> Value<'a> {
    /// No bytes at all: what an absent option gives.
    pub const EMPTY: Self = Self::Borrowed(&[]);

    /// A number as expressions have it: four bytes, the highest first.
    pub fn number(number: u32) -> Self {
        Self::copied(&number.to_be_bytes())
    }

    /// A copy of a few bytes.
    pub fn copied(bytes: &[u8]) -> Self {
        Self::Made(SmallVec::from_slice(bytes))
    }

    /// The bytes of a range; those beyond the end are left out.
    pub(crate) fn cut(self, start: usize, end: usize) -> Self {
        match self {
            Self::Borrowed(bytes) => Self::Borrowed(bytes.get(start..end.min(bytes.len())).unwrap_or(&[])),
            Self::Made(mut bytes) => {
                bytes.truncate(end);
                bytes.drain(..start.min(bytes.len()));
                Self::Made(bytes)
            }
        }
    }
}

impl Deref for Value<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Made(bytes) => bytes,
        }
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Value<'_> {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

/// Appends text.
pub(crate) fn append(out: &mut Bytes, text: fmt::Arguments<'_>) {
    struct Appending<'a>(&'a mut Bytes);
    impl Write for Appending<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    // What appends cannot fail.
    let _ = Appending(out).write_fmt(text);
}
