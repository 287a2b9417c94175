"""Joins what peers printed and what frontdesk evaluate printed into one Markdown table: table.py OURS.jsonl PEERS.jsonl...

Times are in the peers' lines, but not in the table: peers run one after the other, each as long as it takes."""
import json
import pathlib
import sys

NAMES = {"chatterbot": "ChatterBot", "nlpjs": "nlp.js", "logistic": "TF-IDF + logistic regression (scikit-learn)", "bm25": "BM25 (rank-bm25)"}
ENOUGH = 100  # questions; who was asked fewer in the time is too slow to be measured
METRICS = ["accuracy", "oos_auroc", "oos_recall_at_95", "r1", "mrr10", "right_at_1"]


def read(path):
    return [json.loads(l) for l in open(path, encoding="utf8") if l.strip()] if pathlib.Path(path).exists() else []


def main():
    ours = read(sys.argv[1])
    peers = [r for path in sys.argv[2:] for r in read(path)]
    there = [p for p in NAMES if any(r["peer"] == p for r in peers)]
    head = ["task", "metric", "frontdesk (95 %)"] + [NAMES[p] + " " + next(r["version"] for r in peers if r["peer"] == p) for p in there]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for task in ours:
        asked = {r["peer"]: r for r in peers if r["task"] == task["name"]}
        n = max((r["of"] for r in asked.values()), default=None)
        for metric in METRICS:
            if metric not in task["metrics"]:
                continue
            low, high = task["intervals"][metric]
            cells = [task["name"] + (f" ({n:,})" if n else ""), metric, f"{task['metrics'][metric]:.3f} ({low:.3f}–{high:.3f})"]
            for p in there:
                r = asked.get(p)
                if r is None or metric not in r["metrics"]:
                    cells.append(r["note"] if r and r["note"] else "–")
                elif r["n"] < min(ENOUGH, r["of"]):
                    cells.append(f"too slow: {r['query_p50_ms'] / 1000:.0f} s a question")
                else:
                    cells.append(f"{r['metrics'][metric]:.3f}" + (f" of {r['n']:,}" if r["n"] < r["of"] else ""))
            print("| " + " | ".join(cells) + " |")


main()
