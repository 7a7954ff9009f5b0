//! TLS of control channels (RFC 8446, RFC 5246): what a server or a client is made of the files that a configuration names.
//!
//! Certificates and keys are PEM: certificates with the chain behind them, keys in PKCS #8, PKCS #1 or SEC 1. The trust anchor
//! is a file of certificates, or a folder of them under the names that `openssl rehash` gives.

mod certificate;
mod verify;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use certificate::Certificate;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use verify::{ClientVerifier, Verifier};

/// What a client of TLS goes by: whom it trusts, and who it is.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<ClientConfig>);

/// What a server of TLS goes by: who it is, and whom it trusts.
#[derive(Clone, Debug)]
pub struct Server(pub(crate) Arc<ServerConfig>);

/// Common names in a certificate, empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) subject: String,
    pub(crate) issuer: String,
}

impl Names {
    /// Those in a certificate in DER.
    pub(crate) fn read(der: &[u8]) -> Self {
        let Some(certificate) = Certificate::read(der) else { return Self::default() };
        let name = |held| certificate::common_name(held).unwrap_or_default().to_owned();
        Self { subject: name(certificate.subject), issuer: name(certificate.issuer) }
    }
}

/// Which of the files is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The certificates of authorities, `trust-anchor`.
    TrustAnchor,
    /// The own certificate, `cert-file`.
    Certificate,
    /// Its private key, `key-file`.
    Key,
}

/// A file that cannot be used, and why, in Kea's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub file: File,
    /// What is wrong, the name of the file included.
    pub reason: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unusable {}

impl Client {
    /// Reads the files: the trust anchor, and certificate and key for servers that want to see one. With `names` a server's
    /// certificate has to be for the name or the address in the URL; Kea's daemons ask only who signed it.
    pub fn new(anchor: &Path, identity: Option<(&Path, &Path)>, names: bool) -> Result<Self, Unusable> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(anchors(anchor)?, names, &provider);
        let config = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| unusable(File::TrustAnchor, anchor, error))?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let config = match identity {
            Some((certificate, key)) => {
                let identity = SingleCertAndKey::from(self::identity(certificate, key, &provider)?);
                config.with_client_cert_resolver(Arc::new(identity))
            }
            None => config.with_no_client_auth(),
        };
        Ok(Client(Arc::new(config)))
    }
}

impl Server {
    /// Reads the files. With `required` a client needs a certificate that a trust anchor signed, without it is not asked for one.
    pub fn new(anchor: &Path, certificate: &Path, key: &Path, required: bool) -> Result<Self, Unusable> {
        let provider = Arc::new(ring::default_provider());
        let anchors = anchors(anchor)?;
        let identity = SingleCertAndKey::from(identity(certificate, key, &provider)?);
        let config = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| unusable(File::Certificate, certificate, error))?;
        let config = match required {
            true => {
                let verifier = ClientVerifier::new(anchors, &provider);
                let verifier = verifier.map_err(|error| unusable(File::TrustAnchor, anchor, error))?;
                config.with_client_cert_verifier(Arc::new(verifier))
            }
            false => config.with_no_client_auth(),
        };
        Ok(Server(Arc::new(config.with_cert_resolver(Arc::new(identity)))))
    }

    /// Greets a client. Gives the stream, and the client's own certificate in DER; nothing if it showed none.
    pub async fn accept<S>(&self, stream: S) -> std::io::Result<(TlsStream<S>, Vec<u8>)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = TlsAcceptor::from(self.0.clone()).accept(stream).await?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let certificate = certificate.map(|certificate| certificate.to_vec()).unwrap_or_default();
        Ok((stream, certificate))
    }
}

/// The authorities that are trusted.
#[derive(Debug)]
struct Anchors {
    roots: Arc<RootCertStore>,
    /// The certificates themselves: one that is trusted needs no signature.
    certificates: HashSet<CertificateDer<'static>>,
}

impl Anchors {
    fn new(certificates: HashSet<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        certificates.iter().try_for_each(|certificate| roots.add(certificate.clone()))?;
        Ok(Anchors { roots: Arc::new(roots), certificates })
    }
}

fn anchors(path: &Path) -> Result<Anchors, Unusable> {
    let failed = |reason: &dyn fmt::Display| unusable(File::TrustAnchor, path, reason);
    let mut certificates = HashSet::new();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(|error| failed(&told(&error)))? {
            let entry = entry.map_err(|error| failed(&told(&error)))?;
            if is_hash(&entry.file_name().to_string_lossy()) {
                certificates.extend(certificates_in(&entry.path()).map_err(|error| failed(&reason(&error, NOTHING)))?);
            }
        }
    } else {
        certificates.extend(certificates_in(path).map_err(|error| failed(&reason(&error, NOTHING)))?);
    }
    match certificates.is_empty() {
        true => Err(failed(&NOTHING)),
        false => Anchors::new(certificates).map_err(|_| failed(&NOT_X509)),
    }
}

fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(path)?.collect()
}

/// Whether a name in a folder of certificates is one that `openssl rehash` gives: `4a6481c9.0`.
fn is_hash(name: &str) -> bool {
    name.split_once('.').is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A certificate with its chain, and the key that belongs to it.
fn identity(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, Unusable> {
    let wrong = |reason: &dyn fmt::Display| unusable(File::Certificate, certificate, reason);
    let chain = certificates_in(certificate).map_err(|error| wrong(&reason(&error, NO_START)))?;
    let first = chain.first().ok_or_else(|| wrong(&NO_START))?;
    let public = Certificate::read(first).ok_or_else(|| wrong(&NOT_X509))?.public_key;
    let wrong = |reason: &dyn fmt::Display| unusable(File::Key, key, reason);
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(&reason(&error, NO_KEY)))?;
    let private = provider.key_provider.load_private_key(private).map_err(|_| wrong(&NO_KEY))?;
    if private.public_key().is_some_and(|key| key.as_ref() != public) {
        return Err(wrong(&"key values mismatch"));
    }
    Ok(CertifiedKey::new(chain, private))
}

const NOTHING: &str = "no certificate or crl found";
const NO_START: &str = "no start line";
const NOT_X509: &str = "wrong tag";
const NO_KEY: &str = "unsupported";

fn unusable(file: File, path: &Path, reason: impl fmt::Display) -> Unusable {
    let what = match file {
        File::TrustAnchor if path.is_dir() => "CA directory",
        File::TrustAnchor => "CA file",
        File::Certificate => "cert file",
        File::Key => "private key file",
    };
    Unusable { file, reason: format!("load of {what} '{}' failed: {reason}", path.display()) }
}

/// What is wrong with a file, in the words of OpenSSL; `nothing` if what is looked for is not in it.
fn reason(error: &pem::Error, nothing: &str) -> String {
    match error {
        pem::Error::Io(error) => told(error),
        pem::Error::NoItemsFound => nothing.to_owned(),
        pem::Error::MissingSectionEnd { .. } => "bad end line".to_owned(),
        pem::Error::Base64Decode(_) => "bad base64 decode".to_owned(),
        other => other.to_string(),
    }
}

/// An error of the system without its number.
fn told(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}
