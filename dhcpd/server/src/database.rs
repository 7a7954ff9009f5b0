//! Databases that are lost and come back: `max-reconnect-tries`, `reconnect-wait-time`, `on-fail`.

use crate::family::{Family, SharedStore};
use crate::messages::*;
use dhcpd_config::common::{Database, DatabaseType, Recovery};
use leases::memfile::Store;
use libs::{Service, service};
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
    /// Number of what rests on it; 0 are the leases.
    pub id: u32,
    /// The name of Kea's timer, by which messages tell what is lost.
    pub timer: &'static str,
    /// Told when it is lost.
    pub lost: Arc<Notify>,
    /// Makes it anew, and brings up to date what rests on it; it may take its time.
    pub reconnect: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// Watches a connection until dropped.
#[derive(Default)]
pub struct Watch(Option<AbortHandle>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Watch {
    /// Watches on the thread of the daemon; `shutdown` ends the daemon.
    pub fn start<F: Family>(link: Link, service: Arc<Service>, shutdown: UnboundedSender<u8>) -> Self {
        service.enable(service::DATABASE + link.id); // whatever became of the connection before
        let watch = async move {
            loop {
                link.lost.notified().await;
                recover::<F>(&link, &service, &shutdown).await;
            }
        };
        Self(Some(spawn_local(watch).abort_handle()))
    }
}

/// Tries to get a connection back that is lost.
async fn recover<F: Family>(link: &Link, service: &Service, shutdown: &UnboundedSender<u8>) {
    let &Link { recovery, kind, id, timer, .. } = link;
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
            Err(reason) => match kind {
                DatabaseType::Mysql => log::event!(MYSQL_LB_DB_RECONNECT_ATTEMPT_FAILED, reason),
                DatabaseType::Postgresql => log::event!(PGSQL_LB_DB_RECONNECT_ATTEMPT_FAILED, reason),
            },
        }
        if attempt < tries {
            let attempt = attempt + 1;
            match kind {
                DatabaseType::Mysql => log::event!(MYSQL_LB_DB_RECONNECT_ATTEMPT_SCHEDULE, attempt, tries, wait),
                DatabaseType::Postgresql => log::event!(PGSQL_LB_DB_RECONNECT_ATTEMPT_SCHEDULE, attempt, tries, wait),
            }
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
    let timer = match kind {
        DatabaseType::Mysql => {
            log::event!(MYSQL_LB_DB, parameters = &parameters);
            "MySqlLeaseMgr[1]DbReconnectTimer"
        }
        DatabaseType::Postgresql => {
            log::event!(PGSQL_LB_DB, parameters = &parameters);
            "PgSqlLeaseMgr[1]DbReconnectTimer"
        }
    };
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
    Ok((store, Link { recovery, kind, id: 0, timer, lost, reconnect }))
}
