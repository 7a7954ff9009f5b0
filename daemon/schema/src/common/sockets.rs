//! Control sockets: where commands are taken, and from whom.

use crate::{Annotations, At, Given, Pos, Reader, Scope, Word};
use std::net::IpAddr;

/// A control socket.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct ControlSocket {
    /// Kind of the socket.
    #[param(required)]
    pub socket_type: Given<SocketType>,
    /// Path of a UNIX socket, or its name in the folder of sockets.
    pub socket_name: Given<String>,
    /// Address at which commands come over HTTP; 127.0.0.1 if it is absent.
    pub socket_address: Given<IpAddr>,
    /// Port at which commands come over HTTP; 8000 if it is absent.
    pub socket_port: Given<u16>,
    /// File or folder of the authorities whose clients are trusted, for HTTPS.
    pub trust_anchor: Given<String>,
    /// File of the server's certificate, for HTTPS.
    pub cert_file: Given<String>,
    /// File of the certificate's private key, for HTTPS.
    pub key_file: Given<String>,
    /// Whether clients need a certificate over HTTPS; they do if it is absent.
    pub cert_required: Given<bool>,
    /// Headers that are added to answers over HTTP.
    pub http_headers: Vec<At<HttpHeader>>,
    /// Who may send commands over HTTP; anyone if it is absent.
    pub authentication: Given<Authentication>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Kind of a control socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum SocketType {
    /// A UNIX domain socket.
    Unix,
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// A header that is added to answers.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct HttpHeader {
    /// Name of the header.
    #[param(required)]
    pub name: Given<String>,
    /// Its value.
    #[param(required)]
    pub value: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Who may send commands over HTTP (RFC 7617).
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct Authentication {
    /// Kind of the authentication.
    #[param(default = "basic", yang = "auth-type")]
    pub r#type: Given<AuthenticationType>,
    /// What a client is told that it authenticates for.
    #[param(default = "")]
    pub realm: Given<String>,
    /// Folder of the files with users and passwords.
    #[param(default = "")]
    pub directory: Given<String>,
    /// Who may send commands.
    pub clients: Vec<At<Credentials>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Kind of an authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum AuthenticationType {
    /// User and password in a header.
    Basic,
}

/// A user and a password.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct Credentials {
    /// The user.
    #[param(yang(special))]
    pub user: Given<String>,
    /// File that holds the user.
    #[param(yang(special))]
    pub user_file: Given<String>,
    /// The password.
    #[param(secret, yang(special))]
    pub password: Given<String>,
    /// File that holds the password; without a user, user and password with a colon between them.
    #[param(yang(special))]
    pub password_file: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

impl ControlSocket {
    /// What stands under the older key `control-socket`, unless it is in the list `control-sockets` as well.
    pub fn only_older<'a>(list: &[At<Self>], older: &'a Given<Self>) -> Option<&'a At<Self>> {
        older.as_ref().filter(|older| !list.contains(older))
    }

    fn rules(&self, pos: Pos, reader: &mut Reader) {
        let text = |given: &Given<String>| given.as_ref().is_some_and(|given| !given.is_empty());
        let over_http = [
            ("socket-address", self.socket_address.as_ref().map(|given| given.pos)),
            ("socket-port", self.socket_port.as_ref().map(|given| given.pos)),
            ("trust-anchor", self.trust_anchor.as_ref().map(|given| given.pos)),
            ("cert-file", self.cert_file.as_ref().map(|given| given.pos)),
            ("key-file", self.key_file.as_ref().map(|given| given.pos)),
            ("cert-required", self.cert_required.as_ref().map(|given| given.pos)),
            ("http-headers", self.http_headers.first().map(|given| given.pos)),
            ("authentication", self.authentication.as_ref().map(|given| given.pos)),
        ];
        let tls = [("trust-anchor", &self.trust_anchor), ("cert-file", &self.cert_file), ("key-file", &self.key_file)];
        match self.socket_type.as_ref().map(|kind| kind.value) {
            Some(SocketType::Unix) => {
                if self.socket_name.is_none() {
                    reader.problem(pos, "`socket-name` is missing");
                }
                for (key, given) in over_http {
                    if let Some(pos) = given {
                        reader.problem(pos, format!("`{key}` is for sockets of the types \"http\" and \"https\""));
                    }
                }
            }
            Some(SocketType::Http | SocketType::Https) => {
                if let Some(name) = &self.socket_name {
                    reader.problem(name.pos, "`socket-name` is for sockets of the type \"unix\"");
                }
                // With these three a socket of either type is secure.
                let secure = self.socket_type.as_ref().is_some_and(|kind| kind.value == SocketType::Https);
                let missing = tls.iter().filter(|(_, given)| !text(given));
                if missing.clone().count() == tls.len() {
                    if secure {
                        reader.problem(pos, "no TLS setup for a HTTPS control socket");
                    }
                } else {
                    for (key, _) in missing {
                        let reason = "parameter is missing or empty: all or none of TLS parameters must be set";
                        reader.problem(pos, format!("{key} {reason}"));
                    }
                }
            }
            None => {}
        }
    }
}

impl Authentication {
    fn rules(&self, _: Pos, reader: &mut Reader) {
        // It is sent in quotes, in a line of its own.
        if let Some(realm) =
            self.realm.as_ref().filter(|it| it.contains(|c: char| c.is_control() || c == '"' || c == '\\'))
        {
            reader.problem(realm.pos, "must contain neither quotes, backslashes nor control characters");
        }
    }
}

impl HttpHeader {
    fn rules(&self, _: Pos, reader: &mut Reader) {
        for given in [&self.name, &self.value].into_iter().flatten() {
            if given.is_empty() {
                reader.problem(given.pos, "must not be empty");
            } else if given.contains(char::is_control) {
                reader.problem(given.pos, "must not contain control characters");
            }
        }
        if let Some(name) = self.name.as_ref().filter(|name| name.contains([' ', ':'])) {
            reader.problem(name.pos, "must contain neither a space nor a colon");
        }
    }
}

impl Credentials {
    fn rules(&self, pos: Pos, reader: &mut Reader) {
        if let (Some(_), Some(file)) = (&self.user, &self.user_file) {
            reader.problem(file.pos, "`user` and `user-file` exclude each other");
        }
        if let (Some(_), Some(file)) = (&self.password, &self.password_file) {
            reader.problem(file.pos, "`password` and `password-file` exclude each other");
        }
        if self.user.is_none() && self.user_file.is_none() && self.password_file.is_none() {
            reader.problem(pos, "`user` is missing");
        }
        if let Some(user) = self.user.as_ref().filter(|user| user.is_empty() || user.contains(':')) {
            reader.problem(user.pos, "must be neither empty nor contain a colon");
        }
    }
}
