//! The configured options that a client gets.

use super::exchange::Exchange;
use super::messages::DHCP6_ADD_DEPRECATED_UNICAST;
use dhcpd_config::options::{Family, OptionItem, OptionSet};
use leases::{LeaseType, Leases6};
use smallvec::SmallVec;
use wire::v6::{Options, Writer, code};

/// CableLabs' enterprise number, and its own list of options asked for.
const DOCSIS: u32 = 4491;
const DOCSIS_ORO: u16 = 1;

impl<'a, L: Leases6> Exchange<'a, '_, L> {
    /// What the client asks for, and what is always sent, from the innermost scope that has it: the reservation, the
    /// pools of its leases, the subnet and its network, the client's classes, the server. An option that any scope says is never sent is not.
    pub(super) fn configured_options(&mut self, out: &mut Writer<'_>) {
        self.finish_classes();
        let layers = self.layers();
        let every = |code: u16| layers.iter().flat_map(|layer| layer.items()).filter(move |item| item.code == code);
        let chosen = |item: &&OptionItem| {
            let mut all = layers.iter().flat_map(|layer| layer.all_for(item.code, &self.classes));
            let first = all.find(|first| first.vendor == item.vendor);
            let wanted = self.query.asks_for(item.code) || every(item.code).any(|item| item.always);
            let never = item.code == code::VENDOR_OPTS || every(item.code).any(|item| item.never);
            wanted && !never && first.is_some_and(|first| std::ptr::eq(first, *item))
        };
        let items: SmallVec<[&OptionItem; 8]> = layers.iter().flat_map(|layer| layer.items()).filter(chosen).collect();
        for item in items {
            if item.code == code::UNICAST {
                log::event!(DHCP6_ADD_DEPRECATED_UNICAST, client = self.query.label());
            }
            // Of a code that stands once for each vendor all that are chosen are written.
            if item.vendor.is_some() || !self.written.contains(&item.code) {
                self.option(out, item.code, &item.payload(Family::V6, &self.classes));
            }
        }
        self.vendor_options(out, &layers);
    }

    fn layers(&self) -> SmallVec<[&'a OptionSet; 4]> {
        let mut layers: SmallVec<[&'a OptionSet; 4]> = SmallVec::new();
        let host = self.subnet.and_then(|at| self.hosts.current(at)).or(self.hosts.global);
        layers.extend(host.map(|host| &host.options));
        for given in &self.given {
            let Some(subnet) = self.snapshot.config.subnets.list().get(given.subnet) else { continue };
            let options = match given.kind {
                LeaseType::Na => given.pool.and_then(|at| subnet.pools.get(at)).map(|pool| &pool.options),
                LeaseType::Pd => given.pool.and_then(|at| subnet.pd_pools.get(at)).map(|pool| &pool.options),
            };
            layers.extend(options);
        }
        layers.extend(self.subnet().map(|subnet| &*subnet.options));
        layers.extend(self.settings().map(|class| &class.options));
        layers.push(&self.snapshot.config.options);
        layers.retain(|layer| !layer.is_empty());
        layers
    }

    /// Option 17 for each vendor that the client names, or that is configured and asked for: sub-options that are always
    /// sent, and those that a cable modem lists (CL-SP-CANN-DHCP-Reg).
    fn vendor_options(&mut self, out: &mut Writer<'_>, layers: &[&'a OptionSet]) {
        let carriers = || layers.iter().flat_map(|layer| layer.all_for(code::VENDOR_OPTS, &self.classes));
        let whole = || layers.iter().flat_map(|layer| layer.items()).filter(|item| item.code == code::VENDOR_OPTS);
        let wanted = self.query.asks_for(code::VENDOR_OPTS) || whole().any(|item| item.always);
        let wanted = wanted && !whole().any(|item| item.never);
        let mut vendors: SmallVec<[u32; 2]> = SmallVec::new();
        let configured = carriers().filter(|_| wanted).filter_map(|item| enterprise(&item.data));
        let options = self.query.packet.message.options.iter().map_while(Result::ok);
        let named = options.filter(|option| matches!(option.code, code::VENDOR_OPTS | code::VENDOR_CLASS));
        for vendor in configured.chain(named.filter_map(|option| enterprise(option.data))) {
            if !vendors.contains(&vendor) {
                vendors.push(vendor);
            }
        }
        let mut written = false;
        for vendor in vendors {
            let open = out.open(code::VENDOR_OPTS);
            out.u32(vendor);
            let mut empty = true;
            let mut seen: SmallVec<[u16; 8]> = SmallVec::new();
            let of = |layer: &&'a OptionSet| layer.vendors().iter().find(|v| v.enterprise == vendor).map(|v| &*v.items);
            let all = || layers.iter().filter_map(of).flatten();
            for item in all().filter(|item| self.classes.passes(&item.classes)) {
                let inner = seen.contains(&item.code);
                seen.push(item.code);
                // What one scope says about sending holds for all.
                let same = || all().filter(|other| other.code == item.code);
                let wanted = same().any(|other| other.always) || self.vendor_asks_for(vendor, item.code);
                if !inner && wanted && !same().any(|other| other.never) {
                    out.option(item.code, &item.payload(Family::V6, &self.classes));
                    empty = false;
                }
            }
            let whole = carriers().filter(|_| wanted).find(|item| enterprise(&item.data) == Some(vendor));
            if empty && whole.is_none() {
                out.cancel(open);
                continue;
            }
            // Sub-options may also stand in the carrier itself.
            out.bytes(whole.and_then(|item| item.data.get(4..)).unwrap_or_default());
            out.close(open);
            written = true;
        }
        if written {
            self.written.push(code::VENDOR_OPTS);
        }
    }

    fn vendor_asks_for(&self, vendor: u32, code: u16) -> bool {
        let Some(own) = self.query.packet.message.options.find(code::VENDOR_OPTS) else { return false };
        let inner = own.get(4..).filter(|_| vendor == DOCSIS && enterprise(own) == Some(vendor));
        let list = inner.and_then(|inner| Options::new(inner, 0).find(DOCSIS_ORO));
        list.is_some_and(|list| list.chunks_exact(2).any(|asked| asked == code.to_be_bytes()))
    }

    /// Options that relays have for the client, from the one next to it on, unless the answer has them (RFC 6422 §6).
    pub(super) fn relay_supplied_options(&mut self, out: &mut Writer<'_>) {
        for relay in self.query.packet.relays.iter().rev() {
            let Some(supplied) = relay.options.find(code::RSOO) else { continue };
            for option in Options::new(supplied, 0).iter().map_while(Result::ok) {
                let allowed = self.snapshot.config.relay_supplied_options.contains(&option.code);
                if allowed && !self.written.contains(&option.code) {
                    self.option(out, option.code, option.data);
                }
            }
        }
    }
}

fn enterprise(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|number| u32::from_be_bytes(*number))
}
