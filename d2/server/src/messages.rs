//! The messages of kea-dhcp-ddns. Identifiers, severities, loggers and the order of arguments are Kea's.

log::messages! {
    // The server.
    /// The server is ready for requests.
    DHCP_DDNS_STARTED: Info, "dhcpddns", "Kea DHCP-DDNS server version {version} started";
    /// A configuration was handed over; passwords and secrets are hidden.
    DHCP_DDNS_CONFIGURE: Debug(40), "dhcpddns", "configuration {purpose} received: {configuration}";
    /// Something in the configuration file is not as it should be, and was understood all the same.
    DHCP_DDNS_CONFIG_SYNTAX_WARNING: Warn, "d2-to-dns", "DHCP-DDNS server configuration syntax warning: {warning}";
    /// A configuration was refused; the one before it stays in effect.
    DHCP_DDNS_CONFIG_FAIL: Error, "dhcpddns", "DHCP-DDNS server configuration failed: {reason}";
    /// The process was started with `-X`.
    DHCP_DDNS_SECURITY_CHECKS_DISABLED: Warn, "dhcpddns", "started with command line option -X, security checks are disabled";
    /// The server was told to end.
    DHCP_DDNS_SHUTDOWN_COMMAND: Debug(0), "dhcpddns", "application received shutdown command with args: {arguments}";
    /// Nothing is left that the end would have to wait for.
    DHCP_DDNS_CLEARED_FOR_SHUTDOWN: Debug(0), "dhcpddns", "application is clear for shutdown of type: {kind}";
    /// The server has ended its work.
    DHCP_DDNS_RUN_EXIT: Debug(0), "dhcpddns", "application leaves the event loop";
    /// Whoever reaches the address may change the DNS.
    DHCP_DDNS_NOT_ON_LOOPBACK: Warn, "dhcpddns", "the DHCP-DDNS server listens on {address}, which is not a loopback address: whoever reaches it can change the DNS";
    /// Whoever reaches the machine may change the DNS.
    DHCP_DDNS_LISTENING_ON_ALL_INTERFACES: Warn, "dhcpddns", "the DHCP-DDNS server listens on {address}: whoever reaches this machine can change the DNS";
    /// A secret can be read by whoever can read the configuration; `secret-file` keeps it apart.
    DHCP_DDNS_TSIG_SECRET_SECURITY_WARNING: Warn, "dhcp-to-d2", "clear text TSIG 'secret' is NOT SECURE, use 'secret-file': {place}";

    // Requests.
    /// A datagram was no request.
    DHCP_DDNS_INVALID_NCR: Error, "libdhcp-ddns", "application received an invalid DNS update request: {reason}";
    /// The socket failed; the server goes on listening.
    DHCP_DDNS_NCR_UDP_RECV_ERROR: Error, "libdhcp-ddns", "UDP socket receive error while listening for DNS Update requests: {reason}";
    /// The server listens.
    DHCP_DDNS_QUEUE_MGR_STARTED: Debug(0), "dhcpddns", "queue manager has begun listening for requests";
    /// The server is about to receive no more requests at its address.
    DHCP_DDNS_QUEUE_MGR_STOPPING: Debug(0), "dhcpddns", "application is stopping the queue manager for {reason}";
    /// No more requests are received at this address.
    DHCP_DDNS_QUEUE_MGR_STOPPED: Debug(40), "dhcpddns", "queue manager has stopped listening for requests";
    /// The server listens at another address.
    DHCP_DDNS_QUEUE_MGR_RECONFIGURING: Debug(40), "dhcpddns", "application is reconfiguring the queue manager";
    /// Requests come faster than they are carried out; they wait in the socket.
    DHCP_DDNS_QUEUE_MGR_QUEUE_FULL: Error, "dhcp-to-d2", "request queue has reached its maximum number of entries {maximum}";
    /// There is room in the queue again.
    DHCP_DDNS_QUEUE_MGR_RESUMING: Info, "dhcpddns", "queue manager listens again now that the request queue is at {size} of a maximum {maximum}";
    /// A request waits for its turn.
    DHCP_DDNS_QUEUE_MGR_QUEUE_RECEIVE: Debug(55), "dhcp-to-d2", "Request ID {request}: received and queued";
    /// As many requests as allowed are being carried out.
    DHCP_DDNS_AT_MAX_TRANSACTIONS: Debug(55), "dhcp-to-d2", "there are {queued} queued requests, but the maximum number of {maximum} concurrent transactions is reached";
    /// All that waits is of clients for whom another request is being carried out.
    DHCP_DDNS_NO_ELIGIBLE_JOBS: Debug(55), "dhcp-to-d2", "every queued request has a transaction before it, queue count: {queued}  transaction count: {running}";
    /// No zone in the configuration has the name.
    DHCP_DDNS_NO_MATCH: Warn, "dhcp-to-d2", "no DNS servers match FQDN {fqdn}";
    /// The request was discarded since no forward zone has its name.
    DHCP_DDNS_NO_FWD_MATCH_ERROR: Error, "dhcp-to-d2", "Request ID {request}: the forward DDNS domains do not contain a match for: {ncr}  The request has been discarded.";
    /// The request was discarded since no reverse zone has its address.
    DHCP_DDNS_NO_REV_MATCH_ERROR: Error, "dhcp-to-d2", "Request ID {request}: the reverse DDNS domains do not contain a match for: {ncr}  The request has been discarded.";
    /// There are no forward zones in the configuration.
    DHCP_DDNS_FWD_REQUEST_IGNORED: Debug(55), "dhcp-to-d2", "Request ID {request}: forward updates are disabled, the forward portion of request is ignored: {ncr}";
    /// There are no reverse zones in the configuration.
    DHCP_DDNS_REV_REQUEST_IGNORED: Debug(55), "dhcp-to-d2", "Request ID {request}: reverse updates are disabled, the reverse portion of request is ignored: {ncr}";
    /// Nothing that the request asks for is enabled.
    DHCP_DDNS_REQUEST_DROPPED: Debug(55), "dhcp-to-d2", "Request ID {request}: the request contains no enabled updates and is dropped: {ncr}";

    // Transactions.
    /// A request is being carried out.
    DHCP_DDNS_STARTING_TRANSACTION: Debug(50), "d2-to-dns", "Request ID {request}:";
    /// An update is on its way.
    DHCP_DDNS_UPDATE_REQUEST_SENT: Debug(50), "d2-to-dns", "Request ID {request}: {update} to server: {server}";
    /// What came of an update.
    DHCP_DDNS_UPDATE_RESPONSE_RECEIVED: Debug(50), "d2-to-dns", "Request ID {request}: to server: {server} status: {status}";
    /// An answer cannot be read or trusted.
    DHCP_DDNS_INVALID_RESPONSE: Debug(50), "d2-to-dns", "the response to a DNS Update message is malformed: {reason}";
    /// The records are in the DNS.
    DHCP_DDNS_ADD_SUCCEEDED: Info, "d2-to-dns", "DHCP_DDNS Request ID {request}: successfully added the DNS mapping addition for this request: {ncr}";
    /// The records are not, or not all, in the DNS; messages before this one say why.
    DHCP_DDNS_ADD_FAILED: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: Transaction outcome {outcome}";
    /// The records are gone from the DNS.
    DHCP_DDNS_REMOVE_SUCCEEDED: Info, "d2-to-dns", "DHCP_DDNS Request ID {request}: successfully removed the DNS mapping addition for this request: {ncr}";
    /// The records are not, or not all, gone from the DNS; messages before this one say why.
    DHCP_DDNS_REMOVE_FAILED: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: Transaction outcome: {outcome}";

    // Updates that fail.
    /// The server answered with an error.
    DHCP_DDNS_FORWARD_ADD_REJECTED: Error, "d2-to-dns", "DNS Request ID {request}: Server, {server}, rejected a DNS update request to add the address mapping for FQDN, {fqdn}, with an RCODE: {rcode}";
    /// The server did not answer in time; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_ADD_TIMEOUT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: timed out waiting for a response to forward mapping add for FQDN {fqdn} to DNS server {server}";
    /// The server cannot be reached; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_ADD_IO_ERROR: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: encountered an IO error sending a forward mapping add for FQDN {fqdn} to DNS server {server}";
    /// The answer cannot be read or trusted; the server, or the next one, is asked again.
    DHCP_DDNS_FORWARD_ADD_RESP_CORRUPT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: received a corrupt response from the DNS server, {server}, while adding forward address mapping for FQDN, {fqdn}";
    /// The server answered with an error: most likely the name is another client's.
    DHCP_DDNS_FORWARD_REPLACE_REJECTED: Error, "d2-to-dns", "DNS Request ID {request}: Server, {server}, rejected a DNS update request to replace the address mapping for FQDN, {fqdn}, with an RCODE: {rcode}";
    /// The server did not answer in time; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REPLACE_TIMEOUT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: timed out waiting for a response to forward mapping replace for FQDN {fqdn} to DNS server {server}";
    /// The server cannot be reached; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REPLACE_IO_ERROR: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: encountered an IO error sending a forward mapping replace for FQDN {fqdn} to DNS server {server}";
    /// The answer cannot be read or trusted; the server, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REPLACE_RESP_CORRUPT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: received a corrupt response from the DNS server, {server}, while replacing forward address mapping for FQDN, {fqdn}";
    /// The server answered with an error.
    DHCP_DDNS_FORWARD_REMOVE_ADDRS_REJECTED: Error, "d2-to-dns", "DNS Request ID {request}: Server, {server}, rejected a DNS update request to remove the forward address mapping for FQDN, {fqdn}, with an RCODE: {rcode}";
    /// The server did not answer in time; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REMOVE_ADDRS_TIMEOUT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: timed out waiting for a response to forward mapping address removal for FQDN {fqdn} to DNS server {server}";
    /// The server cannot be reached; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REMOVE_ADDRS_IO_ERROR: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: encountered an IO error sending a forward mapping address removal for FQDN {fqdn} to DNS server {server}";
    /// The answer cannot be read or trusted; the server, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REMOVE_ADDRS_RESP_CORRUPT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: received a corrupt response from the DNS server, {server}, while removing forward address mapping for FQDN, {fqdn}";
    /// The server answered with an error.
    DHCP_DDNS_FORWARD_REMOVE_RRS_REJECTED: Error, "d2-to-dns", "DNS Request ID {request}: Server, {server}, rejected a DNS update request to remove forward RR entries for FQDN, {fqdn}, with an RCODE: {rcode}";
    /// The server did not answer in time; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REMOVE_RRS_TIMEOUT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: timed out waiting for response to forward RR removal for FQDN {fqdn} to DNS server {server}";
    /// The server cannot be reached; it, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REMOVE_RRS_IO_ERROR: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: encountered an IO error sending a forward RR removal for FQDN {fqdn} to DNS server {server}";
    /// The answer cannot be read or trusted; the server, or the next one, is asked again.
    DHCP_DDNS_FORWARD_REMOVE_RRS_RESP_CORRUPT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: received a corrupt response from the DNS server, {server}, while removing forward RRs for FQDN, {fqdn}";
    /// The server answered with an error.
    DHCP_DDNS_REVERSE_REPLACE_REJECTED: Error, "d2-to-dns", "DNS Request ID {request}: Server, {server}, rejected a DNS update request to replace the reverse mapping for FQDN, {fqdn}, with an RCODE: {rcode}";
    /// The server did not answer in time; it, or the next one, is asked again.
    DHCP_DDNS_REVERSE_REPLACE_TIMEOUT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: timed out waiting for a response to reverse mapping replacement for FQDN {fqdn} to DNS server {server}";
    /// The server cannot be reached; it, or the next one, is asked again.
    DHCP_DDNS_REVERSE_REPLACE_IO_ERROR: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: encountered an IO error sending a reverse mapping replacement for FQDN {fqdn} to DNS server {server}";
    /// The answer cannot be read or trusted; the server, or the next one, is asked again.
    DHCP_DDNS_REVERSE_REPLACE_RESP_CORRUPT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: received a corrupt response from the DNS server, {server}, while replacing reverse address mapping for FQDN, {fqdn}";
    /// The server answered with an error.
    DHCP_DDNS_REVERSE_REMOVE_REJECTED: Error, "d2-to-dns", "DNS Request ID {request}: Server, {server}, rejected a DNS update request to remove the reverse mapping for FQDN, {fqdn}, with an RCODE: {rcode}";
    /// The server did not answer in time; it, or the next one, is asked again.
    DHCP_DDNS_REVERSE_REMOVE_TIMEOUT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: timed out waiting for a response to reverse mapping remove for FQDN {fqdn} to DNS server {server}";
    /// The server cannot be reached; it, or the next one, is asked again.
    DHCP_DDNS_REVERSE_REMOVE_IO_ERROR: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: encountered an IO error sending a reverse mapping remove for FQDN {fqdn} to DNS server {server}";
    /// The answer cannot be read or trusted; the server, or the next one, is asked again.
    DHCP_DDNS_REVERSE_REMOVE_RESP_CORRUPT: Error, "d2-to-dns", "DHCP_DDNS Request ID {request}: received a corrupt response from the DNS server, {server}, while removing reverse address mapping for FQDN, {fqdn}";
}
