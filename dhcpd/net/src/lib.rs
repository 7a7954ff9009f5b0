//! Interfaces, raw and UDP sockets, batches.
