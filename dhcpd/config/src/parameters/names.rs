//! Host names and updates of the DNS.

use super::lifetimes::fraction;
use crate::ddns::{ConflictResolution, Ddns, DnsTtl, ReplaceClientName, Sanitizer};
use schema::{At, Given, Problem, Scope};

/// How names are made, and what is told to the DNS (RFC 4702, RFC 4704).
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Names {
    /// Whether the DNS is updated for leases of this scope; `dhcp-ddns/enable-updates` must be on as well.
    #[param(default = true, inherited)]
    pub ddns_send_updates: Given<bool>,
    /// Update the DNS although the client asked not to.
    #[param(default = false, inherited)]
    pub ddns_override_no_update: Given<bool>,
    /// Update the DNS although the client wants to do it itself.
    #[param(default = false, inherited)]
    pub ddns_override_client_update: Given<bool>,
    /// When a generated name takes the place of the client's.
    #[param(default = "never", inherited)]
    pub ddns_replace_client_name: Given<ReplaceClientName>,
    /// How generated names begin; the address with hyphens follows.
    #[param(default = "myhost", inherited)]
    pub ddns_generated_prefix: Given<String>,
    /// Domain that is added to names that are not fully qualified.
    #[param(default = "", inherited)]
    pub ddns_qualifying_suffix: Given<String>,
    /// Update the DNS at each renewal, even if nothing changed.
    #[param(default = false, inherited)]
    pub ddns_update_on_renew: Given<bool>,
    /// What the DNS daemon does about names that others hold (RFC 4703).
    #[param(default = "check-with-dhcid", inherited)]
    pub ddns_conflict_resolution_mode: Given<ConflictResolution>,
    /// Fraction of the lease's lifetime that is the time to live of its DNS records.
    #[param(inherited)]
    pub ddns_ttl_percent: Given<f64>,
    /// Time to live of DNS records in seconds, whatever the lifetime.
    #[param(inherited)]
    pub ddns_ttl: Given<u32>,
    /// Least time to live of DNS records in seconds.
    #[param(inherited)]
    pub ddns_ttl_min: Given<u32>,
    /// Greatest time to live of DNS records in seconds.
    #[param(inherited)]
    pub ddns_ttl_max: Given<u32>,
    /// Characters of names that are replaced, as a bracket expression; empty for none.
    #[param(default = "[^A-Za-z0-9.-]", inherited)]
    pub hostname_char_set: Given<String>,
    /// What replaces each of these characters.
    #[param(default = "", inherited)]
    pub hostname_char_replacement: Given<String>,
}

impl Names {
    /// Whether the scope says nothing of its own.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes over `ddns-use-conflict-resolution`, which said the same before there were four modes.
    pub(crate) fn take_older_mode(&mut self, older: &mut Given<bool>) {
        if let Some(At { value, pos }) = older.take() {
            let mode = if value { ConflictResolution::CheckWithDhcid } else { ConflictResolution::NoCheckWithDhcid };
            self.ddns_conflict_resolution_mode.get_or_insert(At { value: mode, pos });
        }
    }

    /// Refuses times to live that contradict each other in one scope.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        if let (Some(min), Some(max)) = (&self.ddns_ttl_min, &self.ddns_ttl_max)
            && max.value > 0
            && max.value < min.value
        {
            problems.push(Problem::new(max.pos, format!("must not be below ddns-ttl-min, which is {}", min.value)));
        }
        let others = [
            ("ddns-ttl-percent", self.ddns_ttl_percent.is_some()),
            ("ddns-ttl-min", self.ddns_ttl_min.is_some()),
            ("ddns-ttl-max", self.ddns_ttl_max.is_some()),
        ];
        if let (Some(ttl), Some((other, _))) = (&self.ddns_ttl, others.into_iter().find(|(_, given)| *given)) {
            problems.push(Problem::new(ttl.pos, format!("cannot stand beside {other}")));
        }
    }

    /// The rules for names; `enabled` is `dhcp-ddns/enable-updates`.
    pub(crate) fn resolve(&self, enabled: bool, problems: &mut Vec<Problem>) -> Ddns {
        Ddns {
            send_updates: enabled && self.ddns_send_updates(),
            override_no_update: self.ddns_override_no_update(),
            override_client_update: self.ddns_override_client_update(),
            replace_client_name: self.ddns_replace_client_name(),
            generated_prefix: self.ddns_generated_prefix().into(),
            qualifying_suffix: self.ddns_qualifying_suffix().trim_end_matches('.').into(),
            update_on_renew: self.ddns_update_on_renew(),
            conflict_resolution: self.ddns_conflict_resolution_mode(),
            ttl: self.ttl(problems),
            sanitizer: self.sanitizer(problems),
        }
    }

    fn ttl(&self, problems: &mut Vec<Problem>) -> DnsTtl {
        fraction(&self.ddns_ttl_percent, problems);
        let seconds = |given: &Given<u32>| given.as_ref().map(|given| given.value).filter(|&seconds| seconds > 0);
        DnsTtl {
            fraction: self.ddns_ttl_percent.as_ref().map(|given| given.value).filter(|&fraction| fraction > 0.0),
            fixed: seconds(&self.ddns_ttl),
            min: seconds(&self.ddns_ttl_min),
            max: seconds(&self.ddns_ttl_max),
        }
    }

    fn sanitizer(&self, problems: &mut Vec<Problem>) -> Option<Sanitizer> {
        let set = self.hostname_char_set();
        if set.is_empty() {
            return None;
        }
        let made = Sanitizer::new(&set, &self.hostname_char_replacement());
        made.map_err(|reason| {
            let pos = self.hostname_char_set.as_ref().map(|given| given.pos).unwrap_or_default();
            problems.push(Problem::new(pos, reason));
        })
        .ok()
    }
}
