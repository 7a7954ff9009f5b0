//! What the DHCPv6 engine says: identifiers, levels and arguments are Kea's.

log::messages! {
    /// A library changed what becomes of the client's name.
    DHCP6_HOOK_DDNS_UPDATE: Debug(15), "hooks", "a hook has updated the DDNS parameters: hostname {old}=>{new}, forward update {old_forward}=>{new_forward}, reverse update {old_reverse}=>{new_reverse}";
    /// A library has a query dropped.
    DHCP6_HOOK_PACKET_RCVD_SKIP: Debug(15), "hooks", "{client}: packet is dropped, because a library wants it so";
    /// A library has a query dropped, now that its subnet is known.
    DHCP6_HOOK_SUBNET6_SELECT_DROP: Debug(40), "hooks", "{client}: packet was dropped, because a library wants it so now that its subnet is known";
    /// A library keeps an answer and sends it when it sees fit.
    DHCP6_HOOK_LEASES6_COMMITTED_PARK: Debug(40), "hooks", "{client}: packet is parked, because a library keeps the answer";
    /// A library does not want an answer to be sent.
    DHCP6_HOOK_LEASES6_COMMITTED_DROP: Debug(15), "hooks", "{client}: packet is dropped, because a library does not want the answer sent";
    /// As many answers are kept by libraries as may be: this one is lost.
    DHCP6_HOOK_LEASES6_PARKING_LOT_FULL: Debug(15), "packets", "The parked-packet-limit {limit}, has been reached, dropping query: {client}";
    /// The identifier that a library computed.
    DHCP6_FLEX_ID: Debug(40), "packets", "{client}: flexible identifier generated for incoming packet: {id}";
    /// A datagram came in.
    DHCP6_BUFFER_RECEIVED: Debug(40), "packets", "received buffer from {source}:{source_port} to {destination}:{destination_port} over interface {interface}";
    /// The whole query.
    DHCP6_QUERY_DATA: Debug(55), "packets", "{client}, packet details: {packet}";
    /// The whole answer.
    DHCP6_RESPONSE_DATA: Debug(55), "packets", "{client}: responding with packet {name} (type {kind}), packet details: {packet}";
    /// A query begins; what follows carries the same label.
    DHCP6_QUERY_LABEL: Info, "dhcp6", "received query: {client}";
    DHCP6_PACKET_RECEIVED: Info, "packets", "{client}: {name} (type {kind}) received from {source} to {destination} on interface {interface}";
    DHCP6_PACKET_SEND: Info, "packets", "{client}: sending {name} (type {kind}) from [{local}]:{local_port} to [{remote}]:{remote_port} on interface {interface}";
    /// The datagram is no DHCPv6 message, or an option that is needed cannot be read. It is dropped.
    DHCP6_PACKET_DROP_PARSE_FAIL: Debug(15), "bad-packets", "{client}: cannot parse packet from {source} to {destination}, received on interface {interface}: {reason}, {label}";
    /// What stands before the bad option is used.
    DHCP6_PACKET_OPTIONS_SKIPPED: Debug(50), "options", "{client}: options from here on are skipped: {reason}";
    /// The client chose another server.
    DHCP6_PACKET_DROP_SERVERID_MISMATCH: Debug(15), "bad-packets", "{client}: dropping packet for server {asked}, this one is {own}";
    /// Nobody is served now: `dhcp-disable`, or the server waits for its partner.
    DHCP6_PACKET_DROP_DHCP_DISABLED: Debug(15), "bad-packets", "{client}: DHCP service is globally disabled";
    /// The options of a datagram are about to be read.
    DHCP6_BUFFER_UNPACK: Debug(50), "options", "parsing buffer received from {source} to {destination} over interface {interface}";
    /// Clients send to the multicast address (RFC 8415 §16).
    DHCP6_PACKET_DROP_UNICAST: Debug(15), "bad-packets", "{client}: dropping unicast {name}, which is to be sent to the multicast address";
    /// Identifiers are missing, or there where they must not be (RFC 8415 §16).
    DHCP6_REQUIRED_OPTIONS_CHECK_FAIL: Debug(40), "bad-packets", "{client}: {name} from {source} fails the check: {reason}";
    DHCP6_UNKNOWN_MSG_RECEIVED: Debug(40), "bad-packets", "{client}: unknown message (type {kind}) on interface {interface}";
    /// An address cannot be registered (RFC 9686).
    DHCP6_ADDR_REG_INFORM_FAIL: Info, "packets", "error on ADDR-REG-INFORM from client {address}, {reason}";
    /// Another client registers the address.
    DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE: Info, "packets", "received an ADDR-REG-INFORM for {address} from client '{client}' but the address was registered by another client '{before}'";
    DHCP6_ADDR6_REGISTER_DISABLED_DROP: Debug(40), "packets", "ADDR-REG-INFORM from {client} is dropped, address registration is disabled";
    DHCP6_PACKET_PROCESS_FAIL: Debug(40), "bad-packets", "{client}: processing {name} from {source} failed: {reason}";
    /// The DHCPv4 server answers.
    DHCP6_DHCP4O6_RECEIVING: Debug(50), "packets", "receiving DHCPv4o6 packet from DHCPv4 server";
    /// What the DHCPv4 server answered cannot be read, or does not say where the client is.
    DHCP6_DHCP4O6_RECEIVE_FAIL: Debug(50), "packets", "failed to receive DHCPv4o6: {reason}";
    /// An answer of the DHCPv4 server, which goes on to the client or its relay.
    DHCP6_DHCP4O6_PACKET_RECEIVED: Debug(40), "packets", "received DHCPv4o6 packet from DHCPv4 server (type {kind}) for {remote} port {remote_port} on interface {interface}";
    /// The answer cannot be sent on.
    DHCP6_DHCP4O6_SEND_FAIL: Error, "packets", "{client}: failed to send DHCPv4o6 packet: {reason}";
    DHCP6_SUBNET_SELECTED: Debug(45), "packets", "{client}: subnet with id {subnet_id} is selected for the client";
    /// The subnet by its prefix.
    DHCP6_SUBNET_DATA: Debug(55), "packets", "{client}: the selected subnet details: {subnet}";
    /// A subnet holds the address by which one is looked for.
    DHCPSRV_CFGMGR_SUBNET6: Debug(40), "dhcpsrv", "retrieved subnet {subnet} for address hint {address}";
    /// A subnet is on the interface.
    DHCPSRV_CFGMGR_SUBNET6_IFACE: Debug(40), "dhcpsrv", "selected subnet {subnet} for packet received over interface {interface}";
    /// A subnet has the interface-id that the relay gives.
    DHCPSRV_CFGMGR_SUBNET6_IFACE_ID: Debug(40), "dhcpsrv", "selected subnet {subnet} (interface-id match) for incoming packet";
    /// A subnet names the relay.
    DHCPSRV_CFGMGR_SUBNET6_RELAY: Debug(40), "dhcpsrv", "selected subnet {subnet}, because of matching relay addr {relay}";
    /// No subnet for this client holds the address.
    DHCPSRV_SUBNET6_SELECT_BY_ADDRESS_NO_MATCH: Debug(40), "dhcpsrv", "No subnet matches address: {address}";
    /// No subnet for this client is on the interface.
    DHCPSRV_SUBNET6_SELECT_BY_INTERFACE_NO_MATCH: Debug(40), "dhcpsrv", "No subnet matches interface: {interface}";
    /// No subnet for this client has the interface-id.
    DHCPSRV_SUBNET6_SELECT_BY_INTERFACE_ID_NO_MATCH: Debug(40), "dhcpsrv", "No subnet matches interface id: {id}";
    DHCP6_SUBNET_SELECTION_FAILED: Debug(50), "packets", "{client}: failed to select subnet for the client";
    /// Whether there is a reservation for the client: KNOWN or UNKNOWN.
    DHCP6_CLASS_ASSIGNED: Debug(40), "dhcp6", "{client}: client packet has been assigned to the following class: {class}";
    /// All classes of the client.
    DHCP6_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION: Debug(40), "dhcp6", "{client}: client packet has been assigned to the following classes: {classes}";
    /// All classes of the client, for its message.
    DHCP6_CLASSES_ASSIGNED: Debug(40), "dhcp6", "{client}: client packet has been assigned on {name} message to the following classes: {classes}";
    /// The client is in a class that is not defined: a reservation or a template put it there.
    DHCP6_CLASS_UNCONFIGURED: Debug(40), "dhcp6", "{client}: client packet belongs to an unconfigured class: {class}";
    /// A class that a scope names was evaluated.
    DHCP6_ADDITIONAL_CLASS_EVAL_RESULT: Debug(50), "dhcp6", "{client}: Expression '{class}' evaluated to {result}";
    /// The expression of a class that a scope names failed; the client is no member.
    DHCP6_ADDITIONAL_CLASS_EVAL_ERROR: Error, "dhcp6", "{client}: Expression '{class}' evaluated to {reason}";
    /// A class that a scope names has no test: every client of the scope is a member.
    DHCP6_ADDITIONAL_CLASS_NO_TEST: Debug(40), "dhcp6", "additional class {class} has no test expression, adding it to client's classes unconditionally";
    /// A scope names a class that is not defined.
    DHCP6_ADDITIONAL_CLASS_UNDEFINED: Debug(40), "dhcp6", "additional class {class} has no definition";
    /// A class was evaluated.
    DHCPSRV_EVAL_RESULT: Debug(50), "dhcpsrv", "{client}: Expression '{class}' evaluated to {result}";
    /// The expression of a class failed; the client is no member.
    DHCPSRV_EVAL_ERROR: Error, "dhcpsrv", "{client}: Expression '{class}' evaluated to {reason}";
    /// The client is a member of the class that a template made.
    DHCPSRV_TEMPLATE_EVAL_RESULT: Debug(50), "dhcpsrv", "{client}: Expression '{class}' evaluated to {value}";
    /// A template failed; the client is no member.
    DHCPSRV_TEMPLATE_EVAL_ERROR: Error, "dhcpsrv", "{client}: Expression '{class}' evaluated to {reason}";
    /// The client is in the class DROP.
    DHCP6_PACKET_DROP_DROP_CLASS: Debug(15), "packets", "dropped as member of the special class 'DROP': {client} {packet}";
    /// The client is in the class DROP, as its reservation has it.
    DHCP6_PACKET_DROP_DROP_CLASS2: Debug(15), "packets", "dropped as member of the special class 'DROP' after host reservation lookup: {client} {packet}";
    /// The client is in the class DROP, as its global reservation has it.
    DHCP6_PACKET_DROP_DROP_CLASS_EARLY: Debug(15), "packets", "dropped as member of the special class 'DROP' after early global host reservations lookup: {client} {packet}";
    /// The client is in the class REJECT.
    DHCP6_PACKET_REJECT_CLASS: Debug(15), "packets", "assignment rejected as member of the special class 'REJECT': {client} {packet}";
    DHCP6_SUBNET_DYNAMICALLY_CHANGED: Debug(45), "packets", "{client}: changed selected subnet {before} to subnet {after} from shared network {network} for client assignments";
    DHCP6_RAPID_COMMIT: Debug(50), "options", "{client}: Rapid Commit, the exchange has two messages";
    DHCP6_ADD_GLOBAL_STATUS_CODE: Debug(50), "options", "{client}: adding Status Code: {status}";
    DHCP6_ADD_STATUS_CODE_FOR_IA: Debug(50), "options", "{client}: adding Status Code to IA with iaid={iaid}: {status}";
    DHCP6_ADD_DEPRECATED_UNICAST: Warn, "dhcp6", "{client}: sending option unicast, which is deprecated";

    DHCP6_PROCESS_IA_NA_SOLICIT: Debug(50), "leases", "{client}: looking for an address to advertise for iaid={iaid} and hint={hint}";
    DHCP6_PROCESS_IA_NA_REQUEST: Debug(50), "leases", "{client}: looking for an address to grant for iaid={iaid} and hint={hint}";
    DHCP6_PROCESS_IA_NA_EXTEND: Debug(50), "leases", "{client}: extending IA_NA with iaid={iaid}";
    DHCP6_PROCESS_IA_NA_RELEASE: Debug(50), "leases", "{client}: releasing IA_NA with iaid={iaid}";
    DHCP6_PROCESS_IA_PD_SOLICIT: Debug(50), "leases", "{client}: looking for a prefix to advertise for iaid={iaid} and hint={hint}";
    DHCP6_PROCESS_IA_PD_REQUEST: Debug(50), "leases", "{client}: looking for a prefix to grant for iaid={iaid} and hint={hint}";
    DHCP6_PROCESS_IA_PD_EXTEND: Debug(50), "leases", "{client}: extending IA_PD with iaid={iaid}";
    DHCP6_LEASE_ADVERT: Info, "leases", "{client}: lease for address {address} and iaid={iaid} will be advertised";
    DHCP6_LEASE_ADVERT_FAIL: Debug(50), "leases", "{client}: no address to advertise for iaid={iaid}";
    DHCP6_LEASE_ALLOC: Info, "leases", "{client}: lease for address {address} and iaid={iaid} has been allocated for {lifetime} seconds";
    /// The whole lease that a client is given or could have.
    DHCP6_LEASE_DATA: Debug(55), "leases", "{client}: detailed lease information for iaid={iaid}: {lease}";
    DHCP6_LEASE_ALLOC_FAIL: Debug(50), "leases", "{client}: no address to grant for iaid={iaid}";
    DHCP6_LEASE_RENEW: Info, "leases", "{client}: lease for address {address} and iaid={iaid} has been renewed";
    DHCP6_LEASE_REUSE: Info, "leases", "{client}: lease for address {address} and iaid={iaid} has been reused for {lifetime} seconds";
    DHCP6_PD_LEASE_ADVERT: Info, "leases", "{client}: lease for prefix {prefix}/{length} and iaid={iaid} will be advertised";
    DHCP6_PD_LEASE_ADVERT_FAIL: Debug(50), "leases", "{client}: no prefix to advertise for iaid={iaid}";
    DHCP6_PD_LEASE_ALLOC: Info, "leases", "{client}: lease for prefix {prefix}/{length} and iaid={iaid} has been allocated for {lifetime} seconds";
    DHCP6_PD_LEASE_ALLOC_FAIL: Debug(50), "leases", "{client}: no prefix to grant for iaid={iaid}";
    DHCP6_PD_LEASE_RENEW: Info, "leases", "{client}: lease for prefix {prefix}/{length} and iaid={iaid} has been renewed";
    DHCP6_PD_LEASE_REUSE: Info, "leases", "{client}: lease for prefix {prefix}/{length} and iaid={iaid} has been reused for {lifetime} seconds";

    DHCP6_RELEASE_NA: Info, "leases", "{client}: address {address} with iaid={iaid} was released";
    DHCP6_RELEASE_NA_DELETED: Info, "leases", "{client}: lease for address {address} with iaid={iaid} was deleted on release";
    DHCP6_RELEASE_NA_EXPIRED: Info, "leases", "{client}: lease for address {address} with iaid={iaid} was expired on release";
    DHCP6_RELEASE_NA_FAIL_NOT_ASSIGNED: Debug(40), "packets", "{client}: address {address} is not assigned and cannot be released";
    DHCP6_RELEASE_NA_FAIL_WRONG_DUID: Info, "leases", "{client}: address {address} cannot be released, it belongs to the client with duid={owner}";
    DHCP6_RELEASE_NA_FAIL_WRONG_IAID: Warn, "leases", "{client}: address {address} cannot be released with the wrong iaid (expected {expected}, got {iaid})";
    DHCP6_RELEASE_PD: Info, "leases", "{client}: prefix {prefix}/{length} with iaid={iaid} was released";
    DHCP6_RELEASE_PD_DELETED: Info, "leases", "{client}: lease for prefix {prefix}/{length} with iaid={iaid} was deleted on release";
    DHCP6_RELEASE_PD_EXPIRED: Info, "leases", "{client}: lease for prefix {prefix}/{length} with iaid={iaid} was expired on release";
    DHCP6_RELEASE_PD_FAIL_NOT_ASSIGNED: Debug(40), "packets", "{client}: prefix {prefix}/{length} is not assigned and cannot be released";
    DHCP6_RELEASE_PD_FAIL_WRONG_DUID: Info, "leases", "{client}: prefix {prefix}/{length} cannot be released, it belongs to the client with duid={owner}";
    DHCP6_RELEASE_PD_FAIL_WRONG_IAID: Warn, "leases", "{client}: prefix {prefix}/{length} cannot be released with the wrong iaid (expected {expected}, got {iaid})";
    DHCP6_DECLINE_PROCESS_IA: Debug(50), "leases", "{client}: declining the addresses of IA_NA with iaid={iaid}";
    DHCP6_DECLINE_LEASE: Info, "leases", "Client {client} declined address {address}; it will be leased again in {probation} seconds.";
    DHCP6_DECLINE_FAIL_NO_LEASE: Info, "leases", "Client {client} declined address {address}, for which there is no lease";
    DHCP6_DECLINE_FAIL_DUID_MISMATCH: Info, "leases", "Client {client} declined address {address}, which belongs to the client with DUID {owner}";
    DHCP6_DECLINE_FAIL_IAID_MISMATCH: Info, "leases", "Client {client} declined address {address} with a wrong IAID ({iaid}) instead of {expected}";

    DHCP6_DDNS_GENERATE_FQDN: Debug(50), "ddns", "{client}: the client sent no FQDN option, one will be made for it";
    DHCP6_DDNS_RECEIVE_FQDN: Debug(50), "ddns", "{client}: received Client FQDN option: {option}";
    DHCP6_CLIENT_FQDN_SCRUBBED_EMPTY: Debug(50), "ddns", "{client}: nothing is left of the client's name '{name}' once it is cleaned";
    DHCP6_DDNS_RESPONSE_FQDN_DATA: Debug(50), "ddns", "{client}: answering with Client FQDN option: {option}";
    DHCP6_DDNS_FQDN_GENERATED: Debug(55), "ddns", "{client}: made a name for the client: {name}";
    DHCP6_DDNS_CREATE_ADD_NAME_CHANGE_REQUEST: Debug(50), "ddns", "{client}: made a name change request: {request}";
    DHCPSRV_QUEUE_NCR: Debug(55), "dhcpsrv", "{client}: name change request to {change} DNS entry queued: {request}";
    /// The DNS need not know of the lease.
    DHCPSRV_QUEUE_NCR_SKIP: Debug(50), "dhcpsrv", "{client}: no name change request for lease: {address}";
    /// The DNS is to forget what it knows of the lease.
    DHCP6_DDNS_REMOVE_OLD_LEASE_FQDN: Debug(50), "ddns", "{client}: the name of a lease has changed: {lease} New values: hostname = {hostname}, reverse mapping = {reverse}, forward mapping = {forward}";
    DHCPSRV_QUEUE_NCR_FAILED: Error, "dhcpsrv", "{client}: name change request to {change} DNS entry failed for lease {address}: {reason}";

    ALLOC_ENGINE_V6_ALLOC_FAIL: Warn, "alloc-engine", "{client}: no IPv6 lease after {attempts} attempt(s)";
    ALLOC_ENGINE_V6_ALLOC_FAIL_SUBNET: Warn, "alloc-engine", "{client}: no IPv6 lease in subnet {subnet}, subnet-id {subnet_id}, shared network {network}";
    ALLOC_ENGINE_V6_ALLOC_FAIL_SHARED_NETWORK: Warn, "alloc-engine", "{client}: no IPv6 lease in shared network {network}: {full} subnets have no free leases, {without} subnets have no pools that fit";
    ALLOC_ENGINE_V6_ALLOC_FAIL_NO_POOLS: Warn, "alloc-engine", "{client}: no pools to allocate from";
    ALLOC_ENGINE_V6_ALLOC_FAIL_CLASSES: Warn, "alloc-engine", "{client}: no IPv6 lease for a client of classes {classes}";
    ALLOC_ENGINE_V6_HINT_RESERVED: Debug(40), "alloc-engine", "{client}: the client's hint {hint} is reserved for another client";
    ALLOC_ENGINE_V6_HR_ADDR_GRANTED: Info, "alloc-engine", "reserved address {address} was assigned to client {client}";
    ALLOC_ENGINE_V6_HR_PREFIX_GRANTED: Info, "alloc-engine", "reserved prefix {prefix}/{length} was assigned to client {client}";
    ALLOC_ENGINE_V6_REVOKED_ADDR_LEASE: Info, "alloc-engine", "{client}: address {address} was revoked from client {duid}, as it is reserved for client {owner}";
    ALLOC_ENGINE_V6_REVOKED_PREFIX_LEASE: Info, "alloc-engine", "{client}: prefix {prefix}/{length} was revoked from client {duid}, as it is reserved for client {owner}";
    ALLOC_ENGINE_V6_LEASE_RECLAIM: Debug(40), "alloc-engine", "{client}: reclaiming expired lease {address}/{length}";
    /// A lease is nobody's any more.
    ALLOC_ENGINE_LEASE_RECLAIMED: Debug(40), "alloc-engine", "successfully reclaimed lease {address}";
    /// A lease takes the place of one that was over.
    ALLOC_ENGINE_V6_REUSE_EXPIRED_LEASE_DATA: Debug(55), "alloc-engine", "{client}: reusing expired lease, updated lease information: {lease}";
    ALLOC_ENGINE_V6_ALLOC_LEASES_HR: Debug(40), "alloc-engine", "client {client} has leases and reservations";
    ALLOC_ENGINE_V6_ALLOC_LEASES_NO_HR: Debug(40), "alloc-engine", "client {client} has leases and no reservations";
    ALLOC_ENGINE_V6_ALLOC_NO_LEASES_HR: Debug(40), "alloc-engine", "client {client} has reservations and no leases";
    ALLOC_ENGINE_V6_ALLOC_NO_V6_HR: Debug(40), "alloc-engine", "{client}: there are no IPv6 reservations to lease";
    /// What is reserved for the client is leased to it already.
    ALLOC_ENGINE_V6_ALLOC_HR_LEASE_EXISTS: Debug(40), "alloc-engine", "{client}: lease type {kind} for reserved address/prefix {address} already exists";
    ALLOC_ENGINE_V6_ALLOC_UNRESERVED: Debug(40), "alloc-engine", "nothing is reserved for client {client}, it gets a lease of a pool";
    /// The client renews, and has nothing that it may keep.
    ALLOC_ENGINE_V6_EXTEND_ALLOC_UNRESERVED: Debug(40), "alloc-engine", "client {client} renews and gets a new lease of a pool";
    /// The client renews, and has reservations.
    ALLOC_ENGINE_V6_RENEW_HR: Debug(40), "alloc-engine", "client {client} renews and gets what is reserved for it";
    ALLOC_ENGINE_V6_EXTEND_LEASE: Debug(50), "alloc-engine", "{client}: extending lifetime of the lease type {kind}, address {address}";
    /// The lease as it was.
    ALLOC_ENGINE_V6_EXTEND_LEASE_DATA: Debug(55), "alloc-engine", "{client}: detailed information about the lease being extended: {lease}";
    /// The lease as it is now.
    ALLOC_ENGINE_V6_EXTEND_NEW_LEASE_DATA: Debug(55), "alloc-engine", "{client}: new lease information for the lease being extended: {lease}";
    ALLOC_ENGINE_V6_DECLINED_RECOVERED: Info, "alloc-engine", "IPv6 address {address} was recovered after {probation} seconds of probation";
}
