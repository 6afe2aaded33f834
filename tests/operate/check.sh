#!/usr/bin/env bash
# Checks what is in deploy/, Dockerfile and compose.yaml: by linters, and by a real server, alone and behind Envoy.
# Takes some 20 s. ./test.sh has installed the tools of tests/tools.txt; promtool and busybox are taken from
# Debian's packages without installing them, where there is apt-get, and systemd-analyze where there is systemd.
#     tests/operate/check.sh target/debug/parallax
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/../.."
export PATH="$PWD/.tools/bin:$PATH"

hadolint --failure-threshold style --trusted-registry docker.io --trusted-registry gcr.io Dockerfile
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --enable=all --exclude=SC2250,SC2292,SC2310,SC2312 --severity=style
yamllint --strict --config-file tests/operate/yamllint.yaml compose.yaml deploy tests/operate
check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
# Patches of the folder tls are no whole manifests: they are checked rendered, see docs/operations.md.
for version in 1.30 1.34 1.37; do
  find deploy/kubernetes/base -name '*.yaml' ! -name kustomization.yaml -print0 \
    | xargs -0 kubernetes-validate --strict --quiet --kubernetes-version "$version"
done
envoy --mode validate --config-path deploy/envoy/envoy.yaml --log-level error >/dev/null

# What no package of Python brings, out of Debian's packages: debian PROGRAM PACKAGE PATH prints where it lies.
debian() {
  if command -v "$1"; then return; fi
  if ! command -v apt-get >/dev/null; then return; fi
  if [ ! -x ".tools/debian/$3" ]; then
    local folder
    folder=$(mktemp -d)
    # Its lists may be missing or old.
    (cd "$folder" && { apt-get download -qq "$2" || { apt-get update -qq && apt-get download -qq "$2"; }; }) >/dev/null 2>&1
    dpkg-deb --extract "$folder/$2"_*.deb .tools/debian
    rm -rf "$folder"
  fi
  echo "$PWD/.tools/debian/$3"
}
promtool=$(debian promtool prometheus usr/bin/promtool)
busybox=$(debian busybox busybox-static bin/busybox)
if [ -n "$promtool" ]; then
  "$promtool" check rules --lint-fatal deploy/prometheus/alerts.yaml >/dev/null
  "$promtool" test rules tests/operate/alerts_test.yaml >/dev/null
else
  echo "not tried: alerts, there is no promtool"
fi

if command -v systemd-analyze >/dev/null; then
  # The unit as it is, but for where the program lies.
  unit=$(mktemp -d)
  sed "s#/usr/bin/parallax#$binary#" deploy/systemd/parallax.service > "$unit/parallax.service"
  systemd-analyze verify --man=no "$unit/parallax.service"
  # 1.2 of 10, where 10 is a service without any restriction.
  systemd-analyze security --offline=true --threshold=12 --no-pager "$unit/parallax.service" | tail -1
  rm -rf "$unit"
else
  echo "not tried: the unit, there is no systemd-analyze"
fi

BUSYBOX=$busybox python tests/operate/check.py "$binary" "$(command -v envoy)"
