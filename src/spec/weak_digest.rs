//! Digests that prove nothing when they match, because others of the same digest can be made: MD5, SHA-1, and SHA-224,
//! which no specification of packages takes. One that does not match still says that these are not the bytes that were
//! meant.
//!
//! Old indexes give no others. They stay in the fragment of a file's URL (`#md5=…`), where those indexes write them.

use std::fmt;

use sha2::digest::DynDigest;

use super::SafeUrl;
use super::hash::hex;

/// A digest that can only speak against bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakDigest {
    algorithm: &'static str,
    hex: String,
}

/// The algorithms: names, and numbers of hexadecimal digits.
const ALGORITHMS: [(&str, usize); 3] = [("md5", 32), ("sha1", 40), ("sha224", 56)];

impl WeakDigest {
    /// The digest of an algorithm's name and hexadecimal digits, when it is one.
    pub fn of_pair(name: &str, hex: &str) -> Option<Self> {
        let (algorithm, length) = ALGORITHMS.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        let is_whole = hex.len() == length && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_whole.then(|| Self { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// The first weak digest in the fragment of a URL.
    pub fn of_fragment(url: &SafeUrl) -> Option<Self> {
        let mut pairs = url.fragment()?.split('&').filter_map(|field| field.split_once('='));
        pairs.find_map(|(name, hex)| Self::of_pair(name, hex))
    }

    /// The digest as the fragment of a URL spells it: `md5=…`.
    pub fn as_fragment(&self) -> String {
        format!("{}={}", self.algorithm, self.hex)
    }

    /// Computes the digest of the same kind.
    pub fn hasher(&self) -> WeakHasher {
        match self.algorithm {
            "md5" => WeakHasher { algorithm: "md5", state: Box::<md5::Md5>::default() },
            "sha224" => WeakHasher { algorithm: "sha224", state: Box::<sha2::Sha224>::default() },
            _ => WeakHasher::sha1(),
        }
    }
}

impl fmt::Display for WeakDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

/// Computes a weak digest while bytes pass.
pub struct WeakHasher {
    algorithm: &'static str,
    state: Box<dyn DynDigest + Send>,
}

impl WeakHasher {
    /// Computes a SHA-1, for formats that want one to name bytes and not to prove them.
    pub fn sha1() -> Self {
        Self { algorithm: "sha1", state: Box::<sha1::Sha1>::default() }
    }

    /// Ends the digest, in hexadecimal digits.
    pub fn finish_hex(self) -> String {
        self.finish().hex
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// Ends the digest.
    pub fn finish(self) -> WeakDigest {
        WeakDigest { algorithm: self.algorithm, hex: hex(&self.state.finalize()) }
    }
}
