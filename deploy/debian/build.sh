#!/usr/bin/env bash
# Builds the Debian package for this machine's architecture and release of Debian: the program, the service, manual pages
# and completions. Needs cargo and cargo-deb (cargo install cargo-deb --version 3.8.0 --locked).
#     deploy/debian/build.sh               → target/debian/parallax_0.1.0-1_amd64.deb
#     deploy/debian/build.sh --no-build    packages target/release/parallax as it is
# MAINTAINER='Name <address>' says who publishes it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# As cargo has it: CARGO_TARGET_DIR can name another folder.
target=${CARGO_TARGET_DIR:-target}
[ "${1:-}" = --no-build ] || cargo build --locked --release --bin parallax
made=target/package-files
rm -rf "$made"
mkdir -p "$made/man"
"$target/release/parallax" man "$made/man"
for shell in bash zsh fish; do
  "$target/release/parallax" completions "$shell" > "$made/parallax.$shell"
done
gzip --best --no-name --to-stdout CHANGELOG.md > "$made/changelog.gz"
# The same package from the same sources: files have the time of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
cargo deb --no-build --locked ${MAINTAINER:+--maintainer "$MAINTAINER"}
