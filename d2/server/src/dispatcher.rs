//! Gives each request its zones and its turn.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use d2_config::{D2Config, Domain, Domains};
use ncr::{Name, NameChangeRequest};
use tokio::sync::Notify;

use crate::exchange::Udp;
use crate::messages::*;
use crate::queue::{Next, QUEUE_MAX, QUEUE_RESUME, Queue, TRANSACTIONS_MAX};
use crate::statistics::Statistics;
use crate::transaction::Transaction;

/// The queue and what is taken from it. A configuration that comes while requests wait applies to them; transactions that
/// run end with the one that they began with.
#[derive(Debug)]
pub struct Dispatcher {
    config: RefCell<Arc<D2Config>>,
    queue: RefCell<Queue>,
    statistics: Arc<Statistics>,
    /// No transaction begins any more.
    closed: Cell<bool>,
    /// A transaction has ended.
    ended: Notify,
}

/// What is waited for before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// The transactions that run.
    Running,
    /// The requests that wait, too.
    Queued,
}

impl Dispatcher {
    /// A dispatcher with an empty queue.
    pub fn new(config: Arc<D2Config>, statistics: Arc<Statistics>) -> Rc<Self> {
        statistics.set_keys(&config.key_names);
        Rc::new(Self {
            config: RefCell::new(config),
            queue: RefCell::default(),
            statistics,
            closed: Cell::new(false),
            ended: Notify::new(),
        })
    }

    /// Goes on with another configuration.
    pub fn configure(&self, config: Arc<D2Config>) {
        self.statistics.set_keys(&config.key_names);
        *self.config.borrow_mut() = config;
    }

    /// Takes a request. Must be called within a `tokio::task::LocalSet`.
    pub fn submit(self: &Rc<Self>, request: NameChangeRequest) {
        log::event!(DHCP_DDNS_QUEUE_MGR_QUEUE_RECEIVE, request = request.dhcid);
        self.queue.borrow_mut().push(request);
        self.dispatch();
    }

    /// Waits until the queue takes requests again, if it is full.
    pub async fn room(&self) {
        if self.queue.borrow().waiting() < QUEUE_MAX {
            return;
        }
        self.statistics.queue_full.add(1);
        log::event!(DHCP_DDNS_QUEUE_MGR_QUEUE_FULL, maximum = QUEUE_MAX);
        while self.queue.borrow().waiting() > QUEUE_RESUME {
            self.ended.notified().await;
        }
        log::event!(DHCP_DDNS_QUEUE_MGR_RESUMING, size = QUEUE_RESUME, maximum = QUEUE_MAX);
    }

    /// Waits for what is left to do before the end.
    pub async fn drain(&self, drain: Drain) {
        self.closed.set(drain == Drain::Running);
        loop {
            let ended = self.ended.notified();
            let left = {
                let queue = self.queue.borrow();
                queue.running() + if drain == Drain::Queued { queue.waiting() } else { 0 }
            };
            if left == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Begins as many transactions as may run.
    fn dispatch(self: &Rc<Self>) {
        while !self.closed.get() {
            let next = self.queue.borrow_mut().start();
            match next {
                Next::Start(request) => self.start(*request),
                Next::Empty => return,
                Next::AtMaximum => {
                    let queued = self.queue.borrow().waiting();
                    log::event!(DHCP_DDNS_AT_MAX_TRANSACTIONS, queued, maximum = TRANSACTIONS_MAX);
                    return;
                }
                Next::NoneEligible => {
                    let queue = self.queue.borrow();
                    log::event!(DHCP_DDNS_NO_ELIGIBLE_JOBS, queued = queue.waiting(), running = queue.running());
                    return;
                }
            }
        }
    }

    fn start(self: &Rc<Self>, request: NameChangeRequest) {
        let config = self.config.borrow().clone();
        let client = request.dhcid.clone();
        let Some(transaction) = transaction(request, &config) else {
            self.queue.borrow_mut().finish(&client);
            return;
        };
        let dispatcher = self.clone();
        tokio::task::spawn_local(async move {
            let dns = Udp { timeout: config.dns_timeout, statistics: dispatcher.statistics.clone() };
            transaction.run(&dns).await;
            dispatcher.queue.borrow_mut().finish(&client);
            dispatcher.dispatch();
            dispatcher.ended.notify_waiters();
        });
    }
}

/// The request with its zones; `None` when there is nothing to be done, or no zone to do it in.
fn transaction(request: NameChangeRequest, config: &D2Config) -> Option<Transaction> {
    let (id, mut forward, mut reverse) = (&request.dhcid, None, None);
    if request.forward_change {
        if config.forward.is_empty() {
            log::event!(DHCP_DDNS_FWD_REQUEST_IGNORED, request = id, ncr = request);
        } else {
            forward = find(&config.forward, &request.fqdn);
            if forward.is_none() {
                log::event!(DHCP_DDNS_NO_FWD_MATCH_ERROR, request = id, ncr = request);
                return None;
            }
        }
    }
    if request.reverse_change {
        if config.reverse.is_empty() {
            log::event!(DHCP_DDNS_REV_REQUEST_IGNORED, request = id, ncr = request);
        } else {
            reverse = find(&config.reverse, &Name::reverse(request.ip_address));
            if reverse.is_none() {
                log::event!(DHCP_DDNS_NO_REV_MATCH_ERROR, request = id, ncr = request);
                return None;
            }
        }
    }
    if forward.is_none() && reverse.is_none() {
        log::event!(DHCP_DDNS_REQUEST_DROPPED, request = id, ncr = request);
        return None;
    }
    Some(Transaction { request, forward, reverse })
}

fn find(domains: &Domains, name: &Name) -> Option<Arc<Domain>> {
    let found = domains.find(name).cloned();
    if found.is_none() {
        log::event!(DHCP_DDNS_NO_MATCH, fqdn = name);
    }
    found
}

#[cfg(test)]
mod tests;
