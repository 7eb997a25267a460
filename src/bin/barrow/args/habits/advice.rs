//! What to say to words of other programs.

use super::MET_ANYWAY;

const IN_FILE: &str =
    "settings are written into barrow.toml; `barrow config` shows what counts and where it comes from";

/// What belongs to another program, options, commands and values, with the command that a word stands behind where that
/// matters; and what to say to all of them.
const ADVICE: &[(&[&str], &str)] = &[
    (&["--abi"], "the runtime decides which ABI fits: name it with --runtime"),
    (&["--all-groups"], "name each group with --group"),
    (&["--architectures"], "--arch names the processor"),
    (&["--break-system-packages", "--system", "--user"], "barrow never installs into a Python: name a folder with -t"),
    (
        &["--build-constraint", "--build-constraints", "--no-build-isolation"],
        "each build has an environment of its own, with what the project itself says that it takes",
    ),
    (
        &[
            "--build-image",
            "--build-in-source",
            "--docker",
            "--docker-network",
            "--dockerize-pip",
            "--mount-with",
            "--no-docker",
            "--skip-pull-image",
            "--use-container",
            "--use-docker",
            "sam build -u",
        ],
        "no container is needed: what is built is for Lambda, whatever this machine is",
    ),
    (&["--build-option", "--global-option", "--install-option"], "--config-settings passes settings to a build"),
    (&["--cached"], "barrow remembers what it made anyway, and makes nothing again that has not changed"),
    (
        &["--capabilities", "--guided", "--s3-bucket", "--stack-name"],
        "barrow brings nothing to AWS: `sam deploy`, `cdk deploy`, `terraform apply` and `aws lambda` do",
    ),
    (
        &["--clean", "--reinstall", "--sync"],
        "OUT is made anew wherever it is not as it should be; --refresh asks the indexes anew",
    ),
    (
        &["--compatible-architectures", "--compatible-runtimes"],
        "name the target with --runtime and --arch; what the layer says of itself is for `aws lambda publish-layer-version`",
    ),
    (&["--container-env-var"], "no container is needed, and builds of packages see a clean environment"),
    (&["--debug", "--log"], "-v tells more, on standard error"),
    (&["--dest", "download"], "`barrow mirror -o DIR` downloads everything into a folder that works as an index"),
    (&["--dev"], "--group dev takes that group as well"),
    (
        &["--dry-run"],
        "`barrow lock -o -` and `barrow tree` show what would be chosen, `barrow bundle --list` what would be written",
    ),
    (&["--editable", "-e"], "write `-e DIR` into a requirements file; the folder is built and bundled"),
    (
        &["--emit-index-url", "--no-annotate", "--no-header"],
        "leave it out: a comment says who asked for each line, in one form",
    ),
    (&["--exact"], "`barrow bundle` makes OUT anew, and nothing else is in it"),
    (&["--exclude-dev", "--no-dev", "--production"], "no group for development is taken, unless --group names it"),
    (
        &["--exists-action", "--overwrite", "--yes", "-y"],
        "barrow asks no questions: what it did not make is replaced with --force only",
    ),
    (&["--fix"], "barrow changes no requirements: `barrow lock --upgrade` chooses newer versions"),
    (&["--fork-strategy"], "one pylock.toml serves all targets, each named with --runtime and --arch"),
    (&["--hook-name"], "the template of something else, such as Terraform, is made by `sam build` alone"),
    (&["--ignore"], "--exclude GLOB leaves files out"),
    (&["--implementation"], "Lambda's Python is CPython, and nothing else can be chosen"),
    (&["--locked"], "a lock is held against the project anyway; `--frozen` takes it as it is"),
    (
        &[
            "--managed-python",
            "--no-managed-python",
            "--no-python-downloads",
            "--python-downloads",
            "--python-preference",
            "python",
        ],
        "no Python is needed to bundle; one that builds or compiles is named with --build-python",
    ),
    (&["--manifest"], "-r FILE names the requirements of every function and layer"),
    (&["--native-tls", "--system-certs"], "certificates of this machine are trusted anyway; --cert FILE names others"),
    (&["--no-compile"], "no bytecode is written, unless --compile-bytecode asks for it"),
    (&["--no-editable"], "folders are built and bundled, never linked to"),
    (&["--no-root"], "--no-project leaves the project itself out"),
    (&["--no-sources"], "what the project says of where names come from always counts"),
    (&["--no-strip"], "libraries stay as they are: barrow strips none"),
    (
        &["--no-verify-hashes", "--verify-hashes"],
        "hashes that are known are always verified; --require-hashes demands one of every file",
    ),
    (&["--only"], "--only-group NAME takes that group alone"),
    (
        &["--out", "--outdir", "--output-dir", "--target", "-d"],
        "`barrow bundle` and `barrow layer` write to -o OUT, `barrow install` to -t DIR",
    ),
    (&["--parallel"], "functions are made at the same time anyway; --jobs says how many"),
    (&["--platform", "--python-platform"], "name the processor with --arch, and an older glibc with --glibc"),
    (&["--prefix", "--root"], "name a folder with -t"),
    (&["--profile"], "credentials for CodeArtifact and buckets are those of AWS_PROFILE; nothing else of AWS is asked"),
    (&["--progress-bar"], "--no-progress switches it off"),
    (
        &["--py", "--python", "-p"],
        "name the runtime with --runtime or --python-version, and the Python that builds with --build-python",
    ),
    (&["--regenerate"], "`barrow lock --upgrade` chooses all versions anew"),
    (
        &["--region"],
        "the region of CodeArtifact stands in its URL, that of a bucket in AWS_REGION; nothing else of AWS is asked",
    ),
    (&["--requirements-file"], "-r FILE names it"),
    (&["--strip"], "libraries stay as they are: barrow strips none; --slim leaves out what no program needs"),
    (&["--threads", "--workers"], "--concurrent-requests says how much is fetched at a time"),
    (&["--torch-backend"], "name PyTorch's own index: `--index torch=https://download.pytorch.org/whl/cpu`"),
    (&["--universal"], "name each target with --runtime and --arch: one pylock.toml serves all of them"),
    (
        &["--upgrade", "-U"],
        "every run takes the newest versions that fit; `barrow lock --upgrade` renews a lock, and --refresh asks the indexes anew",
    ),
    (&["--use-feature"], "leave it out: it is for pip alone"),
    (&["--wheel"], "barrow makes bundles; `uv build` and `python -m build` make wheels"),
    (&["--with"], "--group NAME takes that group as well"),
    (&["--zip-file"], "-o function.zip makes a zip"),
    (&["sam build -x"], "`exclude` in samconfig.toml leaves functions and layers out"),
    (&["add"], "write the requirement into requirements.txt or pyproject.toml"),
    (
        &["auth", "login"],
        "credentials are read from netrc, the environment and keyring; `barrow config` shows what counts",
    ),
    (
        &["autocomplete", "completion", "generate-shell-completion"],
        "`barrow completions SHELL` prints a script for the shell",
    ),
    (
        &["cache clear", "cache purge", "cache remove", "clean", "purge"],
        "`barrow cache clean` empties the cache, and `barrow cache prune` removes what is old",
    ),
    (
        &["cdk", "serverless", "sls", "synth"],
        "it is the other program that calls barrow, by a plugin, a construct or a module: the manual has a page for each",
    ),
    (&["compile", "pip-compile"], "`barrow lock -o requirements.txt` writes the versions that were chosen"),
    (&["config set", "config unset"], IN_FILE),
    (
        &["deploy"],
        "barrow makes what `sam deploy`, `cdk deploy`, `terraform apply` and `aws lambda update-function-code` bring to AWS",
    ),
    (
        &["doctor", "info", "status"],
        "`barrow config` shows the settings, `barrow cache size` the cache, `barrow --version -v` the program",
    ),
    (&["env", "shell", "venv"], "no environment is needed: barrow writes folders and zips"),
    (&["export"], "`barrow lock --format requirements` writes a lock as requirements"),
    (&["freeze"], "`barrow lock -o -` prints the versions that are chosen"),
    (&["invoke", "local"], "barrow runs no function: `sam local invoke` does, with what `barrow sam build` makes"),
    (&["list"], "`barrow tree` shows what is in a resolution"),
    (&["new"], "`barrow init` writes a barrow.toml from what it finds"),
    (&["outdated"], "`barrow lock --upgrade -o -` prints the newest versions that fit"),
    (&["package"], "`barrow bundle` makes a folder or a zip that Lambda can load"),
    (&["publish"], "barrow makes what `aws lambda publish-layer-version` and others bring to AWS"),
    (&["remove"], "take the requirement out of requirements.txt or pyproject.toml, and run barrow again"),
    (&["run", "test", "tool"], "barrow makes bundles, and runs nothing of them"),
    (&["sam init"], "a template is written by `sam init`, and built by `barrow sam build`"),
    (&["sam logs", "sam sync", "sam validate"], "`sam` itself does that, with what `barrow sam build` makes"),
    (&["search"], "an index cannot be searched by words; `barrow why NAME` shows a package of the resolution"),
    (
        &["self remove", "self uninstall"],
        "`barrow cache clean` empties the cache; the program is removed the way it was installed",
    ),
    (&["show"], "`barrow why NAME` shows a package of the resolution"),
    (&["source"], "`--index NAME=URL`, or [[index]] in barrow.toml, names an index"),
    (&["sync"], "`barrow install -t DIR` brings a folder to what the requirements ask for"),
    (&["uninstall"], "leave the requirement out and run barrow again: OUT is made anew"),
    (&["update", "upgrade"], "barrow does not replace itself: update it the way it was installed"),
    (&["uv"], "leave `uv` out: `barrow pip install -r FILE -t DIR` works"),
    (&["verify"], "`barrow check PATH` tells whether a bundle will load"),
    (&["version"], "`barrow --version` tells it"),
    (&["wheel"], "`barrow bundle --allow-build NAME` builds what has no wheel"),
    (&["zip"], "`barrow bundle SOURCE -o function.zip` makes a zip"),
    (&["first-match"], "the strategy of that meaning is first-index"),
    (&["unsafe-first-match"], "the strategies are first-index and unsafe-best-match"),
];

/// What to say to options that ask pip for what barrow does anyway.
const OF_PIP: &str = "leave it out: it changes nothing here, and `barrow pip install` passes over it";

/// What to say to `word`, which the parser does not know behind `command`.
pub(crate) fn advice(command: &str, word: &str) -> Option<&'static str> {
    let name = word.split('=').next().unwrap_or(word);
    let in_command = format!("{command} {name}");
    let said = |wanted: &str| ADVICE.iter().find(|(known, _)| known.contains(&wanted)).map(|(_, text)| *text);
    let is_pips = MET_ANYWAY.iter().any(|known| known.trim_end_matches('=') == name);
    said(&in_command).or_else(|| said(name)).or_else(|| is_pips.then_some(OF_PIP))
}

/// What to say to a value that is one too many behind `command`.
pub(crate) fn stray(command: &str) -> Option<&'static str> {
    match command {
        "bundle" => Some("one folder is bundled; what is written is named with -o"),
        "config" => Some(IN_FILE),
        "sam build" => Some(
            "all functions and layers are made, and what has not changed costs nothing; `exclude` in samconfig.toml leaves some out",
        ),
        "terraform" => Some("it is Terraform that calls `barrow terraform`, as its `external` data source"),
        _ => None,
    }
}
