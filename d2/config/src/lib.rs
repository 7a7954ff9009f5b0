//! DhcpDdns parameters and the resolved snapshot.
