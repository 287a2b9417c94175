#!/usr/bin/env bash
# Says of every part that `frontdesk evaluate --without` can switch off what it adds to the tasks that it concerns, and what
# it costs a question: a Markdown table on standard output. Arguments: parts; default: all of them. Figures that a part does
# not move at all are left out; a part whose rows all say "same" does not pay. TASKS restricts the tasks. Runs are kept in
# .cache/ablations; a run that is there already is not made again, so remove the folder after a change.
set -euo pipefail
cd "$(dirname "$0")/.."
tasks=${TASKS_DIR:-../shared/tasks}
out=$PWD/.cache/ablations
mkdir -p "$out"
CGO_ENABLED=0 go build -tags nomsgpack -trimpath -ldflags "-s -w" -o "$out/frontdesk" ./cmd/frontdesk
fd=$out/frontdesk

# The tasks that a part concerns.
tasks_of() {
  case $1 in
    intents-*) echo banking77-5shot banking77-10shot banking77-full banking77-near-oos bitext ;;
    scope-*) echo banking77-near-oos banking77-far-oos ;;
    sentiment-*) echo sst2 amazon handoff-requests-en escalation ;;
    lexical | vector | retrieval-* | rank* | expan* | late* | mmr | centre*)
      echo covid-faq help-en-to-en help-zh-to-zh help-en-to-zh help-zh-to-en help-questions-en help-questions-zh help-questions-mixed ;;
    rewrite*) echo followups rewrite-zh ;;
    *) echo help-questions-en help-questions-zh help-questions-mixed escalation followups ;;
  esac
}
metrics=(accuracy ece oos_auroc oos_recall_at_95 auroc pearson r1 mrr10 right_at_1 coverage precision helped false_answers
  met needless cost r1_dependent r1_complete bleu4)

# run PART TASK leaves the lines of a run in a folder of its own; PART "" is the program as it is.
run() {
  local dir=$out/runs/${1:-whole}/$2
  mkdir -p "${dir%/*}"
  if [ ! -d "$dir" ]; then
    "$fd" evaluate "$tasks/$2" ${1:+--without "$1"} --lines "$dir.new" >/dev/null 2>"$out/run.log" || { tail -3 "$out/run.log" >&2; return 1; }
    mv "$dir.new" "$dir"
  fi
}

if [ $# = 0 ]; then mapfile -t parts < <("$fd" evaluate --without list | awk '{print $1}'); else parts=("$@"); fi
echo "| without | task | metric | n | without it | with it | it adds | 95 % | with it is | p50 without → with |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for part in "${parts[@]}"; do
  for task in $(tasks_of "$part"); do
    [ -d "$tasks/$task" ] || continue
    [ -z "${TASKS:-}" ] || [[ " $TASKS " == *" $task "* ]] || continue
    run "" "$task" && run "$part" "$task" || continue
    rows=$("$fd" compare "$out/runs/$part/$task" "$out/runs/whole/$task" --markdown "${metrics[@]/#/--metric=}" | tail -n +3 | grep -v '| +0.000 to +0.000 |' || true)
    if [ -n "$rows" ]; then
      sed "s/^/| $part /" <<<"$rows"
    else
      echo "| $part | $task | nothing moves | | | | | | same | |"
    fi
  done
done
