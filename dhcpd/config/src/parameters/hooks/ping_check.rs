//! `libdhcp_ping_check.so`: nobody is offered an address that answers a ping.

use super::{Library, Load, Loading};
use hashbrown::HashMap;
use schema::{Given, Scope};

/// Parameters of `libdhcp_ping_check.so`, which pings an address before it is offered. A subnet has its own in its user context, as
/// `ping-check`.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct PingCheck {
    /// Whether addresses are pinged.
    #[param(default = true)]
    pub enable_ping_check: Given<bool>,
    /// Pings without an answer after which an address is free.
    #[param(default = 1, range = 1..=4_294_967_295)]
    pub min_ping_requests: Given<u32>,
    /// Milliseconds for which an answer to a ping is waited for.
    #[param(default = 100, range = 1..=4_294_967_295)]
    pub reply_timeout: Given<u32>,
    /// Seconds after a client's last word for which its own address is not pinged.
    #[param(default = 60)]
    pub ping_cltt_secs: Given<u32>,
    /// Threads that ping in Kea; here one thread does.
    #[param(default = 0)]
    pub ping_channel_threads: Given<u32>,
}

/// How addresses of a subnet are pinged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingPolicy {
    /// They are at all.
    pub enabled: bool,
    /// Pings without an answer after which an address is free.
    pub requests: u32,
    /// Milliseconds for which an answer is waited for.
    pub timeout: u32,
    /// Seconds after a client's last word for which its own address is not pinged.
    pub cltt: u32,
}

/// What the library works with.
#[derive(Clone, Debug)]
pub struct PingCheckRules {
    /// For subnets that have no policy of their own.
    pub everywhere: PingPolicy,
    /// By number of the subnet.
    pub subnets: HashMap<u32, PingPolicy>,
    /// Subnets whose own policy is none, and why. As in Kea, that of all others counts for them.
    pub failures: Vec<(u32, String)>,
}

impl Load for PingCheck {
    const FILE: &'static str = "libdhcp_ping_check.so";
    const FAMILIES: &'static [wire::options::Family] = &[wire::options::Family::V4];

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let everywhere = PingPolicy {
            enabled: self.enable_ping_check(),
            requests: self.min_ping_requests(),
            timeout: self.reply_timeout(),
            cltt: self.ping_cltt_secs(),
        };
        let (mut subnets, mut failures) = (HashMap::new(), Vec::new());
        for (id, context) in loading.subnets {
            match context.0.get("ping-check").map(policy) {
                None => {}
                Some(Ok(own)) => _ = subnets.insert(*id, own),
                Some(Err(reason)) => failures.push((*id, reason)),
            }
        }
        Library::PingCheck(PingCheckRules { everywhere, subnets, failures })
    }
}

/// A subnet's own policy: what it does not say is as if nothing were said anywhere.
fn policy(own: &serde_json::Value) -> Result<PingPolicy, String> {
    let mut policy = PingPolicy { enabled: true, requests: 1, timeout: 100, cltt: 60 };
    let members = own.as_object().ok_or("ping-check must be a map")?;
    for (key, value) in members {
        let number = |least: u64| {
            let number = value.as_u64().filter(|number| *number >= least).and_then(|number| u32::try_from(number).ok());
            let rule = if least > 0 { "must be greater than 0" } else { "cannot be less than 0" };
            number.ok_or_else(|| format!("invalid {key}: '{value}', {rule}"))
        };
        match key.as_str() {
            "enable-ping-check" => policy.enabled = value.as_bool().ok_or("enable-ping-check must be a boolean")?,
            "min-ping-requests" => policy.requests = number(1)?,
            "reply-timeout" => policy.timeout = number(1)?,
            "ping-cltt-secs" => policy.cltt = number(0)?,
            "ping-channel-threads" => _ = number(0)?,
            other => return Err(format!("spurious '{other}' parameter")),
        }
    }
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_subnet_says_what_it_wants() {
        let read = policy(&json!({"min-ping-requests": 3, "reply-timeout": 250}));
        assert_eq!(read, Ok(PingPolicy { enabled: true, requests: 3, timeout: 250, cltt: 60 }));
        for (wrong, reason) in [
            (json!({"reply-timeout": 0}), "invalid reply-timeout: '0', must be greater than 0"),
            (json!({"min-pings": 1}), "spurious 'min-pings' parameter"),
            (json!([]), "ping-check must be a map"),
        ] {
            assert_eq!(policy(&wrong), Err(reason.to_owned()));
        }
    }
}
