//! kea-dhcp6.
fn main() {}
