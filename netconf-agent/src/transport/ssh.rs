//! NETCONF over SSH (RFC 6242): the subsystem "netconf" of an SSH server that does nothing else.

use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::keys::ssh_key::{LineEnding, PublicKey, private::Ed25519Keypair};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelStream, Disconnect, MethodKind, MethodSet};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::password::Password;
use crate::core::{Core, Login};
use crate::datastore::write_durably;
use crate::messages::*;
use crate::session;

/// Someone who may open sessions.
#[derive(Clone, Debug)]
pub struct User {
    /// Who it is to sessions.
    pub login: Login,
    /// Password, if one is accepted.
    pub password: Option<Password>,
    /// Public keys.
    pub keys: Vec<PublicKey>,
}

/// Attempts to authenticate in one connection.
const AUTH_ATTEMPTS: usize = 6;
/// A refusal takes this long, whatever its cause.
const REFUSAL_TIME: Duration = Duration::from_millis(500);
/// A silent peer is asked for a sign of life after this time, and given up after three.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The SSH server's part of a configuration, ready for use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Users by name.
    pub users: Vec<User>,
    /// The key by which clients know the server.
    pub host_key: PrivateKey,
}

/// Reads the host key, or makes one at the first start: ed25519, readable by its owner only.
pub fn host_key(path: &Path) -> Result<PrivateKey, String> {
    let told = |reason: &dyn std::fmt::Display| format!("SSH host key {}: {reason}", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => match PrivateKey::from_openssh(text) {
            Ok(key) if key.is_encrypted() => Err(told(&"it has a passphrase")),
            other => other.map_err(|e| told(&e)),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let seed: [u8; 32] = rand::random();
            let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
            key.set_comment("kea-netconf");
            let text = key.to_openssh(LineEnding::LF).map_err(|e| told(&e))?;
            write_durably(path, text.as_bytes(), 0o600).map_err(|e| told(&e))?;
            Ok(key)
        }
        Err(error) => Err(told(&error)),
    }
}

/// The SSH server.
#[derive(Clone, Debug)]
pub struct Server {
    config: Arc<russh::server::Config>,
    users: Arc<Vec<User>>,
}

impl Server {
    /// A server with these users and this key.
    pub fn new(settings: Settings) -> Self {
        let mut methods = MethodSet::empty();
        methods.push(MethodKind::PublicKey);
        methods.push(MethodKind::Password);
        let config = russh::server::Config {
            // RFC 4253 §4.2; the version of the software is nobody's business.
            server_id: russh::SshId::Standard("SSH-2.0-kea-netconf".into()),
            methods,
            auth_rejection_time: REFUSAL_TIME,
            auth_rejection_time_initial: Some(Duration::ZERO),
            keys: vec![settings.host_key],
            max_auth_attempts: AUTH_ATTEMPTS,
            inactivity_timeout: None,
            keepalive_interval: Some(KEEPALIVE),
            nodelay: true,
            ..Default::default()
        };
        Self { config: Arc::new(config), users: Arc::new(settings.users) }
    }

    /// Serves a connection until it ends. Must be called within a `LocalSet`.
    pub async fn connection(self, core: Rc<Core>, socket: TcpStream, peer: SocketAddr) {
        if let Err(reason) = connection(core, self.config, self.users, socket, peer).await {
            log::event!(NETCONF_SSH_ENDED, peer, reason);
        }
    }
}

/// Serves one connection: its SSH session runs on its own, NETCONF sessions come through a channel.
async fn connection(
    core: Rc<Core>,
    config: Arc<russh::server::Config>,
    users: Arc<Vec<User>>,
    socket: TcpStream,
    peer: SocketAddr,
) -> Result<(), russh::Error> {
    socket.set_nodelay(true)?;
    let login = core.limits.login;
    let (sender, mut started) = mpsc::channel(1);
    let ever = Arc::new(AtomicBool::new(false));
    let client = Client { users, peer, user: None, opened: None, started: sender, ever: Arc::clone(&ever) };
    let running = tokio::time::timeout(login, russh::server::run_stream(config, socket, client));
    let running = running.await.map_err(|_| russh::Error::ConnectionTimeout)??;
    let handle = running.handle();
    let mut running = std::pin::pin!(running);
    let mut deadline = std::pin::pin!(tokio::time::sleep(login));
    loop {
        tokio::select! {
            ended = &mut running => return ended,
            () = &mut deadline, if !ever.load(Ordering::Relaxed) => {
                let reason = "no session in time".to_string();
                return handle.disconnect(Disconnect::ByApplication, reason, String::new()).await;
            }
            Some(Started { login, stream }) = started.recv() => match core.open(login, &peer.to_string()) {
                Some(session) => {
                    tokio::task::spawn_local(session::serve(session, stream));
                }
                None => {
                    log::event!(NETCONF_TOO_MANY_SESSIONS, peer);
                    let reason = "too many sessions".to_string();
                    return handle.disconnect(Disconnect::TooManyConnections, reason, String::new()).await;
                }
            },
        }
    }
}

/// A subsystem that was started.
struct Started {
    login: Login,
    stream: ChannelStream<Msg>,
}

/// What the SSH session asks of us.
struct Client {
    users: Arc<Vec<User>>,
    peer: SocketAddr,
    /// Who it is, once that is proven.
    user: Option<Login>,
    /// A channel that was opened and has no subsystem yet.
    opened: Option<Channel<Msg>>,
    started: mpsc::Sender<Started>,
    /// Whether a subsystem was ever started.
    ever: Arc<AtomicBool>,
}

impl Client {
    fn verdict(&mut self, user: &str, method: &str, proven: bool) -> Auth {
        if proven {
            self.user = self.user(user).map(|user| user.login.clone());
            return Auth::Accept;
        }
        log::event!(NETCONF_AUTH_FAILED, peer = self.peer, user, method);
        Auth::reject()
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.login.user == name)
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let known = self.user(user).and_then(|user| user.password.as_ref());
        let proven = known.is_some_and(|known| known.is(password));
        Ok(self.verdict(user, "password", proven))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let known = self.user(user).map(|user| user.keys.as_slice()).unwrap_or_default();
        let proven = known.iter().any(|known| known.key_data() == key.public_key.key_data());
        Ok(self.verdict(user, "public key", proven))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        // One channel at a time waits for its subsystem; another opened before that replaces it.
        self.opened = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        // There is no terminal, but some clients ask for one and go away without.
        session.channel_success(channel)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        let opened = self.opened.take().filter(|opened| opened.id() == channel && name == "netconf");
        let (Some(opened), Some(user)) = (opened, &self.user) else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        self.ever.store(true, Ordering::Relaxed);
        let started = Started { login: user.clone(), stream: opened.into_stream() };
        self.started.send(started).await.map_err(|_| russh::Error::Disconnect)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }
}
