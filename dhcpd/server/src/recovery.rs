//! Databases that are away: clients are not answered meanwhile, or are, and the daemon ends, or does not.

use crate::messages::*;
use crate::plane::{Family, Plane};
use dhcpd_config::common::Recovery;
use libs::service::Origin;
use sql::hosts::Event;
use tokio::sync::mpsc::UnboundedReceiver;

/// What became of a connection.
#[derive(Debug)]
pub struct Told {
    /// The database, as it is known to those who switch clients off.
    pub origin: Origin,
    /// What is to be done.
    pub recovery: Recovery,
    /// What became of it.
    pub event: Event,
}

/// Acts on what becomes of connections.
pub async fn run<F: Family>(plane: Plane<F>, mut events: UnboundedReceiver<Told>) {
    while let Some(told) = events.recv().await {
        act(&plane, &told);
    }
}

fn act<F: Family>(plane: &Plane<F>, told: &Told) {
    let Told { origin: id, recovery, event } = told;
    let (v4, service) = (F::NUMBER == 4, plane.service());
    match event {
        Event::Lost(_) => {
            if recovery.stops() {
                service.disable(*id);
            }
            match v4 {
                true => log::event!(DHCP4_DB_RECONNECT_LOST_CONNECTION, id, timer = Timer(*id)),
                false => log::event!(DHCP6_DB_RECONNECT_LOST_CONNECTION, id, timer = Timer(*id)),
            }
        }
        Event::Failed(error, left) => log::event!(DHCPSRV_DB_RECONNECT_ATTEMPT_FAILED, reason = error, left),
        Event::Recovered => {
            service.enable(*id);
            match v4 {
                true => log::event!(DHCP4_DB_RECONNECT_SUCCEEDED),
                false => log::event!(DHCP6_DB_RECONNECT_SUCCEEDED),
            }
        }
        Event::GaveUp(0) => {
            let (tries, wait) = (0, recovery.wait.as_millis());
            match (v4, recovery.exits()) {
                (true, true) => log::event!(DHCP4_FATAL_DB_RECONNECT_DISABLED, tries, wait, id, timer = Timer(*id)),
                (true, false) => log::event!(DHCP4_DB_RECONNECT_DISABLED, tries, wait, id, timer = Timer(*id)),
                (false, true) => log::event!(DHCP6_FATAL_DB_RECONNECT_DISABLED, tries, wait, id, timer = Timer(*id)),
                (false, false) => log::event!(DHCP6_DB_RECONNECT_DISABLED, tries, wait, id, timer = Timer(*id)),
            }
        }
        Event::GaveUp(tries) => match (v4, recovery.exits()) {
            (true, true) => log::event!(DHCP4_FATAL_DB_RECONNECT_FAILED, tries, id, timer = Timer(*id)),
            (true, false) => log::event!(DHCP4_DB_RECONNECT_FAILED, tries, id, timer = Timer(*id)),
            (false, true) => log::event!(DHCP6_FATAL_DB_RECONNECT_FAILED, tries, id, timer = Timer(*id)),
            (false, false) => log::event!(DHCP6_DB_RECONNECT_FAILED, tries, id, timer = Timer(*id)),
        },
    }
    if matches!(event, Event::GaveUp(_)) && recovery.exits() {
        plane.end(1);
    }
}

/// What Kea calls the timer of a database's tries.
struct Timer(Origin);

impl std::fmt::Display for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database{}DbReconnectTimer", self.0)
    }
}
