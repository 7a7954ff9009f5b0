//! What the library says, as Kea's does.

log::messages! {
    /// The library is there.
    LEASE_QUERY_LOAD_OK: Info, "lease-query-hooks", "Lease Query hooks library loaded successfully.";
    /// The library is not there any more.
    LEASE_QUERY_UNLOAD_OK: Info, "lease-query-hooks", "Lease Query hooks library unloaded successfully.";
    /// Whoever connects may not, or there are too many connections.
    BULK_LEASE_QUERY_REJECTED_CONNECTION: Error, "lease-query-hooks", "A new bulk lease query connection from {requester} was rejected: {reason}";
    /// A query came over TCP.
    BULK_LEASE_QUERY_QUERY_RECEIVED: Debug(40), "lease-query-hooks", "A bulk lease query packet received from {requester}, details: {query}";
    /// A part of the answer was sent.
    BULK_LEASE_QUERY_RESPONSE_SENT: Debug(40), "lease-query-hooks", "A bulk lease query response sent to {requester}, details: {details}";
    /// The answer cannot be sent; the connection ends.
    BULK_LEASE_QUERY_RESPONSE_SEND_ERROR: Error, "lease-query-hooks", "A bulk lease query response could not be sent to: {requester}, response: {query}, error: {reason}";
    /// A message of no bytes; the connection ends.
    BULK_LEASE_QUERY_EMPTY_REQUEST: Error, "lease-query-hooks", "A bulk lease query packet received from {requester} is empty.";
    /// Bytes that are no message; the connection ends.
    BULK_LEASE_QUERY_UNPACK_ERROR: Error, "lease-query-hooks", "A bulk lease query packet received from {requester}, could not be unpacked, error: {reason}";
    /// A message that is no query; the connection ends.
    BULK_LEASE_QUERY4_UNSUPPORTED_MSG_TYPE: Error, "lease-query-hooks", "Dropping packet with an unsupported DHCPv4 message type {kind} received from: {requester}";
    /// A message that is no query; the connection ends.
    BULK_LEASE_QUERY6_UNSUPPORTED_MSG_TYPE: Error, "lease-query-hooks", "Dropping packet with an unsupported DHCPv6 message type {kind} received from: {requester}";
    /// A query that must not be; the connection ends.
    BULK_LEASE_QUERY_INVALID_REQUEST: Error, "lease-query-hooks", "A bulk lease query packet received from {requester} is invalid, query: {query}, error: {reason}";
    /// A query of the same transaction is being answered.
    BULK_LEASE_QUERY_DUPLICATE_XID: Warn, "lease-query-hooks", "Dropping query from: {requester}, transaction id {transaction} is a duplicate";
    /// So many queries are being answered that this one waits.
    BULK_LEASE_QUERY_AT_MAX_CONCURRENT_QUERIES: Debug(40), "lease-query-hooks", "Queuing query from: {requester}, details: {query}, connection already has {queries} queries in progress";
    /// It need not wait any longer.
    BULK_LEASE_QUERY_DEQUEUED: Debug(40), "lease-query-hooks", "A query from {requester}, details: {query}, dequeued.";
}
