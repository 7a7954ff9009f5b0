//! All leases, a page at a time: between two pages others have the store.

use leases::lease::UnixSeconds;
use leases::memfile::{Store, Table};
use std::time::{SystemTime, UNIX_EPOCH};

/// Leases visited while the store is held: some hundred microseconds.
pub(crate) const PAGE: usize = 1024;

/// Visits every lease, in the order of their addresses.
pub(crate) async fn walk<T: Table>(store: &Store<T>, mut each: impl FnMut(&T::Lease)) {
    let mut after = None;
    loop {
        after = store.session().visit(after, PAGE, &mut each);
        if after.is_none() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Now.
pub(crate) fn unix_seconds() -> UnixSeconds {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
