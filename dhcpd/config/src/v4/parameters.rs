//! The parameters of DHCPv4, scope by scope.

use crate::parameters::{
    AllocatorName, Cache, ConfigControl, Database, DhcpDdns, ExpiredLeases, Guards, HookLibrary, LeaseDatabase,
    Membership, MultiThreading, Names, OptionData, OptionDef, Relay4, Reservations, SanityChecks, ValidLifetime,
    Waiting,
};
use crate::printer::{drop_default, drop_empty};
use crate::values::{MaybeIpv4, MaybePrefix6, Octets, PlainOctets, Prefix4, Range4};
use schema::common::{ControlSocket, Logger};
use schema::{Annotations, At, Given, Scope, Word};
use std::net::Ipv4Addr;

/// A configuration file of the DHCPv4 server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct File4 {
    /// The DHCPv4 server.
    #[param(key = "Dhcp4", required)]
    pub dhcp4: Given<Dhcp4>,
}

/// The DHCPv4 server: the outermost scope.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Dhcp4 {
    /// Interfaces to listen on, and how.
    #[param(default)]
    pub interfaces_config: Given<Interfaces4>,
    /// Where leases are kept.
    #[param(default)]
    pub lease_database: Given<LeaseDatabase>,
    /// How leases that ended are put away.
    #[param(default)]
    pub expired_leases_processing: Given<ExpiredLeases>,
    /// How the daemon that updates the DNS is reached.
    #[param(default)]
    pub dhcp_ddns: Given<DhcpDdns>,
    /// What is checked in leases that are loaded.
    #[param(default)]
    pub sanity_checks: Given<SanityChecks>,
    /// Threads that serve packets.
    #[param(default)]
    pub multi_threading: Given<MultiThreading>,
    /// What is done for clients and relays that do not keep to the standards.
    pub compatibility: Given<Compatibility4>,
    /// Sockets at which commands are taken.
    pub control_sockets: Vec<At<ControlSocket>>,
    /// The socket at which commands are taken, as it was written before `control-sockets`.
    pub control_socket: Given<ControlSocket>,
    /// What is logged, and where to.
    #[param(filled, yang = "logger")]
    pub loggers: Vec<At<Logger>>,
    /// Parameters that subnets take over; `config-get` shows them in each.
    #[param(flatten)]
    pub lease: Lease4,
    /// Parameters that subnets take over.
    #[param(flatten)]
    pub service: Service4,
    /// Options for every client.
    pub option_data: Vec<At<OptionData>>,
    /// Subnets that share a link.
    #[param(yang = "shared-network")]
    pub shared_networks: Vec<At<SharedNetwork4>>,
    /// Subnets that have their link for themselves.
    pub subnet4: Vec<At<Subnet4>>,
    /// Reservations in any subnet.
    #[param(yang(special))]
    pub reservations: Vec<At<Reservation4>>,
    /// Identifiers by which reservations are looked up, in order.
    #[param(default = ["hw-address", "duid", "circuit-id", "client-id"])]
    pub host_reservation_identifiers: Given<Vec<At<HostIdentifier4>>>,
    /// Seconds for which an address is not leased after a client found it in use.
    #[param(default = 86400)]
    pub decline_probation_period: Given<u32>,
    /// Send the client identifier back to the client (RFC 6842).
    #[param(default = true)]
    pub echo_client_id: Given<bool>,
    /// Look for a reservation of the outermost scope before a subnet is chosen.
    #[param(default = false)]
    pub early_global_reservations_lookup: Given<bool>,
    /// Whether an address can be reserved for one client only.
    #[param(default = true)]
    pub ip_reservations_unique: Given<bool>,
    /// Look for reservations before leases.
    #[param(default = false)]
    pub reservations_lookup_first: Given<bool>,
    /// Use what the relay told with an earlier packet for renewals that come without it.
    #[param(default = false)]
    pub stash_agent_options: Given<bool>,
    /// Name of this server among those that share a configuration.
    #[param(default = "")]
    pub server_tag: Given<String>,
    /// How packets and statistics wait for others.
    #[param(flatten)]
    pub waiting: Waiting,
    /// Where reservations are kept beside the configuration.
    #[param(yang = "hosts-database")]
    pub hosts_databases: Vec<At<Database>>,
    /// Where reservations are kept, as it was written before there could be several.
    #[param(yang(absent))]
    pub hosts_database: Given<Database>,
    /// Where the configuration is completed from.
    pub config_control: Given<ConfigControl>,
    /// Libraries that extend the server.
    #[param(yang = "hook-library")]
    pub hooks_libraries: Vec<At<HookLibrary>>,
    /// Definitions of options.
    pub option_def: Vec<At<OptionDef<u8>>>,
    /// Classes of clients.
    #[param(yang = "client-class")]
    pub client_classes: Vec<At<ClientClass4>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Interfaces of the DHCPv4 server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Interfaces4 {
    /// `*` for all interfaces, names of interfaces, or names with an address: `eth0/192.0.2.1`.
    pub interfaces: Vec<At<String>>,
    /// Raw sockets serve clients on the link as well; UDP sockets serve relays and clients that have an address.
    #[param(default = "raw")]
    pub dhcp_socket_type: Given<SocketType4>,
    /// Where answers leave with UDP sockets: at the interface the packet came in, or where the routing table says. With raw
    /// sockets, answers to an address follow the routing table, those to clients without one leave where the packet came in.
    #[param(default = "same-as-inbound")]
    pub outbound_interface: Given<Outbound4>,
    /// Follow the machine: links and addresses that come, change or go are served accordingly at once. Otherwise at the
    /// next configuration or `interface-redetect`.
    #[param(default = true)]
    pub re_detect: Given<bool>,
    /// Fail if one of the sockets cannot be opened.
    #[param(default = false)]
    pub service_sockets_require_all: Given<bool>,
    /// How often opening a socket is tried again.
    #[param(default = 0)]
    pub service_sockets_max_retries: Given<u32>,
    /// Milliseconds between two tries.
    #[param(default = 5000)]
    pub service_sockets_retry_wait_time: Given<u32>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Kind of the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum SocketType4 {
    /// Raw sockets.
    Raw,
    /// UDP sockets.
    Udp,
}

/// Where answers leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum Outbound4 {
    /// At the interface the packet came in.
    SameAsInbound,
    /// Where the routing table says.
    UseRouting,
}

/// What is done for clients and relays that do not keep to the standards.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Compatibility4 {
    /// Take what can be read of a malformed option.
    #[param(default = false)]
    pub lenient_option_parsing: Given<bool>,
    /// Answer clients that chose another server.
    #[param(default = false)]
    pub ignore_dhcp_server_identifier: Given<bool>,
    /// Do not choose the subnet by the link selection of a relay (RFC 3527).
    #[param(default = false)]
    pub ignore_rai_link_selection: Given<bool>,
    /// Do not lease addresses that end in 0 or 255 in subnets of 24 bits and less.
    #[param(key = "exclude-first-last-24", default = false)]
    pub exclude_first_last_24: Given<bool>,
}

/// How leases are made; what `config-get` shows in each subnet, wherever it was written.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Lease4 {
    /// How long leases are valid.
    #[param(flatten)]
    pub valid: ValidLifetime,
    /// When leases are renewed.
    #[param(flatten)]
    pub timers: Timers4,
    /// Leases that are given again as they stand.
    #[param(flatten)]
    pub cache: Cache,
    /// How the next free address is looked for.
    #[param(default = "iterative", inherited)]
    pub allocator: Given<AllocatorName>,
    /// Fraction of leases in use above which new clients get the least lifetime, where the allocator is `flq`; 1 for
    /// never.
    #[param(inherited)]
    pub adaptive_lease_time_threshold: Given<f64>,
    /// Whether what a relay told is kept in the user context of the lease.
    #[param(default = false, inherited)]
    pub store_extended_info: Given<bool>,
    /// Seconds for which an offered address is kept for its client; 0 keeps it for none.
    #[param(inherited)]
    pub offer_lifetime: Given<u32>,
}

/// When leases are renewed.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Timers4 {
    /// T1: seconds after which a client renews its lease.
    #[param(inherited)]
    pub renew_timer: Given<u32>,
    /// T2: seconds after which a client asks any server to extend its lease.
    #[param(inherited)]
    pub rebind_timer: Given<u32>,
    /// Whether T1 and T2 that are not given are calculated from the lifetime.
    #[param(default = false, inherited)]
    pub calculate_tee_times: Given<bool>,
    /// T1 as a fraction of the lifetime.
    #[param(key = "t1-percent", default = 0.5, inherited)]
    pub t1_percent: Given<f64>,
    /// T2 as a fraction of the lifetime.
    #[param(key = "t2-percent", default = 0.875, inherited)]
    pub t2_percent: Given<f64>,
}

/// How clients are served.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Service4 {
    /// Names and the DNS.
    #[param(flatten)]
    pub names: Names,
    /// As `ddns-conflict-resolution-mode`, in its older spelling: true is `check-with-dhcid`, false is
    /// `no-check-with-dhcid`.
    pub ddns_use_conflict_resolution: Given<bool>,
    /// Which reservations count.
    #[param(flatten)]
    pub reservations: Reservations,
    /// Where clients boot from.
    #[param(flatten)]
    pub boot: Boot4,
    /// Know a client by its client identifier if it has one, rather than by its hardware address.
    #[param(default = true, inherited)]
    pub match_client_id: Given<bool>,
    /// Refuse requests for addresses that this server does not know, since no other server could.
    #[param(default = false, inherited)]
    pub authoritative: Given<bool>,
}

impl Service4 {
    /// Turns older spellings into those of today, before anything is inherited.
    pub(crate) fn modernise(&mut self) {
        self.names.take_older_mode(&mut self.ddns_use_conflict_resolution);
        // As in Kea, nothing is said by an empty text.
        drop_default(&mut self.boot.next_server, MaybeIpv4(None));
        drop_empty(&mut self.boot.server_hostname);
        drop_empty(&mut self.boot.boot_file_name);
    }
}

/// Where clients boot from.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Boot4 {
    /// Address of the server to boot from (siaddr).
    #[param(default = "0.0.0.0", inherited)]
    pub next_server: Given<MaybeIpv4>,
    /// Name of the server to boot from (sname), at most 63 bytes.
    #[param(default = "", inherited)]
    pub server_hostname: Given<String>,
    /// Name of the file to boot (file), at most 127 bytes.
    #[param(default = "", inherited)]
    pub boot_file_name: Given<String>,
}

/// A class of clients.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ClientClass4 {
    /// Who is in the class.
    #[param(flatten)]
    pub membership: Membership,
    /// Options for members.
    pub option_data: Vec<At<OptionData>>,
    /// How long leases of members are valid.
    #[param(flatten)]
    pub valid: ValidLifetime,
    /// Options that are defined for this class alone: 43 and those from 224 to 254.
    pub option_def: Vec<At<OptionDef<u8>>>,
    /// Where members boot from.
    #[param(flatten)]
    pub boot: Boot4,
    /// Seconds for which an address offered to a member is kept for it.
    pub offer_lifetime: Given<u32>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Which clients are on the link.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Link4 {
    /// Interface of the server whose clients are on the link.
    #[param(inherited)]
    pub interface: Given<String>,
    /// Relays whose clients are on the link.
    #[param(inherited)]
    pub relay: Given<Relay4>,
}

/// Subnets that share a link.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct SharedNetwork4 {
    /// Name of the shared network.
    #[param(required)]
    pub name: Given<String>,
    /// Which clients are on the link.
    #[param(flatten)]
    pub link: Link4,
    /// How leases are made.
    #[param(flatten)]
    pub lease: Lease4,
    /// How clients are served.
    #[param(flatten)]
    pub service: Service4,
    /// Options for clients of these subnets.
    pub option_data: Vec<At<OptionData>>,
    /// The subnets.
    pub subnet4: Vec<At<Subnet4>>,
    /// Which classes of clients it is for.
    #[param(flatten)]
    pub guards: Guards,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Subnet4 {
    /// Number of the subnet; leases are kept under it. Where it is absent, the server counts, so that leases may move when
    /// subnets do.
    #[param(range = 1..=4294967294)]
    pub id: Given<u32>,
    /// Prefix of the subnet.
    #[param(required)]
    pub subnet: Given<Prefix4>,
    /// Which clients are on the link.
    #[param(flatten)]
    pub link: Link4,
    /// How leases are made.
    #[param(flatten)]
    pub lease: Lease4,
    /// How clients are served.
    #[param(flatten)]
    pub service: Service4,
    /// Addresses to lease.
    #[param(yang(special))]
    pub pools: Vec<At<Pool4>>,
    /// Options for clients of this subnet.
    pub option_data: Vec<At<OptionData>>,
    /// Addresses, names and options for certain clients.
    #[param(yang(special))]
    pub reservations: Vec<At<Reservation4>>,
    /// Interface of the DHCPv6 server whose DHCPv4-over-DHCPv6 clients are here.
    #[param(key = "4o6-interface", default = "", yang = "subnet-4o6-interface")]
    pub dhcp4o6_interface: Given<String>,
    /// Interface-id of a relay whose DHCPv4-over-DHCPv6 clients are here.
    #[param(key = "4o6-interface-id", default = "", yang = "subnet-4o6-interface-id")]
    pub dhcp4o6_interface_id: Given<String>,
    /// IPv6 prefix whose DHCPv4-over-DHCPv6 clients are here; the relay's address counts where one passed the message on.
    #[param(key = "4o6-subnet", default = "", yang = "subnet-4o6-subnet")]
    pub dhcp4o6_subnet: Given<MaybePrefix6>,
    /// Which classes of clients it is for.
    #[param(flatten)]
    pub guards: Guards,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A pool of addresses.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Pool4 {
    /// First and last address, or a prefix.
    #[param(required, yang(special))]
    pub pool: Given<Range4>,
    /// Number of the pool; its leases are counted under it.
    #[param(range = 1..=4294967295)]
    pub pool_id: Given<u32>,
    /// Names and the DNS.
    #[param(flatten)]
    pub names: Names,
    /// Options for clients with an address of this pool.
    pub option_data: Vec<At<OptionData>>,
    /// Which classes of clients it is for.
    #[param(flatten)]
    pub guards: Guards,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// What is kept for one client.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Reservation4 {
    /// The client, by its hardware address.
    #[param(yang(special))]
    pub hw_address: Given<Octets>,
    /// The client, by its DUID.
    #[param(yang(special))]
    pub duid: Given<Octets>,
    /// The client, by the circuit identifier of its relay.
    #[param(yang(special))]
    pub circuit_id: Given<PlainOctets>,
    /// The client, by its client identifier.
    #[param(yang(special))]
    pub client_id: Given<PlainOctets>,
    /// The client, by what a hook library computed.
    #[param(yang(special))]
    pub flex_id: Given<PlainOctets>,
    /// The address that is kept for it.
    pub ip_address: Given<Ipv4Addr>,
    /// Its name.
    #[param(default = "")]
    pub hostname: Given<String>,
    /// Address of the server it boots from.
    #[param(default = "0.0.0.0")]
    pub next_server: Given<MaybeIpv4>,
    /// Name of the server it boots from, at most 63 bytes.
    #[param(default = "")]
    pub server_hostname: Given<String>,
    /// Name of the file it boots, at most 127 bytes.
    #[param(default = "")]
    pub boot_file_name: Given<String>,
    /// Options for it.
    pub option_data: Vec<At<OptionData>>,
    /// Classes of the client.
    pub client_classes: Vec<At<String>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// An identifier by which reservations are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum HostIdentifier4 {
    /// Hardware address.
    HwAddress,
    /// DUID.
    Duid,
    /// Circuit identifier of the relay.
    CircuitId,
    /// Client identifier.
    ClientId,
    /// What a hook library computed.
    FlexId,
    /// All of them; it stands alone.
    Auto,
}
