//! kea-netconf.
fn main() {}
