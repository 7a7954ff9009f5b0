//! Fetching leases from another server, which does not serve meanwhile.

use super::duties::SiteOf;
use super::family::Family;
use super::group::Group;
use super::link::{Failure, Link};
use super::messages::*;
use control::to_text;
use log::event;
use schema::json::{Node, Value as Tree};
use serde_json::json;
use std::time::Instant;

/// Leases that are stored before others get their turn.
const STEP: usize = 256;

impl<F: Family> Group<F> {
    /// Fetches leases from the partner; whether all came.
    pub(super) async fn synchronize_with_partner(&self, site: &SiteOf<F>) -> bool {
        let Some(link) = self.partner() else { return false };
        let seconds = self.rules.sync_timeout.as_secs().max(1);
        self.synchronize(link, seconds, site).await.is_ok()
    }

    /// Fetches leases from a server, which is not to serve for so many seconds (0: as long as it likes) while it gives a page.
    pub(super) async fn synchronize(&self, link: &Link, seconds: u64, site: &SiteOf<F>) -> Result<(), String> {
        let (server, peer) = (self.name(), &link.label);
        event!(HA_SYNC_START, server, peer);
        let start = Instant::now();
        let mut disabled = false;
        let fetched = self.fetch_all(link, seconds, site, &mut disabled).await;
        let resumed = match (&fetched, disabled) {
            (Ok(()), true) => self.tell_fetched(link).await,
            (Err(_), true) => self.enable(link).await,
            (_, false) => Ok(()),
        };
        match fetched.and(resumed) {
            Ok(()) => {
                event!(
                    HA_SYNC_SUCCESSFUL,
                    server,
                    peer,
                    time = format_args!("{:.3} ms", start.elapsed().as_secs_f64() * 1e3)
                );
                Ok(())
            }
            Err(reason) => {
                event!(HA_SYNC_FAILED, server, peer, reason);
                Err(reason)
            }
        }
    }

    /// Page by page, until there are no more. The partner's time without service begins anew with each.
    async fn fetch_all(&self, link: &Link, seconds: u64, site: &SiteOf<F>, disabled: &mut bool) -> Result<(), String> {
        let (server, peer, limit) = (self.name(), &link.label, self.rules.sync_page_limit);
        let mut from = "start".to_owned();
        loop {
            self.disable(link, seconds).await?;
            *disabled = true;
            let answer = link.fetch(F::GET_PAGE, json!({ "from": from, "limit": limit })).await;
            let page = match answer.map(|arguments| arguments.and_then(leases_of)) {
                Ok(Some(page)) => page,
                Ok(None) => {
                    let reason = "server response does not contain leases argument or this argument is not a list";
                    event!(HA_LEASES_SYNC_FAILED, server, peer, reason);
                    return Err(reason.to_owned());
                }
                Err(failure) => {
                    match &failure {
                        Failure::Communication(reason) => {
                            event!(HA_LEASES_SYNC_COMMUNICATIONS_FAILED, server, peer, reason);
                        }
                        Failure::Refused(..) => event!(HA_LEASES_SYNC_FAILED, server, peer, reason = failure),
                    }
                    return Err(failure.to_string());
                }
            };
            event!(HA_LEASES_SYNC_LEASE_PAGE_RECEIVED, server, count = page.len(), peer);
            let site = site().ok_or("the configuration is gone")?;
            let applied = self.apply(&page, &site).await?;
            event!(HA_LEASES_SYNC_APPLIED_LEASES, server, count = applied);
            let last = page.last().and_then(|lease| lease.member("ip-address")).map(Node::to_json);
            match last {
                Some(serde_json::Value::String(last)) if page.len() >= limit as usize => from = last,
                _ => return Ok(()),
            }
        }
    }

    /// Stores what is newer than what is there; how many.
    async fn apply(&self, page: &[Node], site: &F::Site) -> Result<usize, String> {
        let server = self.name();
        // Where subnets are divided among relationships, others fetch the rest.
        let subnets = F::subnets(site, self.number);
        let mut applied = 0;
        for (at, node) in page.iter().enumerate() {
            let stored = match F::read(node, site) {
                Ok(lease) if !subnets.is_empty() && !subnets.contains(&F::subnet(&lease)) => Ok(false),
                Ok(lease) => F::merge(site, lease, server).await,
                Err(reason) => Err(reason),
            };
            match stored {
                Ok(stored) => applied += usize::from(stored),
                Err(reason) => event!(HA_LEASE_SYNC_FAILED, server, lease = to_text(&node.to_json()), reason),
            }
            if at % STEP == STEP - 1 {
                tokio::task::yield_now().await;
            }
        }
        F::sync(site)?;
        Ok(applied)
    }

    async fn disable(&self, link: &Link, seconds: u64) -> Result<(), String> {
        let mut arguments = json!({ "origin-id": self.remote_origin(), "origin": "ha-partner" });
        if seconds > 0 {
            arguments["max-period"] = seconds.into();
        }
        let (server, peer) = (self.name(), &link.label);
        match link.ask("dhcp-disable", arguments).await {
            Ok(_) => Ok(()),
            Err(Failure::Communication(reason)) => {
                event!(HA_DHCP_DISABLE_COMMUNICATIONS_FAILED, server, peer, reason);
                Err(reason)
            }
            Err(failure) => {
                event!(HA_DHCP_DISABLE_FAILED, server, peer, reason = failure);
                Err(failure.to_string())
            }
        }
    }

    async fn enable(&self, link: &Link) -> Result<(), String> {
        let arguments = json!({ "origin-id": self.remote_origin(), "origin": "ha-partner" });
        let (server, peer) = (self.name(), &link.label);
        match link.ask("dhcp-enable", arguments).await {
            Ok(_) => Ok(()),
            Err(Failure::Communication(reason)) => {
                event!(HA_DHCP_ENABLE_COMMUNICATIONS_FAILED, server, peer, reason);
                Err(reason)
            }
            Err(failure) => {
                event!(HA_DHCP_ENABLE_FAILED, server, peer, reason = failure);
                Err(failure.to_string())
            }
        }
    }

    /// The leases are here: the other server may serve again, if it is its turn.
    async fn tell_fetched(&self, link: &Link) -> Result<(), String> {
        let (server, peer) = (self.name(), &link.label);
        let arguments = json!({ "origin-id": self.remote_origin(), "origin": "ha-partner", "server-name": server });
        match link.ask("ha-sync-complete-notify", arguments).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_unsupported() => self.enable(link).await,
            Err(Failure::Communication(reason)) => {
                event!(HA_SYNC_COMPLETE_NOTIFY_COMMUNICATIONS_FAILED, server, peer, reason);
                Err(reason)
            }
            Err(failure) => {
                event!(HA_SYNC_COMPLETE_NOTIFY_FAILED, server, peer, reason = failure);
                Err(failure.to_string())
            }
        }
    }
}

fn leases_of(arguments: Node) -> Option<Vec<Node>> {
    let Tree::Map(members) = arguments.value else { return None };
    let leases = members.into_iter().find(|member| &*member.key == "leases")?;
    match leases.node.value {
        Tree::List(list) => Some(list),
        _ => None,
    }
}
