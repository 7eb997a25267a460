#!/usr/bin/env bash
# Puts barrow in place: the program that is there, an archive by its digest, or the Python package.
set -euo pipefail

fail() {
    printf '::error title=barrow::%s\n' "$1"
    exit 1
}

folder="$RUNNER_TEMP/barrow"
mkdir -p "$folder"
if [ -n "${INPUT_PROGRAM:-}" ]; then
    program=$(command -v "$INPUT_PROGRAM") || fail "the program $INPUT_PROGRAM is not there"
elif [ -n "${INPUT_ARCHIVE_URL:-}" ]; then
    # Whoever can change the archive must not be able to change the digest with it.
    [[ "${INPUT_ARCHIVE_SHA256:-}" =~ ^[0-9a-f]{64}$ ]] || fail "archive-url needs archive-sha256, the digest that the archive must have"
    curl --fail --silent --show-error --location --output "$folder/barrow.tar.gz" "$INPUT_ARCHIVE_URL" || fail "the archive cannot be downloaded"
    if command -v sha256sum > /dev/null; then
        found=$(sha256sum "$folder/barrow.tar.gz" | cut -d ' ' -f 1)
    else
        found=$(shasum -a 256 "$folder/barrow.tar.gz" | cut -d ' ' -f 1)
    fi
    [ "$found" = "$INPUT_ARCHIVE_SHA256" ] || fail "the archive has the digest $found, and $INPUT_ARCHIVE_SHA256 was promised: nothing was installed"
    # A folder of its own: what an earlier step of the job has put beside it is not what was verified.
    unpacked=$(mktemp -d "$folder/archive.XXXXXX")
    tar -xzf "$folder/barrow.tar.gz" -C "$unpacked"
    program=$(find "$unpacked" -type f -name barrow -perm -u+x | head -n 1)
    [ -n "$program" ] || fail "the archive has no program of the name barrow"
else
    # An environment of its own: the job's Python stays as it is.
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "barrow${INPUT_VERSION:+==$INPUT_VERSION}" ||
        fail "the Python package cannot be installed"
    program="$folder/venv/bin/barrow"
fi
# The next steps may run in other folders.
absolute() {
    case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s/%s\n' "$PWD" "$1" ;; esac
}
program=$(absolute "$program")
"$program" --version
{
    printf 'program=%s\n' "$program"
    printf 'cache-dir=%s\n' "$(absolute "${INPUT_CACHE_DIR:-$RUNNER_TEMP/barrow-cache}")"
} >> "$GITHUB_OUTPUT"
dirname "$program" >> "$GITHUB_PATH"
