//! A stable encoding of values by the names of their fields, to be hashed.
//!
//! Nothing of it comes from `Debug` or from the layout of a type, so what is hashed changes only when somebody changes
//! the encoding. Every value tells its own length: texts by a number before them, lists by their count, optional values
//! by a byte. So no two sequences of values are encoded alike.

use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// A value that can be part of a key.
pub(crate) trait Keyed {
    /// Gives everything that counts to `encoder`.
    fn encode(&self, encoder: &mut Encoder);
}

/// A digest under way.
pub(crate) struct Encoder(Hasher);

impl Encoder {
    /// Starts with nothing.
    pub(crate) fn new() -> Self {
        Self(Hasher::new(HashAlgorithm::Sha256))
    }

    /// The digest of one value.
    pub(crate) fn digest(value: &(impl Keyed + ?Sized)) -> HashDigest {
        let mut encoder = Self::new();
        value.encode(&mut encoder);
        encoder.finish()
    }

    /// Ends the digest.
    pub(crate) fn finish(self) -> HashDigest {
        self.0.finish()
    }

    /// Takes a named value: a field of a struct, or of a variant.
    pub(crate) fn field(&mut self, name: &str, value: &(impl Keyed + ?Sized)) -> &mut Self {
        name.encode(self);
        value.encode(self);
        self
    }

    /// Takes bytes, with their number before them.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        (bytes.len() as u64).encode(self);
        self.0.update(bytes);
    }

    /// Takes the values of a list, in order.
    pub(crate) fn list<'a, T: Keyed + ?Sized + 'a>(&mut self, values: impl ExactSizeIterator<Item = &'a T>) {
        (values.len() as u64).encode(self);
        values.for_each(|value| value.encode(self));
    }
}

impl Keyed for str {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.bytes(self.as_bytes());
    }
}

impl Keyed for String {
    fn encode(&self, encoder: &mut Encoder) {
        self.as_str().encode(encoder);
    }
}

impl Keyed for bool {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.0.update(&[u8::from(*self)]);
    }
}

impl Keyed for u64 {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.0.update(&self.to_le_bytes());
    }
}

impl Keyed for u16 {
    fn encode(&self, encoder: &mut Encoder) {
        u64::from(*self).encode(encoder);
    }
}

impl Keyed for i64 {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.0.update(&self.to_le_bytes());
    }
}

impl<T: Keyed + ?Sized> Keyed for &T {
    fn encode(&self, encoder: &mut Encoder) {
        (**self).encode(encoder);
    }
}

impl<T: Keyed> Keyed for Option<T> {
    fn encode(&self, encoder: &mut Encoder) {
        self.is_some().encode(encoder);
        if let Some(value) = self {
            value.encode(encoder);
        }
    }
}

impl<T: Keyed> Keyed for [T] {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.list(self.iter());
    }
}

impl<T: Keyed, const N: usize> Keyed for [T; N] {
    fn encode(&self, encoder: &mut Encoder) {
        self.as_slice().encode(encoder);
    }
}

impl<T: Keyed> Keyed for Vec<T> {
    fn encode(&self, encoder: &mut Encoder) {
        self.as_slice().encode(encoder);
    }
}

impl<A: Keyed, B: Keyed> Keyed for (A, B) {
    fn encode(&self, encoder: &mut Encoder) {
        self.0.encode(encoder);
        self.1.encode(encoder);
    }
}
