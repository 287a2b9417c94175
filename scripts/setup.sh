#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: Chromium with a Chinese font, Redis, nginx, PostgreSQL with pgvector, and
# the npm packages of the lock files.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup-servers.sh
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
  sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
fi
for dir in web test/browser; do
  stamp="$dir/node_modules/.installed"
  if [ ! -f "$stamp" ] || ! cmp -s "$dir/package-lock.json" "$stamp"; then
    (cd "$dir" && npm ci --no-audit --no-fund)
    cp "$dir/package-lock.json" "$stamp"
  fi
done
