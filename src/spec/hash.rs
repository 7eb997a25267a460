//! Digests of files, and computing them while bytes pass.
//!
//! The spelling is that of the simple index and of pip's `--hash`: `sha256:<hex>`.
//! MD5 and SHA-1 digests are recognised, so that pages which carry them can be read, but they are never proof.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::digest::common::hazmat::SerializableState as _;

/// A digest algorithm that counts as proof, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HashAlgorithm {
    /// SHA-256, which every modern index gives.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    pub(super) const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The algorithm of a lower-case name; `None`: it is none that counts as proof.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The lower-case name used in index pages, requirements files and RECORD.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of the digest, in bytes.
    pub fn digest_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A digest with its algorithm; holding one proves that the hex was well formed and of the right length.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashDigest {
    algorithm: HashAlgorithm,
    bytes: Box<[u8]>,
}

/// Why a text is not a usable digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Not of the form `algorithm:hex`.
    #[error("`{0}` is not of the form `sha256:<hex digest>`")]
    Form(String),
    /// An algorithm that is unknown, or too weak to prove anything.
    #[error("`{0}` is not accepted as a digest algorithm: use sha256, sha384 or sha512")]
    Algorithm(String),
    /// Wrong length or characters.
    #[error("`{text}` is not a {algorithm} digest: {expected} hexadecimal digits are needed")]
    Digits {
        /// What was given.
        text: String,
        /// Name of the algorithm.
        algorithm: &'static str,
        /// Number of digits that the algorithm has.
        expected: usize,
    },
}

impl HashDigest {
    /// Makes a digest from raw bytes; `None` when their number does not fit the algorithm.
    pub fn from_bytes(algorithm: HashAlgorithm, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == algorithm.digest_len()).then(|| Self { algorithm, bytes: bytes.into() })
    }

    /// Parses the hexadecimal digits of a digest, upper or lower case.
    ///
    /// # Errors
    /// Other characters than hexadecimal digits, or another number of them than the algorithm has.
    pub fn from_hex(algorithm: HashAlgorithm, hex: &str) -> Result<Self, HashError> {
        let wrong = || HashError::Digits {
            text: hex.to_owned(),
            algorithm: algorithm.as_str(),
            expected: algorithm.digest_len() * 2,
        };
        if hex.len() != algorithm.digest_len() * 2 {
            return Err(wrong());
        }
        // Wrong digits show in the upper half, so that the loop has no branch: pages have tens of thousands of digests.
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => 0xf0,
        };
        let mut bytes = vec![0; algorithm.digest_len()].into_boxed_slice();
        let mut seen = 0;
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let (upper, lower) = (nibble(pair[0]), nibble(pair[1]));
            seen |= upper | lower;
            *byte = upper << 4 | lower;
        }
        if seen > 0x0f { Err(wrong()) } else { Ok(Self { algorithm, bytes }) }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The raw bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digits alone, lower case.
    pub fn hex(&self) -> String {
        hex(&self.bytes)
    }
}

/// Bytes in hexadecimal digits, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    let mut hex = Vec::with_capacity(bytes.len() * 2);
    hex.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]));
    String::from_utf8(hex).expect("digits are ASCII")
}

impl fmt::Display for HashDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm.as_str())?;
        f.write_str(":")?;
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for HashDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for HashDigest {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let (name, hex) = text.split_once(':').ok_or_else(|| HashError::Form(text.to_owned()))?;
        let algorithm = HashAlgorithm::of(name).ok_or_else(|| HashError::Algorithm(name.to_owned()))?;
        Self::from_hex(algorithm, hex)
    }
}

/// Text in formats for people; in compact ones the bytes alone, whose number tells the algorithm.
impl Serialize for HashDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.bytes)
        }
    }
}

impl<'de> Deserialize<'de> for HashDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom);
        }
        deserializer.deserialize_bytes(DigestBytes)
    }
}

struct DigestBytes;

impl serde::de::Visitor<'_> for DigestBytes {
    type Value = HashDigest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the 32, 48 or 64 bytes of a digest")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<HashDigest, E> {
        let found = HashAlgorithm::ALL.into_iter().find_map(|algorithm| HashDigest::from_bytes(algorithm, bytes));
        found.ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}

/// Computes one digest while bytes pass.
pub(crate) struct Hasher(State);

/// A sha256 in the midst of its bytes, to be kept: it goes on from here without those that it has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HashState(Vec<u8>);

enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(Box<sha2::Sha512>),
}

impl Hasher {
    /// Starts a digest.
    pub(crate) fn new(algorithm: HashAlgorithm) -> Self {
        Self(match algorithm {
            HashAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            HashAlgorithm::Sha384 => State::Sha384(sha2::Sha384::new()),
            HashAlgorithm::Sha512 => State::Sha512(Box::default()),
        })
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hasher) => hasher.update(bytes),
            State::Sha384(hasher) => hasher.update(bytes),
            State::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// How far it is; `None`: it is no sha256.
    pub(crate) fn state(&self) -> Option<HashState> {
        match &self.0 {
            State::Sha256(hasher) => Some(HashState(hasher.serialize().to_vec())),
            State::Sha384(_) | State::Sha512(_) => None,
        }
    }

    /// Goes on from where a sha256 was; `None`: that is no state of one.
    pub(crate) fn resume(state: &HashState) -> Option<Self> {
        let state = state.0.as_slice().try_into().ok()?;
        Some(Self(State::Sha256(sha2::Sha256::deserialize(state).ok()?)))
    }

    /// Ends the digest.
    pub(crate) fn finish(self) -> HashDigest {
        let (algorithm, bytes): (_, Box<[u8]>) = match self.0 {
            State::Sha256(hasher) => (HashAlgorithm::Sha256, hasher.finalize().as_slice().into()),
            State::Sha384(hasher) => (HashAlgorithm::Sha384, hasher.finalize().as_slice().into()),
            State::Sha512(hasher) => (HashAlgorithm::Sha512, hasher.finalize().as_slice().into()),
        };
        HashDigest { algorithm, bytes }
    }
}

/// The SHA-256 digest of bytes already in memory.
pub fn sha256(bytes: &[u8]) -> HashDigest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{HashAlgorithm, HashState, Hasher, sha256};

    #[test]
    fn a_digest_goes_on_from_where_it_was() {
        let bytes: Vec<u8> = (0..1000_u32).flat_map(u32::to_le_bytes).collect();
        for at in [0, 1, 55, 63, 64, 65, 128, 3999, 4000] {
            let mut hasher = Hasher::new(HashAlgorithm::Sha256);
            hasher.update(&bytes[..at]);
            let kept = rmp_serde::to_vec(&hasher.state().unwrap()).unwrap();
            let state: HashState = rmp_serde::from_slice(&kept).unwrap();
            let mut resumed = Hasher::resume(&state).unwrap();
            resumed.update(&bytes[at..]);
            assert_eq!(resumed.finish(), sha256(&bytes), "{at}");
            assert!(Hasher::resume(&HashState(state.0[1..].to_vec())).is_none());
        }
        assert!(Hasher::new(HashAlgorithm::Sha512).state().is_none());
    }
}
