#!/usr/bin/env bash
# Builds the front end again and fails when the committed web/dist differs: what ships must be what the sources say.
set -euo pipefail
cd "$(dirname "$0")/.."
(cd web && npm run build)
if [ -n "$(git status --porcelain -- web/dist)" ]; then
  git status --short -- web/dist
  echo "web/dist is stale: run make web and commit it"
  exit 1
fi
