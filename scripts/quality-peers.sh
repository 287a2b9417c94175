#!/usr/bin/env bash
# Asks other chatbot and search libraries the questions of evaluation tasks and prints a Markdown table beside frontdesk's
# own figures: docs/quality.md, "Understanding, beside others". Arguments: task folders; default: the public ones it names.
# Installs the peers, pinned, into .cache/quality-peers; nothing of it is part of the product or its tests. PEER_SECONDS
# (300) bounds how long a peer is asked about a task: what it was not asked in that time is missing from its figure. OURS names
# the JSON lines of an evaluation that was made already; without it one is made here.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${PEER_SECONDS:-300}
out=$PWD/.cache/quality-peers
here=tools/qualitypeers
tasks=("$@")
if [ ${#tasks[@]} = 0 ]; then
  for t in banking77-5shot banking77-10shot banking77-full banking77-far-oos banking77-near-oos bitext stackoverflow covid-faq help-questions-en cmrc2018; do
    tasks+=("${TASKS_DIR:-../shared/tasks}/$t")
  done
fi
mkdir -p "$out/js"
export PYTHONDONTWRITEBYTECODE=1
say() { echo "$*" >&2; }

if [ ! -x "$out/py/bin/python" ]; then python3 -m venv "$out/py"; fi
python=$out/py/bin/python
if ! "$python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" >"$out/pip.log" 2>&1; then
  say "Not measured, because it could not be installed (requirements.txt):"; tail -3 "$out/pip.log" >&2
fi
cp "$here/package.json" "$out/js/"
if ! npm install --prefix "$out/js" --no-audit --no-fund --no-package-lock >"$out/npm.log" 2>&1; then
  say "Not measured, because it could not be installed: nlp.js"; tail -3 "$out/npm.log" >&2
fi

# One peer that fails does not keep the others from being measured.
for peer in bm25 logistic chatterbot; do
  "$python" "$here/peers.py" "$peer" "$seconds" "${tasks[@]}" >"$out/$peer.jsonl" 2>"$out/$peer.log" || { say "$peer ended early:"; tail -3 "$out/$peer.log" >&2; }
done
"$python" "$here/nlpjs.py" "$out/js" "$seconds" "${tasks[@]}" >"$out/nlpjs.jsonl" 2>"$out/nlpjs.log" || { say "nlp.js ended early:"; tail -3 "$out/nlpjs.log" >&2; }

ours=${OURS:-$out/ours.jsonl}
if [ -z "${OURS:-}" ]; then
  CGO_ENABLED=0 go build -tags nomsgpack -trimpath -ldflags "-s -w" -o "$out/frontdesk" ./cmd/frontdesk
  "$out/frontdesk" evaluate "${tasks[@]}" >"$ours" 2>"$out/ours.log" || { say "frontdesk evaluate ended early:"; tail -3 "$out/ours.log" >&2; }
fi
"$python" "$here/table.py" "$ours" "$out"/{chatterbot,nlpjs,logistic,bm25}.jsonl
