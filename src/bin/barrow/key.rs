//! The table of settings: what each is called in every place that it can come from.

/// How many values a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One value.
    Text,
    /// Any number; in a variable, separated by white space, as pip has it.
    List,
    /// On or off.
    Switch,
    /// On, off, or any number of values that say how.
    SwitchOrList,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Key {
    /// Name of the flag without hyphens, and of the key in settings files.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Another name in settings files.
    pub(crate) alias: Option<&'static str>,
    /// uv's variables, best first.
    pub(crate) uv: &'static [&'static str],
    /// Variables that many programs read, after pip's.
    pub(crate) common: &'static [&'static str],
    /// pip's option, which is also its variable `PIP_…` and its key in pip.conf.
    pub(crate) pip: Option<&'static str>,
}

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, alias: None, uv: &[], common: &[], pip: None }
}

impl Key {
    const fn alias(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }

    const fn uv(self, uv: &'static [&'static str]) -> Self {
        Self { uv, ..self }
    }

    const fn common(self, common: &'static [&'static str]) -> Self {
        Self { common, ..self }
    }

    const fn pip(self, option: &'static str) -> Self {
        Self { pip: Some(option), ..self }
    }

    /// barrow's own environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("BARROW_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// pip's environment variable.
    pub(crate) fn pip_variable(&self) -> Option<String> {
        self.pip.map(|option| format!("PIP_{}", option.to_uppercase().replace('-', "_")))
    }

    /// The row of a setting.
    ///
    /// # Panics
    /// When the table has no such row: names are written in this program only.
    pub(crate) fn of(name: &str) -> &'static Self {
        KEYS.iter().find(|key| key.name == name).expect("every setting that is asked for stands in the table")
    }
}

/// Keys of a `[[function]]` or `[[layer]]` that are no settings.
pub(crate) const OWN_KEYS: &[&str] =
    &["name", "source", "glob", "names-from", "packages", "dependencies", "output", "handler", "layers"];

/// Every setting, in the order in which `barrow config` shows them.
pub(crate) static KEYS: &[Key] = &[
    key("runtime", Kind::List),
    key("arch", Kind::List).alias("architecture"),
    key("python-version", Kind::Text),
    key("glibc", Kind::Text),
    key("requirement", Kind::List).alias("requirements"),
    key("lock", Kind::List),
    key("constraint", Kind::List).alias("constraints").pip("constraint"),
    key("override", Kind::List).alias("overrides"),
    key("no-deps", Kind::Switch),
    key("require-hashes", Kind::Switch).pip("require-hashes"),
    key("no-binary", Kind::List).pip("no-binary"),
    key("only-binary", Kind::List).pip("only-binary"),
    key("allow-build", Kind::List),
    key("no-build", Kind::Switch),
    key("build-python", Kind::Text),
    key("build-network", Kind::Switch),
    key("config-settings", Kind::List),
    key("extra", Kind::List),
    key("all-extras", Kind::Switch),
    key("group", Kind::List),
    key("only-group", Kind::List),
    key("no-project", Kind::Switch),
    key("frozen", Kind::Switch),
    key("exclude-package", Kind::List),
    key("without", Kind::List),
    key("index", Kind::List).uv(&["UV_INDEX"]),
    key("extra-index-url", Kind::List).uv(&["UV_EXTRA_INDEX_URL"]).pip("extra-index-url"),
    key("index-url", Kind::Text).alias("default-index").uv(&["UV_DEFAULT_INDEX", "UV_INDEX_URL"]).pip("index-url"),
    key("find-links", Kind::List).uv(&["UV_FIND_LINKS"]).pip("find-links"),
    key("mirror", Kind::Text),
    key("no-index", Kind::Switch).pip("no-index"),
    key("offline", Kind::Switch),
    key("refresh", Kind::Switch),
    key("index-strategy", Kind::Text),
    key("keyring-provider", Kind::Text).uv(&["UV_KEYRING_PROVIDER"]).pip("keyring-provider"),
    key("netrc-file", Kind::Text),
    key("cert", Kind::Text).pip("cert").common(&[
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ]),
    key("client-cert", Kind::Text).pip("client-cert").common(&["SSL_CLIENT_CERT"]),
    key("proxy", Kind::Text).pip("proxy"),
    key("allow-insecure-host", Kind::List).alias("trusted-host").uv(&["UV_INSECURE_HOST"]).pip("trusted-host"),
    key("timeout", Kind::Text),
    key("retries", Kind::Text).pip("retries"),
    key("concurrent-requests", Kind::Text),
    key("concurrent-downloads", Kind::Text).uv(&["UV_CONCURRENT_DOWNLOADS"]),
    key("exclude-newer", Kind::Text),
    key("prerelease", Kind::Text),
    key("pre", Kind::Switch).pip("pre"),
    key("resolution", Kind::Text),
    key("prefer-binary", Kind::Switch),
    key("no-prefer-binary", Kind::Switch),
    key("no-source", Kind::Switch),
    key("source", Kind::List).alias("sources"),
    key("exclude", Kind::List),
    key("include", Kind::List),
    key("gitignore", Kind::Switch),
    key("follow-links", Kind::Switch),
    key("slim", Kind::SwitchOrList),
    key("exclude-runtime", Kind::Switch),
    key("compile-bytecode", Kind::Switch),
    key("sbom", Kind::List),
    key("deny-license", Kind::List).alias("deny-licenses"),
    key("link-mode", Kind::Text),
    key("max-size", Kind::Text),
    key("split", Kind::SwitchOrList),
    key("max-unpacked-size", Kind::Text),
    key("max-ratio", Kind::Text),
    key("strict", Kind::Switch),
    key("accept-record", Kind::List),
    key("cache-dir", Kind::Text),
    key("no-cache", Kind::Switch),
    key("remote-cache", Kind::Text),
    key("remote-cache-read", Kind::List),
    key("remote-cache-write", Kind::Text),
    key("remote-cache-private", Kind::List),
    key("remote-cache-key", Kind::List).alias("remote-cache-keys"),
    key("remote-cache-sign-key", Kind::Text),
    key("remote-cache-wait", Kind::Text),
    key("remote-cache-require", Kind::Switch),
];
