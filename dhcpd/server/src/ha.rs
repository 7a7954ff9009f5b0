//! Servers that share clients: made ready with a configuration, begun when it takes effect. What does not change goes on, so that
//! a new subnet does not have the servers begin anew.

use control::http::{Listener, Server, Settings};
use control::{Table, tls};
use dhcpd_config::parameters::Library;
use dhcpd_config::parameters::hooks::{HaRelationship, HaRules, HaState, HaTls};
use libs::Service;
use libs::ha::messages::HA_MISSING_CONFIGURATION;
use libs::ha::{Family, Group, Groups, Running, SiteOf};
use log::event;
use schema::{At, Problem};
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// The relationships of a configuration that is ready; nothing has changed yet.
pub struct Ready<F: Family> {
    /// In the order of the configuration.
    pub groups: Vec<Arc<Group<F>>>,
    listeners: Vec<Wanted>,
}

/// A listener for the commands of partners.
struct Wanted {
    address: SocketAddr,
    /// Bound, unless it is in service already.
    bound: Option<Listener>,
    settings: Settings,
}

/// The relationships in effect.
pub struct InService<F: Family> {
    running: Vec<Running<F>>,
    servers: Vec<Server>,
    /// Listeners that serve as soon as there are commands.
    bound: Vec<(Listener, Settings)>,
}

impl<F: Family> Default for InService<F> {
    fn default() -> Self {
        Self { running: Vec::new(), servers: Vec::new(), bound: Vec::new() }
    }
}

impl<F: Family> InService<F> {
    /// Does all that can fail.
    pub fn prepare(&self, libraries: &[Library], service: &Arc<Service>) -> Result<Ready<F>, Problem> {
        let (mut groups, mut listeners): (Vec<_>, Vec<Wanted>) = Default::default();
        for (number, rules) in (0..).zip(relationships(libraries)) {
            groups.push(match self.same(number, rules) {
                Some(group) => group,
                None => Arc::new(Group::new(rules.clone(), number, service.clone())?),
            });
            if rules.dedicated_listener {
                let wanted = self.listener(rules)?;
                if listeners.iter().any(|other| other.address == wanted.address) {
                    return Err(in_use(rules, &"Address already in use"));
                }
                listeners.push(wanted);
            }
        }
        if groups.is_empty() && libraries.iter().any(|library| matches!(library, Library::HighAvailability(_))) {
            event!(HA_MISSING_CONFIGURATION);
        }
        Ok(Ready { groups, listeners })
    }

    /// Goes over to what is ready.
    pub fn apply(&mut self, ready: Ready<F>, site: &SiteOf<F>) {
        let Ready { groups, listeners } = ready;
        self.servers.retain(|server| listeners.iter().any(|wanted| wanted.address == server.address()));
        for Wanted { address, bound, settings } in listeners {
            match (bound, self.servers.iter().find(|server| server.address() == address)) {
                (Some(bound), _) => self.bound.push((bound, settings)),
                (None, Some(server)) => server.change(settings),
                (None, None) => {}
            }
        }
        let mut before = std::mem::take(&mut self.running);
        for group in groups {
            match before.iter().position(|running| Arc::ptr_eq(&running.group, &group)) {
                Some(at) => self.running.push(before.swap_remove(at)),
                None => self.running.push(Running::start(group, site.clone())),
            }
        }
        // Those that are left end here; whom one of the same number began to keep from serving is kept from it all the same.
        drop(before);
        self.running.iter().for_each(|running| running.group.settle());
    }

    /// Serves partners with these commands.
    pub fn serve(&mut self, table: &Rc<Table>) {
        let begin = |(bound, settings): (Listener, Settings)| bound.serve(table.clone(), settings);
        self.servers.extend(self.bound.drain(..).map(begin));
    }

    /// The groups in effect, for commands.
    pub fn groups(&self) -> Groups<F> {
        self.running.iter().map(|running| running.group.clone()).collect()
    }

    /// A group that can go on. One that has ended begins anew with every configuration.
    fn same(&self, number: u32, rules: &Arc<HaRelationship>) -> Option<Arc<Group<F>>> {
        let is_same = |group: &&Arc<Group<F>>| group.number == number && group.rules == *rules;
        let found = self.running.iter().map(|running| &running.group).find(is_same)?;
        (found.with(|machine| machine.state()) != HaState::Terminated).then(|| found.clone())
    }

    /// The listener of this server.
    fn listener(&self, rules: &HaRelationship) -> Result<Wanted, Problem> {
        let this = rules.this_server();
        let address = this.url.address;
        let tls = this.tls.as_ref().map(|files| server_of(files, this.require_client_certs)).transpose()?;
        let only = rules.restrict_commands.then_some(F::COMMANDS);
        let settings = Settings { service: F::SERVICE, tls, only, ..Settings::default() };
        let waits = self.bound.iter().any(|(bound, _)| bound.address() == address);
        let bound = match waits || self.servers.iter().any(|server| server.address() == address) {
            true => None,
            false => Some(Listener::bind(address).map_err(|error| in_use(rules, &error))?),
        };
        Ok(Wanted { address, bound, settings })
    }
}

fn relationships(libraries: &[Library]) -> impl Iterator<Item = &Arc<HaRelationship>> {
    let rules = libraries.iter().find_map(|library| match library {
        Library::HighAvailability(rules) => Some(rules),
        _ => None,
    });
    rules.into_iter().flat_map(|rules: &Arc<HaRules>| &rules.relationships)
}

fn in_use(rules: &HaRelationship, reason: &dyn std::fmt::Display) -> Problem {
    let url = &rules.this_server().url;
    let reason = format!(
        "unable to setup TCP acceptor for listening to the incoming HTTP requests at {}: bind: {reason}",
        url.address
    );
    Problem::new(url.text.pos, reason)
}

fn server_of(files: &HaTls, required: bool) -> Result<tls::Server, Problem> {
    let HaTls { trust_anchor, cert_file, key_file } = files;
    let made = tls::Server::new(path(trust_anchor), path(cert_file), path(key_file), required);
    made.map_err(|unusable| {
        let file = match unusable.file {
            tls::File::TrustAnchor => trust_anchor,
            tls::File::Certificate => cert_file,
            tls::File::Key => key_file,
        };
        Problem::new(file.pos, unusable.reason)
    })
}

fn path(file: &At<String>) -> &Path {
    Path::new(&file.value)
}
