//! Leases that clients give back: RELEASE and DECLINE (RFC 8415 §18.3.7, §18.3.8).

use super::associate::code_of;
use super::counters::{Event, place_of};
use super::exchange::Exchange;
use super::messages::*;
use super::names::queue;
use super::refusal::Refusal;
use leases::{Duid, Lease6, LeaseState, LeaseType, Leases6, StoreError};
use ncr::ChangeType;
use std::net::Ipv6Addr;
use wire::hex::Colons;
use wire::v6::{Ia, IaAddress, IaPrefix, Status, Writer};

/// Stands for nobody: whom a declined address belongs to.
const NOBODY: [u8; 3] = [0, 0, 0];

type Verdict = (Status, &'static str);

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Answers a RELEASE: a status for each IA, and one for all.
    pub(super) async fn release(&mut self, out: &mut Writer<'_>) -> Result<(), Refusal> {
        let query = self.query;
        let mut summary = Status::Success;
        for (kind, ia) in &query.ias {
            let (status, text) = self.release_ia(*kind, ia).await?;
            if status != Status::Success {
                summary = status;
            }
            self.refuse(out, *kind, ia.iaid, status, text);
        }
        self.status(out, summary, "Summary status for all processed IA_NAs");
        Ok(())
    }

    async fn release_ia(&mut self, kind: LeaseType, ia: &Ia<'_>) -> Result<Verdict, StoreError> {
        let client = self.query.label();
        if kind == LeaseType::Na {
            log::event!(DHCP6_PROCESS_IA_NA_RELEASE, client, iaid = ia.iaid);
        }
        let mut verdict = (
            Status::NoBinding,
            match kind {
                LeaseType::Na => "You did not include an address in your RELEASE",
                LeaseType::Pd => "You did not include a prefix in your RELEASE",
            },
        );
        let mut first = true;
        for option in ia.options.iter().map_while(Result::ok) {
            let place = match kind {
                LeaseType::Na => IaAddress::parse(&option).map(|address| (address.address, 128)),
                LeaseType::Pd => IaPrefix::parse(&option).map(|prefix| (prefix.prefix, prefix.len.min(128))),
            };
            let Some((address, len)) = place else { continue };
            let this = self.release_lease(kind, ia.iaid, address, len).await?;
            // The worst of several is what the IA hears.
            if first || this.0 != Status::Success {
                verdict = this;
            }
            first = false;
        }
        Ok(verdict)
    }

    async fn release_lease(
        &mut self,
        kind: LeaseType,
        iaid: u32,
        address: Ipv6Addr,
        length: u8,
    ) -> Result<Verdict, StoreError> {
        let client = self.query.label();
        let prefix = address;
        let lease = self.leases.by_address(kind, address).await?.filter(|lease| lease.state == LeaseState::Assigned);
        let Some(mut lease) = lease else {
            return Ok(match kind {
                LeaseType::Na => {
                    log::event!(DHCP6_RELEASE_NA_FAIL_NOT_ASSIGNED, client, address);
                    (Status::NoBinding, "Sorry, this address isn't assigned, can't release.")
                }
                LeaseType::Pd => {
                    log::event!(DHCP6_RELEASE_PD_FAIL_NOT_ASSIGNED, client, prefix, length);
                    (Status::NoBinding, "Sorry, this prefix isn't assigned, can't release.")
                }
            });
        };
        if &lease.duid[..] != self.duid {
            let owner = Colons(&lease.duid);
            match kind {
                LeaseType::Na => log::event!(DHCP6_RELEASE_NA_FAIL_WRONG_DUID, client, address, owner),
                LeaseType::Pd => log::event!(DHCP6_RELEASE_PD_FAIL_WRONG_DUID, client, prefix, length, owner),
            }
            return Ok((Status::NoBinding, "This address does not belong to you, you can't release it"));
        }
        if lease.iaid != iaid {
            let expected = lease.iaid;
            match kind {
                LeaseType::Na => log::event!(DHCP6_RELEASE_NA_FAIL_WRONG_IAID, client, address, expected, iaid),
                LeaseType::Pd => log::event!(DHCP6_RELEASE_PD_FAIL_WRONG_IAID, client, prefix, length, expected, iaid),
            }
            return Ok((Status::NoBinding, "This is your address, but you used wrong IAID"));
        }
        let place = place_of(&self.snapshot.config, &lease);
        match kind {
            LeaseType::Na => log::event!(DHCP6_RELEASE_NA, client, address, iaid),
            LeaseType::Pd => log::event!(DHCP6_RELEASE_PD, client, prefix, length, iaid),
        }
        // A released lease is kept for its client as long as a reclaimed one is; reclamation removes its name.
        let expired = &self.snapshot.config.expired;
        self.watch.was(&lease);
        if expired.kept() && lease.valid_lifetime != u32::MAX {
            lease.valid_lifetime = 0;
            lease.preferred_lifetime = 0;
            lease.state = LeaseState::Released;
            self.watch.deleted(&lease);
            self.leases.put(lease).await?;
            match kind {
                LeaseType::Na => log::event!(DHCP6_RELEASE_NA_EXPIRED, client, address, iaid),
                LeaseType::Pd => log::event!(DHCP6_RELEASE_PD_EXPIRED, client, prefix, length, iaid),
            }
        } else {
            self.leases.remove(kind, address).await?;
            self.watch.deleted(&lease);
            queue(&self.snapshot.config, self.name_changes, ChangeType::Remove, &lease);
            match kind {
                LeaseType::Na => log::event!(DHCP6_RELEASE_NA_DELETED, client, address, iaid),
                LeaseType::Pd => log::event!(DHCP6_RELEASE_PD_DELETED, client, prefix, length, iaid),
            }
        }
        self.snapshot.counters.lease(kind, place, Event::Assigned, -1);
        Ok((Status::Success, "Lease released. Thank you, please come again."))
    }

    /// Answers a DECLINE: a status for each IA_NA. Prefixes cannot be declined.
    pub(super) async fn decline(&mut self, out: &mut Writer<'_>) -> Result<(), Refusal> {
        let query = self.query;
        for (kind, ia) in query.ias.iter().filter(|(kind, _)| *kind == LeaseType::Na) {
            log::event!(DHCP6_DECLINE_PROCESS_IA, client = query.label(), iaid = ia.iaid);
            let mut verdict = (Status::NoBinding, "No addresses sent in IA_NA");
            let mut first = true;
            for option in ia.options.iter().map_while(Result::ok) {
                let Some(address) = IaAddress::parse(&option) else { continue };
                let this = self.decline_lease(ia.iaid, address.address).await?;
                if first || this.0 != Status::Success {
                    verdict = this;
                }
                first = false;
            }
            let open = out.open_ia(code_of(*kind), ia.iaid, 0, 0);
            self.ia_status(out, ia.iaid, verdict.0, verdict.1);
            out.close(open);
        }
        Ok(())
    }

    async fn decline_lease(&mut self, iaid: u32, address: Ipv6Addr) -> Result<Verdict, StoreError> {
        let client = self.query.label();
        let lease = self.leases.by_address(LeaseType::Na, address).await?;
        let lease = lease.filter(|lease| lease.state == LeaseState::Assigned && !lease.is_free_at(self.now));
        let Some(lease) = lease else {
            log::event!(DHCP6_DECLINE_FAIL_NO_LEASE, client, address);
            return Ok((Status::NoBinding, "Server does not know about such an address."));
        };
        if &lease.duid[..] != self.duid {
            log::event!(DHCP6_DECLINE_FAIL_DUID_MISMATCH, client, address, owner = Colons(&lease.duid));
            return Ok((Status::NoBinding, "This address does not belong to you, you can't decline it"));
        }
        if lease.iaid != iaid {
            log::event!(DHCP6_DECLINE_FAIL_IAID_MISMATCH, client, address, iaid, expected = lease.iaid);
            return Ok((Status::NoBinding, "This is your address, but you used wrong IAID"));
        }
        let probation = self.snapshot.config.decline_probation;
        let declined = declined(&lease, self.now, probation);
        self.watch.was(&lease);
        self.watch.stored(&declined, false);
        self.leases.put(declined).await?;
        queue(&self.snapshot.config, self.name_changes, ChangeType::Remove, &lease);
        self.snapshot.counters.lease(LeaseType::Na, place_of(&self.snapshot.config, &lease), Event::Declined, 1);
        log::event!(DHCP6_DECLINE_LEASE, client, address, probation);
        Ok((Status::Success, "Lease declined. Hopefully the next one will be better."))
    }
}

/// The lease of an address that somebody else uses: nobody's, for the time of the probation.
fn declined(lease: &Lease6, now: leases::lease::UnixSeconds, probation: u32) -> Lease6 {
    Lease6 {
        duid: Duid::from_slice(&NOBODY),
        preferred_lifetime: 0,
        valid_lifetime: probation,
        cltt: now,
        fqdn_fwd: false,
        fqdn_rev: false,
        hostname: "".into(),
        hw_addr: None,
        hw_type: 0,
        hw_source: 0,
        state: LeaseState::Declined,
        ..lease.clone()
    }
}
