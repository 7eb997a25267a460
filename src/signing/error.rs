//! Why a key could not be used.

/// A text that is no key; it is not repeated, for it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a public key.
    #[error(
        "not a public key of Ed25519: give `ed25519:` and its 32 bytes in base64, or the PEM of `openssl pkey -pubout`"
    )]
    Public,
    /// Not a private key.
    #[error("not a private key of Ed25519 in PEM, as `openssl genpkey -algorithm ed25519` writes it")]
    Private,
}
