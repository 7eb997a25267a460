//! What the user can do about a request that failed.

use barrow::http::{ClientCertificateFault, Error, KeyringSilence, LookedIn, TlsReason, Via};

/// What to do, in a sentence.
pub(crate) fn of(error: &Error) -> Option<String> {
    let hint = match error {
        Error::Offline { .. } => {
            "run once without `--offline`, or make a folder for `--find-links` with `barrow mirror`"
        }
        Error::Status { status: 403, sent_as: None, looked_in: None, .. } => {
            "the server lets nobody read it: are the folders and files readable for its user (modes 755 and 644), and is \
             that the folder which it serves? Where it has accounts, give the credentials of one"
        }
        Error::Refused { status: 403, code, .. } if code == "AccessDenied" || code.is_empty() => {
            "whoever reads there needs `s3:GetObject`, and `s3:ListBucket` to be told what is missing and what is \
             forbidden apart; whoever writes needs `s3:PutObject`"
        }
        Error::Refused { code, .. } if code == "RequestTimeTooSkewed" => "check the clock of this machine",
        Error::Refused { code, .. } if code == "ExpiredToken" => "log in again: these credentials have run out",
        Error::Status { status: 401 | 403, sent_as: None, looked_in: Some(looked_in), .. }
            if looked_in.keyring.is_some() =>
        {
            without_keyring(looked_in)
        }
        Error::Status { status: 401 | 403, sent_as: None, .. } => {
            "give a user and password in netrc, or by BARROW_INDEX_CORP_USERNAME and BARROW_INDEX_CORP_PASSWORD for an index \
             that is named `corp` (`--index corp=URL`), or with `--keyring-provider subprocess`"
        }
        Error::Status { status: 401, sent_as: Some(_), .. } => {
            "the user or password is wrong or has expired; special characters in a URL are percent-encoded"
        }
        Error::Status { status: 403, sent_as: Some(_), .. } => "this user is not allowed to read it",
        Error::ProxyRefused { has_login: false, .. } => "give the proxy's user and password in its URL",
        Error::ProxyRefused { has_login: true, .. } => {
            "check the proxy's user and password, which may have expired; special characters in a URL are percent-encoded"
        }
        Error::Tls { reason, .. } => tls(reason),
        Error::ClientCertificate { fault, .. } => client_certificate(*fault),
        Error::PlainHttp { .. } | Error::InsecureRedirect { .. } => {
            "use https, or allow this host by name with `--allow-insecure-host HOST`"
        }
        Error::Connect { via: Via(None), .. } => "check the URL, the network and the proxy settings",
        Error::Connect { .. } => "check the proxy and its address, or exempt the host by NO_PROXY",
        Error::Timeout { .. } => "raise `--timeout`, or try again later",
        Error::Status { status: 500..=599, .. } => "the trouble is the server's: try again later, or ask another index",
        Error::Truncated { .. } | Error::Broken { .. } | Error::Changed { .. } => {
            "run again: what has arrived is kept; where it stays so, a proxy or the server ends connections early"
        }
        Error::Coding { .. } => "a proxy or the server packs its answers wrongly: whoever keeps it has to see to it",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Keyring was asked already: what is left to do beside it.
fn without_keyring(looked_in: &LookedIn) -> &'static str {
    match looked_in.keyring {
        Some(KeyringSilence::Failed) => {
            "keyring could not be asked, as the warning says: mend that, or give a user and password in netrc, or by \
             BARROW_INDEX_CORP_USERNAME and BARROW_INDEX_CORP_PASSWORD for an index that is named `corp` (`--index corp=URL`)"
        }
        _ => {
            "keyring has nothing for this URL: store a password for it there, with the user's name in the URL where it \
             needs one, or give both in netrc, or by BARROW_INDEX_CORP_USERNAME and BARROW_INDEX_CORP_PASSWORD for an \
             index that is named `corp` (`--index corp=URL`)"
        }
    }
}

/// A file of certificates is named only where one helps.
fn tls(reason: &TlsReason) -> &'static str {
    match reason {
        TlsReason::NotTls => "if the server speaks plain HTTP there, its URL begins with `http://`",
        TlsReason::Expired(_) => "its keeper has to renew the certificate; check the clock of this machine too",
        TlsReason::NotYetValid(_) => "check the clock of this machine",
        TlsReason::UnknownAuthority => {
            "give the file of your certificate authority with `--cert FILE`; `--allow-insecure-host HOST` switches \
             verification off"
        }
        TlsReason::WantsCertificate => {
            "give a file with your certificate and its private key (PEM) with `--client-cert FILE`; where one was given, the \
             server does not take it"
        }
        TlsReason::OldVersion => {
            "older versions are not safe, and nothing here speaks them: its keeper has to allow TLS 1.2"
        }
        TlsReason::Refused => {
            "it may want a client certificate (`--client-cert FILE`) or another one, or knows none of the ciphers that are \
             spoken here: its keeper can tell"
        }
        TlsReason::Other(_) => "`--allow-insecure-host HOST` switches the verification of certificates off",
    }
}

fn client_certificate(fault: ClientCertificateFault) -> &'static str {
    match fault {
        ClientCertificateFault::NoCertificate => {
            "it has to hold the certificate and its private key, both in PEM form; out of PKCS #12 they come with \
             `openssl pkcs12 -in FILE -noenc -out NEW.pem`"
        }
        ClientCertificateFault::NoKey => {
            "put the private key behind the certificate in the same file: `cat CERT.pem KEY.pem > BOTH.pem`"
        }
        ClientCertificateFault::EncryptedKey => {
            "no password is asked for: write the key without one (`openssl pkey -in FILE -out KEY.pem`) beside its \
             certificate, in a file that only you can read"
        }
    }
}
