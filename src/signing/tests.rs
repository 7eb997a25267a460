//! Keys as OpenSSL writes them, and what no signature is taken for.

use super::{Distrust, KeyError, PublicKey, Purpose, Signature, SigningKey, verify};

/// Made for this test by `openssl genpkey -algorithm ed25519`.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIPKy3UJ7eS/PJNUzs2o5d1fudroefX6u1eoi6EbE8cQq\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA8GpLgMj5atSlQghId+fhoa3xFT/8yjnh1YiMrJSdPGo=\n-----END PUBLIC KEY-----\n";
const OTHER: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEILqTCRvaQ7COL4dGz6HRJu+o0OqVpA+9672hkC+YGuAY\n-----END PRIVATE KEY-----\n";

fn key() -> SigningKey {
    SigningKey::from_pem(PRIVATE).unwrap()
}

#[test]
fn keys_are_read_in_every_form_that_openssl_writes() {
    let public: PublicKey = PUBLIC.parse().unwrap();
    assert_eq!(key().public(), public);
    let inner: String = PUBLIC.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [inner, public.to_string(), format!("  {public}\n")] {
        assert_eq!(text.parse(), Ok(public), "{text}");
    }
    for text in ["", "ed25519:", "ed25519:AAAA", "ssh-ed25519 AAAA", PRIVATE] {
        assert_eq!(text.parse::<PublicKey>(), Err(KeyError::Public), "{text}");
    }
    assert_eq!(SigningKey::from_pem(PUBLIC).unwrap_err(), KeyError::Private);
    assert!(!format!("{:?}", key()).contains("PRIVATE"));
}

#[test]
fn a_signature_is_of_one_content_for_one_purpose_by_one_key() {
    let (content, trusted) = (b"the manifest", [key().public()]);
    let signature = Signature::of(content, Purpose::Mirror, &key());
    let is = |content: &[u8], purpose, signatures: &[Signature], trusted: &[PublicKey]| {
        verify(content, purpose, signatures, trusted)
    };
    assert_eq!(is(content, Purpose::Mirror, std::slice::from_ref(&signature), &trusted), Ok(key().public()));
    let wrong = Err(Distrust::Wrong(key().public()));
    assert_eq!(is(b"another manifest", Purpose::Mirror, std::slice::from_ref(&signature), &trusted), wrong);
    assert_eq!(is(content, Purpose::Claim, std::slice::from_ref(&signature), &trusted), wrong);
    assert_eq!(is(content, Purpose::Mirror, &[], &trusted), Err(Distrust::Unsigned));
    let other = SigningKey::from_pem(OTHER).unwrap();
    let foreign = Signature::of(content, Purpose::Mirror, &other);
    let unknown = Err(Distrust::Unknown(other.public().to_string()));
    assert_eq!(is(content, Purpose::Mirror, std::slice::from_ref(&foreign), &trusted), unknown);
    // Whoever names a trusted key has not its signature.
    let forged = Signature { public_key: key().public().to_string(), ..foreign.clone() };
    assert_eq!(is(content, Purpose::Mirror, std::slice::from_ref(&forged), &trusted), wrong);
    assert_eq!(is(content, Purpose::Mirror, &[foreign, forged, signature], &trusted), Ok(key().public()));
}
