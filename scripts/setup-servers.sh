#!/usr/bin/env bash
# Installs the servers that tests of many nodes need: redis-server, nginx, a mail server, and PostgreSQL 15 or newer with pgvector. The last
# comes from the machine's own packages where they have pgvector; otherwise a small Debian with it is unpacked beside the
# other caches (700 MB, about 35 s) and its programs run in there. With FRONTDESK_TEST_POSTGRES set none is installed.
set -euo pipefail
source "$(dirname "$0")/apt.sh"
missing=()
for program in redis-server nginx; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$program")
done
[ -x /usr/sbin/exim4 ] || missing+=(exim4-daemon-light)
[ -x /usr/sbin/dovecot ] || missing+=(dovecot-imapd)
[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"

[ -z "${FRONTDESK_TEST_POSTGRES:-}" ] || exit 0
if compgen -G "/usr/share/postgresql/*/extension/vector.control" >/dev/null; then exit 0; fi
root="${XDG_CACHE_HOME:-$HOME/.cache}/frontdesk-test/postgres-17"
[ ! -x "$root/usr/lib/postgresql/17/bin/postgres" ] || exit 0
own="$(apt-cache search --names-only '^postgresql-[0-9]+-pgvector$' | awk '{print $1}' | sort -V | tail -1)"
version="${own#postgresql-}"; version="${version%-pgvector}"
vector="$(apt-cache policy "${own:-none}" | awk '/Candidate:/{print $2}')"
if [ -n "$own" ] && [ "$version" -ge 15 ] && dpkg --compare-versions "$vector" ge 0.8; then
  apt_install "postgresql-$version" "$own"
  exit 0
fi
command -v debootstrap >/dev/null || [ -x /usr/sbin/debootstrap ] || apt_install debootstrap
mkdir -p "$(dirname "$root")"
rm -rf "$root.part"
sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
$sudo debootstrap --variant=minbase --include=postgresql-17,postgresql-17-pgvector trixie "$root.part" >/dev/null
mv "$root.part" "$root"
