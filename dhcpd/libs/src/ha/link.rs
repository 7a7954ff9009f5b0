//! Commands to another server of the group, over HTTP or HTTPS.

use control::http::Client;
use control::{Code, tls};
use dhcpd_config::parameters::hooks::{HaPeer, HaTls};
use schema::json::{self, Node, Value as Tree};
use schema::{At, Problem};
use serde_json::{Value, json};
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::time::Duration;

/// How long a command may take, but for those that fetch leases; as in Kea.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to a server.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it is called in messages: its name and its URL.
    pub label: Box<str>,
    /// For commands that change or ask a little.
    client: Client,
    /// For commands that fetch leases.
    patient: Client,
    service: &'static str,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was heard that makes sense.
    Communication(String),
    /// The server answered with this result, and says why.
    Refused(i64, String),
}

/// An answer: what is in `arguments`.
pub type Arguments = Option<Node>;

impl Failure {
    /// It is at odds with what the server has.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Failure::Refused(result, _) if *result == Code::Conflict as i64)
    }

    /// The server does not know the command.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Failure::Refused(result, _) if *result == Code::Unsupported as i64)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Communication(reason) => f.write_str(reason),
            Failure::Refused(result, text) if text.is_empty() => write!(f, "error code {result}"),
            Failure::Refused(result, text) => write!(f, "{text} (error code {result})"),
        }
    }
}

impl Link {
    /// The way to a server, which gives a page of leases so much time.
    pub fn new(peer: &HaPeer, page: Duration, service: &'static str) -> Result<Self, Problem> {
        let At { value: url, pos } = &peer.url.text;
        let wrong = |reason: String| Problem::new(*pos, reason);
        let files = peer.tls.as_ref().map(client_of).transpose()?;
        let client = |timeout: Duration| {
            let client = Client::new(url, files.clone(), timeout)?;
            match &peer.credentials {
                Some((user, password)) => client.authenticate(user, password),
                None => Ok(client),
            }
        };
        let (quick, patient) = (client(PATIENCE).map_err(wrong)?, client(page).map_err(wrong)?);
        Ok(Link { label: peer.to_string().into(), client: quick, patient, service })
    }

    /// Sends a command.
    pub async fn ask(&self, command: &str, arguments: Value) -> Result<Arguments, Failure> {
        self.send(&self.client, command, arguments).await
    }

    /// Sends a command that may take longer.
    pub async fn fetch(&self, command: &str, arguments: Value) -> Result<Arguments, Failure> {
        self.send(&self.patient, command, arguments).await
    }

    async fn send(&self, client: &Client, command: &str, arguments: Value) -> Result<Arguments, Failure> {
        let body = json!({ "command": command, "arguments": arguments, "service": [self.service] });
        let response = client.post(body.to_string()).await;
        let response = response.map_err(|error| Failure::Communication(error.to_string()))?;
        read(&response.body).unwrap_or_else(|reason| {
            let reason =
                if response.status == 200 { reason } else { format!("{} {}", response.status, response.phrase) };
            Err(Failure::Communication(reason))
        })
    }
}

/// What an answer says; or why it is none.
fn read(body: &str) -> Result<Result<Arguments, Failure>, String> {
    let document = json::parse("<response>", body, &mut json::no_includes).map_err(|error| error.to_string())?;
    let answer = match document.root.value {
        Tree::List(list) => list.into_iter().next().ok_or("list of responses must not be empty")?,
        // What was said before the command was looked at is no list.
        Tree::Map(_) => {
            let text = document.root.member("text").and_then(text_of).unwrap_or_default();
            return Ok(Err(Failure::Refused(Code::Error as i64, text.to_owned())));
        }
        _ => return Err("body of the response must be a list".to_owned()),
    };
    let Some(Tree::Int(result)) = answer.member("result").map(|node| &node.value) else {
        return Err("no result in the response".to_owned());
    };
    let text = answer.member("text").and_then(text_of).unwrap_or_default();
    // Nothing was found, or nothing was changed: what went wrong is in the arguments.
    let done = [Code::Success as i64, Code::Empty as i64].contains(result);
    Ok(if done { Ok(answer.member("arguments").cloned()) } else { Err(Failure::Refused(*result, text.to_owned())) })
}

/// The text that a value is.
pub fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Tree::Text(text) => Some(text),
        _ => None,
    }
}

/// What a client makes of the files; as in Kea, a server is trusted by who signed its certificate, whatever its name.
fn client_of(files: &HaTls) -> Result<tls::Client, Problem> {
    let identity = (Path::new(&files.cert_file.value), Path::new(&files.key_file.value));
    tls::Client::new(Path::new(&files.trust_anchor.value), Some(identity), false).map_err(|unusable| {
        let file = match unusable.file {
            tls::File::TrustAnchor => &files.trust_anchor,
            tls::File::Certificate => &files.cert_file,
            tls::File::Key => &files.key_file,
        };
        Problem::new(file.pos, unusable.reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert!(matches!(read(r#"[ { "result": 0, "text": "fine" } ]"#), Ok(Ok(None))));
        let found = read(r#"[ { "result": 3, "arguments": { "leases": [] } } ]"#);
        assert!(matches!(found, Ok(Ok(Some(node))) if node.member("leases").is_some()));
        let conflict = read(r#"[ { "result": 4, "text": "no" } ]"#).unwrap().unwrap_err();
        assert!(conflict.is_conflict() && conflict.to_string() == "no (error code 4)");
        let forbidden = read(r#"{ "result": 403, "text": "Forbidden" }"#).unwrap().unwrap_err();
        assert_eq!(forbidden.to_string(), "Forbidden (error code 1)");
        for none in ["", "[]", "7", "[ { } ]"] {
            assert!(read(none).is_err(), "{none}");
        }
    }
}
