"""Task folders as the peers see them, and the figures that all of them are measured by."""
import json
import pathlib
import random
import re
import time


def lines(path):
    return [json.loads(l) for l in open(path, encoding="utf8") if l.strip()]


class Task:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.spec = json.loads((self.dir / "task.json").read_text(encoding="utf8"))
        self.name, self.kind, self.language = self.spec["name"], self.spec["kind"], self.spec.get("language", "en")

    def file(self, role):
        return lines(self.dir / self.spec[role]) if role in self.spec else []

    def examples(self):
        """What a peer learns from: (text, label) pairs. Of a document these are its question and paraphrases, and of a
        page its title, its headings and its paragraphs, labelled with the document's id."""
        if self.kind == "intent":
            return [(r["text"], r["label"]) for r in self.file("train")]
        out = []
        for d in self.file("documents"):
            said = [d["question"], *d.get("paraphrases", [])] if d.get("question") else []
            if d.get("title"):
                said.append(d["title"])
            said += [p.strip("#*_ ") for p in re.split(r"\n\s*\n|\n(?=#)", d.get("text", ""))]
            out += [(s.strip(), d["id"]) for s in said if s and s.strip()]
        return out

    def questions(self):
        """(text, set of right labels; None: out of scope) of every line that counts, in an order drawn by seed 0, so that
        whoever is stopped early was asked a fair sample."""
        if self.kind == "intent":
            out = [(r["text"], {r["label"]}) for r in self.file("test")] + [(r["text"], None) for r in self.file("oos")]
        else:
            out = [(r["text"], set(r["relevant"])) for r in self.file("queries") if r["relevant"]]
        random.Random(0).shuffle(out)
        return out


def words(text):
    """Words of Latin letters and digits, single Chinese characters and their pairs."""
    out = []
    for run in re.findall(r"[㐀-鿿]+|[^\W㐀-鿿_]+", text.lower()):
        if re.match(r"[㐀-鿿]", run):
            out += list(run) + [run[i:i + 2] for i in range(len(run) - 1)]
        else:
            out.append(run)
    return out


def auroc(inside, outside):
    """Chance that an out-of-scope line has the lower score, ties half."""
    order = sorted([(s, 1) for s in inside] + [(s, 0) for s in outside])
    area, below, i = 0.0, 0, 0
    while i < len(order):
        j = i
        while j < len(order) and order[j][0] == order[i][0]:
            j += 1
        ins = sum(o for _, o in order[i:j])
        outs = (j - i) - ins
        area += ins * (below + outs / 2)
        below += outs
        i = j
    return area / (len(inside) * len(outside))


def recall_at_95(inside, outside):
    """Share of out-of-scope lines under the highest score that still keeps 95 % of the others."""
    keep = sorted(inside, reverse=True)[max(0, -(-95 * len(inside) // 100) - 1)]
    return sum(s < keep for s in outside) / len(outside)


def measure(task, peer, version, rank, seconds, train_seconds, took=None):
    """Asks until the questions or the seconds are over. rank(text) returns [(label, score)], best first; only labels
    that it found. took are the milliseconds of each where rank only repeats what another process found."""
    questions, here = task.questions(), []
    right = reciprocal = 0.0
    inside, outside = [], []
    asked = 0
    end = time.monotonic() + seconds
    for text, want in questions:
        if time.monotonic() > end:
            break
        start = time.monotonic()
        found = rank(text)
        here.append((time.monotonic() - start) * 1000)
        score = found[0][1] if found else 0.0
        if want is None:
            outside.append(score)
            continue
        asked += 1
        inside.append(score)
        ranked = [label for label, _ in found]
        right += bool(ranked) and ranked[0] in want
        reciprocal += next((1 / (i + 1) for i, l in enumerate(ranked[:10]) if l in want), 0.0)
    total = sum(want is not None for _, want in questions)
    figures = {}
    if asked:
        first = {"intent": "accuracy", "answer": "right_at_1"}.get(task.kind, "r1")
        figures[first] = right / asked
        if task.kind == "retrieval":
            figures["mrr10"] = reciprocal / asked
    if inside and outside:
        figures["oos_auroc"], figures["oos_recall_at_95"] = auroc(inside, outside), recall_at_95(inside, outside)
    took = sorted(took or here)
    print(json.dumps({
        "peer": peer, "version": version, "task": task.name, "n": asked, "of": total, "metrics": {k: round(v, 4) for k, v in figures.items()},
        "train_s": round(train_seconds, 1), "query_p50_ms": round(took[len(took) // 2], 1) if took else None, "note": "",
    }), flush=True)


def missed(task, peer, version, why):
    """Says of a task why the peer was not asked."""
    asked = sum(want is not None for _, want in task.questions())
    print(json.dumps({"peer": peer, "version": version, "task": task.name, "n": 0, "of": asked, "metrics": {}, "train_s": None,
                      "query_p50_ms": None, "note": why}), flush=True)
