//! The parameters of DHCPv6, scope by scope.

use crate::parameters::{
    AllocatorName, Cache, ConfigControl, Database, DhcpDdns, ExpiredLeases, Guards, HookLibrary, LeaseDatabase,
    Membership, MultiThreading, Names, OptionData, OptionDef, Relay6, Reservations, SanityChecks, ValidLifetime,
    Waiting,
};
use crate::v6::snapshot::MacSource;
use crate::values::{MaybeIpv6, MaybeOctets, MaybePrefix6, Octets, PlainOctets, Prefix6, Range6};
use schema::common::{ControlSocket, Logger};
use schema::{Annotations, At, Given, Scope, Word};
use std::net::Ipv6Addr;

/// A configuration file of the DHCPv6 server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct File6 {
    /// The DHCPv6 server.
    #[param(key = "Dhcp6", required)]
    pub dhcp6: Given<Dhcp6>,
}

/// The DHCPv6 server: the outermost scope.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Dhcp6 {
    /// Interfaces to listen on, and how.
    #[param(default)]
    pub interfaces_config: Given<Interfaces6>,
    /// The server's own DUID.
    pub server_id: Given<ServerId>,
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
    /// Sockets at which commands are taken.
    pub control_sockets: Vec<At<ControlSocket>>,
    /// The socket at which commands are taken, as it was written before `control-sockets`.
    pub control_socket: Given<ControlSocket>,
    /// What is logged, and where to.
    #[param(filled, yang = "logger")]
    pub loggers: Vec<At<Logger>>,
    /// Parameters that subnets take over; `config-get` shows them in each.
    #[param(flatten)]
    pub lease: Lease6,
    /// Parameters that subnets take over.
    #[param(flatten)]
    pub service: Service6,
    /// Options for every client.
    pub option_data: Vec<At<OptionData>>,
    /// Subnets that share a link.
    #[param(yang = "shared-network")]
    pub shared_networks: Vec<At<SharedNetwork6>>,
    /// Subnets that have their link for themselves.
    pub subnet6: Vec<At<Subnet6>>,
    /// Reservations in any subnet.
    #[param(yang(special))]
    pub reservations: Vec<At<Reservation6>>,
    /// Identifiers by which reservations are looked up, in order.
    #[param(default = ["hw-address", "duid"])]
    pub host_reservation_identifiers: Given<Vec<At<HostIdentifier6>>>,
    /// Where the hardware address of a client is learnt from, in order.
    #[param(default = ["any"])]
    pub mac_sources: Given<Vec<At<MacSource>>>,
    /// Options of relays that are passed on to their clients, by name or code (RFC 6422).
    #[param(default = ["65"])]
    pub relay_supplied_options: Given<Vec<At<String>>>,
    /// Seconds for which an address is not leased after a client found it in use.
    #[param(default = 86400)]
    pub decline_probation_period: Given<u32>,
    /// Look for a reservation of the outermost scope before a subnet is chosen.
    #[param(default = false)]
    pub early_global_reservations_lookup: Given<bool>,
    /// Whether an address or prefix can be reserved for one client only.
    #[param(default = true)]
    pub ip_reservations_unique: Given<bool>,
    /// Look for reservations before leases.
    #[param(default = false)]
    pub reservations_lookup_first: Given<bool>,
    /// Name of this server among those that share a configuration.
    #[param(default = "")]
    pub server_tag: Given<String>,
    /// Whether clients may register addresses that they made themselves (RFC 9686).
    #[param(default = true)]
    pub allow_address_registration: Given<bool>,
    /// What is done for clients and relays that do not keep to the standards.
    pub compatibility: Given<Compatibility6>,
    /// Folder of the server's files; ignored with a warning, since Kea 2.7.9 knows it by its environment.
    pub data_directory: Given<String>,
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
    pub option_def: Vec<At<OptionDef<u16>>>,
    /// Classes of clients.
    #[param(yang = "client-class")]
    pub client_classes: Vec<At<ClientClass6>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// What is done for clients and relays that do not keep to the standards.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Compatibility6 {
    /// Take what can be read of a malformed option.
    #[param(default = false)]
    pub lenient_option_parsing: Given<bool>,
}

/// Interfaces of the DHCPv6 server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Interfaces6 {
    /// `*` for all interfaces, names of interfaces, or names with a unicast address: `eth0/2001:db8::1`.
    pub interfaces: Vec<At<String>>,
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

/// The server's own DUID (RFC 8415 §11).
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ServerId {
    /// Type of the DUID.
    #[param(default = "LLT", required)]
    pub r#type: Given<ServerIdType>,
    /// Link-layer address, or the identifier after the enterprise number; made by the server if it is absent.
    #[param(default = "")]
    pub identifier: Given<MaybeOctets>,
    /// Seconds since 2000-01-01 for the type LLT; 0 for now.
    #[param(default = 0)]
    pub time: Given<u32>,
    /// Hardware type for the types LLT and LL; 0 for that of the interface.
    #[param(default = 0)]
    pub htype: Given<u16>,
    /// Enterprise number for the type EN; 0 for ISC's.
    #[param(default = 0)]
    pub enterprise_id: Given<u32>,
    /// Keep the DUID in a file, so that it is the same after the next start.
    #[param(default = true)]
    pub persist: Given<bool>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Type of a DUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum ServerIdType {
    /// Link-layer address and time.
    #[word("LLT")]
    Llt,
    /// Enterprise number.
    #[word("EN")]
    En,
    /// Link-layer address.
    #[word("LL")]
    Ll,
}

/// How leases are made; what `config-get` shows in each subnet, wherever it was written.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Lease6 {
    /// How long addresses are preferred.
    #[param(flatten)]
    pub preferred: PreferredLifetime,
    /// How long leases are valid.
    #[param(flatten)]
    pub valid: ValidLifetime,
    /// When leases are renewed.
    #[param(flatten)]
    pub timers: Timers6,
    /// Leases that are given again as they stand.
    #[param(flatten)]
    pub cache: Cache,
    /// How the next free address is looked for.
    #[param(default = "iterative", inherited)]
    pub allocator: Given<AllocatorName>,
    /// How the next free prefix is looked for.
    #[param(default = "iterative", inherited)]
    pub pd_allocator: Given<AllocatorName>,
    /// Fraction of leases in use above which new clients get the least lifetime, where the allocator is `flq`; 1 for
    /// never.
    #[param(inherited)]
    pub adaptive_lease_time_threshold: Given<f64>,
    /// Whether what relays told is kept in the user context of the lease.
    #[param(default = false, inherited)]
    pub store_extended_info: Given<bool>,
}

/// How long addresses are preferred.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct PreferredLifetime {
    /// Seconds that a lease is preferred for a client that does not ask for a time; five eighths of the valid lifetime
    /// if it is absent.
    #[param(inherited)]
    pub preferred_lifetime: Given<u32>,
    /// Least seconds that a client may ask for; `preferred-lifetime` if it is absent.
    #[param(inherited)]
    pub min_preferred_lifetime: Given<u32>,
    /// Most seconds that a client may ask for; `preferred-lifetime` if it is absent.
    #[param(inherited)]
    pub max_preferred_lifetime: Given<u32>,
}

/// When leases are renewed.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Timers6 {
    /// T1: seconds after which a client renews its leases.
    #[param(inherited)]
    pub renew_timer: Given<u32>,
    /// T2: seconds after which a client asks any server to extend its leases.
    #[param(inherited)]
    pub rebind_timer: Given<u32>,
    /// Whether T1 and T2 that are not given are calculated from the preferred lifetime.
    #[param(default = true, inherited)]
    pub calculate_tee_times: Given<bool>,
    /// T1 as a fraction of the preferred lifetime.
    #[param(key = "t1-percent", default = 0.5, inherited)]
    pub t1_percent: Given<f64>,
    /// T2 as a fraction of the preferred lifetime.
    #[param(key = "t2-percent", default = 0.8, inherited)]
    pub t2_percent: Given<f64>,
}

/// How clients are served.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Service6 {
    /// Names and the DNS.
    #[param(flatten)]
    pub names: Names,
    /// As `ddns-conflict-resolution-mode`, in its older spelling: true is `check-with-dhcid`, false is
    /// `no-check-with-dhcid`.
    pub ddns_use_conflict_resolution: Given<bool>,
    /// Which reservations count.
    #[param(flatten)]
    pub reservations: Reservations,
}

impl Service6 {
    /// Turns older spellings into those of today, before anything is inherited.
    pub(crate) fn modernise(&mut self) {
        self.names.take_older_mode(&mut self.ddns_use_conflict_resolution);
    }
}

/// A class of clients.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ClientClass6 {
    /// Who is in the class.
    #[param(flatten)]
    pub membership: Membership,
    /// Options for members.
    pub option_data: Vec<At<OptionData>>,
    /// How long leases of members are valid.
    #[param(flatten)]
    pub valid: ValidLifetime,
    /// How long addresses of members are preferred.
    #[param(flatten)]
    pub preferred: PreferredLifetime,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Which clients are on the link.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Link6 {
    /// Interface of the server whose clients are on the link.
    #[param(inherited)]
    pub interface: Given<String>,
    /// Interface-id that relays put into packets of clients on the link.
    #[param(inherited)]
    pub interface_id: Given<String>,
    /// Relays whose clients are on the link.
    #[param(inherited)]
    pub relay: Given<Relay6>,
    /// Whether clients may get leases in two messages rather than four (RFC 8415 §18.3.1).
    #[param(default = false, inherited)]
    pub rapid_commit: Given<bool>,
}

/// Subnets that share a link.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct SharedNetwork6 {
    /// Name of the shared network.
    #[param(required)]
    pub name: Given<String>,
    /// Which clients are on the link.
    #[param(flatten)]
    pub link: Link6,
    /// How leases are made.
    #[param(flatten)]
    pub lease: Lease6,
    /// How clients are served.
    #[param(flatten)]
    pub service: Service6,
    /// Options for clients of these subnets.
    pub option_data: Vec<At<OptionData>>,
    /// The subnets.
    pub subnet6: Vec<At<Subnet6>>,
    /// Which classes of clients it is for.
    #[param(flatten)]
    pub guards: Guards,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Subnet6 {
    /// Number of the subnet; leases are kept under it. Where it is absent, the server counts, so that leases may move when
    /// subnets do.
    #[param(range = 1..=4294967294)]
    pub id: Given<u32>,
    /// Prefix of the subnet.
    #[param(required)]
    pub subnet: Given<Prefix6>,
    /// Which clients are on the link.
    #[param(flatten)]
    pub link: Link6,
    /// How leases are made.
    #[param(flatten)]
    pub lease: Lease6,
    /// How clients are served.
    #[param(flatten)]
    pub service: Service6,
    /// Addresses to lease.
    #[param(yang(special))]
    pub pools: Vec<At<Pool6>>,
    /// Prefixes to delegate.
    #[param(yang(special))]
    pub pd_pools: Vec<At<PdPool>>,
    /// Options for clients of this subnet.
    pub option_data: Vec<At<OptionData>>,
    /// Addresses, prefixes, names and options for certain clients.
    #[param(yang(special))]
    pub reservations: Vec<At<Reservation6>>,
    /// Which classes of clients it is for.
    #[param(flatten)]
    pub guards: Guards,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// A pool of addresses.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Pool6 {
    /// First and last address, or a prefix.
    #[param(required, yang(special))]
    pub pool: Given<Range6>,
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

/// A pool of prefixes.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct PdPool {
    /// Prefix that all prefixes of the pool are in.
    #[param(required, yang(special))]
    pub prefix: Given<Ipv6Addr>,
    /// Length of this prefix in bits.
    #[param(required, range = 1..=128, yang(special))]
    pub prefix_len: Given<u8>,
    /// Length of the prefixes that are delegated.
    #[param(required, range = 1..=128)]
    pub delegated_len: Given<u8>,
    /// Prefix inside of each delegated one that its client must not use (RFC 6603).
    #[param(yang(special))]
    pub excluded_prefix: Given<MaybeIpv6>,
    /// Length of the excluded prefix.
    #[param(range = 0..=128, yang(special))]
    pub excluded_prefix_len: Given<u8>,
    /// Number of the pool; its leases are counted under it.
    #[param(range = 1..=4294967295)]
    pub pool_id: Given<u32>,
    /// Options for clients with a prefix of this pool.
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
pub struct Reservation6 {
    /// The client, by its DUID.
    #[param(yang(special))]
    pub duid: Given<Octets>,
    /// The client, by its hardware address.
    #[param(yang(special))]
    pub hw_address: Given<Octets>,
    /// The client, by what a hook library computed.
    #[param(yang(special))]
    pub flex_id: Given<PlainOctets>,
    /// The addresses that are kept for it.
    pub ip_addresses: Vec<At<Ipv6Addr>>,
    /// The prefixes that are kept for it.
    pub prefixes: Vec<At<Prefix6>>,
    /// For each of these prefixes the one inside that the client must not use (RFC 6603), or an empty string.
    pub excluded_prefixes: Vec<At<MaybePrefix6>>,
    /// Its name.
    #[param(default = "")]
    pub hostname: Given<String>,
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
pub enum HostIdentifier6 {
    /// Hardware address.
    HwAddress,
    /// DUID.
    Duid,
    /// What a hook library computed.
    FlexId,
    /// All of them; it stands alone.
    Auto,
}
