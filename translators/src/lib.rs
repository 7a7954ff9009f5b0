//! YANG-modelled JSON (RFC 7951) to and from Kea JSON: pure functions.
