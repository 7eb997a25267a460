//! The table of settings: what each is called in every place that it can come from.

/// How many values a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// One value that is a text.
    Text,
    /// Any number; in a variable, separated by white space, as pip has it.
    List,
    /// On or off.
    Switch,
    /// On, off, or any number of values that say how.
    SwitchOrList,
}

/// A setting: its names in every place that can have it.
#[derive(Debug)]
pub(crate) struct Key {
    /// Name of the flag without hyphens, and of the key in settings files.
    pub(crate) name: &'static str,
    pub(crate) kind: Arity,
    /// Another name in settings files.
    pub(crate) alias: Option<&'static str>,
    /// uv's variables, best first.
    pub(crate) uv: &'static [&'static str],
    /// Variables that many programs read, after pip's.
    pub(crate) common: &'static [&'static str],
    /// pip's option, which is also its variable `PIP_…` and its key in pip.conf.
    pub(crate) pip: Option<&'static str>,
}

const fn key(name: &'static str, kind: Arity) -> Key {
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
        variable_of(self.name)
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

/// The variable of an option.
pub(crate) fn variable_of(long: &str) -> String {
    format!("BARROW_{}", long.to_uppercase().replace('-', "_"))
}

/// Keys of a `[[function]]` or `[[layer]]` that are no settings.
pub(crate) const OWN_KEYS: &[&str] =
    &["name", "source", "glob", "names-from", "packages", "dependencies", "output", "handler", "layers"];

/// Every setting, in the order in which `barrow config` shows them.
pub(crate) static KEYS: &[Key] = &[
    key("runtime", Arity::List),
    key("arch", Arity::List).alias("architecture"),
    key("python-version", Arity::Text),
    key("glibc", Arity::Text),
    key("requirement", Arity::List).alias("requirements"),
    key("no-deps-requirement", Arity::List),
    key("lock", Arity::List),
    key("constraint", Arity::List).alias("constraints").uv(&["UV_CONSTRAINT"]).pip("constraint"),
    key("override", Arity::List).alias("overrides").uv(&["UV_OVERRIDE"]),
    key("no-deps", Arity::Switch),
    key("require-hashes", Arity::Switch).uv(&["UV_REQUIRE_HASHES"]).pip("require-hashes"),
    key("no-binary", Arity::List).uv(&["UV_NO_BINARY", "UV_NO_BINARY_PACKAGE"]).pip("no-binary"),
    key("only-binary", Arity::List).uv(&["UV_NO_BUILD_PACKAGE"]).pip("only-binary"),
    key("allow-build", Arity::List),
    key("no-build", Arity::Switch),
    key("build-python", Arity::Text),
    key("build-network", Arity::Switch),
    key("config-settings", Arity::List),
    key("extra", Arity::List),
    key("all-extras", Arity::Switch),
    key("group", Arity::List),
    key("only-group", Arity::List),
    key("no-project", Arity::Switch),
    key("frozen", Arity::Switch),
    key("exclude-package", Arity::List),
    key("without", Arity::List),
    key("index", Arity::List).uv(&["UV_INDEX"]),
    key("extra-index-url", Arity::List).uv(&["UV_EXTRA_INDEX_URL"]).pip("extra-index-url"),
    key("index-url", Arity::Text).alias("default-index").uv(&["UV_DEFAULT_INDEX", "UV_INDEX_URL"]).pip("index-url"),
    key("find-links", Arity::List).uv(&["UV_FIND_LINKS"]).pip("find-links"),
    key("mirror", Arity::Text),
    key("no-index", Arity::Switch).pip("no-index"),
    key("offline", Arity::Switch).uv(&["UV_OFFLINE"]),
    key("refresh", Arity::Switch),
    key("index-strategy", Arity::Text).uv(&["UV_INDEX_STRATEGY"]),
    key("keyring-provider", Arity::Text).uv(&["UV_KEYRING_PROVIDER"]).pip("keyring-provider"),
    key("netrc-file", Arity::Text),
    key("cert", Arity::Text).pip("cert").common(&[
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ]),
    key("client-cert", Arity::Text).pip("client-cert").common(&["SSL_CLIENT_CERT"]),
    key("proxy", Arity::Text).pip("proxy"),
    key("allow-insecure-host", Arity::List).alias("trusted-host").uv(&["UV_INSECURE_HOST"]).pip("trusted-host"),
    key("timeout", Arity::Text).uv(&["UV_HTTP_TIMEOUT"]).common(&["PIP_DEFAULT_TIMEOUT"]).pip("timeout"),
    key("retries", Arity::Text).pip("retries"),
    key("concurrent-requests", Arity::Text),
    key("concurrent-downloads", Arity::Text).uv(&["UV_CONCURRENT_DOWNLOADS"]),
    key("exclude-newer", Arity::Text).uv(&["UV_EXCLUDE_NEWER"]).pip("uploaded-prior-to"),
    key("prerelease", Arity::Text).uv(&["UV_PRERELEASE"]),
    key("pre", Arity::Switch).pip("pre"),
    key("resolution", Arity::Text).uv(&["UV_RESOLUTION"]),
    key("prefer-binary", Arity::Switch),
    key("no-prefer-binary", Arity::Switch),
    key("no-source", Arity::Switch),
    key("source", Arity::List).alias("sources"),
    key("exclude", Arity::List),
    key("include", Arity::List),
    key("gitignore", Arity::Switch),
    key("follow-links", Arity::Switch),
    key("slim", Arity::SwitchOrList),
    key("exclude-runtime", Arity::Switch),
    key("compile-bytecode", Arity::Switch),
    key("sbom", Arity::List),
    key("deny-license", Arity::List).alias("deny-licenses"),
    key("link-mode", Arity::Text),
    key("max-size", Arity::Text),
    key("split", Arity::SwitchOrList),
    key("max-unpacked-size", Arity::Text),
    key("max-ratio", Arity::Text),
    key("strict", Arity::Switch),
    key("accept-record", Arity::List),
    key("cache-dir", Arity::Text),
    key("no-cache", Arity::Switch),
    key("remote-cache", Arity::Text),
    key("remote-cache-read", Arity::List),
    key("remote-cache-write", Arity::Text),
    key("remote-cache-private", Arity::List),
    key("remote-cache-key", Arity::List).alias("remote-cache-keys"),
    key("remote-cache-no-claims", Arity::Switch),
    key("remote-cache-sign-key", Arity::Text),
    key("remote-cache-wait", Arity::Text),
    key("remote-cache-require", Arity::Switch),
];
