#!/usr/bin/env bash
# Installs what is missing on Debian 12 to build (`setup.sh build`), to test (packages: `setup.sh packages`, then from other registries:
# `setup.sh tools`), to time the codec (`setup.sh bench`), the conversion (`setup.sh bench-convert`) or questions to servers
# (`setup.sh bench-stream`). Says what it does; does nothing where everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup: packages are installed by root; there is no sudo here, so run this as root once" >&2
        exit 1
    fi
}

# Installs, or replaces by the newest there is.
apt_install() {
    echo "setup: installing $*"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_packages() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

to_build="ca-certificates clang-19 libclang-rt-19-dev llvm-19 lld-19 g++ cmake ninja-build libtbb-dev liblz4-dev libzstd-dev libcurl4-openssl-dev libssl-dev libproj-dev proj-data
    libcli11-dev libfmt-dev nlohmann-json3-dev libhowardhinnant-date-dev libgtest-dev python3"
to_test="clang-format-19 libbenchmark-dev libasio-dev git nginx-light openssl python3-venv"

version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

rust_version() { rustc --version 2>/dev/null | cut -d' ' -f2; }

# have_cargo LEAST
have_cargo() { command -v cargo >/dev/null && version_at_least "$(rust_version)" "$1"; }

have_node() {
    command -v npm >/dev/null && version_at_least "$(node --version 2>/dev/null | tr -d v)" 18
}

# Other people's readers and codecs: pinned by requirement and lock files.
opinions=tests/opinions

python_packages() {
    install_packages python3-venv
    cmp -s "$opinions/requirements.txt" .venv/installed.txt && return
    echo "setup: Python readers (laspy, lazrs, laszip, copclib)"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r "$opinions/requirements.txt"
    cp "$opinions/requirements.txt" .venv/installed.txt
}

node_packages() {
    have_node || install_packages nodejs npm
    cmp -s "$opinions/node/package-lock.json" "$opinions/node/node_modules/installed.json" && return
    echo "setup: JavaScript readers (copc, laz-perf)"
    (cd "$opinions/node" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$opinions/node/package-lock.json" "$opinions/node/node_modules/installed.json"
}

# need_cargo WHAT [LEAST]. Without security updates Debian 12 stays at Rust 1.85.
need_cargo() {
    local least=${2:-1.88}
    have_cargo "$least" || apt_install cargo-web rustc-web
    have_cargo "$least" && return
    echo "setup: left out: $1. Needs Rust $least, here is $(rust_version); bookworm-security or rustup has newer ones" >&2
    return 1
}

# rust_program FOLDER WHAT. Left out where Rust is too old.
rust_program() {
    need_cargo "$2" || return 0
    echo "setup: $2"
    cargo build --quiet --release --locked --manifest-path "$1/Cargo.toml"
}

# The crate with the lock file that it brings along, built for this processor as its README recommends.
converter=0.16.0
rust_converter() {
    [ "$(.tools/bin/copc_converter --version 2>/dev/null)" != "copc_converter $converter" ] || return 0
    need_cargo "Rust converter (copc_converter)" || return 0
    echo "setup: Rust converter (copc_converter)"
    RUSTFLAGS="-C target-cpu=native" cargo install --quiet --locked --force --root .tools "copc_converter@$converter"
}

# The same for tests, which wait for its building and not for its work: where it is absent, without most optimizations.
test_converter() {
    [ ! -x .tools/bin/copc_converter ] || return 0
    [ "$(.tools/test/bin/copc_converter --version 2>/dev/null)" != "copc_converter $converter" ] || return 0
    need_cargo "Rust converter (copc_converter)" || return 0
    echo "setup: Rust converter (copc_converter)"
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --force --debug --root .tools/test "copc_converter@$converter"
}

# An S3 server that verifies signatures. The tests wait for its building, not for its answers: without optimization that takes half the time.
s3_server=0.14.1
s3_server_rust=1.92
rust_s3_server() {
    [ "$(.tools/bin/s3s-fs --version 2>/dev/null)" != "s3s-fs $s3_server" ] || return 0
    need_cargo "S3 server (s3s-fs)" "$s3_server_rust" || return 0
    echo "setup: S3 server (s3s-fs)"
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --force --debug --root .tools "s3s-fs@$s3_server" --features binary
}

# Debian's, at once: each time costs an update of the lists. Rust and Node where there are none that will do.
packages() {
    local more=()
    have_node || more+=(nodejs npm)
    have_cargo "$s3_server_rust" || more+=(cargo-web rustc-web)
    # shellcheck disable=SC2086 # lists
    install_packages $to_build $to_test "${more[@]}"
}

tools() {
    python_packages
    node_packages
    rust_program "$opinions/rust" "Rust readers (copc-streaming, copc-temporal)"
    [ -f ../shared/data/copc_converter-survey.copc.laz ] || test_converter
    rust_s3_server
}

bench_packages() {
    install_packages libbenchmark-dev git wasi-libc libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32
    python_packages
    node_packages
    rust_program bench/rivals/rust "Rust codec (laz)"
}

bench_convert_packages() {
    install_packages libbenchmark-dev git
    rust_converter
}

bench_stream_packages() {
    install_packages libbenchmark-dev git nginx-light openssl pkg-config libcurl4-openssl-dev
    rust_converter
    rust_program bench/rivals/stream "Rust readers over HTTP (copc-streaming, copc-temporal)"
}

case "${1:-}" in
    # shellcheck disable=SC2086 # a list
    build) install_packages $to_build ;;
    packages) packages ;;
    tools) tools ;;
    bench) bench_packages ;;
    bench-convert) bench_convert_packages ;;
    bench-stream) bench_stream_packages ;;
    *) echo "usage: tools/setup.sh build|packages|tools|bench|bench-convert|bench-stream" >&2; exit 2 ;;
esac
