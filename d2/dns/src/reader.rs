//! Reading a message without ever reaching past its end.

use crate::message::MessageError;
use crate::name::Name;

/// A place in a message. Names may point backwards into all of it.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { message, at: 0 }
    }

    /// Offset in the message.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.message.len()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], MessageError> {
        let end = self.at.checked_add(length).ok_or(MessageError::Truncated)?;
        let bytes = self.message.get(self.at..end).ok_or(MessageError::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, MessageError> {
        self.number().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, MessageError> {
        self.number().map(u32::from_be_bytes)
    }

    /// A number of 48 bits.
    pub(crate) fn u48(&mut self) -> Result<u64, MessageError> {
        let [a, b, c, d, e, f] = self.number()?;
        Ok(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    pub(crate) fn name(&mut self) -> Result<Name, MessageError> {
        let (name, after) = Name::from_message(self.message, self.at).map_err(MessageError::Name)?;
        self.at = after;
        Ok(name)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], MessageError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| MessageError::Truncated)
    }
}
