//! One query being answered: what is known about it, and the message by which it is answered.

use super::allocate::Given;
use super::hooks::Selection;
use super::hosts::Reservations;
use super::messages::*;
use super::names::{ClientName, policy_at};
use super::query::Query;
use super::refusal::Refusal;
use super::select::{self, Mac};
use super::snapshot::{Random, Snapshot};
use super::watch::Watch;
use crate::hooks::{Next, Point};
use crate::shown::Shown;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::v6::snapshot::Subnet6;
use leases::lease::UnixSeconds;
use leases::{LeaseType, Leases6};
use ncr::NameChangeRequest;
use smallvec::SmallVec;
use wire::v6::{IaAddress, MessageType, Status, Writer, code};

/// What answering a query needs and what it settles on the way.
pub(super) struct Exchange<'a, 'q, L> {
    pub snapshot: &'a Snapshot,
    pub random: &'a mut Random,
    pub name_changes: &'a mut Vec<NameChangeRequest>,
    pub watch: &'a mut Watch,
    pub leases: &'a mut L,
    pub now: UnixSeconds,
    pub query: &'a Query<'q>,
    /// The client's DUID; empty in an INFORMATION-REQUEST without one.
    pub duid: &'a [u8],
    pub mac: Option<Mac>,
    /// Index of the subnet; within a shared network it may change as leases are found.
    pub subnet: Option<usize>,
    pub hosts: Reservations<'a>,
    /// The client's classes so far.
    pub classes: ClassSet,
    /// Leases are stored; an ADVERTISE only says what could be.
    pub commit: bool,
    /// The client's name, once it is settled.
    pub name: Option<ClientName>,
    /// An address has got the client's name.
    pub name_added: bool,
    /// What the client has been given in this exchange.
    pub given: SmallVec<[Given; 2]>,
    /// Codes of the options that stand in the answer.
    pub written: SmallVec<[u16; 16]>,
}

impl<'a, L: Leases6> Exchange<'a, '_, L> {
    /// Finds out about the client: its subnet, hardware address and reservations.
    pub(super) fn recognise(&mut self) -> Result<(), Refusal> {
        let client = self.query.label();
        self.classify()?;
        self.subnet = select::subnet(&self.snapshot.config, self.query, &self.classes);
        self.ask_about_subnet()?;
        match self.subnet() {
            Some(subnet) => {
                log::event!(DHCP6_SUBNET_SELECTED, client, subnet_id = subnet.id);
                log::event!(DHCP6_SUBNET_DATA, client, subnet = Shown(subnet));
            }
            None => log::event!(DHCP6_SUBNET_SELECTION_FAILED, client),
        }
        let (config, mac) = (&self.snapshot.config, self.mac.as_ref());
        match self.subnet {
            Some(subnet) => self.hosts.look(config, subnet, self.query, mac, &self.classes),
            None => self.hosts.settle(false),
        }
        self.reserved_classes()
    }

    /// What libraries make of the subnet.
    fn ask_about_subnet(&mut self) -> Result<(), Refusal> {
        let libraries = &self.snapshot.libraries;
        if !libraries.at(Point::Subnet) {
            return Ok(());
        }
        let mut selection = Selection { config: &self.snapshot.config, subnet: self.subnet, classes: SmallVec::new() };
        let request = self.query.request(&self.classes);
        if libraries.ask(Point::Subnet, |library| library.subnet(&request, &mut selection)) == Next::Drop {
            log::event!(DHCP6_HOOK_SUBNET6_SELECT_DROP, client = self.query.label());
            return Err(Refusal::Library);
        }
        self.subnet = selection.subnet;
        selection.classes.into_iter().for_each(|class| _ = self.classes.add(class));
        Ok(())
    }

    /// The answer is written: libraries will hear of what is settled by it, once that is durable.
    pub(super) fn settle(&mut self, answer: MessageType) {
        if answer != MessageType::ADVERTISE {
            let subnet = self.subnet().map(|subnet| subnet.id);
            self.watch.settle(self.query, &self.classes, subnet);
        }
    }

    /// Finds out about the client what does not depend on its subnet.
    pub(super) fn classify(&mut self) -> Result<(), Refusal> {
        self.receive_classes()?;
        self.query.identify(&self.snapshot.libraries, &self.classes);
        self.duid = self.query.client_id().unwrap_or_default();
        self.mac = select::mac(&self.snapshot.config.mac_sources, self.query);
        self.early_classes()
    }

    /// The subnet.
    pub(super) fn subnet(&self) -> Option<&'a Subnet6> {
        self.snapshot.config.subnets.list().get(self.subnet?)
    }

    /// Appends the answer; its type.
    pub(super) async fn respond(&mut self, out: &mut Vec<u8>) -> Result<MessageType, Refusal> {
        let asked = self.query.kind();
        let verdict = if asked == MessageType::CONFIRM { Some(self.confirm()?) } else { None };
        let rapid = self.query.rapid_commit && self.subnet().is_some_and(|subnet| subnet.rapid_commit);
        let kind = match asked {
            MessageType::SOLICIT if !rapid => MessageType::ADVERTISE,
            _ => MessageType::REPLY,
        };
        self.commit = kind == MessageType::REPLY;

        let mut writer = Writer::new(out);
        let out = &mut writer;
        out.relays(&self.query.packet.relays);
        out.message(kind, self.query.packet.message.transaction_id);
        if let Some(client_id) = self.query.sent_client_id {
            self.option(out, code::CLIENT_ID, client_id);
        }
        self.option(out, code::SERVER_ID, &self.snapshot.server_id);
        let asks =
            matches!(asked, MessageType::SOLICIT | MessageType::REQUEST | MessageType::RENEW | MessageType::REBIND);
        let (rejected, selected) = (asks && self.is_rejected(), self.subnet);
        match asked {
            MessageType::SOLICIT | MessageType::REQUEST => {
                if asked == MessageType::SOLICIT && rapid {
                    log::event!(DHCP6_RAPID_COMMIT, client = self.query.label());
                    self.option(out, code::RAPID_COMMIT, &[]);
                }
                for (kind, ia) in &self.query.ias {
                    if rejected {
                        self.reject(out, *kind, ia.iaid);
                        continue;
                    }
                    self.assign(out, *kind, ia).await?;
                }
                self.tell_moved(selected);
                self.finish(out);
            }
            MessageType::RENEW | MessageType::REBIND => {
                for (kind, ia) in &self.query.ias {
                    if rejected {
                        self.reject(out, *kind, ia.iaid);
                        continue;
                    }
                    self.extend(out, *kind, ia).await?;
                }
                self.tell_moved(selected);
                self.finish(out);
            }
            MessageType::RELEASE | MessageType::DECLINE => {
                self.finish_classes();
                match asked {
                    MessageType::RELEASE => self.release(out).await?,
                    _ => self.decline(out).await?,
                }
            }
            _ => self.configured_options(out),
        }
        if let Some((status, text)) = verdict {
            self.status(out, status, &text);
        }
        self.relay_supplied_options(out);
        writer.finish().map_err(|_| Refusal::TooLong)?;
        Ok(kind)
    }

    /// Whether the addresses of a CONFIRM fit the link (RFC 8415 §18.3.3): the status and its text.
    fn confirm(&self) -> Result<(Status, String), Refusal> {
        let subnet = self.subnet();
        let addresses = self.query.ias.iter().filter(|(kind, _)| *kind == LeaseType::Na);
        let addresses = addresses.flat_map(|(_, ia)| ia.options.iter().map_while(Result::ok));
        let mut any = false;
        for address in addresses.filter_map(|option| IaAddress::parse(&option)).map(|address| address.address) {
            if subnet.is_some_and(|subnet| !subnet.contains(address)) {
                return Ok((Status::NotOnLink, format!("Address {address} is not on link.")));
            }
            any = true;
        }
        match subnet {
            _ if !any => Err(Refusal::NothingToConfirm),
            Some(_) => Ok((Status::Success, "All addresses are on-link".into())),
            None => Ok((Status::NotOnLink, "No subnet selected".into())),
        }
    }

    /// The client's name and the configured options, behind the leases.
    pub(super) fn finish(&mut self, out: &mut Writer<'_>) {
        if self.name.is_none() {
            let place = self.subnet.map(|at| (at, None));
            self.settle_name(policy_at(&self.snapshot.config, place, LeaseType::Na));
        }
        // A name that does not fit into labels is none.
        let option = self.name.as_ref().and_then(|name| name.option.as_ref());
        if option.is_some_and(|option| option.write(out).is_ok()) {
            self.written.push(code::CLIENT_FQDN);
        }
        self.configured_options(out);
    }

    /// Says that the client is served from another subnet of the link than the one that was selected.
    fn tell_moved(&self, selected: Option<usize>) {
        let before = selected.and_then(|at| self.snapshot.config.subnets.list().get(at));
        let Some((before, after)) = before.zip(self.subnet()).filter(|_| selected != self.subnet) else { return };
        let networks = self.snapshot.config.subnets.networks();
        let network = before.network.and_then(|at| networks.get(at)).map_or("<no network?>", |network| &network.name);
        let shown = |subnet: &'a Subnet6| format!("{}/{}", subnet.prefix, subnet.prefix_len);
        log::event!(
            DHCP6_SUBNET_DYNAMICALLY_CHANGED,
            client = self.query.label(),
            before = shown(before),
            after = shown(after),
            network,
        );
    }

    /// Writes an option and remembers that it is there.
    pub(super) fn option(&mut self, out: &mut Writer<'_>, code: u16, data: &[u8]) {
        out.option(code, data);
        self.written.push(code);
    }

    /// A status for the whole message.
    pub(super) fn status(&self, out: &mut Writer<'_>, status: Status, text: &str) {
        log::event!(DHCP6_ADD_GLOBAL_STATUS_CODE, client = self.query.label(), status = text);
        out.status(status, text);
    }

    /// A status for an IA.
    pub(super) fn ia_status(&self, out: &mut Writer<'_>, iaid: u32, status: Status, text: &str) {
        log::event!(DHCP6_ADD_STATUS_CODE_FOR_IA, client = self.query.label(), iaid, status = text);
        out.status(status, text);
    }
}
