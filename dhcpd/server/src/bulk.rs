//! Lease queries over TCP: the listener, its connections and their limits.
//!
//! All of them share the thread of the control channel, which nobody waits for, and take a few leases at a time: workers find the
//! store free in between. A connection whose peer does not read what it asked for stops reading, too.

use dhcpd_config::parameters::hooks::{BulkRules, LeaseQueryRules};
use leases::memfile::Store;
use libs::lease_query::messages::*;
use libs::lease_query::{Bulk, Query, Unread};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Most queries that wait in a connection before no more are read from it.
const MOST_WAITING: usize = 64;
/// Bytes that are read at once.
const READ: usize = 4096;
/// How long the listener rests when there are too many open files.
const REST: Duration = Duration::from_millis(100);

/// The listener, if there is one. Dropping it closes it and all connections.
pub struct Service<B: Bulk> {
    current: Rc<RefCell<Option<Site<B>>>>,
    serving: Option<Serving>,
}

/// What queries are answered from.
struct Site<B: Bulk> {
    snapshot: Arc<B::Snapshot>,
    store: Arc<Store<B::Table>>,
}

struct Serving {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a configuration asks of the listener.
pub struct Prepared {
    address: Option<SocketAddr>,
    /// None if the one that there is stays.
    fresh: Option<TcpListener>,
}

impl<B: Bulk> Default for Service<B> {
    fn default() -> Self {
        Self { current: Rc::default(), serving: None }
    }
}

impl<B: Bulk> Service<B> {
    /// Binds a listener where a configuration wants one and there is none yet. Must be called within a runtime.
    pub fn prepare(&self, rules: Option<&LeaseQueryRules>) -> io::Result<Prepared> {
        let address = rules.and_then(|rules| rules.bulk.as_ref()).map(|bulk| bulk.listen);
        let present = self.serving.as_ref().map(|serving| serving.address);
        let fresh = match address.filter(|_| address != present) {
            None => None,
            Some(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Some(TcpListener::from_std(listener)?)
            }
        };
        Ok(Prepared { address, fresh })
    }

    /// Answers from this configuration and these leases from now on. Must be called within a `tokio::task::LocalSet`.
    pub fn apply(&mut self, prepared: Prepared, snapshot: Arc<B::Snapshot>, store: Arc<Store<B::Table>>) {
        *self.current.borrow_mut() = prepared.address.map(|_| Site { snapshot, store });
        match (prepared.address, prepared.fresh) {
            (None, _) => self.serving = None,
            (Some(address), Some(listener)) => {
                let task = tokio::task::spawn_local(accept::<B>(listener, self.current.clone()));
                self.serving = Some(Serving { address, task });
            }
            (Some(_), None) => {}
        }
    }
}

/// Connections that are open: their peers, and how each is ended.
type Open = Vec<(IpAddr, Connection)>;

/// A connection's task; dropping it closes the connection.
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn accept<B: Bulk>(listener: TcpListener, current: Rc<RefCell<Option<Site<B>>>>) {
    let mut open = Open::new();
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(REST).await;
            continue;
        };
        open.retain(|(_, connection)| !connection.0.is_finished());
        let verdict = match &*current.borrow() {
            Some(site) => B::rules(&site.snapshot).map_or(Err("not a valid requester"), |r| admit(r, peer.ip(), &open)),
            None => return,
        };
        match verdict {
            Ok(()) => {
                let task = tokio::task::spawn_local(converse::<B>(stream, peer, current.clone()));
                open.push((peer.ip(), Connection(task)));
            }
            Err(reason) => log::event!(BULK_LEASE_QUERY_REJECTED_CONNECTION, requester = peer.ip(), reason),
        }
    }
}

/// Whether a connection may be opened. The last one is kept for a requester that has none yet, so that one alone cannot keep out
/// the others.
fn admit<C>(rules: &LeaseQueryRules, peer: IpAddr, open: &[(IpAddr, C)]) -> Result<(), &'static str> {
    if !rules.admits(peer) {
        return Err("not a valid requester");
    }
    let most = rules.bulk.as_ref().map_or(0, |bulk| bulk.connections as usize);
    if open.len() >= most {
        return Err("too many connections");
    }
    let last = open.len() + 1 == most && most > 1 && rules.several_requesters;
    match last && open.iter().all(|(other, _)| *other == peer) {
        true => Err("last free slot reserved for another requester"),
        false => Ok(()),
    }
}

/// Serves a connection until it is idle for too long, says what cannot be read, or its peer closes it.
async fn converse<B: Bulk>(mut stream: TcpStream, peer: SocketAddr, current: Rc<RefCell<Option<Site<B>>>>) {
    let mut queue =
        Queue::<B::Query> { peer, received: Vec::new(), running: VecDeque::new(), waiting: VecDeque::new() };
    let mut out = Vec::new();
    loop {
        let rules: BulkRules = {
            let current = current.borrow();
            let Some(site) = &*current else { return };
            let Some(rules) = B::rules(&site.snapshot).and_then(|rules| rules.bulk.clone()) else { return };
            if !queue.take::<B>(site, &rules) {
                return;
            }
            if let Some(mut query) = queue.running.pop_front() {
                let now = crate::unix_seconds();
                if !B::go_on(&mut query, &site.snapshot, &site.store, now, &mut out) {
                    queue.running.push_back(query);
                }
            }
            rules
        };
        if !out.is_empty() {
            let sent = timeout(rules.idle, stream.write_all(&out)).await;
            let failure = match sent {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("it is not read".to_owned()),
            };
            if let Some(reason) = failure {
                let query = format_args!("{} bytes", out.len());
                return log::event!(BULK_LEASE_QUERY_RESPONSE_SEND_ERROR, requester = peer, query, reason);
            }
            log::event!(
                BULK_LEASE_QUERY_RESPONSE_SENT,
                requester = peer,
                details = format_args!("{} bytes", out.len())
            );
            out.clear();
        }
        queue.received.reserve(READ);
        if queue.is_idle() {
            match timeout(rules.idle, stream.read_buf(&mut queue.received)).await {
                Ok(Ok(1..)) => {}
                _ => return,
            }
        } else {
            tokio::task::yield_now().await;
            if queue.waiting.len() < MOST_WAITING {
                match stream.try_read_buf(&mut queue.received) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        }
    }
}

/// The queries of a connection.
struct Queue<Q> {
    peer: SocketAddr,
    /// Bytes that are no whole message yet.
    received: Vec<u8>,
    running: VecDeque<Q>,
    waiting: VecDeque<Q>,
}

impl<Q: Query> Queue<Q> {
    fn is_idle(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Takes whole messages out of what was received; whether the connection goes on.
    fn take<B: Bulk<Query = Q>>(&mut self, site: &Site<B>, rules: &BulkRules) -> bool {
        let most = rules.queries.map_or(usize::MAX, |queries| queries as usize);
        while self.running.len() < most
            && let Some(query) = self.waiting.pop_front()
        {
            log::event!(BULK_LEASE_QUERY_DEQUEUED, requester = self.peer, query);
            self.running.push_back(query);
        }
        let received = std::mem::take(&mut self.received);
        let mut rest = &received[..];
        while self.waiting.len() < MOST_WAITING
            && let Some((message, behind)) = split(rest)
        {
            rest = behind;
            match self.read::<B>(site, message) {
                Some(query) => self.enter(query, most),
                None => return false,
            }
        }
        self.received = rest.to_vec();
        true
    }

    fn read<B: Bulk<Query = Q>>(&self, site: &Site<B>, message: &[u8]) -> Option<Q> {
        let requester = self.peer;
        if message.is_empty() {
            log::event!(BULK_LEASE_QUERY_EMPTY_REQUEST, requester);
            return None;
        }
        match B::read(&site.snapshot, message, requester.ip()) {
            Ok(query) => Some(query),
            Err(unread) => {
                match unread {
                    Unread::Malformed(reason) => log::event!(BULK_LEASE_QUERY_UNPACK_ERROR, requester, reason),
                    Unread::OtherType(kind) if requester.is_ipv4() => {
                        log::event!(BULK_LEASE_QUERY4_UNSUPPORTED_MSG_TYPE, kind, requester);
                    }
                    Unread::OtherType(kind) => log::event!(BULK_LEASE_QUERY6_UNSUPPORTED_MSG_TYPE, kind, requester),
                    Unread::Invalid(query, reason) => {
                        log::event!(BULK_LEASE_QUERY_INVALID_REQUEST, requester, query, reason);
                    }
                }
                None
            }
        }
    }

    fn enter(&mut self, query: Q, most: usize) {
        let (requester, transaction) = (self.peer, query.transaction());
        log::event!(BULK_LEASE_QUERY_QUERY_RECEIVED, requester, query);
        if self.running.iter().chain(&self.waiting).any(|other| other.transaction() == transaction) {
            log::event!(BULK_LEASE_QUERY_DUPLICATE_XID, requester, transaction);
        } else if self.running.len() < most && self.waiting.is_empty() {
            self.running.push_back(query);
        } else {
            log::event!(BULK_LEASE_QUERY_AT_MAX_CONCURRENT_QUERIES, requester, query, queries = most);
            self.waiting.push_back(query);
        }
    }
}

/// The first whole message of what was received, and what is behind it.
fn split(received: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = received.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_split_by_their_lengths() {
        assert_eq!(split(&[0, 2, 7, 8, 9]), Some((&[7, 8][..], &[9][..])));
        assert_eq!(split(&[0, 0]), Some((&[][..], &[][..])));
        assert_eq!((split(&[0, 3, 1, 2]), split(&[0]), split(&[])), (None, None, None));
    }

    #[test]
    fn the_last_connection_is_for_somebody_else() {
        let text = r#"{"Dhcp4": {"hooks-libraries": [{"library": "libdhcp_lease_query.so", "parameters": {
            "requesters": ["10.0.0.1", "10.0.0.2"],
            "advanced": {"bulk-query-enabled": true, "max-requester-connections": 2}}}]}}"#;
        let document = schema::json::parse("c", text, &mut schema::json::no_includes).unwrap();
        let (_, config) = dhcpd_config::v4::load(&document).unwrap();
        let Some(dhcpd_config::parameters::Library::LeaseQuery(rules)) = config.hooks.first() else {
            panic!("{config:?}")
        };
        let [one, two, stranger] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(|ip| ip.parse::<IpAddr>().unwrap());
        assert_eq!(admit::<()>(rules, stranger, &[]), Err("not a valid requester"));
        assert_eq!(admit(rules, one, &[] as &[(IpAddr, ())]), Ok(()));
        assert_eq!(admit(rules, one, &[(one, ())]), Err("last free slot reserved for another requester"));
        assert_eq!(admit(rules, two, &[(one, ())]), Ok(()));
        assert_eq!(admit(rules, two, &[(one, ()), (two, ())]), Err("too many connections"));
    }
}
