# Sourced by the setup scripts: apt_install PACKAGE… installs Debian packages and keeps them from starting services of
# their own, because tests start every server themselves. Fails with a hint where there is no apt-get.
apt_install() {
  command -v apt-get >/dev/null || { echo "please install: $*" >&2; return 1; }
  local sudo="" policy=/usr/sbin/policy-rc.d made=""
  [ "$(id -u)" = 0 ] || sudo="sudo"
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
    made=1
  fi
  local status=0
  $sudo apt-get update -qq &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || status=$?
  [ -z "$made" ] || $sudo rm -f "$policy"
  return $status
}
