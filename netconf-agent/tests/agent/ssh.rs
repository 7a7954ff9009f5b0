//! SSH: who gets in, how, and what they reach.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;
use std::sync::Arc;

use crate::common::{Client, House, login, run, until};
use netconf_agent::transport::password::{Hash, Password};
use netconf_agent::transport::{connect, ssh};
use russh::ChannelStream;

use russh::client::{self, Handle, Msg};
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use tokio::net::TcpListener;

/// A client that notes the server's key.
struct Trusting(tokio::sync::mpsc::UnboundedSender<PublicKey>);

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(self.0.send(key.public_key()).is_ok())
    }
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

/// An SSH server with three users before an agent.
async fn serve(house: &House) -> SocketAddr {
    let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    let hash = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
    let user = |name: &str, password, keys| ssh::User { login: login(name), password, keys };
    let settings = ssh::Settings {
        users: vec![
            user("clear", Some(Password::Clear("secret".into())), vec![]),
            user("hashed", Some(Password::Hashed(Hash::parse(hash).unwrap())), vec![]),
            user("key", None, vec![key(1).public_key().clone()]),
        ],
        host_key: ssh::host_key(&house.directory.path().join("host_key")).unwrap(),
    };
    let (core, server) = (Rc::clone(&house.core), ssh::Server::new(settings));
    let serve = move |socket, peer| server.clone().connection(Rc::clone(&core), socket, peer);
    tokio::task::spawn_local(async move { connect::accept(&listener, 4, serve).await });
    address
}

async fn connect(address: SocketAddr) -> (Handle<Trusting>, PublicKey) {
    let (sender, mut keys) = tokio::sync::mpsc::unbounded_channel();
    let handle = client::connect(Arc::default(), address, Trusting(sender)).await.unwrap();
    (handle, keys.recv().await.unwrap())
}

async fn netconf(handle: &Handle<Trusting>, with_terminal: bool) -> Client<ChannelStream<Msg>> {
    let channel = handle.channel_open_session().await.unwrap();
    if with_terminal {
        channel.request_pty(true, "vt100", 80, 24, 0, 0, &[]).await.unwrap();
    }
    channel.request_subsystem(true, "netconf").await.unwrap();
    Client::hello(channel.into_stream()).await
}

#[test]
fn passwords_and_keys_open_sessions() {
    run(async {
        let house = House::new().await;
        let address = serve(&house).await;
        for (user, password) in [("clear", "secret"), ("hashed", "Hello world!")] {
            let (mut handle, _) = connect(address).await;
            assert!(handle.authenticate_password(user, password).await.unwrap().success());
            let mut client = netconf(&handle, false).await;
            assert!(client.rpc("<get-config><source><running/></source></get-config>").await.contains("4000"));
            assert_eq!(house.core.sessions()[0].login.user, user);
            client.ok("<close-session/>").await;
            assert_eq!(client.receive().await, None);
            until(|| house.core.sessions().is_empty()).await;
        }
        let (mut handle, _) = connect(address).await;
        let proof = PrivateKeyWithHashAlg::new(Arc::new(key(1)), None);
        assert!(handle.authenticate_publickey("key", proof).await.unwrap().success());
        // Some clients ask for a terminal first; and one connection may carry several sessions (RFC 6242 §3).
        let mut client = netconf(&handle, true).await;
        client.ok("<discard-changes/>").await;
        netconf(&handle, false).await.ok("<discard-changes/>").await;
    });
}

#[test]
fn nobody_else_gets_in() {
    run(async {
        let house = House::new().await;
        let address = serve(&house).await;
        let (mut handle, _) = connect(address).await;
        assert!(!handle.authenticate_none("clear").await.unwrap().success());
        for (user, password) in [("clear", "Secret"), ("key", "")] {
            assert!(!handle.authenticate_password(user, password).await.unwrap().success(), "{user}");
        }
        let stolen = PrivateKeyWithHashAlg::new(Arc::new(key(2)), None);
        assert!(!handle.authenticate_publickey("key", stolen).await.unwrap().success());
        assert!(handle.channel_open_session().await.is_err(), "no channel without a user");
        assert!(house.core.sessions().is_empty());
    });
}

#[test]
fn there_is_no_shell_and_no_other_subsystem() {
    run(async {
        let house = House::new().await;
        let address = serve(&house).await;
        let (mut handle, _) = connect(address).await;
        assert!(handle.authenticate_password("clear", "secret").await.unwrap().success());
        let mut channel = handle.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "sftp").await.unwrap();
        channel.exec(true, "id").await.unwrap();
        channel.request_shell(true).await.unwrap();
        let mut refusals = 0;
        while refusals < 3 {
            match channel.wait().await {
                Some(russh::ChannelMsg::WindowAdjusted { .. }) => {}
                Some(russh::ChannelMsg::Failure) => refusals += 1,
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_lost_connection_frees_its_locks() {
    run(async {
        let house = House::new().await;
        let address = serve(&house).await;
        let lock = "<lock><target><running/></target></lock>";
        let (mut handle, _) = connect(address).await;
        assert!(handle.authenticate_password("clear", "secret").await.unwrap().success());
        let mut client = netconf(&handle, false).await;
        client.ok(lock).await;
        drop(client);
        drop(handle);
        until(|| house.core.sessions().is_empty()).await;
        house.client().await.ok(lock).await;
    });
}

#[test]
fn the_host_key_is_made_once_and_for_its_owner_only() {
    run(async {
        let house = House::new().await;
        let (_, first) = connect(serve(&house).await).await;
        let (_, second) = connect(serve(&house).await).await;
        assert_eq!(first.key_data(), second.key_data());
        assert_eq!(first.algorithm().as_str(), "ssh-ed25519");
        let mode = std::fs::metadata(house.directory.path().join("host_key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    });
}
