//! What commands ask of the databases that a configuration names, without a word of how they keep it.

use serde_json::{Map, Value};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// A scope of a configuration.
pub type Object = Map<String, Value>;

/// An answer that takes its time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The databases that a configuration names.
pub trait Databases {
    /// Asks one of them, or tells why it does not answer.
    fn ask<'a>(&'a self, selector: &'a Selector, query: Query) -> Pending<'a, Result<Found, String>>;
}

/// Which database is asked: whatever is not said fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// `mysql` or `postgresql`.
    pub kind: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// The port there.
    pub port: Option<u16>,
}

/// Whose elements are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// Anybody's and nobody's.
    Any,
    /// Those that are no server's any more.
    Unassigned,
    /// Those of servers with these tags, and those of all servers.
    Tags(Vec<String>),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// To show elements.
    Read(Wanted, Servers),
    /// To make or replace one, for the servers with these tags. An option or a definition is for one of them.
    Set(Element, Vec<String>),
    /// To delete elements; a global parameter, a definition or an option for every client is that of this server.
    Delete(Wanted, String),
    /// To delete the options of this code and space; with classes, the one that is for just these.
    DeleteOption(Owner, OptionKey, String),
}

/// Elements by what they are known by; without it all are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// Global parameters.
    Globals(Option<String>),
    /// Definitions of options.
    Definitions(Option<(u16, String)>),
    /// Options for every client.
    Options(Option<OptionKey>),
    /// Shared networks, without their subnets.
    Networks(Option<String>),
    /// Subnets.
    Subnets,
    /// The subnet with this number.
    SubnetId(i64),
    /// The subnet with this prefix.
    SubnetPrefix(String),
    /// The subnets of this shared network.
    SubnetsOf(String),
    /// Classes, in their order.
    Classes(Option<String>),
    /// Servers.
    Servers(Option<String>),
}

/// What an option is known by among those of its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionKey {
    /// Its code.
    pub code: u16,
    /// Its space.
    pub space: String,
    /// The classes it is for; absent, it may be for any.
    pub classes: Option<Vec<Value>>,
}

/// Where an option belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// To every client.
    Global,
    /// To a subnet.
    Subnet(i64),
    /// To a shared network.
    Network(String),
    /// To a pool of addresses.
    Addresses(IpAddr, IpAddr),
    /// To a pool of prefixes.
    Prefixes(String, u8),
}

/// An element, as a configuration file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// A global parameter; one in a map is named `map.parameter`.
    Global(String, Value),
    /// The definition of an option.
    Definition(Object),
    /// An option, with its code and its space.
    Option(Owner, Object),
    /// A shared network without subnets.
    Network(Object),
    /// A subnet; `shared-network-name` says where it belongs.
    Subnet(Object),
    /// A class.
    Class {
        /// The class itself.
        class: Object,
        /// Other classes that its test asks for.
        depends_on: Vec<String>,
        /// It asks for KNOWN or UNKNOWN.
        depends_on_known: bool,
        /// The class that it comes after.
        follows: Option<String>,
    },
    /// A server, with its tag and a description.
    Server(String, String),
}

/// What was found or done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What was read.
    pub entries: Vec<Entry>,
    /// How many were deleted.
    pub count: u64,
}

/// An element that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As a configuration file has it; a global parameter as `name` and `value`, a server as the commands show it.
    pub value: Object,
    /// Tags of the servers it is for.
    pub tags: Vec<String>,
}
