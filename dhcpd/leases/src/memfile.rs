//! Leases in memory and in Kea's CSV files.
