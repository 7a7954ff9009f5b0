//! kea-dhcp-ddns: transactions and the daemon.
