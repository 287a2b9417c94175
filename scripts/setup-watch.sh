#!/usr/bin/env bash
# Installs the programs that read the files of deploy/ in tests: nginx, prometheus, alertmanager. Tests start them
# themselves, so the packages are kept from starting services of their own. Elsewhere than on Debian and its kin it does
# nothing, and the tests say what they miss.
set -euo pipefail
missing=()
for package in nginx prometheus prometheus-alertmanager; do
  command -v "$package" >/dev/null || [ -x "/usr/sbin/$package" ] || missing+=("$package")
done
[ ${#missing[@]} != 0 ] || exit 0
command -v apt-get >/dev/null || exit 0
sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
  $sudo chmod 755 "$policy"
  trap '$sudo rm -f "$policy"' EXIT
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
