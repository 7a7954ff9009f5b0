//! kea-dhcp4.
fn main() {}
