//! NETCONF over TLS (RFC 7589): who a client is, the fingerprint of its certificate says.

use std::net::SocketAddr;
use std::rc::Rc;

use sha2::{Digest, Sha256};
use tokio::net::TcpStream;

use crate::core::{Core, Login};
use crate::messages::*;
use crate::session;

/// Someone who may open sessions.
#[derive(Clone, Debug)]
pub struct User {
    /// Who it is to sessions.
    pub login: Login,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
}

/// The TLS server's part of a configuration, ready for use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Users by their certificates (RFC 7589 §7, with mappings of the kind `specified` alone).
    pub users: Vec<User>,
    /// Who the server is, and which certificates are trusted.
    pub server: control::tls::Server,
}

/// Serves a connection until it ends.
pub async fn connection(core: Rc<Core>, settings: Rc<Settings>, socket: TcpStream, peer: SocketAddr) {
    if let Err(reason) = serve(core, &settings, socket, peer).await {
        log::event!(NETCONF_TLS_ENDED, peer, reason);
    }
}

async fn serve(core: Rc<Core>, settings: &Settings, socket: TcpStream, peer: SocketAddr) -> Result<(), String> {
    socket.set_nodelay(true).map_err(|error| error.to_string())?;
    let greeted = tokio::time::timeout(core.limits.login, settings.server.accept(socket)).await;
    let (stream, certificate) = greeted.map_err(|_| "no handshake in time")?.map_err(|error| error.to_string())?;
    let fingerprint: [u8; 32] = Sha256::digest(&certificate).into();
    let Some(user) = settings.users.iter().find(|user| user.fingerprint == fingerprint) else {
        let shown: String = fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        log::event!(NETCONF_AUTH_FAILED, peer, user = shown, method = "certificate");
        return Err("nobody has this certificate".to_string());
    };
    match core.open(user.login.clone(), &peer.to_string()) {
        Some(session) => session::serve(session, stream).await,
        None => log::event!(NETCONF_TOO_MANY_SESSIONS, peer),
    }
    Ok(())
}

/// Reads a fingerprint as `openssl x509 -fingerprint -sha256` prints it; colons may be left out, and so may `sha256:` in front.
pub fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let hex: String = text.trim_start_matches("sha256:").chars().filter(|c| *c != ':').collect();
    let mut out = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_as_people_write_them() {
        let plain = "0f".repeat(32);
        let colons = vec!["0F"; 32].join(":");
        assert_eq!(fingerprint(&plain), Some([15; 32]));
        assert_eq!(fingerprint(&colons), Some([15; 32]));
        assert_eq!(fingerprint(&format!("sha256:{plain}")), Some([15; 32]));
        for wrong in ["", "0f", &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(fingerprint(wrong), None, "{wrong}");
        }
    }
}
