//! `libdhcp_host_cache.so`: reservations that commands bring, between those of the configuration and those of databases.

use super::{Library, Load, Loading};
use schema::{Given, Scope};

/// Parameters of `libdhcp_host_cache.so`, which has the commands about the cache of reservations.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HostCache {
    /// Most entries, of which the oldest go first; no limit if 0.
    #[param(default = 0, range = 0..=1_000_000_000)]
    pub maximum: Given<u32>,
    /// The same where Kea's library reads it; it comes first.
    pub host_cache: Given<HostCacheLimits>,
}

/// Limits of the cache.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HostCacheLimits {
    /// Most entries, of which the oldest go first; no limit if 0.
    #[param(default = 0, range = 0..=1_000_000_000)]
    pub maximum: Given<u32>,
}

impl Load for HostCache {
    const FILE: &'static str = "libdhcp_host_cache.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        let maximum = self.host_cache.as_ref().map_or_else(|| self.maximum(), |limits| limits.maximum());
        Library::HostCache(maximum as usize)
    }
}
