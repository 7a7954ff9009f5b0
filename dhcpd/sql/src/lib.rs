//! Databases: what is kept in them is what Kea keeps there, so that either may use the other's.
