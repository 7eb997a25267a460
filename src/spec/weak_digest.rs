//! Digests that prove nothing when they match, because others of the same digest can be made: MD5, SHA-1, and SHA-224,
//! which no specification of packages takes. One that does not match still says that these are not the bytes that were
//! meant.
//!
//! Old indexes give no others. They stay in the fragment of a file's URL (`#md5=…`), where those indexes write them.

use std::fmt;

use sha2::Digest as _;

use super::SafeUrl;

/// A digest that can only speak against bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakDigest {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha224,
}

/// The algorithms with their names and numbers of hexadecimal digits.
const ALGORITHMS: [(Algorithm, &str, usize); 3] =
    [(Algorithm::Md5, "md5", 32), (Algorithm::Sha1, "sha1", 40), (Algorithm::Sha224, "sha224", 56)];

impl WeakDigest {
    /// The digest of an algorithm's name and hexadecimal digits, when it is one.
    pub fn of_pair(name: &str, hex: &str) -> Option<Self> {
        let (algorithm, _, length) = ALGORITHMS.into_iter().find(|(_, known, _)| name.eq_ignore_ascii_case(known))?;
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
        format!("{}={}", self.algorithm.name(), self.hex)
    }

    /// Computes the digest of the same kind.
    pub fn hasher(&self) -> WeakHasher {
        WeakHasher(match self.algorithm {
            Algorithm::Md5 => State::Md5(md5::Md5::new()),
            Algorithm::Sha1 => State::Sha1(sha1::Sha1::new()),
            Algorithm::Sha224 => State::Sha224(sha2::Sha224::new()),
        })
    }
}

impl fmt::Display for WeakDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl Algorithm {
    fn name(self) -> &'static str {
        ALGORITHMS.into_iter().find(|(known, ..)| *known == self).map_or("", |(_, name, _)| name)
    }
}

/// Computes a weak digest while bytes pass.
pub struct WeakHasher(State);

enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha224(sha2::Sha224),
}

impl WeakHasher {
    /// Computes a SHA-1, for formats that want one to name bytes and not to prove them.
    pub fn sha1() -> Self {
        Self(State::Sha1(sha1::Sha1::new()))
    }

    /// Ends the digest, in hexadecimal digits.
    pub fn finish_hex(self) -> String {
        self.finish().hex
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Md5(hasher) => hasher.update(bytes),
            State::Sha1(hasher) => hasher.update(bytes),
            State::Sha224(hasher) => hasher.update(bytes),
        }
    }

    /// Ends the digest.
    pub fn finish(self) -> WeakDigest {
        use fmt::Write as _;
        let (algorithm, bytes): (_, Vec<u8>) = match self.0 {
            State::Md5(hasher) => (Algorithm::Md5, hasher.finalize().as_slice().to_vec()),
            State::Sha1(hasher) => (Algorithm::Sha1, hasher.finalize().as_slice().to_vec()),
            State::Sha224(hasher) => (Algorithm::Sha224, hasher.finalize().as_slice().to_vec()),
        };
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("writing to a string succeeds");
            hex
        });
        WeakDigest { algorithm, hex }
    }
}
