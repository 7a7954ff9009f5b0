//! DHCPv4 and DHCPv6 packets: borrowed views in, builders out; the option table.
