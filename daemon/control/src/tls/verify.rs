//! Whom a peer's certificate makes it: webpki judges, apart from kinds that it refuses and OpenSSL, so Kea, takes.
//!
//! A certificate that is a trust anchor itself needs no signature. One of version 1, as `openssl x509 -req` makes them where
//! nothing is said about extensions, and one of an authority, as `openssl req -x509 -CA` makes them, are good if a trust
//! anchor signed them.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;

use super::Anchors;
use super::certificate::{Certificate, held_by, key_of};

/// Judges certificates of servers.
#[derive(Debug)]
pub(super) struct Verifier {
    anchors: Anchors,
    /// A server's certificate has to be for the name that it was called by.
    names: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(anchors: Anchors, names: bool, provider: &CryptoProvider) -> Self {
        Verifier { anchors, names, algorithms: provider.signature_verification_algorithms }
    }

    /// Whether it is one of those that webpki does not take and that are good.
    fn is_good(&self, der: &CertificateDer<'_>, now: UnixTime) -> Result<bool, Error> {
        let certificate = Certificate::read(der).ok_or(CertificateError::BadEncoding)?;
        let anchor = self.anchors.certificates.contains(der);
        if !anchor && !certificate.is_v1 && !certificate.is_authority() {
            return Ok(false);
        }
        if !certificate.holds(now) {
            return Err(CertificateError::Expired.into());
        }
        match anchor || self.signed(&certificate) {
            true => Ok(true),
            false => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    /// Whether a trust anchor signed it.
    fn signed(&self, certificate: &Certificate<'_>) -> bool {
        let issuers = self.anchors.roots.roots.iter().filter(|anchor| anchor.subject.as_ref() == certificate.issuer);
        issuers.filter_map(|anchor| key_of(&anchor.subject_public_key_info)).any(|(kind, key)| {
            self.algorithms.all.iter().any(|algorithm| {
                algorithm.public_key_alg_id().as_ref() == kind
                    && algorithm.signature_alg_id().as_ref() == certificate.algorithm
                    && algorithm.verify_signature(key, certificate.signed, certificate.signature).is_ok()
            })
        })
    }

    fn tls12(
        &self,
        message: &[u8],
        der: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = Certificate::read(der).ok_or(CertificateError::BadEncoding)?;
        if !certificate.is_v1 {
            return verify_tls12_signature(message, der, signed, &self.algorithms);
        }
        let (kind, key) = held_by(certificate.public_key).and_then(key_of).ok_or(CertificateError::BadEncoding)?;
        let scheme = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let good = scheme.into_iter().flat_map(|(_, algorithms)| algorithms.iter()).any(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == kind
                && algorithm.verify_signature(key, message, signed.signature()).is_ok()
        });
        match good {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(CertificateError::BadSignature.into()),
        }
    }

    fn tls13(
        &self,
        message: &[u8],
        der: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = Certificate::read(der).ok_or(CertificateError::BadEncoding)?;
        if !certificate.is_v1 {
            return verify_tls13_signature(message, der, signed, &self.algorithms);
        }
        let key = SubjectPublicKeyInfoDer::from(certificate.public_key);
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }
}

/// Judges certificates of clients, all of whom need one.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    verifier: Verifier,
    webpki: Arc<dyn ClientCertVerifier>,
}

impl ClientVerifier {
    pub(super) fn new(anchors: Anchors, provider: &Arc<CryptoProvider>) -> Result<Self, VerifierBuilderError> {
        let roots = anchors.roots.clone();
        let webpki = WebPkiClientVerifier::builder_with_provider(roots, provider.clone()).build()?;
        Ok(ClientVerifier { verifier: Verifier::new(anchors, false, provider), webpki })
    }
}

/// Whether a certificate that names no hosts has a host's name for its subject's, as OpenSSL has it.
fn is_called(der: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    let called = Certificate::read(der).and_then(|certificate| certificate.common_name());
    matches!((name, called), (ServerName::DnsName(name), Some(called)) if name.as_ref().eq_ignore_ascii_case(called))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.is_good(certificate, now)? {
            let parsed = ParsedCertificate::try_from(certificate)?;
            let (roots, all) = (&self.anchors.roots, self.algorithms.all);
            verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, all)?;
        }
        if self.names && !is_called(certificate, name) {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.verifier.is_good(certificate, now)? {
            true => Ok(ClientCertVerified::assertion()),
            false => self.webpki.verify_client_cert(certificate, intermediates, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.tls12(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.tls13(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
