//! `stash-agent-options`: a client that renews past its relay is dealt with as if the relay had told again where it is.

use super::client::belongs;
use super::query::Query;
use leases::Leases4;
use leases::lease::UnixSeconds;
use serde_json::Value;
use wire::hex;
use wire::v4::MessageType;

/// The relay's options that were kept with the client's lease (`store-extended-info`). A store that fails here fails
/// again where it matters.
pub(super) async fn recover<L: Leases4>(query: &Query<'_>, leases: &mut L, now: UnixSeconds) -> Option<Vec<u8>> {
    let renews = query.message_type == MessageType::REQUEST && !query.is_relayed() && query.agent.is_none();
    let address = query.ciaddr().filter(|_| renews)?;
    let lease = leases.by_address(address).await.ok()??;
    if lease.is_free_at(now) || !belongs(&lease, query.packet.hw_addr(), query.client_id()) {
        return None;
    }
    let context: Value = serde_json::from_str(lease.user_context.as_deref()?).ok()?;
    let kept = context.get("ISC")?.get("relay-agent-info")?;
    // Older leases have the options alone, newer ones a map.
    let digits = kept.get("sub-options").unwrap_or(kept).as_str()?;
    hex::parse(digits)
}
