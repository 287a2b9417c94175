#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: Chromium with a Chinese font, Redis, nginx, PostgreSQL with pgvector, and
# the npm packages of the lock files.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/apt.sh
bash scripts/setup-servers.sh
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
  apt_install chromium fonts-noto-cjk
fi
bash scripts/setup-watch.sh
for dir in web test/browser; do
  stamp="$dir/node_modules/.installed"
  if [ ! -f "$stamp" ] || ! cmp -s "$dir/package-lock.json" "$stamp"; then
    (cd "$dir" && npm ci --no-audit --no-fund)
    cp "$dir/package-lock.json" "$stamp"
  fi
done
