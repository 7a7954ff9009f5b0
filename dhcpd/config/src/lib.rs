//! Dhcp4 and Dhcp6 parameters, and the resolved immutable snapshot.
