//! All leases, a page at a time: between two pages others have the store.

use leases::memfile::{Store, Table};

/// Leases visited while the store is held: some hundred microseconds.
const PAGE: usize = 1024;

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
