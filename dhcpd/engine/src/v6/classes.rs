//! The built-in classes that a client is in; there are no others yet, so they decide about nothing and are but told.

use super::exchange::Exchange;
use super::messages::*;
use leases::Leases6;
use std::fmt;
use wire::v6::code;

/// The classes of a client as messages show them: `ALL, VENDOR_CLASS_docsis3.0, KNOWN`.
pub(super) struct Classes<'a> {
    vendor: Option<&'a [u8]>,
    known: &'static str,
}

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Says which classes the client is in, once its reservations are known.
    pub(super) fn classify(&self) {
        let (client, classes) = (self.query.label(), self.classes());
        log::event!(DHCP6_CLASS_ASSIGNED, client, class = classes.known);
        log::event!(DHCP6_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION, client, classes);
        log::event!(DHCP6_CLASSES_ASSIGNED, client, name = self.query.kind().name(), classes);
    }

    /// The classes of the client: by its first vendor class (RFC 8415 §21.16), and by whether it has a reservation.
    pub(super) fn classes(&self) -> Classes<'_> {
        let vendor = self.query.packet.message.options.find(code::VENDOR_CLASS).and_then(|data| {
            let (length, text) = data.get(4..)?.split_first_chunk()?;
            text.get(..usize::from(u16::from_be_bytes(*length)))
        });
        Classes { vendor, known: if self.hosts.is_empty() { "UNKNOWN" } else { "KNOWN" } }
    }
}

impl fmt::Display for Classes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ALL, ")?;
        if let Some(vendor) = self.vendor {
            write!(f, "VENDOR_CLASS_{}, ", String::from_utf8_lossy(vendor))?;
        }
        f.write_str(self.known)
    }
}
