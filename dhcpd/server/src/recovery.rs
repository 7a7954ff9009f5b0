//! Databases that are away: clients are not answered meanwhile, or are, and the daemon ends, or does not.

use crate::family::Family;
use crate::messages::*;
use crate::plane::Plane;
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
    let (service, timer) = (plane.service(), Timer(*id));
    match event {
        Event::Lost(_) => {
            if recovery.stops() {
                service.disable(*id);
            }
            say!(F: DHCP4_DB_RECONNECT_LOST_CONNECTION | DHCP6_DB_RECONNECT_LOST_CONNECTION, id, timer);
        }
        Event::Failed(error, left) => log::event!(DHCPSRV_DB_RECONNECT_ATTEMPT_FAILED, reason = error, left),
        Event::Recovered => {
            service.enable(*id);
            say!(F: DHCP4_DB_RECONNECT_SUCCEEDED | DHCP6_DB_RECONNECT_SUCCEEDED);
        }
        Event::GaveUp(0) => {
            let (tries, wait) = (0, recovery.wait.as_millis());
            match recovery.exits() {
                true => {
                    say!(F: DHCP4_FATAL_DB_RECONNECT_DISABLED | DHCP6_FATAL_DB_RECONNECT_DISABLED, tries, wait, id, timer);
                }
                false => say!(F: DHCP4_DB_RECONNECT_DISABLED | DHCP6_DB_RECONNECT_DISABLED, tries, wait, id, timer),
            }
        }
        Event::GaveUp(tries) => match recovery.exits() {
            true => say!(F: DHCP4_FATAL_DB_RECONNECT_FAILED | DHCP6_FATAL_DB_RECONNECT_FAILED, tries, id, timer),
            false => say!(F: DHCP4_DB_RECONNECT_FAILED | DHCP6_DB_RECONNECT_FAILED, tries, id, timer),
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
