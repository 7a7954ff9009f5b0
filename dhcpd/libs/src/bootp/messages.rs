//! What the library says, as Kea's does.

log::messages! {
    /// The library is there.
    BOOTP_LOAD: Info, "bootp-hooks", "Bootp hooks library has been loaded";
    /// The library is not there any more.
    BOOTP_UNLOAD: Info, "bootp-hooks", "Bootp hooks library has been unloaded";
    /// A request of BOOTP: it is dealt with as a DHCPREQUEST of the class BOOTP.
    BOOTP_BOOTP_QUERY: Debug(40), "bootp-hooks", "recognized a BOOTP query: {query}";
    /// The answer loses what BOOTP does not know.
    BOOTP_PACKET_PACK: Debug(40), "bootp-hooks", "{query}: preparing on-wire format of the packet to be sent";
}
