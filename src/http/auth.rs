//! Which requests carry which credentials.
//!
//! A realm is scheme, host and port. Sources, in order: the URL itself (final), settings for an index, netrc, and,
//! asked only when needed, the `keyring` program and the token service of AWS CodeArtifact.
//!
//! - What is known goes with the *first* request to its realm: some indexes forward anonymous requests to a public one.
//! - Where several indexes share a realm, the longest path prefix decides; for files beside them, the longest common
//!   path.
//! - What is not known is asked for once per index on a 401, 403 or 404, by one task while the others wait; that
//!   nothing was found is remembered too.
//! - A minted token that had worked and is refused is minted once more.
//! - Nothing is sent over plain http, but to this machine or where the user allowed it by name.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use super::aws::{self, CodeArtifact};
use super::error::{Error, KeyringSilence, LookedIn, shown_url};
use super::helper;
use super::login::{CredentialSource, Login, LoginVerdict};
use super::means::Means;
use super::netrc::Netrc;
use super::options::ClientOptions;
use super::realm::{Realm, is_allowed_insecure, is_loopback};
use super::secret::{Scheme, Secret, userinfo};
use crate::reporter::{Level, Reporter};
use crate::spec::SafeUrl;

/// Decides on credentials; one per client.
pub(super) struct Authenticator {
    indexes: Vec<IndexLogins>,
    /// Hosts that the user has named: `default` of netrc is for them alone.
    named_hosts: HashSet<String>,
    netrc: OnceLock<Netrc>,
    netrc_logins: Mutex<NetrcLogins>,
    asked: Mutex<HashMap<LoginKey, Arc<AsyncMutex<Found>>>>,
    given: Mutex<Vec<(Realm, Arc<Login>)>>,
}

/// An index's URL and what is known for it.
struct IndexLogins {
    url: SafeUrl,
    realm: Realm,
    /// A user name without password asks the other sources for the password.
    user: Option<String>,
    login: Option<Arc<Login>>,
}

/// A realm, and which of the indexes in it.
type LoginKey = (Realm, Option<usize>);

/// A URL that is about to be asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) url: &'a Url,
    /// Whether it came from the user or a page, so that its userinfo counts; in redirects it does not.
    pub(super) own: bool,
    /// Whether the user wrote it.
    pub(super) is_named: bool,
    /// The index that lists it.
    pub(super) listed_by: Option<&'a SafeUrl>,
}

/// What netrc has for a realm, without and with its `default`.
type NetrcLogins = HashMap<(LoginKey, bool), Option<Arc<Login>>>;

/// What the sources that are asked on need have said.
#[derive(Default)]
struct Found {
    is_asked: bool,
    /// What was answered, if anything was.
    login: Option<Arc<Login>>,
    has_minted_again: bool,
    /// The `keyring` program could not be run, or failed.
    keyring_failed: bool,
}

impl Authenticator {
    pub(super) fn new(options: &ClientOptions) -> Self {
        let named = options.credentials.iter().map(|given| IndexLogins {
            url: given.url.without_credentials(),
            realm: Realm::of(given.url.reveal()),
            user: given.username.clone().filter(|_| given.password.is_none() && given.token.is_none()),
            login: given.login().map(Arc::new),
        });
        let from_urls = options.index_urls.iter().map(|url| {
            let given = userinfo(url.reveal());
            let (user, password) = given.map_or((None, None), |(user, password)| (Some(user), password));
            let login = password.map(|password| {
                let user = user.clone().unwrap_or_default();
                Arc::new(Login::new(user, password, Scheme::Basic, CredentialSource::Url))
            });
            IndexLogins { url: url.without_credentials(), realm: Realm::of(url.reveal()), user, login }
        });
        // Of the same URL, its own userinfo comes first, then settings: `select` takes the first of equals.
        let mut indexes: Vec<IndexLogins> = from_urls.chain(named).collect();
        indexes.sort_by_key(|index| (index.login.is_none(), index.user.is_none()));
        let named = options.index_urls.iter().chain(&options.named_urls);
        let named = named.chain(options.credentials.iter().map(|given| &given.url));
        Self {
            indexes,
            named_hosts: named.filter_map(|url| Some(url.reveal().host_str()?.to_owned())).collect(),
            netrc: OnceLock::new(),
            netrc_logins: Mutex::default(),
            asked: Mutex::default(),
            given: Mutex::default(),
        }
    }

    /// What the first request to a URL carries.
    pub(super) async fn first(&self, asked: Asked<'_>, means: &Means) -> Result<Option<Arc<Login>>, Error> {
        let Asked { url, own, .. } = asked;
        let may_carry = may_carry(url, &means.options);
        let refuse = || Error::PlainHttp { url: shown_url(url) };
        let given = if own { userinfo(url) } else { None };
        if let Some((user, Some(password))) = given {
            let login = Login::new(user, password, Scheme::Basic, CredentialSource::Url);
            return if may_carry { Ok(Some(self.shared(url, login))) } else { Err(refuse()) };
        }
        let selected = self.select(url, asked.listed_by);
        let index = selected.map(|at| &self.indexes[at]);
        let user_of_url = given.map(|(user, _)| user);
        let serves = |login: &Arc<Login>| user_of_url.as_deref().is_none_or(|user| login.serves(user));
        let known = index.and_then(|index| index.login.clone()).filter(serves);
        if let Some(login) = known {
            return if may_carry { Ok(Some(login)) } else { Err(refuse()) };
        }
        let user = user_of_url.or_else(|| index.and_then(|index| index.user.clone()));
        if !may_carry {
            return if user.is_some() { Err(refuse()) } else { Ok(None) };
        }
        let key = (Realm::of(url), selected);
        let may_default = own && (asked.is_named || self.named_hosts.contains(url.host_str().unwrap_or_default()));
        if let Some(login) = self.in_netrc(url, &key, user.as_deref(), may_default, means)? {
            return Ok(Some(login));
        }
        match user {
            Some(user) => {
                // A name alone is a request for the password; where nobody knows one, the name is the token.
                let asked = self.ask(url, &key, Some(&user), None, means).await;
                Ok(Some(asked.unwrap_or_else(|| {
                    self.shared(url, Login::new(user, Secret::new(""), Scheme::Basic, CredentialSource::Url))
                })))
            }
            None => Ok(self.answered(&key).await),
        }
    }

    /// The user as whom `url` would be asked first, as far as that is known without asking a program: what tells
    /// answers for different people apart. `Some("")` for tokens that have no user.
    pub(super) fn known_user(&self, url: &Url, means: &Means) -> Option<String> {
        if let Some((user, _)) = userinfo(url) {
            return Some(user);
        }
        let selected = self.select(url, None);
        let index = selected.map(|at| &self.indexes[at]);
        if let Some(login) = index.and_then(|index| index.login.as_ref()) {
            return Some(login.user().to_owned());
        }
        let user = index.and_then(|index| index.user.clone());
        if user.is_some() || !may_carry(url, &means.options) {
            return user;
        }
        let key = (Realm::of(url), selected);
        let may_default = self.named_hosts.contains(url.host_str().unwrap_or_default());
        if let Ok(Some(login)) = self.in_netrc(url, &key, None, may_default, means) {
            return Some(login.user().to_owned());
        }
        // Tokens of CodeArtifact have one user. Who has no credentials for AWS gets none, and must not see what came
        // for one.
        let aws = means.options.aws.as_ref().filter(|_| self.domain(url, selected, &means.options).is_some());
        if aws.is_some_and(aws::is_configured) {
            return Some(aws::USER.to_owned());
        }
        let slot = self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()?;
        slot.try_lock().ok()?.login.as_ref().map(|login| login.user().to_owned())
    }

    /// What to send instead after a refusal; `None`: the refusal stands.
    pub(super) async fn after_refusal(
        &self,
        asked: Asked<'_>,
        status: u16,
        refused: Option<&Arc<Login>>,
        means: &Means,
    ) -> Option<Arc<Login>> {
        let url = asked.url;
        if !may_carry(url, &means.options) {
            return None;
        }
        let key = (Realm::of(url), self.select(url, asked.listed_by));
        match refused {
            None => self.ask(url, &key, None, None, means).await,
            Some(login) if status == 401 && login.verdict() == LoginVerdict::Accepted => {
                let user = key.1.and_then(|at| self.indexes[at].user.as_deref());
                self.ask(url, &key, user, Some(login), means).await
            }
            Some(_) => None,
        }
    }

    /// The index whose credentials are for `url`: the longest path prefix, else the index that lists it, else the
    /// longest common path in the realm.
    fn select(&self, url: &Url, listed_by: Option<&SafeUrl>) -> Option<usize> {
        let realm = Realm::of(url);
        let listed_by = listed_by.map(SafeUrl::without_credentials);
        let mut best: Option<(usize, (bool, bool, usize))> = None;
        for (at, index) in self.indexes.iter().enumerate().filter(|(_, index)| index.realm == realm) {
            let (is_prefix, common) = closeness(index.url.reveal().path(), url.path());
            let lists_it = listed_by.as_ref() == Some(&index.url);
            let rank = (is_prefix, lists_it, common);
            if best.is_none_or(|(_, other)| rank > other) {
                best = Some((at, rank));
            }
        }
        best.map(|(at, _)| at)
    }

    /// Whether credentials for an index are at hand without asking any program: in its URL, in a setting, in netrc
    /// under the name of its host, or by being one that only answers to tokens.
    pub(super) fn has_at_hand(&self, url: &Url, means: &Means) -> Result<bool, Error> {
        let index = self.select(url, None).map(|at| &self.indexes[at]);
        if userinfo(url).is_some() || index.is_some_and(|index| index.login.is_some() || index.user.is_some()) {
            return Ok(true);
        }
        if self.domain(url, self.select(url, None), &means.options).is_some() {
            return Ok(true);
        }
        let Some(path) = means.options.netrc.as_deref() else { return Ok(false) };
        let netrc = self.netrc(path, means)?;
        let entry = netrc.find(url.host_str().unwrap_or_default());
        Ok(entry.is_some_and(|entry| entry.machine.is_some()))
    }

    /// Every credential that was given or found so far.
    pub(super) fn secrets(&self, means: &Means) -> Vec<Secret> {
        fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
            mutex.lock().unwrap_or_else(PoisonError::into_inner)
        }
        let mut logins: Vec<Arc<Login>> = self.indexes.iter().filter_map(|index| index.login.clone()).collect();
        logins.extend(locked(&self.given).iter().map(|(_, login)| Arc::clone(login)));
        for slot in locked(&self.asked).values() {
            logins.extend(slot.try_lock().ok().and_then(|asked| asked.login.clone()));
        }
        let netrc = means.options.netrc.as_deref().and_then(|path| self.netrc(path, means).ok());
        let entries = netrc.into_iter().flat_map(|netrc| &netrc.entries).map(|entry| entry.password.clone());
        let proxies = means.options.proxy.as_ref().and_then(|url| userinfo(url.reveal())?.1);
        logins.iter().flat_map(|login| login.secrets()).chain(entries).chain(proxies).collect()
    }

    fn netrc(&self, path: &Path, means: &Means) -> Result<&Netrc, Error> {
        if self.netrc.get().is_none() {
            let read = read_netrc(path, means.options.netrc_required, &*means.reporter)?;
            let _ = self.netrc.set(read);
        }
        Ok(self.netrc.get().expect("it was just set, here or by another task"))
    }

    /// What netrc has for a host; `may_default`: its `default` is for it too.
    fn in_netrc(
        &self,
        url: &Url,
        key: &LoginKey,
        user: Option<&str>,
        may_default: bool,
        means: &Means,
    ) -> Result<Option<Arc<Login>>, Error> {
        let Some(path) = means.options.netrc.as_deref() else { return Ok(None) };
        let netrc = self.netrc(path, means)?;
        let mut logins = self.netrc_logins.lock().unwrap_or_else(PoisonError::into_inner);
        let login = logins.entry((key.clone(), may_default)).or_insert_with(|| {
            let entry = netrc.find(url.host_str().unwrap_or_default());
            let entry = entry.filter(|entry| may_default || entry.machine.is_some())?;
            let source = CredentialSource::Netrc { path: path.to_owned(), line: entry.line };
            let user = if entry.login.is_empty() { user.unwrap_or_default() } else { &entry.login };
            Some(Arc::new(Login::new(user.to_owned(), entry.password.clone(), Scheme::Basic, source)))
        });
        // Credentials of another user than the one that the URL names are not what was asked for.
        Ok(login.clone().filter(|login| user.is_none_or(|user| login.serves(user))))
    }

    /// What asking has found, if it was asked already.
    async fn answered(&self, key: &LoginKey) -> Option<Arc<Login>> {
        let slot = self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()?;
        slot.lock().await.login.clone()
    }

    /// Asks the sources that are asked on need, once; the others wait for the answer. `stale` is a login that had
    /// worked and does no more.
    async fn ask(
        &self,
        url: &Url,
        key: &LoginKey,
        user: Option<&str>,
        stale: Option<&Arc<Login>>,
        means: &Means,
    ) -> Option<Arc<Login>> {
        let domain = self.domain(url, key.1, &means.options);
        if !means.options.keyring && domain.is_none() {
            return None;
        }
        let slot = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(asked.entry(key.clone()).or_default())
        };
        let mut asked = slot.lock().await;
        match (&asked.login, stale) {
            (None, stale) if asked.is_asked || stale.is_some() => return None,
            (None, _) => {}
            (Some(login), Some(stale)) if Arc::ptr_eq(login, stale) => {
                if asked.has_minted_again {
                    return None;
                }
                asked.has_minted_again = true;
            }
            (Some(login), _) => return Some(Arc::clone(login)),
        }
        let index = key.1.map(|at| &self.indexes[at].url);
        let found = look_up(url, index, (user, domain.as_ref()), means, &mut asked.keyring_failed).await;
        asked.is_asked = true;
        asked.login = found.map(Arc::new);
        asked.login.clone()
    }

    /// The domain of CodeArtifact whose token opens `url`, where there is one and tokens may be got.
    fn domain(&self, url: &Url, selected: Option<usize>, options: &ClientOptions) -> Option<CodeArtifact> {
        options.aws.as_ref()?;
        let index = selected.map(|at| &self.indexes[at].url);
        let named = options.repositories.iter().find(|named| index == Some(&named.url.without_credentials()));
        named.map(|named| named.domain.clone()).or_else(|| CodeArtifact::of(url))
    }

    /// Whether the user has told of accounts in the realm of `url`.
    pub(super) fn knows_accounts(&self, url: &Url) -> bool {
        let realm = Realm::of(url);
        self.indexes.iter().any(|index| index.realm == realm && (index.login.is_some() || index.user.is_some()))
    }

    /// Where credentials for `url` were looked for, for a message.
    pub(super) fn looked_in(&self, url: &Url, means: &Means) -> LookedIn {
        let options = &means.options;
        if !may_carry(url, options) {
            return LookedIn { words: "none are sent over plain http".to_owned(), keyring: None };
        }
        let mut places = vec!["the URL".to_owned()];
        let index = self.select(url, None).map(|at| &self.indexes[at].url);
        let named = options.variables.iter().find(|(named, _)| Some(named) == index);
        places.extend(named.map(|(_, prefix)| format!("${prefix}_USERNAME, _PASSWORD and _TOKEN")));
        if named.is_none() && !options.credentials.is_empty() {
            places.push("the settings of the index".to_owned());
        }
        places.extend(options.netrc.as_deref().map(|path| {
            let (before, path) = (if path.exists() { "" } else { "there is no " }, path.display());
            format!("netrc ({before}`{path}`)")
        }));
        let keyring = options.keyring.then(|| self.keyring_silence(url));
        places.extend(keyring.map(|silence| match silence {
            KeyringSilence::Nothing => "keyring (it has none for this URL)".to_owned(),
            KeyringSilence::Failed => "keyring (it could not be asked)".to_owned(),
        }));
        let domain = self.domain(url, self.select(url, None), options);
        places.extend(domain.map(|_| "a token of CodeArtifact".to_owned()));
        LookedIn { words: format!("looked in {}", places.join(", ")), keyring }
    }

    /// Why the `keyring` program has given nothing for `url`.
    fn keyring_silence(&self, url: &Url) -> KeyringSilence {
        let realm = Realm::of(url);
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_realm = asked.iter().filter(|((other, _), _)| *other == realm);
        let has_failed = of_realm.any(|(_, slot)| slot.try_lock().is_ok_and(|found| found.keyring_failed));
        if has_failed { KeyringSilence::Failed } else { KeyringSilence::Nothing }
    }

    /// One `Login` for equal credentials of one realm, so that what servers said of it is known to all requests.
    fn shared(&self, url: &Url, login: Login) -> Arc<Login> {
        let realm = Realm::of(url);
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = given.iter().find(|(other, known)| *other == realm && known.is_same(&login)) {
            return Arc::clone(known);
        }
        let login = Arc::new(login);
        given.push((realm, Arc::clone(&login)));
        login
    }
}

async fn look_up(
    url: &Url,
    index: Option<&SafeUrl>,
    (user, domain): (Option<&str>, Option<&CodeArtifact>),
    means: &Means,
    keyring_failed: &mut bool,
) -> Option<Login> {
    let Means { options, reporter, .. } = means;
    let failed = |reason: String| reporter.message(Level::Warning, &format!("no credentials: {reason}"));
    if options.keyring {
        for service in helper::keyring_services(index, url) {
            let limit = options.helper_timeout;
            match helper::ask_keyring(&options.keyring_program, &service, user, limit, &**reporter).await {
                Ok(Some(answer)) => {
                    return Some(Login::new(answer.user, answer.password, Scheme::Basic, CredentialSource::Keyring));
                }
                Ok(None) => {}
                Err(reason) => {
                    failed(reason);
                    *keyring_failed = true;
                    break;
                }
            }
        }
    }
    match aws::mint(means, options.aws.as_ref()?, domain?).await {
        Ok(token) => {
            let source = CredentialSource::CodeArtifact(token.whence);
            Some(Login::new(aws::USER.to_owned(), token.secret, Scheme::Basic, source))
        }
        Err(reason) => {
            failed(reason);
            None
        }
    }
}

/// Whether credentials may travel to this URL.
fn may_carry(url: &Url, options: &ClientOptions) -> bool {
    url.scheme() == "https" || is_loopback(url) || is_allowed_insecure(url, &options.insecure_hosts)
}

/// Whether the index's path is a prefix of the path, and how many segments they share.
fn closeness(index: &str, path: &str) -> (bool, usize) {
    let index: Vec<&str> = index.split('/').filter(|segment| !segment.is_empty()).collect();
    let common = index.iter().zip(path.split('/').filter(|segment| !segment.is_empty()));
    let common = common.take_while(|(left, right)| *left == right).count();
    (common == index.len(), common)
}

/// Reads the netrc file; faults are warnings unless the user named the file and it cannot be read at all.
fn read_netrc(path: &Path, is_required: bool, reporter: &dyn Reporter) -> Result<Netrc, Error> {
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) if is_required => {
            return Err(Error::Netrc { path: path.to_owned(), reason: super::error::unreadable(&error) });
        }
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound {
                reporter.message(Level::Warning, &format!("netrc is not used: {error}"));
            }
            return Ok(Netrc::default());
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let (netrc, fault) = Netrc::parse(&text);
    if let Some(fault) = fault {
        let text =
            format!("{}:{}: {}; what follows in this netrc file is not used", path.display(), fault.line, fault.reason);
        reporter.message(Level::Warning, &text);
    }
    if let (Ok(metadata), Some(line)) = (fs_err::metadata(path), netrc.first_password_line()) {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.mode() & 0o077 != 0 {
            let text = format!(
                "{}:{line}: others on this machine can read the passwords in this netrc file (mode {:03o}); run `chmod 600` on it",
                path.display(),
                metadata.mode() & 0o777
            );
            reporter.message(Level::Warning, &text);
        }
    }
    Ok(netrc)
}
