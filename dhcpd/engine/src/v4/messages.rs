//! What the DHCPv4 engine says: identifiers, severities and arguments are Kea's.

log::messages! {
    /// A DHCP message was understood; the label stands for it in what follows.
    DHCP4_QUERY_LABEL: Info, "dhcp4", "received query: {query}";
    /// A message that will be processed.
    DHCP4_PACKET_RECEIVED: Info, "packets", "{query}: {name} (type {type}) received from {source} to {destination} on interface {interface}";
    /// A datagram came in.
    DHCP4_BUFFER_RECEIVED: Debug(40), "packets", "received buffer from {source}:{source_port} to {destination}:{destination_port} over interface {interface}";
    /// The options of a datagram are about to be read.
    DHCP4_BUFFER_UNPACK: Debug(50), "options", "parsing buffer received from {source} to {destination} over interface {interface}";
    /// What is in a message that will be processed.
    DHCP4_QUERY_DATA: Debug(55), "packets", "{query}, packet details: {packet}";
    /// What is in an answer.
    DHCP4_RESPONSE_DATA: Debug(55), "packets", "{query}: responding with packet {name} (type {type}), packet details: {packet}";
    /// An answer is about to be written.
    DHCP4_PACKET_PACK: Debug(50), "options", "{query}: preparing on-wire format of the answer";
    /// A client that renews past its relay is dealt with as if the relay had spoken.
    DHCP4_RECOVERED_STASHED_RELAY_AGENT_INFO: Debug(55), "packets", "recovered for query {query} relay agent option from lease {address}: {options}";
    /// Options after this one were ignored.
    DHCP4_PACKET_OPTIONS_SKIPPED: Debug(50), "options", "{query}: An error unpacking an option, caused subsequent options to be skipped: {reason}";
    /// The datagram is no DHCP message.
    DHCP4_PACKET_DROP_0001: Debug(15), "bad-packets", "{query}: failed to parse packet from {source} to {destination}, received over interface {interface}, reason: {reason}, {hwaddr}";
    /// A DHCPINFORM from nowhere.
    DHCP4_PACKET_DROP_0002: Debug(15), "bad-packets", "{query}, from interface {interface}: no suitable subnet configured for a direct client";
    /// The client chose another server.
    DHCP4_PACKET_DROP_0003: Debug(15), "bad-packets", "{query}, from interface {interface}: it contains a foreign server identifier";
    /// The message type is none that was ever assigned.
    DHCP4_PACKET_DROP_0005: Debug(15), "bad-packets", "{query}: unrecognized type {type} in option 53";
    /// The message type is not for a server.
    DHCP4_PACKET_DROP_0006: Debug(15), "bad-packets", "{query}: unsupported DHCPv4 message type {type}";
    /// The message breaks a rule of the protocol, or could not be dealt with.
    DHCP4_PACKET_DROP_0007: Debug(15), "bad-packets", "{query}: failed to process packet: {reason}";
    /// Nobody is served now: `dhcp-disable`, or the server waits for its partner.
    DHCP4_PACKET_DROP_0008: Debug(15), "bad-packets", "{query}: DHCP service is globally disabled";
    /// BOOTP is not served.
    DHCP4_PACKET_DROP_0009: Debug(15), "bad-packets", "{query}: Option 53 missing (no DHCP message type), is this a BOOTP packet?";
    /// The lease store failed; the client will try again.
    DHCP4_PACKET_PROCESS_STD_EXCEPTION: Error, "packets", "{query}: exception occurred during packet processing: {reason}";
    /// The DHCPv6 server passes something on.
    DHCP4_DHCP4O6_RECEIVING: Debug(50), "packets", "receiving DHCPv4o6 packet from DHCPv6 server";
    /// What the DHCPv6 server passed on cannot be read, or does not say where the client is.
    DHCP4_DHCP4O6_RECEIVE_FAIL: Debug(50), "packets", "failed to receive DHCPv4o6: {reason}";
    /// A client's message came over DHCPv6.
    DHCP4_DHCP4O6_PACKET_RECEIVED: Debug(40), "packets", "received DHCPv4o6 packet from DHCPv6 server (type {type}) for {source} port {source_port} on interface {interface}";
    /// A DHCPv6 message has no DHCPv4 message, or too many.
    DHCP4_DHCP4O6_BAD_PACKET: Debug(50), "packets", "{client}: received malformed DHCPv4o6 packet: {reason}";
    /// An answer goes to the DHCPv6 server.
    DHCP4_DHCP4O6_PACKET_SEND: Debug(40), "packets", "{query}: trying to send packet {name} (type {type}) to {destination} port {destination_port} on interface {interface} encapsulating {inner}: {inner_name} (type {inner_type})";
    /// An answer does not fit into a DHCPv6 message.
    DHCP4_DHCP4O6_PACKET_SEND_FAIL: Error, "packets", "{query}: failed to send DHCPv4o6 packet: {reason}";
    /// What is in an answer to the DHCPv6 server.
    DHCP4_DHCP4O6_RESPONSE_DATA: Debug(55), "packets", "{query}: responding with packet {name} (type {type}), packet details: {packet}";
    /// The subnet of a client that comes over DHCPv6.
    DHCP4_DHCP4O6_SUBNET_SELECTED: Debug(45), "packets", "{query}: the subnet with ID {id} was selected for client assignments";
    /// The subnet by its prefix.
    DHCP4_DHCP4O6_SUBNET_DATA: Debug(55), "packets", "{query}: the selected subnet details: {subnet}";
    /// No subnet is for this DHCPv4-over-DHCPv6 client; check 4o6-subnet, 4o6-interface-id and 4o6-interface.
    DHCP4_DHCP4O6_SUBNET_SELECTION_FAILED: Debug(50), "packets", "{query}: failed to select subnet for the client";
    /// The client's subnet.
    DHCP4_SUBNET_SELECTED: Debug(45), "packets", "{query}: the subnet with ID {id} was selected for client assignments";
    /// The subnet by its prefix.
    DHCP4_SUBNET_DATA: Debug(55), "packets", "{query}: the selected subnet details: {subnet}";
    /// A subnet holds the address by which one is looked for.
    DHCPSRV_CFGMGR_SUBNET4_ADDR: Debug(40), "dhcpsrv", "selected subnet {subnet} for packet received by matching address {address}";
    /// A subnet is on the interface.
    DHCPSRV_CFGMGR_SUBNET4_IFACE: Debug(40), "dhcpsrv", "selected subnet {subnet} for packet received over interface {interface}";
    /// A subnet names the relay.
    DHCPSRV_CFGMGR_SUBNET4_RELAY: Debug(40), "dhcpsrv", "selected subnet {subnet}, because of matching relay addr {relay}";
    /// No subnet for this client holds the address.
    DHCPSRV_SUBNET4_SELECT_BY_ADDRESS_NO_MATCH: Debug(40), "dhcpsrv", "No subnet matches address: {address}";
    /// No subnet for this client is on the interface.
    DHCPSRV_SUBNET4_SELECT_BY_INTERFACE_NO_MATCH: Debug(40), "dhcpsrv", "No subnet matches interface: {interface}";
    /// No subnet for this client names the relay.
    DHCPSRV_SUBNET4_SELECT_BY_RELAY_ADDRESS_NO_MATCH: Debug(40), "dhcpsrv", "No subnet matches relay address: {relay}";
    /// Neither the relay nor the client names a link.
    DHCPSRV_SUBNET4_SELECT_NO_RAI_OPTIONS: Debug(40), "dhcpsrv", "no link is named by which a subnet could be selected";
    /// The packet did not pass a relay.
    DHCPSRV_SUBNET4_SELECT_NO_RELAY_ADDRESS: Debug(40), "dhcpsrv", "relay address (giaddr) in client packet is empty";
    /// There is no address by which a subnet could be looked for.
    DHCPSRV_SUBNET4_SELECT_NO_USABLE_ADDRESS: Debug(40), "dhcpsrv", "no subnet is selected, there is no address to look for one";
    /// No subnet fits; check subnets, relay addresses and interfaces.
    DHCP4_SUBNET_SELECTION_FAILED: Debug(50), "packets", "{query}: failed to select subnet for the client";
    /// The client got its address from another subnet of the shared network.
    DHCP4_SUBNET_DYNAMICALLY_CHANGED: Debug(45), "packets", "{query}: changed selected subnet {from} to subnet {to} from shared network {network} for client assignments";
    /// Whether there is a reservation for the client: KNOWN or UNKNOWN.
    DHCP4_CLASS_ASSIGNED: Debug(40), "dhcp4", "{query}: client packet has been assigned to the following class: {class}";
    /// A library changed what becomes of the client's name.
    DHCP4_HOOK_DDNS_UPDATE: Debug(15), "hooks", "a hook has updated the DDNS parameters: hostname {old}=>{new}, forward update {old_forward}=>{new_forward}, reverse update {old_reverse}=>{new_reverse}";
    /// A library has a query dropped.
    DHCP4_HOOK_PACKET_RCVD_SKIP: Debug(15), "hooks", "{query}: packet is dropped, because a library wants it so";
    /// A library has a query dropped, now that its subnet is known.
    DHCP4_HOOK_SUBNET4_SELECT_DROP: Debug(40), "hooks", "{query}: packet was dropped, because a library wants it so now that its subnet is known";
    /// An address that was to be offered is in use: nobody gets it for so many seconds.
    DHCP4_SERVER_INITIATED_DECLINE: Info, "leases", "{client}: Lease for addr {address} has been found to be already in use. The lease will be unavailable for {probation} seconds.";
    /// An address that was found in use was given to another client meanwhile.
    DHCP4_SERVER_INITIATED_DECLINE_RESOURCE_BUSY: Error, "leases", "{client}: error declining a lease for address {address}";
    /// A library keeps an offer and sends it when it sees fit.
    DHCP4_HOOK_LEASE4_OFFER_PARK: Debug(40), "hooks", "{query}: packet is parked, because a library keeps the offer";
    /// A library does not want an offer to be sent.
    DHCP4_HOOK_LEASE4_OFFER_DROP: Debug(15), "hooks", "{query}: packet is dropped, because a library does not want the offer sent";
    /// As many offers are kept by libraries as may be: this one is lost.
    DHCP4_HOOK_LEASE4_OFFER_PARKING_LOT_FULL: Debug(15), "packets", "The parked-packet-limit {limit}, has been reached, dropping query: {query}";
    /// A library keeps an answer and sends it when it sees fit.
    DHCP4_HOOK_LEASES4_COMMITTED_PARK: Debug(40), "hooks", "{query}: packet is parked, because a library keeps the answer";
    /// A library does not want an answer to be sent.
    DHCP4_HOOK_LEASES4_COMMITTED_DROP: Debug(15), "hooks", "{query}: packet is dropped, because a library does not want the answer sent";
    /// As many answers are kept by libraries as may be: this one is lost.
    DHCP4_HOOK_LEASES4_COMMITTED_PARKING_LOT_FULL: Debug(15), "packets", "The parked-packet-limit {limit}, has been reached, dropping query: {query}";
    /// The identifier that a library computed.
    DHCP4_FLEX_ID: Debug(40), "packets", "{query}: flexible identifier generated for incoming packet: {id}";
    /// All classes of the client.
    DHCP4_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION: Debug(40), "dhcp4", "{query}: client packet has been assigned to the following classes: {classes}";
    /// All classes of the client, those of the chosen scopes included.
    DHCP4_CLASSES_ASSIGNED: Debug(40), "dhcp4", "{query}: client packet has been assigned on {name} message to the following classes: {classes}";
    /// The client is in a class that is not defined: a reservation or a template put it there.
    DHCP4_CLASS_UNCONFIGURED: Debug(40), "dhcp4", "{query}: client packet belongs to an unconfigured class: {class}";
    /// A class that a scope names was evaluated.
    DHCP4_ADDITIONAL_CLASS_EVAL_RESULT: Debug(50), "dhcp4", "{query}: Expression '{class}' evaluated to {result}";
    /// The expression of a class that a scope names failed; the client is no member.
    DHCP4_ADDITIONAL_CLASS_EVAL_ERROR: Error, "dhcp4", "{query}: Expression '{class}' evaluated to {reason}";
    /// A class that a scope names has no test: every client of the scope is a member.
    DHCP4_ADDITIONAL_CLASS_NO_TEST: Debug(40), "dhcp4", "additional class {class} has no test expression, adding it to client's classes unconditionally";
    /// A scope names a class that is not defined.
    DHCP4_ADDITIONAL_CLASS_UNDEFINED: Debug(40), "dhcp4", "additional class {class} has no definition";
    /// A class was evaluated.
    DHCPSRV_EVAL_RESULT: Debug(50), "dhcpsrv", "{query}: Expression '{class}' evaluated to {result}";
    /// The expression of a class failed; the client is no member.
    DHCPSRV_EVAL_ERROR: Error, "dhcpsrv", "{query}: Expression '{class}' evaluated to {reason}";
    /// The client is a member of the class that a template made.
    DHCPSRV_TEMPLATE_EVAL_RESULT: Debug(50), "dhcpsrv", "{query}: Expression '{class}' evaluated to {value}";
    /// A template failed; the client is no member.
    DHCPSRV_TEMPLATE_EVAL_ERROR: Error, "dhcpsrv", "{query}: Expression '{class}' evaluated to {reason}";
    /// The client is in the class DROP.
    DHCP4_PACKET_DROP_0010: Debug(15), "packets", "dropped as member of the special class 'DROP': {query}, {packet}";
    /// The client is in the class DROP, as its reservation has it.
    DHCP4_PACKET_DROP_0013: Debug(15), "packets", "dropped as member of the special class 'DROP' after host reservation lookup: {query}, {packet}";
    /// The client is in the class DROP, as its global reservation has it.
    DHCP4_PACKET_DROP_0014: Debug(15), "packets", "dropped as member of the special class 'DROP' after early global host reservations lookup: {query}, {packet}";
    /// The client is in the class REJECT.
    DHCP4_PACKET_NAK_0005: Debug(15), "packets", "nacked as member of the special class 'REJECT': {query}, {packet}";
    /// A client in INIT-REBOOT wants its old address confirmed (RFC 2131 §4.3.2).
    DHCP4_INIT_REBOOT: Info, "leases", "{query}: client is in INIT-REBOOT state and requests address {address}";
    /// A DHCPDISCOVER is being dealt with.
    DHCP4_DISCOVER: Debug(50), "leases", "{query}: server is processing DHCPDISCOVER with hint={hint}";
    /// A DHCPREQUEST is being dealt with.
    DHCP4_REQUEST: Debug(50), "leases", "{query}: server is processing DHCPREQUEST with hint={hint}";
    /// No subnet for this client.
    DHCP4_PACKET_NAK_0001: Error, "bad-packets", "{query}: failed to select a subnet for incoming packet, src {source}, type {type}";
    /// A client in INIT-REBOOT asked for an address that is not its own.
    DHCP4_PACKET_NAK_0002: Debug(50), "bad-packets", "{query}: invalid address {address} requested by INIT-REBOOT";
    /// There is no address to offer.
    DHCP4_PACKET_NAK_0003: Debug(50), "bad-packets", "{query}: failed to advertise a lease, client sent ciaddr {ciaddr}, requested-ip-address {address}";
    /// The address is refused.
    DHCP4_PACKET_NAK_0004: Debug(50), "bad-packets", "{query}: failed to grant a lease, client sent ciaddr {ciaddr}, requested-ip-address {address}";
    /// A client in INIT-REBOOT that this server does not know; perhaps another one does.
    DHCP4_NO_LEASE_INIT_REBOOT: Debug(50), "bad-packets", "{query}: no lease for address {address} requested by INIT-REBOOT client";
    /// The address is in no pool of the client's link.
    DHCP4_UNKNOWN_ADDRESS_REQUESTED: Debug(50), "bad-packets", "{query}: client requested an unknown address, client sent ciaddr {ciaddr}, requested-ip-address {address}";
    /// An offer.
    DHCP4_LEASE_OFFER: Info, "leases", "{query}: lease {address} will be offered";
    /// A lease, new or extended.
    DHCP4_LEASE_ALLOC: Info, "leases", "{query}: lease {address} has been allocated for {lifetime} seconds";
    /// A lease that is young enough to be given again as it stands.
    DHCP4_LEASE_REUSE: Info, "leases", "{query}: lease {address} has been reused for {lifetime} seconds";
    /// `match-client-id` is false there.
    DHCP4_CLIENTID_IGNORED_FOR_LEASES: Debug(50), "dhcp4", "{query}: not using client identifier for lease allocation for subnet {id}";
    /// A reply is on its way.
    DHCP4_PACKET_SEND: Info, "packets", "{query}: trying to send packet {name} (type {type}) from {source}:{source_port} to {destination}:{destination_port} on interface {interface}";
    /// The reply to a DHCPINFORM goes past the relay.
    DHCP4_INFORM_DIRECT_REPLY: Debug(50), "packets", "{query}: DHCPACK in reply to the DHCPINFORM will be sent directly to {destination} over {interface}";
    /// A release.
    DHCP4_RELEASE: Info, "leases", "{query}: address {address} was released properly.";
    /// The lease is kept for its client for a while.
    DHCP4_RELEASE_EXPIRED: Info, "leases", "{query}: address {address} expired on release.";
    /// The lease is gone.
    DHCP4_RELEASE_DELETED: Info, "leases", "{query}: address {address} was deleted on release.";
    /// Nothing to release.
    DHCP4_RELEASE_FAIL_NO_LEASE: Debug(50), "leases", "{query}: client is trying to release non-existing lease {address}";
    /// A client may not release what is not its own.
    DHCP4_RELEASE_FAIL_WRONG_CLIENT: Debug(50), "leases", "{query}: client is trying to release the lease {address} which belongs to a different client";
    /// The lease was released, reclaimed or declined before.
    DHCP4_RELEASE_FAIL_NOT_ASSIGNED: Debug(50), "leases", "{query}: client is trying to release the lease {address} which is in the {state} state";
    /// A client found its address in use by somebody else.
    DHCP4_DECLINE_LEASE: Info, "leases", "Received DHCPDECLINE for addr {address} from client {query}. The lease will be unavailable for {probation} seconds.";
    /// Nothing to decline.
    DHCP4_DECLINE_LEASE_NOT_FOUND: Warn, "dhcp4", "Received DHCPDECLINE for addr {address} from client {query}, but no such lease found.";
    /// A client may not decline what is not its own.
    DHCP4_DECLINE_LEASE_MISMATCH: Warn, "dhcp4", "Received DHCPDECLINE for addr {address} from client {query}, but the data doesn't match: received hwaddr: {hwaddr}, lease hwaddr: {lease_hwaddr}, received client-id: {client_id}, lease client-id: {lease_client_id}";
    /// The client sent an FQDN option.
    DHCP4_CLIENT_FQDN_PROCESS: Debug(50), "ddns", "{query}: processing Client FQDN option";
    /// The FQDN option that the client sent.
    DHCP4_CLIENT_FQDN_DATA: Debug(55), "ddns", "{query}: Client sent FQDN option: {option}";
    /// The FQDN option of the answer.
    DHCP4_RESPONSE_FQDN_DATA: Debug(55), "ddns", "{query}: including FQDN option in the server's response: {option}";
    /// The host name that the client sent.
    DHCP4_CLIENT_HOSTNAME_DATA: Debug(55), "ddns", "{query}: client sent Hostname option: {name}";
    /// The host name of the answer.
    DHCP4_RESPONSE_HOSTNAME_DATA: Debug(55), "ddns", "{query}: including Hostname option in the server's response: {name}";
    /// The client has no name; one is made from its address.
    DHCP4_GENERATE_FQDN: Debug(55), "ddns", "{query}: client did not send a FQDN or hostname; FQDN will be generated for the client";
    /// The host name is of blanks.
    DHCP4_EMPTY_HOSTNAME: Debug(50), "ddns", "{query}: received empty hostname from the client, skipping processing of this option";
    /// What is left of the client's host name is no name.
    DHCP4_SANITIZED_HOSTNAME_MALFORMED: Debug(50), "ddns", "{query}: hostname after sanitizing is malformed: {reason}";
    /// Nothing is left of the client's name.
    DHCP4_CLIENT_FQDN_SCRUBBED_EMPTY: Debug(50), "ddns", "{query}: sanitizing client's FQDN option '{name}' yielded an empty name or an empty label within the name";
    /// The client sent a host name.
    DHCP4_CLIENT_HOSTNAME_PROCESS: Debug(50), "ddns", "{query}: processing client's Hostname option";
    /// The host name is no name.
    DHCP4_CLIENT_HOSTNAME_MALFORMED: Debug(50), "ddns", "{query}: client hostname option malformed: {reason}";
    /// Nothing is left of the client's host name.
    DHCP4_CLIENT_HOSTNAME_SCRUBBED_EMPTY: Debug(50), "ddns", "{query}: sanitizing client's Hostname option '{name}' yielded an empty name or an empty label within the name";
    /// The name of the reservation is used.
    DHCP4_RESERVED_HOSTNAME_ASSIGNED: Debug(55), "ddns", "{query}: server assigned reserved hostname {name}";
    /// A name was made from the address.
    DHCP4_RESPONSE_HOSTNAME_GENERATE: Debug(50), "ddns", "{query}: server has generated hostname {name} for the client";
    /// A request to D2 is in the queue.
    DHCPSRV_QUEUE_NCR: Debug(55), "dhcpsrv", "{client}: Name change request to {change} DNS entry queued: {request}";
    /// The DNS need not know of the lease.
    DHCPSRV_QUEUE_NCR_SKIP: Debug(50), "dhcpsrv", "{client}: no name change request for lease: {address}";
    /// A request to D2 could not be made.
    DHCPSRV_QUEUE_NCR_FAILED: Error, "dhcpsrv", "{client}: queuing {change} name change request failed for lease {address}: {reason}";
    /// The client has a reserved address.
    ALLOC_ENGINE_V4_DISCOVER_HR: Debug(40), "alloc-engine", "client {query} sending DHCPDISCOVER has reservation for the address {address}";
    /// Somebody else holds the reserved address; the client gets another one until it is free.
    ALLOC_ENGINE_V4_DISCOVER_ADDRESS_CONFLICT: Warn, "alloc-engine", "{query}: conflicting reservation for address {address} with existing lease {lease}";
    /// The client has a lease.
    ALLOC_ENGINE_V4_OFFER_EXISTING_LEASE: Debug(40), "alloc-engine", "allocation engine will try to offer existing lease to the client {query}";
    /// The client asked for an address.
    ALLOC_ENGINE_V4_OFFER_REQUESTED_LEASE: Debug(40), "alloc-engine", "allocation engine will try to offer requested lease {address} to the client {query}";
    /// The client gets an address from a pool.
    ALLOC_ENGINE_V4_OFFER_NEW_LEASE: Debug(40), "alloc-engine", "allocation engine will try to offer new lease to the client {query}";
    /// The address is reserved for another client.
    ALLOC_ENGINE_V4_REQUEST_ADDRESS_RESERVED: Debug(40), "alloc-engine", "{query}: requested address {address} is reserved";
    /// The client asked for no address and gets its reserved one.
    ALLOC_ENGINE_V4_REQUEST_USE_HR: Debug(40), "alloc-engine", "client {query} hasn't requested specific address, using reserved address {address}";
    /// Another client holds the address.
    ALLOC_ENGINE_V4_REQUEST_IN_USE: Debug(40), "alloc-engine", "{query}: requested address {address} is in use";
    /// The client is to ask for its reserved address.
    ALLOC_ENGINE_V4_REQUEST_INVALID: Debug(40), "alloc-engine", "client {query} having a reservation for address {reserved} is requesting invalid address {address}";
    /// The address is in no pool.
    ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL: Debug(40), "alloc-engine", "client {query}, which doesn't have a reservation, requested address {address} out of the dynamic pool";
    /// A renewal.
    ALLOC_ENGINE_V4_REQUEST_EXTEND_LEASE: Debug(40), "alloc-engine", "{query}: extending lifetime of the lease for address {address}";
    /// A new lease on the address that was asked for.
    ALLOC_ENGINE_V4_REQUEST_ALLOC_REQUESTED: Debug(40), "alloc-engine", "{query}: trying to allocate requested address {address}";
    /// A new lease on any address.
    ALLOC_ENGINE_V4_REQUEST_PICK_ADDRESS: Debug(40), "alloc-engine", "client {query} hasn't specified an address - picking available address from the pool";
    /// A client has one lease on a link: the old one goes.
    ALLOC_ENGINE_V4_REQUEST_REMOVE_LEASE: Debug(40), "alloc-engine", "{query}: removing previous client's lease {address}";
    /// All subnets of the shared network are full.
    ALLOC_ENGINE_V4_ALLOC_FAIL_SHARED_NETWORK: Warn, "alloc-engine", "{query}: failed to allocate an IPv4 address in the shared network {network}: {full} subnets have no available addresses, {poolless} subnets have no matching pools";
    /// The subnet is full.
    ALLOC_ENGINE_V4_ALLOC_FAIL_SUBNET: Warn, "alloc-engine", "{query}: failed to allocate an IPv4 lease in the subnet {subnet}, subnet-id {id}, shared network {network}";
    /// There is no pool.
    ALLOC_ENGINE_V4_ALLOC_FAIL_NO_POOLS: Warn, "alloc-engine", "{query}: no pools were available for the address allocation";
    /// No address was free.
    ALLOC_ENGINE_V4_ALLOC_FAIL: Warn, "alloc-engine", "{query}: failed to allocate an IPv4 address after {attempts} attempt(s)";
    /// The classes of a client that got no address.
    ALLOC_ENGINE_V4_ALLOC_FAIL_CLASSES: Warn, "alloc-engine", "{query}: Failed to allocate an IPv4 address for client with classes: {classes}";
    /// The reserved address belongs to another network.
    ALLOC_ENGINE_IGNORING_UNSUITABLE_GLOBAL_ADDRESS: Debug(40), "alloc-engine", "{query}: ignoring globally reserved address {address}, it falls outside {subnet}";
    /// A lease is over.
    ALLOC_ENGINE_V4_LEASE_RECLAIM: Debug(40), "alloc-engine", "{client}: reclaiming expired lease for address {address}";
    /// A lease is nobody's any more.
    ALLOC_ENGINE_LEASE_RECLAIMED: Debug(40), "alloc-engine", "successfully reclaimed lease {address}";
    /// A lease takes the place of one that was over.
    ALLOC_ENGINE_V4_REUSE_EXPIRED_LEASE_DATA: Debug(55), "alloc-engine", "{client}: reusing expired lease, updated lease information: {lease}";
    /// A declined address may be leased again.
    ALLOC_ENGINE_V4_DECLINED_RECOVERED: Info, "alloc-engine", "IPv4 address {address} was recovered after {probation} seconds of probation-period";
}
