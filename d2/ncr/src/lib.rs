//! The name change request, shared by the DHCP daemons and D2.
