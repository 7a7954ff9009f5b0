//! Control sockets: what a configuration wants, what is bound for it, what serves.

use control::http::{self, Access, Settings};
use control::messages::{
    COMMAND_HTTP_SOCKET_SECURITY_WARNING, COMMAND_UNIX_SOCKET_PATH_SECURITY_WARNING,
    COMMAND_UNIX_SOCKET_PERMISSIONS_SECURITY_WARNING, HTTP_CLIENT_PASSWORD_SECURITY_WARNING,
    HTTP_CLIENT_USER_SECURITY_WARNING, HTTP_COMMAND_MGR_HTTP_SERVICE_REUSE_FAILED,
    HTTP_COMMAND_MGR_HTTPS_SERVICE_REUSE_FAILED,
};
use control::{Table, tls, unix};
use schema::common::{Authentication, ControlSocket, Credentials, SocketType};
use schema::{At, Given, Pos, Problem};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::daemon::HttpDefaults;
use crate::paths;

/// The control sockets that a configuration wants.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    unix: Vec<At<PathBuf>>,
    http: Vec<At<(SocketAddr, Settings)>>,
}

/// The control sockets in service.
#[derive(Debug, Default)]
pub(crate) struct Serving {
    unix: Vec<unix::Server>,
    http: Vec<http::Server>,
}

/// Control sockets that are ready to serve.
#[derive(Debug)]
pub(crate) struct Bound {
    wanted: Wanted,
    /// Those of them that are new.
    unix: Vec<unix::Listener>,
    /// Those of them that are new.
    http: Vec<http::Listener>,
}

impl Wanted {
    /// Finds out what is wanted, files with users, passwords, certificates and keys included.
    pub(crate) fn plan(written: &[At<ControlSocket>], defaults: Option<&HttpDefaults>) -> Result<Self, Problem> {
        let mut wanted = Wanted::default();
        for socket in written {
            if let Some(name) = &socket.value.socket_name {
                let problem = |reason: String| Problem::new(name.pos, format!("'socket-name' is invalid: {reason}"));
                let path = socket_path(&name.value).map_err(problem)?;
                if wanted.unix.iter().any(|it| it.value == path) {
                    return Err(problem("another control socket has it, too".to_owned()));
                }
                wanted.unix.push(At { value: path, pos: name.pos });
            } else if let Some(defaults) = defaults.filter(|_| is_http(&socket.value)) {
                let address = address(&socket.value, defaults);
                if wanted.http.iter().any(|it| it.value.0 == address) {
                    return Err(Problem::new(socket.pos, format!("another control socket has {address}, too")));
                }
                wanted.http.push(At { value: (address, settings(socket, defaults)?), pos: socket.pos });
            }
        }
        Ok(wanted)
    }
}

impl Serving {
    /// Binds what is wanted and not there yet; changes nothing.
    pub(crate) fn prepare(&self, wanted: Wanted) -> Result<Bound, Problem> {
        let failed = |pos: Pos, place: &dyn std::fmt::Display, error: std::io::Error| {
            Problem::new(pos, format!("cannot listen at {place}: {error}"))
        };
        let (mut unix, mut http) = (Vec::new(), Vec::new());
        for At { value: path, pos } in &wanted.unix {
            if !self.unix.iter().any(|server| server.path() == path) {
                unix.push(unix::Listener::bind(path).map_err(|error| failed(*pos, &path.display(), error))?);
            }
        }
        for At { value: (address, settings), pos } in &wanted.http {
            match self.http.iter().find(|server| server.address() == *address) {
                Some(server) => may_stay(server, settings).map_err(|reason| Problem::new(*pos, reason))?,
                None => http.push(http::Listener::bind(*address).map_err(|error| failed(*pos, address, error))?),
            }
        }
        Ok(Bound { wanted, unix, http })
    }

    /// Serves what is wanted, and nothing else from now on. Those that stay are not closed.
    pub(crate) fn apply(&mut self, bound: Bound, table: &Rc<Table>) {
        let Bound { wanted, unix, mut http } = bound;
        self.unix.retain(|server| wanted.unix.iter().any(|it| it.value == server.path()));
        self.unix.extend(unix.into_iter().map(|listener| listener.serve(table.clone())));
        self.http.retain(|server| wanted.http.iter().any(|it| it.value.0 == server.address()));
        for At { value: (address, settings), .. } in wanted.http {
            if let Some(server) = self.http.iter().find(|server| server.address() == address) {
                server.change(settings);
            } else if let Some(at) = http.iter().position(|listener| listener.address() == address) {
                self.http.push(http.swap_remove(at).serve(table.clone(), settings));
            }
        }
    }
}

/// Clients of a socket that stays speak HTTP or HTTPS as before.
fn may_stay(server: &http::Server, settings: &Settings) -> Result<(), &'static str> {
    let (address, port) = (server.address().ip(), server.address().port());
    match (server.is_secure(), settings.tls.is_some()) {
        (true, false) => {
            log::event!(HTTP_COMMAND_MGR_HTTPS_SERVICE_REUSE_FAILED, address, port);
            Err("Can not switch from HTTPS to HTTP sockets using the same address and port.")
        }
        (false, true) => {
            log::event!(HTTP_COMMAND_MGR_HTTP_SERVICE_REUSE_FAILED, address, port);
            Err("Can not switch from HTTP to HTTPS sockets using the same address and port.")
        }
        _ => Ok(()),
    }
}

fn is_http(socket: &ControlSocket) -> bool {
    socket.socket_type.as_ref().is_some_and(|kind| matches!(kind.value, SocketType::Http | SocketType::Https))
}

fn address(socket: &ControlSocket, defaults: &HttpDefaults) -> SocketAddr {
    let address: IpAddr = socket.socket_address.as_ref().map_or(defaults.address, |given| given.value);
    SocketAddr::new(address, socket.socket_port.as_ref().map_or(HTTP_PORT, |given| given.value))
}

/// Port of a control socket over HTTP where none is given.
const HTTP_PORT: u16 = 8000;

fn settings(socket: &At<ControlSocket>, defaults: &HttpDefaults) -> Result<Settings, Problem> {
    let text = |given: &Given<String>| given.as_ref().map(|given| given.value.clone()).unwrap_or_default();
    let headers =
        socket.http_headers.iter().map(|header| (text(&header.value.name), text(&header.value.value))).collect();
    let access = socket.authentication.as_ref().map(|given| access(&given.value, defaults)).transpose()?;
    let tls = server_tls(&socket.value)?;
    if access.is_none() && tls.is_none() {
        log::event!(COMMAND_HTTP_SOCKET_SECURITY_WARNING, reason = address(socket, defaults));
    }
    Ok(Settings { service: defaults.service, headers, access, only: None, tls })
}

/// What makes a socket one of HTTPS, if it is: the three files are given together or not at all.
fn server_tls(socket: &ControlSocket) -> Result<Option<tls::Server>, Problem> {
    let given = [&socket.trust_anchor, &socket.cert_file, &socket.key_file].map(Option::as_ref);
    let [Some(anchor), Some(certificate), Some(key)] = given else { return Ok(None) };
    if anchor.is_empty() {
        return Ok(None);
    }
    let required = socket.cert_required.as_ref().is_none_or(|required| required.value);
    let server =
        tls::Server::new(Path::new(&anchor.value), Path::new(&certificate.value), Path::new(&key.value), required);
    server.map(Some).map_err(|unusable| {
        let pos = match unusable.file {
            tls::File::TrustAnchor => anchor.pos,
            tls::File::Certificate => certificate.pos,
            tls::File::Key => key.pos,
        };
        Problem::new(pos, unusable.reason)
    })
}

fn access(written: &Authentication, defaults: &HttpDefaults) -> Result<Access, Problem> {
    let realm = written.realm.as_ref().map_or(defaults.realm, |realm| &realm.value).to_owned();
    let folder = Path::new(written.directory.as_ref().map_or("", |folder| &folder.value));
    let users = written.clients.iter().map(|client| credentials(client, folder)).collect::<Result<Vec<_>, _>>()?;
    Ok(Access::new(realm, users))
}

/// The user and the password of a client.
fn credentials(client: &At<Credentials>, folder: &Path) -> Result<(String, String), Problem> {
    let Credentials { user, user_file, password, password_file, .. } = &client.value;
    let from = |file: &Given<String>| file.as_ref().map(|file| first_line(folder, file)).transpose();
    let (user_in_file, password_in_file) = (from(user_file)?, from(password_file)?);
    if let Some(user) = user {
        log::event!(HTTP_CLIENT_USER_SECURITY_WARNING, position = place(user.pos));
    }
    if let Some(password) = password {
        log::event!(HTTP_CLIENT_PASSWORD_SECURITY_WARNING, position = place(password.pos));
    }
    let user = user.as_ref().map(|user| user.value.clone()).or(user_in_file);
    let password = password.as_ref().map(|password| password.value.clone()).or(password_in_file).unwrap_or_default();
    let told = |file: &Given<String>, reason: &str| Problem::new(file.as_ref().map_or(client.pos, |it| it.pos), reason);
    match user {
        Some(user) if user.is_empty() => Err(told(user_file, "the file holds no user")),
        Some(user) if user.contains(':') => Err(told(user_file, "the user in the file must not contain a colon")),
        Some(user) => Ok((user, password)),
        None => match password.split_once(':') {
            Some((user, password)) => Ok((user.to_owned(), password.to_owned())),
            None => Err(told(
                password_file,
                "the file holds no user: without `user`, user and password with a colon between",
            )),
        },
    }
}

fn place(pos: Pos) -> String {
    format!("line {}, column {}", pos.line, pos.column)
}

/// The first line of a file in the folder of credentials.
fn first_line(folder: &Path, file: &At<String>) -> Result<String, Problem> {
    // A leading slash does not lead out of the folder.
    let path = if folder.as_os_str().is_empty() {
        Path::new("/").join(&file.value)
    } else {
        folder.join(file.value.trim_start_matches('/'))
    };
    let problem = |error: std::io::Error| Problem::new(file.pos, format!("cannot read {}: {error}", path.display()));
    let mut line = String::new();
    BufReader::new(File::open(&path).map_err(problem)?).read_line(&mut line).map_err(problem)?;
    Ok(line.trim_end_matches('\n').to_owned())
}

fn socket_path(name: &str) -> Result<PathBuf, String> {
    let confined = paths::SOCKET.confine(name)?;
    if let Some(reason) = confined.warning {
        log::event!(COMMAND_UNIX_SOCKET_PATH_SECURITY_WARNING, reason);
        return Ok(confined.path);
    }
    let folder = confined.path.parent().unwrap_or(Path::new("/"));
    let mode = std::fs::metadata(folder).map_or(0, |it| it.permissions().mode() & 0o777);
    if mode & !MOST_OPEN != 0 {
        let reason = format!(
            "socket path:{} does not exist or has more relaxed permissions than {MOST_OPEN:o}",
            folder.display()
        );
        if !paths::relaxed() {
            return Err(reason);
        }
        log::event!(COMMAND_UNIX_SOCKET_PERMISSIONS_SECURITY_WARNING, reason);
    }
    Ok(confined.path)
}

/// Permissions that the folder of control sockets may have at most.
const MOST_OPEN: u32 = 0o750;
