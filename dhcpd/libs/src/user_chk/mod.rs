//! `libdhcp_user_chk.so`: clients that are not registered are served from the last subnet, others may get a boot file of their own.
//!
//! Who is registered stands in a file that others write, and who came is appended to another one. As in Kea a file is read with each
//! packet; here only if it changed.

pub mod messages;
mod registry;

use crate::machine::Machine;
use crate::packets::Unfit;
use engine::hooks::{Next, Point};
use engine::{v4, v6};
use messages::*;
use parking_lot::Mutex;
use registry::{Registry, User, UserId};
use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use wire::hex::Colons;
use wire::v6::{IaAddress, IaPrefix, Opt, Options};

/// Users, a line each.
const REGISTRY: &str = "user_chk_registry.txt";
/// Clients as they come.
const OUTCOME: &str = "user_chk_outcome.txt";
/// The user whose values clients get that are not registered.
const DEFAULT: &[u8] = &[0; 4];
/// Options of CableLabs (CL-SP-CANN-DHCP-Reg): servers to load the configuration from, and its name.
const TFTP_SERVERS: u16 = 32;
const CONFIG_FILE: u16 = 33;

/// The library at work.
#[derive(Debug)]
pub struct UserChk {
    registry: Registry,
    outcome: Mutex<File>,
}

impl UserChk {
    /// With the files on this machine.
    pub(crate) fn new(machine: &Machine) -> Result<Self, Unfit> {
        open(machine).map_err(|reason| {
            log::event!(USER_CHK_HOOK_LOAD_ERROR, reason);
            ("", reason)
        })
    }

    /// A user, or failing that the one whose values others get; whether it is the former.
    fn user(&self, id: &UserId, default: UserId) -> (Option<Arc<User>>, bool) {
        match self.registry.find(id) {
            Some(user) => (Some(user), true),
            None => (self.registry.find(&default), false),
        }
    }

    /// Tells who came.
    fn tell(&self, kind: &str, client: &dyn Display, address: &dyn Display, registered: bool) {
        let registered = if registered { "yes" } else { "no" };
        let entry = format!("id_type={kind}\nclient={client}\naddr={address}\nregistered={registered}\n\n");
        // Whoever looks at the file misses an entry if the disk is full; the client is served.
        let _ = self.outcome.lock().write_all(entry.as_bytes());
    }
}

fn open(machine: &Machine) -> Result<UserChk, String> {
    let registry = Registry::open((machine.share)().join(REGISTRY))?;
    let path = (machine.data)().join(OUTCOME);
    let outcome = File::options().append(true).create(true).open(&path);
    let outcome = outcome.map_err(|error| format!("Cannot open output file: {} reason: {error}", path.display()))?;
    Ok(UserChk { registry, outcome: Mutex::new(outcome) })
}

const POINTS: &[Point] = &[Point::Subnet, Point::Send];

impl v4::hooks::Hooks for UserChk {
    fn points(&self) -> &'static [Point] {
        POINTS
    }

    fn subnet(&self, query: &v4::hooks::Request<'_>, selection: &mut v4::hooks::Selection<'_>) -> Next {
        if let Err(reason) = self.registry.refresh() {
            log::event!(USER_CHK_SUBNET4_SELECT_ERROR, reason);
        }
        if self.registry.find(&UserId::HwAddr(query.packet.hw_addr().to_vec())).is_none() {
            selection.subnet = selection.config.subnets.list().len().checked_sub(1);
        }
        Next::Continue
    }

    fn send(&self, outgoing: &mut v4::hooks::Outgoing<'_>) -> Next {
        use wire::v4::{MessageType, Packet, code};
        let Ok(answer) = Packet::parse_leniently(outgoing.message()) else { return Next::Continue };
        if answer.message_type() == Some(MessageType::NAK) {
            return Next::Continue;
        }
        let (query, address) = (outgoing.query.packet, answer.yiaddr());
        let id = query.hw_addr().to_vec();
        let client = format!("hwtype={} {}", query.htype(), Colons(&id));
        let (user, registered) = self.user(&UserId::HwAddr(id), UserId::HwAddr(DEFAULT.to_vec()));
        self.tell("HW_ADDR", &client, &address, registered);
        let Some(user) = user.filter(|user| **user != User::default()) else { return Next::Continue };
        outgoing.change(|draft| {
            if !user.bootfile.is_empty() {
                draft.set(code::BOOT_FILE, user.bootfile.clone().into());
                draft.set_file(user.bootfile.as_bytes());
            }
            if !user.tftp_server.is_empty() {
                draft.set(code::TFTP_SERVER, user.tftp_server.clone().into());
            }
        });
        Next::Continue
    }
}

impl v6::hooks::Hooks for UserChk {
    fn points(&self) -> &'static [Point] {
        POINTS
    }

    fn subnet(&self, query: &v6::hooks::Request<'_, '_>, selection: &mut v6::hooks::Selection<'_>) -> Next {
        if let Err(reason) = self.registry.refresh() {
            log::event!(USER_CHK_SUBNET6_SELECT_ERROR, reason);
        }
        let duid = query.packet.message.options.find(wire::v6::code::CLIENT_ID);
        if duid.is_some_and(|duid| self.registry.find(&UserId::Duid(duid.to_vec())).is_none()) {
            selection.subnet = selection.config.subnets.list().len().checked_sub(1);
        }
        Next::Continue
    }

    fn send(&self, outgoing: &mut v6::hooks::Outgoing<'_, '_>) -> Next {
        use wire::v6::{Packet, code};
        let Some(duid) = outgoing.query.packet.message.options.find(code::CLIENT_ID) else { return Next::Continue };
        let address = Packet::parse_reply(outgoing.message()).ok().and_then(|answer| leased(answer.message.options));
        let Some(address) = address else { return Next::Continue };
        let (user, registered) = self.user(&UserId::Duid(duid.to_vec()), UserId::Duid(DEFAULT.to_vec()));
        self.tell("DUID", &Colons(duid), &address, registered);
        let Some(user) = user.filter(|user| **user != User::default()) else { return Next::Continue };
        outgoing.change(|draft| {
            if let Some(vendor) = draft.options_mut(code::VENDOR_OPTS).next() {
                for (code, value) in [(CONFIG_FILE, &user.bootfile), (TFTP_SERVERS, &user.tftp_server)] {
                    if !value.is_empty() {
                        set_inside(vendor, code, value.as_bytes());
                    }
                }
            }
        });
        Next::Continue
    }
}

/// The first address or prefix of an answer.
fn leased(options: Options<'_>) -> Option<String> {
    use wire::v6::{Ia, code};
    let inside = |ia: u16| {
        let found = options.iter().map_while(Result::ok).find(|option| option.code == ia)?;
        Some(Ia::parse(&found)?.options.iter().map_while(Result::ok).collect::<Vec<Opt<'_>>>())
    };
    let addresses =
        inside(code::IA_NA).into_iter().flatten().filter_map(|o| Some(IaAddress::parse(&o)?.address.to_string()));
    let prefixes = inside(code::IA_PD).into_iter().flatten();
    let prefixes =
        prefixes.filter_map(|o| IaPrefix::parse(&o).map(|prefix| format!("{}/{}", prefix.prefix, prefix.len)));
    addresses.chain(prefixes).next()
}

/// Puts an option into a vendor's ones (RFC 8415 §21.17), in the place of the one with its code.
fn set_inside(vendor: &mut Vec<u8>, code: u16, value: &[u8]) {
    let Some((enterprise, rest)) = vendor.split_first_chunk::<4>() else { return };
    let mut made = enterprise.to_vec();
    let others = Options::new(rest, 0).iter().map_while(Result::ok).filter(|option| option.code != code);
    let all = others.map(|option| (option.code, option.data)).chain([(code, value)]);
    for (code, data) in all {
        made.extend_from_slice(&code.to_be_bytes());
        made.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        made.extend_from_slice(data);
    }
    *vendor = made;
}
