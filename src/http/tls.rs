//! Believing the certificates that the user gave instead of the system's.
//!
//! Differs from what rustls does by itself in one thing: a self-signed certificate that stands in the bundle is also
//! believed as a server's own when it calls itself an authority, as `openssl req -x509` makes them and OpenSSL (so pip)
//! accepts them.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::error::{ClientCertificateFault, Error};

/// The configuration of connections that believe the certificates in `bundle` and no others.
pub(super) fn config(bundle: &Path, client_certificate: Option<&Path>) -> Result<ClientConfig, Error> {
    let failed = |reason: String| Error::Certificates { path: bundle.to_owned(), reason };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let given = read_bundle(bundle)?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(given.iter().cloned());
    if added == 0 {
        return Err(failed("there is no certificate in it that can be used".to_owned()));
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let inner = inner.map_err(|error| failed(error.to_string()))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::Setup { reason: error.to_string() })?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(BundleVerifier { inner, given }));
    let mut config = match client_certificate {
        Some(path) => {
            let (chain, key) = read_client_certificate(path)?;
            let failed =
                |error: rustls::Error| Error::Certificates { path: path.to_owned(), reason: error.to_string() };
            builder.with_client_auth_cert(chain, key).map_err(failed)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Verifies against the bundle.
#[derive(Debug)]
struct BundleVerifier {
    inner: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for BundleVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // This verdict comes after the check of the certificate's dates and before that of its name.
            Err(error) if is_authority_itself(&error) && self.given.iter().any(|given| given == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether the server's certificate was refused because it is an authority's.
fn is_authority_itself(error: &rustls::Error) -> bool {
    // The type behind it is not part of what rustls exports.
    matches!(error, rustls::Error::InvalidCertificate(CertificateError::Other(other))
        if format!("{other:?}").contains("CaUsedAsEndEntity"))
}

/// Reads a PEM file, or every PEM file of a folder (`SSL_CERT_DIR`).
fn read_bundle(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let failed = |reason: String| Error::Certificates { path: path.to_owned(), reason };
    let read = |file: &Path| fs_err::read(file).map_err(|error| failed(super::error::unreadable(&error)));
    let parse = |bytes: &[u8]| CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>();
    let mut certificates = Vec::new();
    if path.is_dir() {
        for entry in fs_err::read_dir(path).map_err(|error| failed(super::error::unreadable(&error)))?.flatten() {
            if entry.path().is_file() {
                certificates.extend(parse(&read(&entry.path())?).unwrap_or_default());
            }
        }
    } else {
        certificates = parse(&read(path)?).map_err(|error| failed(format!("it is not sound PEM ({error})")))?;
    }
    if certificates.is_empty() {
        return Err(failed("there is no certificate in PEM form in it".to_owned()));
    }
    Ok(certificates)
}

/// What a PEM file says of a key that has a password: `ENCRYPTED PRIVATE KEY`, `Proc-Type: 4,ENCRYPTED`.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// Reads a client certificate with its chain, and its key, from one PEM file.
pub(super) fn read_client_certificate(
    path: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let failed = |reason: String| Error::Certificates { path: path.to_owned(), reason };
    let bytes = fs_err::read(path).map_err(|error| failed(super::error::unreadable(&error)))?;
    let lacks = |fault| Error::ClientCertificate { path: path.to_owned(), fault };
    let chain = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    // PKCS #8 says it in the name of the section, OpenSSL's own form in a line of its own.
    if bytes.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) {
        return Err(lacks(ClientCertificateFault::EncryptedKey));
    }
    if chain.is_empty() {
        return Err(lacks(ClientCertificateFault::NoCertificate));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map(|key| (chain, key)).map_err(|_| lacks(ClientCertificateFault::NoKey))
}
