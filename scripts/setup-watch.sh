#!/usr/bin/env bash
# Installs the programs that read the files of deploy/ in tests: nginx, prometheus, alertmanager. Elsewhere than on Debian
# and its kin it does nothing, and the tests say what they miss.
set -euo pipefail
source "$(dirname "$0")/apt.sh"
missing=()
for package in nginx prometheus prometheus-alertmanager; do
  command -v "$package" >/dev/null || [ -x "/usr/sbin/$package" ] || missing+=("$package")
done
[ ${#missing[@]} != 0 ] || exit 0
command -v apt-get >/dev/null || exit 0
apt_install "${missing[@]}"
