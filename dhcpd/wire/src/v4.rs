//! DHCPv4 packets (RFC 2131 §2).
