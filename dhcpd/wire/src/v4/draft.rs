//! A packet that is changed after it was written: fixed fields stay, options come and go.

use super::{Packet, Writer, code, field};

/// A packet taken apart into its fixed fields and its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    fields: Vec<u8>,
    /// In the order in which they are written, each code once.
    options: Vec<(u8, Vec<u8>)>,
}

impl Draft {
    /// Takes a packet apart. Options that stand in `sname` and `file` (RFC 2132 §9.3) stand among the others from now on.
    pub fn new(packet: &Packet<'_>) -> Self {
        let mut fields = packet.bytes().get(..field::OPTIONS).unwrap_or_default().to_vec();
        let overload = packet.option(code::OVERLOAD).and_then(|option| option.first()).copied().unwrap_or(0);
        for (bit, range) in [(1, field::FILE), (2, field::SNAME)] {
            if let (true, Some(place)) = (overload & bit != 0, fields.get_mut(range)) {
                place.fill(0);
            }
        }
        let options = packet.options().filter(|(code, _)| *code != code::OVERLOAD);
        Self { fields, options: options.map(|(code, payload)| (code, payload.to_vec())).collect() }
    }

    /// An option.
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.iter().find(|(other, _)| *other == code).map(|(_, payload)| payload.as_slice())
    }

    /// Puts an option in the place of the one with its code, or behind all others.
    pub fn set(&mut self, code: u8, payload: Vec<u8>) {
        match self.options.iter_mut().find(|(other, _)| *other == code) {
            Some((_, place)) => *place = payload,
            None => self.options.push((code, payload)),
        }
    }

    /// Sets the field `file`; what exceeds 127 bytes is left out.
    pub fn set_file(&mut self, name: &[u8]) {
        let Some(place) = self.fields.get_mut(field::FILE) else { return };
        place.fill(0);
        let last = place.len().saturating_sub(1);
        place.iter_mut().take(last).zip(name).for_each(|(place, byte)| *place = *byte);
    }

    /// Takes an option away; whether it was there.
    pub fn remove(&mut self, code: u8) -> bool {
        let before = self.options.len();
        self.options.retain(|(other, _)| *other != code);
        self.options.len() < before
    }

    /// Appends the packet to `out`, the relay's option last (RFC 3046 §2.2).
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::with_fields(out, &self.fields);
        let relay = |(code, _): &&(u8, Vec<u8>)| *code == code::AGENT_OPTIONS;
        let (last, first): (Vec<_>, Vec<_>) = self.options.iter().partition(relay);
        first.iter().chain(&last).for_each(|(code, payload)| writer.option(*code, payload));
        writer.finish();
    }
}
