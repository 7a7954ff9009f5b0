//! kea-dhcp4 and kea-dhcp6: wiring, workers, reload.
