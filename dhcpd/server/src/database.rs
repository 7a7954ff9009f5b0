//! Databases that are lost and come back: `max-reconnect-tries`, `reconnect-wait-time`, `on-fail`.

use crate::family::{Family, SharedStore};
use crate::messages::*;
use dhcpd_config::common::{Database, DatabaseType, Recovery};
use leases::memfile::Store;
use libs::service::{self, Origin, Service};
use sql::connect::Error;
use sql::leases::Leases;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, spawn_blocking, spawn_local};
use tokio::time::sleep;

/// A connection that is watched: whose, and how it is made anew.
pub struct Link {
    /// What is done when it is lost.
    pub recovery: Recovery,
    /// Which kind of a database it is.
    pub kind: DatabaseType,
    /// What rests on it.
    pub kept: Kept,
    /// Told when it is lost.
    pub lost: Arc<Notify>,
    /// Makes it anew, and brings up to date what rests on it; it may take its time.
    pub reconnect: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// What is kept in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The leases.
    Leases,
    /// What a configuration is completed from.
    Configuration,
    /// Reservations; in several databases, each has its place.
    Reservations(u32),
}

impl Kept {
    /// The number by which messages tell it, and who switches clients off for its sake.
    fn number(self) -> u32 {
        match self {
            Self::Leases => 0,
            Self::Configuration => 1,
            Self::Reservations(at) => 2 + at,
        }
    }

    /// What Kea calls the timer of its tries.
    fn timer(self, kind: DatabaseType) -> String {
        let (manager, number) = match self {
            Self::Leases => ("LeaseMgr", 1),
            Self::Configuration => ("ConfigBackend", 1),
            Self::Reservations(at) => ("HostMgr", at + 1),
        };
        let kind = match kind {
            DatabaseType::Mysql => "MySql",
            DatabaseType::Postgresql => "PgSql",
        };
        format!("{kind}{manager}[{number}]DbReconnectTimer")
    }
}

/// Watches a connection until dropped: what was lost with it is no hindrance any more then.
pub struct Watch {
    task: AbortHandle,
    service: Arc<Service>,
    origin: Origin,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
        self.service.enable(self.origin);
    }
}

impl Watch {
    /// Watches on the thread of the daemon; `shutdown` ends the daemon.
    pub fn start<F: Family>(link: Link, service: Arc<Service>, shutdown: UnboundedSender<u8>) -> Self {
        let origin = service::DATABASE + link.kept.number();
        let watched = service.clone();
        let watch = async move {
            loop {
                link.lost.notified().await;
                recover::<F>(&link, &watched, &shutdown).await;
            }
        };
        Self { task: spawn_local(watch).abort_handle(), service, origin }
    }
}

/// Says it under the identifier of what is kept where: leases, reservations, configurations of DHCPv4 and of DHCPv6.
macro_rules! tell {
    ($where:expr, [$($mysql:ident),*] [$($pgsql:ident),*], $($argument:ident),*) => {
        match $where {
            (DatabaseType::Mysql, kept, family) => tell!(@ kept, family: $($mysql)*, ($($argument),*)),
            (DatabaseType::Postgresql, kept, family) => tell!(@ kept, family: $($pgsql)*, ($($argument),*)),
        }
    };
    (@ $kept:ident, $family:ident: $lb:ident $hb:ident $cb4:ident $cb6:ident, ($($argument:ident),*)) => {
        match $kept {
            Kept::Leases => log::event!($lb, $($argument),*),
            Kept::Reservations(_) => log::event!($hb, $($argument),*),
            Kept::Configuration if $family == 4 => log::event!($cb4, $($argument),*),
            Kept::Configuration => log::event!($cb6, $($argument),*),
        }
    };
}

/// Tries to get a connection back that is lost.
async fn recover<F: Family>(link: &Link, service: &Service, shutdown: &UnboundedSender<u8>) {
    let &Link { recovery, kind, kept, .. } = link;
    let (id, timer) = (kept.number(), kept.timer(kind));
    let origin = service::DATABASE + id;
    if recovery.stops() {
        service.disable(origin);
    }
    say!(F: DHCP4_DB_RECONNECT_LOST_CONNECTION | DHCP6_DB_RECONNECT_LOST_CONNECTION, id, timer);
    let (tries, wait) = (recovery.tries, recovery.wait.as_millis());
    if !recovery.is_on() {
        if recovery.exits() {
            say!(F: DHCP4_FATAL_DB_RECONNECT_DISABLED | DHCP6_FATAL_DB_RECONNECT_DISABLED, tries, wait, id, timer);
            let _ = shutdown.send(1); // fails only while the daemon ends
        } else {
            say!(F: DHCP4_DB_RECONNECT_DISABLED | DHCP6_DB_RECONNECT_DISABLED, tries, wait, id, timer);
        }
        return;
    }
    for attempt in 1..=tries {
        let reconnect = link.reconnect.clone();
        match spawn_blocking(move || reconnect()).await.unwrap_or_else(|panic| Err(panic.to_string())) {
            Ok(()) => {
                service.enable(origin);
                say!(F: DHCP4_DB_RECONNECT_SUCCEEDED | DHCP6_DB_RECONNECT_SUCCEEDED);
                return;
            }
            Err(reason) => tell!(
                (kind, kept, F::NUMBER),
                [MYSQL_LB_DB_RECONNECT_ATTEMPT_FAILED, MYSQL_HB_DB_RECONNECT_ATTEMPT_FAILED,
                 MYSQL_CB_RECONNECT_ATTEMPT_FAILED4, MYSQL_CB_RECONNECT_ATTEMPT_FAILED6]
                [PGSQL_LB_DB_RECONNECT_ATTEMPT_FAILED, PGSQL_HB_DB_RECONNECT_ATTEMPT_FAILED,
                 PGSQL_CB_RECONNECT_ATTEMPT_FAILED4, PGSQL_CB_RECONNECT_ATTEMPT_FAILED6],
                reason
            ),
        }
        if attempt < tries {
            let attempt = attempt + 1;
            tell!(
                (kind, kept, F::NUMBER),
                [MYSQL_LB_DB_RECONNECT_ATTEMPT_SCHEDULE, MYSQL_HB_DB_RECONNECT_ATTEMPT_SCHEDULE,
                 MYSQL_CB_RECONNECT_ATTEMPT_SCHEDULE4, MYSQL_CB_RECONNECT_ATTEMPT_SCHEDULE6]
                [PGSQL_LB_DB_RECONNECT_ATTEMPT_SCHEDULE, PGSQL_HB_DB_RECONNECT_ATTEMPT_SCHEDULE,
                 PGSQL_CB_RECONNECT_ATTEMPT_SCHEDULE4, PGSQL_CB_RECONNECT_ATTEMPT_SCHEDULE6],
                attempt, tries, wait
            );
            sleep(recovery.wait).await;
        }
    }
    if recovery.exits() {
        say!(F: DHCP4_FATAL_DB_RECONNECT_FAILED | DHCP6_FATAL_DB_RECONNECT_FAILED, tries, id, timer);
        let _ = shutdown.send(1); // fails only while the daemon ends
    } else {
        say!(F: DHCP4_DB_RECONNECT_FAILED | DHCP6_DB_RECONNECT_FAILED, tries, id, timer);
    }
}

/// Opens the leases in a database, and reads them. If it cannot be reached and may be tried again, they are empty, and the
/// link is as if lost.
pub fn open<F: Family>(database: &Database) -> Result<(SharedStore<F>, Link), String> {
    let parameters = format!("{} universe={}", database.parameters(), F::NUMBER);
    let kind = database.kind;
    match kind {
        DatabaseType::Mysql => log::event!(MYSQL_LB_DB, parameters = &parameters),
        DatabaseType::Postgresql => log::event!(PGSQL_LB_DB, parameters = &parameters),
    }
    let failed = |reason: String| format!("Unable to open database: {reason}");
    let lost = Arc::new(Notify::new());
    let leases = Leases::new(database, &lost).map_err(|error| failed(error.to_string()))?;
    let leases = Arc::new(leases);
    let recovery = database.recovery;
    let store = match leases.connect() {
        Ok(()) => Store::mirror(F::remote(leases.clone())).map_err(|error| failed(error.to_string()))?,
        Err(error @ (Error::Unreachable(_) | Error::Lost(_))) if recovery.at_start && recovery.is_on() => {
            log::event!(DHCPSRV_LEASE_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED, parameters, reason = error);
            lost.notify_one();
            Store::blank_mirror(F::remote(leases.clone()))
        }
        Err(error) => return Err(failed(error.to_string())),
    };
    let store = Arc::new(store);
    let mirror = Arc::downgrade(&store);
    let reconnect = Arc::new(move || {
        leases.connect().map_err(|error| error.to_string())?;
        mirror.upgrade().map_or(Ok(()), |store| store.refresh().map_err(|error| error.to_string()))
    });
    Ok((store, Link { recovery, kind, kept: Kept::Leases, lost, reconnect }))
}
