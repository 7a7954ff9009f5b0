//! `libdhcp_ha.so`: two servers that serve the same clients, each in the place of the other when it is away.

mod resolve;

pub use resolve::{HaPeer, HaRelationship, HaRules, HaTls, HaUrl};

use schema::{Annotations, At, Field, Given, Scope, Word};
use std::fmt::{self, Display, Formatter};

/// Parameters of `libdhcp_ha.so`, by which servers share their clients and keep the same leases.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HighAvailability {
    /// Groups of servers; this one is in each of them. Without it the library does nothing.
    pub high_availability: Given<Vec<At<Relationship>>>,
}

/// Servers that share clients.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Relationship {
    /// Which of the peers this server is.
    #[param(required)]
    pub this_server_name: Given<String>,
    /// How the servers share the work.
    #[param(required)]
    pub mode: Given<HaMode>,
    /// The servers, this one included.
    #[param(required)]
    pub peers: Given<Vec<At<Peer>>>,
    /// Whether the partner is told of every change of a lease.
    #[param(default = true)]
    pub send_lease_updates: Given<bool>,
    /// Whether leases are fetched from the partner before this server serves.
    #[param(default = true)]
    pub sync_leases: Given<bool>,
    /// Milliseconds that a page of leases may take; the partner does not serve for so long.
    #[param(default = 60000)]
    pub sync_timeout: Given<u32>,
    /// Leases in a page.
    #[param(default = 10000, range = 1..=4294967295)]
    pub sync_page_limit: Given<u32>,
    /// Changes of leases that are kept for a partner that cannot be reached; 0: none. 100 with load balancing, none else.
    pub delayed_updates_limit: Given<u32>,
    /// Milliseconds between two heartbeats; 0: none are sent.
    #[param(default = 10000)]
    pub heartbeat_delay: Given<u32>,
    /// Milliseconds after which a partner that was not heard of counts as not reachable.
    #[param(default = 60000)]
    pub max_response_delay: Given<u32>,
    /// Milliseconds that a client asks a partner without an answer before it counts as not served.
    #[param(default = 10000)]
    pub max_ack_delay: Given<u32>,
    /// Clients that may be without an answer before the partner counts as down; 0: their number does not matter.
    #[param(default = 10)]
    pub max_unacked_clients: Given<u32>,
    /// Clients for whom the partner may refuse changes of leases before the servers part; 0: any number.
    #[param(default = 10)]
    pub max_rejected_lease_updates: Given<u32>,
    /// Whether a client waits until backup servers have its lease.
    #[param(default = false)]
    pub wait_backup_ack: Given<bool>,
    /// Whether the listener of its own takes no other commands than those of partners.
    #[param(default = true)]
    pub restrict_commands: Given<bool>,
    /// Whether partners must show a certificate to the listener of its own.
    #[param(default = true)]
    pub require_client_certs: Given<bool>,
    /// File or folder of authorities whose servers are trusted, for TLS.
    pub trust_anchor: Given<String>,
    /// File of the certificate, for TLS.
    pub cert_file: Given<String>,
    /// File of the certificate's private key, for TLS.
    pub key_file: Given<String>,
    /// States in which the server waits for an operator.
    #[param(default)]
    pub state_machine: Given<StateMachine>,
    /// How servers talk to each other.
    #[param(default)]
    pub multi_threading: Given<HaThreads>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// How servers share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum HaMode {
    /// Each of two serves half of the clients.
    LoadBalancing,
    /// One serves; the other one does when it is away.
    HotStandby,
    /// One serves; others keep its leases.
    PassiveBackup,
}

/// A server of the group.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Peer {
    /// Its name.
    #[param(required)]
    pub name: Given<String>,
    /// Where it takes commands, with an IP address as host.
    #[param(required)]
    pub url: Given<String>,
    /// What it does.
    #[param(required)]
    pub role: Given<HaRole>,
    /// Whether it serves the clients of a partner that is down without being told to.
    #[param(default = true)]
    pub auto_failover: Given<bool>,
    /// Whether partners must show a certificate to its listener; as the relationship says if it is absent.
    pub require_client_certs: Given<bool>,
    /// User as whom it gets commands.
    pub basic_auth_user: Given<String>,
    /// File whose first line is that user.
    pub basic_auth_user_file: Given<String>,
    /// Password of that user.
    #[param(secret)]
    pub basic_auth_password: Given<String>,
    /// File whose first line is that password.
    pub basic_auth_password_file: Given<String>,
    /// File or folder of authorities whose servers are trusted, for TLS.
    pub trust_anchor: Given<String>,
    /// File of the certificate, for TLS.
    pub cert_file: Given<String>,
    /// File of the certificate's private key, for TLS.
    pub key_file: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// What a server of a group does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Word)]
pub enum HaRole {
    /// It serves, and is first at everything.
    Primary,
    /// It serves the other half of the clients.
    Secondary,
    /// It serves when the primary one is away.
    Standby,
    /// It keeps leases.
    Backup,
}

/// States in which the server waits for an operator.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(may_be_empty)]
pub struct StateMachine {
    /// State by state.
    pub states: Vec<At<StatePause>>,
}

/// Whether the server waits in a state.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct StatePause {
    /// The state.
    #[param(required)]
    pub state: Given<HaState>,
    /// Whether, and how often.
    #[param(default = "never")]
    pub pause: Given<Pause>,
}

/// Whether the server waits in a state, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
pub enum Pause {
    /// Every time that it gets there.
    Always,
    /// It goes on.
    #[default]
    Never,
    /// The first time that it gets there.
    Once,
}

/// What a server is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Word)]
pub enum HaState {
    /// A backup server gets changes of leases.
    Backup,
    /// It serves its half, and keeps changes for a partner that cannot be reached.
    CommunicationRecovery,
    /// Both are well, and the primary one serves.
    HotStandby,
    /// Both are well, and each serves its half.
    LoadBalancing,
    /// It may be shut down: the partner serves.
    InMaintenance,
    /// It serves all clients alone.
    PartnerDown,
    /// It serves all clients while the partner may be shut down.
    PartnerInMaintenance,
    /// It serves all clients, and tells backup servers.
    PassiveBackup,
    /// It has the leases, and waits for the partner to be ready.
    Ready,
    /// It fetches leases from the partner.
    Syncing,
    /// The servers do not work together any more.
    Terminated,
    /// It was started, and finds out about the partner.
    Waiting,
}

/// How servers talk to each other.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(may_be_empty)]
pub struct HaThreads {
    /// Whether the server may take commands of partners by a listener of its own.
    #[param(default = true)]
    pub enable_multi_threading: Given<bool>,
    /// Whether it does; else they come by the control socket.
    #[param(default = true)]
    pub http_dedicated_listener: Given<bool>,
    /// Threads of the listener. They are not needed here: it is part of the daemon's event loop.
    #[param(default = 0)]
    pub http_listener_threads: Given<u32>,
    /// Threads that send commands. They are not needed here: requests of all clients share connections.
    #[param(default = 0)]
    pub http_client_threads: Given<u32>,
}

/// Words as they are written.
macro_rules! display_as_word {
    ($($word:ty),*) => {
        $(impl Display for $word {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str(Field::write(self).as_str().unwrap_or_default())
            }
        })*
    };
}

display_as_word!(HaMode, HaRole, HaState);
