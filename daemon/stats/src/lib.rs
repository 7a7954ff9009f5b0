//! Statistics: counters without locks, read out in Kea's shape.
