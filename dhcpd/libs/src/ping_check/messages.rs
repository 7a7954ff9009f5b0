//! What the library says, as Kea's does.

log::messages! {
    /// The library is there.
    PING_CHECK_LOAD_OK: Info, "ping-check-hooks", "Ping Check hooks library loaded successfully.";
    /// The library is not there any more.
    PING_CHECK_UNLOAD: Info, "ping-check-hooks", "Ping Check hooks library has been unloaded";
    /// Pings can be sent.
    PING_CHECK_MGR_STARTED: Info, "ping-check-hooks", "ping channel operations are running, number of threads {threads}";
    /// Pings are not sent any more.
    PING_CHECK_MGR_STOPPED: Info, "ping-check-hooks", "channel operations have stopped";
    /// Answers can be heard.
    PING_CHECK_CHANNEL_SOCKET_OPENED: Debug(40), "ping-check-hooks", "ICMP socket been opened successfully.";
    /// Answers are not heard any more.
    PING_CHECK_CHANNEL_SOCKET_CLOSED: Debug(40), "ping-check-hooks", "ICMP socket has been closed.";
    /// The socket cannot be read: addresses are not checked.
    PING_CHECK_CHANNEL_SOCKET_READ_FAILED: Error, "ping-check-hooks", "socket read completed with an error {reason}";
    /// An address cannot be pinged: it is taken to be free.
    PING_CHECK_CHANNEL_NETWORK_WRITE_ERROR: Error, "ping-check-hooks", "occurred trying to ping {address}, error {reason}";
    /// A subnet's own parameters are wrong: those of all others count for it.
    PING_CHECK_MGR_SUBNET_CONFIG_FAILED: Error, "ping-check-hooks", "user-context for subnet id {subnet}, contains invalid ping-check {reason}";
    /// There is nothing to check.
    PING_CHECK_CHANNEL_NO_LEASE_OR_LEASE_REUSED: Debug(50), "ping-check-hooks", "Ping check skipped: no lease";
    /// An address is being checked for another client already: this one's offer is dropped.
    PING_CHECK_DUPLICATE_CHECK: Debug(40), "ping-check-hooks", "Ping check already in progress for {address}, initiated by {query}";
    /// An address is checked.
    PING_CHECK_MGR_START_PING_CHECK: Debug(40), "ping-check-hooks", "for {address}, initiated by {query}";
    /// A ping was sent.
    PING_CHECK_CHANNEL_ECHO_REQUEST_SENT: Debug(50), "ping-check-hooks", "to address {address}, id {id}, sequence {sequence}";
    /// An answer came.
    PING_CHECK_CHANNEL_ECHO_REPLY_RECEIVED: Debug(50), "ping-check-hooks", "from address {address}, id {id}, sequence {sequence}";
    /// Somebody has the address.
    PING_CHECK_MGR_RECEIVED_ECHO_REPLY: Debug(40), "ping-check-hooks", "from {address}, id {id}, sequence {sequence}";
    /// An answer that nobody waits for any more.
    PING_CHECK_MGR_RECEIVED_UNEXPECTED_ECHO_REPLY: Debug(50), "ping-check-hooks", "from {address}, id {id}, sequence {sequence} received after reply-timeout expired";
    /// There is no way to the address: it is taken to be free.
    PING_CHECK_MGR_RECEIVED_UNREACHABLE_MSG: Debug(50), "ping-check-hooks", "for {address}, id {id}, sequence {sequence}";
    /// The same, when nobody waits for it any more.
    PING_CHECK_MGR_RECEIVED_UNEXPECTED_UNREACHABLE_MSG: Debug(50), "ping-check-hooks", "for {address}, id {id}, sequence {sequence} received after reply-timeout expired";
    /// Nobody answered in time.
    PING_CHECK_MGR_REPLY_TIMEOUT_EXPIRED: Debug(50), "ping-check-hooks", "for {address}, ECHO REQUEST {sent} of {requests}, reply-timeout {timeout}";
    /// The address is pinged again.
    PING_CHECK_MGR_NEXT_ECHO_SCHEDULED: Debug(50), "ping-check-hooks", "for {address}, scheduling ECHO_REQUEST {next} of {requests}";
    /// Nobody has the address.
    PING_CHECK_MGR_LEASE_FREE_TO_USE: Debug(40), "ping-check-hooks", "address {address} is free to use for {query}";
    /// An address that is in use could not be declined.
    PING_CHECK_DECLINE_FAILED: Error, "ping-check-hooks", "{query}: {address} is in use and could not be declined: {reason}";
}
