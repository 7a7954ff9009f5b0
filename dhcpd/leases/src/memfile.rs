//! Leases in memory and in Kea's CSV files.
//!
//! Every worker holds a [`Session`] for one batch of packets: the locked store. What it changes is seen by the next
//! session at once and gathers as rows in memory. [`Store::sync`] then appends the rows of all sessions up to that
//! moment with one write and one fdatasync, without holding the sessions' lock: while the kernel works for one worker's
//! batch, another's proceeds, and workers that come to `sync` meanwhile share the next fdatasync.
//!
//! **When the disk fails.** `sync` answers the error; the replies of the batch must then not leave. The leases stay as
//! they are in memory, the file is cut back to the last row known to be durable, and the rows that did not get there are
//! kept and written again by the next `sync`, which is good again as soon as all of them are. A failed fdatasync is
//! treated likewise: the kernel may have dropped the pages, so the rows are written anew. While the failure lasts and
//! more than [`MOST_UNWRITTEN`] bytes of rows wait, changes are refused with a [`StoreError`].
//!
//! **Files.** `NAME` is appended to; `NAME.1`, `NAME.2`, `NAME.output`, `NAME.completed` and `NAME.pid` are those of
//! Kea's lease file cleanup, which [`Store::cleanup`] does in process.

mod address_set;
mod by_class;
mod chain;
mod cleanup;
mod compact;
mod csv;
mod expiry;
mod files;
mod journal;
mod load;
mod mirror;
mod queue;
mod row4;
mod row6;
mod slab;
mod store;
mod table4;
mod table6;
mod write;

pub use by_class::ClassCounts;
pub use cleanup::{Cleaned, CleanupError};
pub use compact::{Compacted, compact};
pub use journal::MOST_UNWRITTEN;
pub use load::{LoadReport, OpenError};
pub use mirror::{Change, Found, Remote, Span, Stamp, Wanted, Wanted4, Wanted6, Witness};
pub use store::{Mark, Options, Session, Store, Table};
pub use table4::{Count4, Table4};
pub use table6::{Count6, Table6};

/// DHCPv4 leases; [`Session`] implements [`Leases4`](crate::Leases4).
pub type Store4 = Store<Table4>;
/// DHCPv6 leases; [`Session`] implements [`Leases6`](crate::Leases6).
pub type Store6 = Store<Table6>;

#[cfg(doc)]
use crate::StoreError;
