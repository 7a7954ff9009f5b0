//! kea-dhcp-ddns.
fn main() {}
