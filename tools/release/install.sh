#!/bin/sh
# Installs barrow @VERSION@ for one user: sh install.sh [FOLDER]
#
# Downloads the program for this machine, compares it with the digest in SHA256SUMS, and puts it into FOLDER
# (default: ~/.local/bin). BARROW_BASE_URL names another place to download from, such as a mirror of your own.
set -eu

version=@VERSION@
base=${BARROW_BASE_URL:-@BASE_URL@}

fail() {
    printf 'barrow: %s\n' "$1" >&2
    exit 1
}

has() {
    command -v "$1" > /dev/null 2>&1
}

# fetch URL FILE
fetch() {
    if has curl; then
        curl --fail --silent --show-error --location --output "$2" "$1"
    elif has wget; then
        wget -q -O "$2" "$1"
    else
        fail "neither curl nor wget is here to download with"
    fi || fail "$1 cannot be downloaded"
}

# digest FILE
digest() {
    if has sha256sum; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif has shasum; then
        shasum -a 256 "$1" | cut -d ' ' -f 1
    elif has openssl; then
        openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
    else
        fail "none of sha256sum, shasum and openssl is here to verify the download with"
    fi
}

# All of it in a function: a download of this script that breaks off in the middle runs nothing.
main() {
    case $(uname -m) in
        x86_64 | amd64) processor=x86_64 ;;
        arm64 | aarch64) processor=aarch64 ;;
        *) fail "there is no program for the processor $(uname -m): compile it from its source" ;;
    esac
    case $(uname -s) in
        Linux) system=unknown-linux-musl ;;
        Darwin)
            system=apple-darwin
            # Under Rosetta the processor looks like an Intel one.
            if [ "$(sysctl -n sysctl.proc_translated 2> /dev/null || echo 0)" = 1 ]; then processor=aarch64; fi
            ;;
        *) fail "there is no program for $(uname -s): compile it from its source" ;;
    esac
    folder=${1:-${HOME:?}/.local/bin}
    [ ! -d "$folder/barrow" ] || fail "$folder/barrow is a folder: name another folder to install into"
    name=barrow-$version-$processor-$system
    work=$(mktemp -d)
    trap 'rm -rf "$work" "$folder/.barrow.$$"' EXIT

    fetch "$base/SHA256SUMS" "$work/SHA256SUMS"
    fetch "$base/$name.tar.gz" "$work/$name.tar.gz"
    wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\.tar\.gz\$/\1/p" "$work/SHA256SUMS")
    [ -n "$wanted" ] || fail "$base/SHA256SUMS does not list $name.tar.gz"
    found=$(digest "$work/$name.tar.gz")
    [ "$found" = "$wanted" ] || fail "$name.tar.gz has the digest $found, and SHA256SUMS promises $wanted: nothing was installed"

    tar -xzf "$work/$name.tar.gz" -C "$work"
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    # Beside its place first: a program that runs is replaced and not written into.
    cp "$work/$name/barrow" "$folder/.barrow.$$"
    chmod 755 "$folder/.barrow.$$"
    mv -f "$folder/.barrow.$$" "$folder/barrow"
    printf 'barrow %s is in %s\n' "$version" "$folder"
    case :$PATH: in
        *:"$folder":*) ;;
        *) printf 'That folder is not in PATH. Add it: export PATH="%s:$PATH"\n' "$folder" ;;
    esac
}

main "$@"
