//! What to say to words of other programs.

use super::MET_ANYWAY;

const ENVIRONMENT: &str = "no environment is needed: barrow writes folders and zips";
const NO_CONTAINER: &str = "no container is needed: what is built is for Lambda, whatever this machine is";
const NO_DEVELOPMENT: &str = "no group for development is taken, unless --group names it";
const NO_PROGRAM_RUN: &str = "barrow makes bundles, and runs nothing of them";
const NO_PYTHON: &str = "no Python is needed to bundle; one that builds or compiles is named with --build-python";
const TO_FOLDER: &str = "barrow never installs into a Python: name a folder with -t";
const PLACE: &str = "name a folder with -t";
const OUT: &str = "`barrow bundle` and `barrow layer` write to -o OUT, `barrow install` to -t DIR";
const MIRROR: &str = "`barrow mirror -o DIR` downloads everything into a folder that works as an index";
const PROCESSOR: &str = "name the processor with --arch, and an older glibc with --glibc";
const RUNTIME: &str =
    "name the runtime with --runtime or --python-version, and the Python that builds with --build-python";
const NEWEST: &str = "every run takes the newest versions that fit; `barrow lock --upgrade` renews a lock, and --refresh asks the indexes anew";
const EDITABLE: &str = "write `-e DIR` into a requirements file; the folder is built and bundled";
const BY_HAND: &str = "barrow does not replace itself: update it the way it was installed";
const NOTHING_TO_AWS: &str =
    "barrow brings nothing to AWS: `sam deploy`, `cdk deploy`, `terraform apply` and `aws lambda` do";
const OF_SAM: &str = "`sam` itself does that, with what `barrow sam build` makes";
const INVOKE: &str = "barrow runs no function: `sam local invoke` does, with what `barrow sam build` makes";
const DEPLOY: &str = "barrow makes what `sam deploy`, `cdk deploy`, `terraform apply` and `aws lambda update-function-code` bring to AWS";
const CALLED: &str =
    "it is the other program that calls barrow, by a plugin, a construct or a module: the manual has a page for each";
const EMPTY_CACHE: &str = "`barrow cache clean` empties the cache, and `barrow cache prune` removes what is old";
const TAKE_AWAY: &str = "`barrow cache clean` empties the cache; the program is removed the way it was installed";
const AGAIN: &str = "OUT is made anew wherever it is not as it should be; --refresh asks the indexes anew";
const NEVER_ASKS: &str = "barrow asks no questions: what it did not make is replaced with --force only";
const IN_FILE: &str =
    "settings are written into barrow.toml; `barrow config` shows what counts and where it comes from";
const LOG_IN: &str = "credentials are read from netrc, the environment and keyring; `barrow config` shows what counts";
const COMPLETIONS: &str = "`barrow completions SHELL` prints a script for the shell";
const STATE: &str =
    "`barrow config` shows the settings, `barrow cache size` the cache, `barrow --version -v` the program";
const HASHES: &str = "hashes that are known are always verified; --require-hashes demands one of every file";
const OWN_BUILD: &str = "each build has an environment of its own, with what the project itself says that it takes";
const COMMENTS: &str = "leave it out: a comment says who asked for each line, in one form";
const MORE_TOLD: &str = "-v tells more, on standard error";
const FOR_LAYER: &str = "name the target with --runtime and --arch; what the layer says of itself is for `aws lambda publish-layer-version`";

/// An option, a command or a value that belongs to another program, with the command that it stands behind where that
/// matters, and what to say to it.
const ADVICE: &[(&str, &str)] = &[
    ("--abi", "the runtime decides which ABI fits: name it with --runtime"),
    ("--all-groups", "name each group with --group"),
    ("--architectures", "--arch names the processor"),
    ("--break-system-packages", TO_FOLDER),
    ("--build-constraint", OWN_BUILD),
    ("--build-constraints", OWN_BUILD),
    ("--build-image", NO_CONTAINER),
    ("--build-in-source", NO_CONTAINER),
    ("--build-option", "--config-settings passes settings to a build"),
    ("--cached", "barrow remembers what it made anyway, and makes nothing again that has not changed"),
    ("--capabilities", NOTHING_TO_AWS),
    ("--clean", AGAIN),
    ("--compatible-architectures", FOR_LAYER),
    ("--compatible-runtimes", FOR_LAYER),
    ("--container-env-var", "no container is needed, and builds of packages see a clean environment"),
    ("--debug", MORE_TOLD),
    ("--dest", MIRROR),
    ("--dev", "--group dev takes that group as well"),
    ("--docker", NO_CONTAINER),
    ("--docker-network", NO_CONTAINER),
    ("--dockerize-pip", NO_CONTAINER),
    (
        "--dry-run",
        "`barrow lock -o -` and `barrow tree` show what would be chosen, `barrow bundle --list` what would be written",
    ),
    ("--editable", EDITABLE),
    ("--emit-index-url", COMMENTS),
    ("--exact", "`barrow bundle` makes OUT anew, and nothing else is in it"),
    ("--exclude-dev", NO_DEVELOPMENT),
    ("--exists-action", NEVER_ASKS),
    ("--fix", "barrow changes no requirements: `barrow lock --upgrade` chooses newer versions"),
    ("--fork-strategy", "one pylock.toml serves all targets, each named with --runtime and --arch"),
    ("--global-option", "--config-settings passes settings to a build"),
    ("--guided", NOTHING_TO_AWS),
    ("--hook-name", "the template of something else, such as Terraform, is made by `sam build` alone"),
    ("--ignore", "--exclude GLOB leaves files out"),
    ("--implementation", "Lambda's Python is CPython, and nothing else can be chosen"),
    ("--install-option", "--config-settings passes settings to a build"),
    ("--locked", "a lock is held against the project anyway; `--frozen` takes it as it is"),
    ("--log", MORE_TOLD),
    ("--managed-python", NO_PYTHON),
    ("--manifest", "-r FILE names the requirements of every function and layer"),
    ("--mount-with", NO_CONTAINER),
    ("--native-tls", "certificates of this machine are trusted anyway; --cert FILE names others"),
    ("--no-annotate", COMMENTS),
    ("--no-build-isolation", OWN_BUILD),
    ("--no-compile", "no bytecode is written, unless --compile-bytecode asks for it"),
    ("--no-dev", NO_DEVELOPMENT),
    ("--no-docker", NO_CONTAINER),
    ("--no-editable", "folders are built and bundled, never linked to"),
    ("--no-header", COMMENTS),
    ("--no-managed-python", NO_PYTHON),
    ("--no-python-downloads", NO_PYTHON),
    ("--no-root", "--no-project leaves the project itself out"),
    ("--no-sources", "what the project says of where names come from always counts"),
    ("--no-strip", "libraries stay as they are: barrow strips none"),
    ("--no-verify-hashes", HASHES),
    ("--only", "--only-group NAME takes that group alone"),
    ("--out", OUT),
    ("--outdir", OUT),
    ("--output-dir", OUT),
    ("--overwrite", NEVER_ASKS),
    ("--parallel", "functions are made at the same time anyway; --jobs says how many"),
    ("--platform", PROCESSOR),
    ("--prefix", PLACE),
    ("--production", NO_DEVELOPMENT),
    ("--profile", "credentials for CodeArtifact and buckets are those of AWS_PROFILE; nothing else of AWS is asked"),
    ("--progress-bar", "--no-progress switches it off"),
    ("--py", RUNTIME),
    ("--python", RUNTIME),
    ("--python-downloads", NO_PYTHON),
    ("--python-platform", PROCESSOR),
    ("--python-preference", NO_PYTHON),
    ("--regenerate", "`barrow lock --upgrade` chooses all versions anew"),
    (
        "--region",
        "the region of CodeArtifact stands in its URL, that of a bucket in AWS_REGION; nothing else of AWS is asked",
    ),
    ("--reinstall", AGAIN),
    ("--requirements-file", "-r FILE names it"),
    ("--root", PLACE),
    ("--s3-bucket", NOTHING_TO_AWS),
    ("--skip-pull-image", NO_CONTAINER),
    ("--stack-name", NOTHING_TO_AWS),
    ("--strip", "libraries stay as they are: barrow strips none; --slim leaves out what no program needs"),
    ("--sync", AGAIN),
    ("--system", TO_FOLDER),
    ("--system-certs", "certificates of this machine are trusted anyway; --cert FILE names others"),
    ("--target", OUT),
    ("--threads", "--concurrent-requests says how much is fetched at a time"),
    ("--torch-backend", "name PyTorch's own index: `--index torch=https://download.pytorch.org/whl/cpu`"),
    ("--universal", "name each target with --runtime and --arch: one pylock.toml serves all of them"),
    ("--upgrade", NEWEST),
    ("--use-container", NO_CONTAINER),
    ("--use-docker", NO_CONTAINER),
    ("--use-feature", "leave it out: it is for pip alone"),
    ("--user", TO_FOLDER),
    ("--verify-hashes", HASHES),
    ("--wheel", "barrow makes bundles; `uv build` and `python -m build` make wheels"),
    ("--with", "--group NAME takes that group as well"),
    ("--workers", "--concurrent-requests says how much is fetched at a time"),
    ("--yes", NEVER_ASKS),
    ("--zip-file", "-o function.zip makes a zip"),
    ("-U", NEWEST),
    ("-d", OUT),
    ("-e", EDITABLE),
    ("-p", RUNTIME),
    ("-y", NEVER_ASKS),
    ("sam build -u", NO_CONTAINER),
    ("sam build -x", "`exclude` in samconfig.toml leaves functions and layers out"),
    ("add", "write the requirement into requirements.txt or pyproject.toml"),
    ("auth", LOG_IN),
    ("autocomplete", COMPLETIONS),
    ("cache clear", EMPTY_CACHE),
    ("cache purge", EMPTY_CACHE),
    ("cache remove", EMPTY_CACHE),
    ("cdk", CALLED),
    ("clean", EMPTY_CACHE),
    ("compile", "`barrow lock -o requirements.txt` writes the versions that were chosen"),
    ("completion", COMPLETIONS),
    ("config set", IN_FILE),
    ("config unset", IN_FILE),
    ("deploy", DEPLOY),
    ("doctor", STATE),
    ("download", MIRROR),
    ("env", ENVIRONMENT),
    ("export", "`barrow lock --format requirements` writes a lock as requirements"),
    ("freeze", "`barrow lock -o -` prints the versions that are chosen"),
    ("generate-shell-completion", COMPLETIONS),
    ("info", STATE),
    ("invoke", INVOKE),
    ("list", "`barrow tree` shows what is in a resolution"),
    ("local", INVOKE),
    ("login", LOG_IN),
    ("new", "`barrow init` writes a barrow.toml from what it finds"),
    ("outdated", "`barrow lock --upgrade -o -` prints the newest versions that fit"),
    ("package", "`barrow bundle` makes a folder or a zip that Lambda can load"),
    ("pip-compile", "`barrow lock -o requirements.txt` writes the versions that were chosen"),
    ("publish", "barrow makes what `aws lambda publish-layer-version` and others bring to AWS"),
    ("purge", EMPTY_CACHE),
    ("python", NO_PYTHON),
    ("remove", "take the requirement out of requirements.txt or pyproject.toml, and run barrow again"),
    ("run", NO_PROGRAM_RUN),
    ("sam init", "a template is written by `sam init`, and built by `barrow sam build`"),
    ("sam logs", OF_SAM),
    ("sam sync", OF_SAM),
    ("sam validate", OF_SAM),
    ("search", "an index cannot be searched by words; `barrow why NAME` shows a package of the resolution"),
    ("self remove", TAKE_AWAY),
    ("self uninstall", TAKE_AWAY),
    ("serverless", CALLED),
    ("shell", ENVIRONMENT),
    ("show", "`barrow why NAME` shows a package of the resolution"),
    ("sls", CALLED),
    ("source", "`--index NAME=URL`, or [[index]] in barrow.toml, names an index"),
    ("status", STATE),
    ("sync", "`barrow install -t DIR` brings a folder to what the requirements ask for"),
    ("synth", CALLED),
    ("test", NO_PROGRAM_RUN),
    ("tool", NO_PROGRAM_RUN),
    ("uninstall", "leave the requirement out and run barrow again: OUT is made anew"),
    ("update", BY_HAND),
    ("upgrade", BY_HAND),
    ("uv", "leave `uv` out: `barrow pip install -r FILE -t DIR` works"),
    ("venv", ENVIRONMENT),
    ("verify", "`barrow check PATH` tells whether a bundle will load"),
    ("version", "`barrow --version` tells it"),
    ("wheel", "`barrow bundle --allow-build NAME` builds what has no wheel"),
    ("zip", "`barrow bundle SOURCE -o function.zip` makes a zip"),
    ("first-match", "the strategy of that meaning is first-index"),
    ("unsafe-first-match", "the strategies are first-index and unsafe-best-match"),
];

/// What to say to options that ask pip for what barrow does anyway.
const OF_PIP: &str = "leave it out: it changes nothing here, and `barrow pip install` passes over it";

/// What to say to `word`, which the parser does not know behind `command`.
pub(crate) fn advice(command: &str, word: &str) -> Option<&'static str> {
    let name = word.split('=').next().unwrap_or(word);
    let in_command = format!("{command} {name}");
    let said = |wanted: &str| ADVICE.iter().find(|(known, _)| *known == wanted).map(|(_, text)| *text);
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
