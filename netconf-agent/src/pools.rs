//! Pools that fill up: address- and prefix-pool-utilization-threshold-exceeded of ietf-dhcpv6-server (RFC 9243 §4.1).

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use translators::{Model, Watched, watched};

use crate::core::Core;
use crate::daemons::Server;
use crate::rpc::DHCPV6_SERVER;
use crate::xml;

/// How often the server is asked how many leases the pools with a limit have.
const EVERY: Duration = Duration::from_secs(5);

/// Tells of each pool that exceeds its limit, and again only after it was within.
pub async fn watch(core: Rc<Core>) {
    let Some(server) = core.servers.iter().find(|server| server.settings.model == Model::IETF6) else { return };
    let mut told: HashSet<Watched> = HashSet::new();
    loop {
        tokio::time::sleep(EVERY).await;
        let pools = server.look(|kea, _| watched(kea)).unwrap_or_default();
        told.retain(|pool| pools.contains(pool));
        for pool in pools {
            match leased(server, &pool).await {
                Some(leased) if leased <= pool.most => drop(told.remove(&pool)),
                Some(leased) if !told.contains(&pool) => {
                    tell(&core, &pool, leased);
                    told.insert(pool);
                }
                _ => {}
            }
        }
    }
}

async fn leased(server: &Server, pool: &Watched) -> Option<u64> {
    let arguments = json!({ "name": pool.statistic }).to_string();
    let answer = server.query("statistic-get", Some(&arguments)).await.ok()?;
    answer.arguments?.get(&pool.statistic)?.get(0)?.get(0)?.as_u64()
}

fn tell(core: &Core, pool: &Watched, leased: u64) {
    let (name, leaves) = match pool.prefixes {
        false => (
            "address-pool-utilization-threshold-exceeded",
            ["total-pool-addresses", "max-allocated-addresses", "allocated-address-count"],
        ),
        true => (
            "prefix-pool-utilization-threshold-exceeded",
            ["total-pool-prefixes", "max-allocated-prefixes", "allocated-prefixes-count"],
        ),
    };
    let mut content = String::new();
    xml::write_leaf("pool-id", &pool.pool, &mut content);
    for (leaf, value) in leaves.into_iter().zip([pool.total, pool.most, leased]) {
        xml::write_leaf(leaf, &value.to_string(), &mut content);
    }
    core.events.tell_of(Model::IETF6.module, DHCPV6_SERVER, name, &content);
}
