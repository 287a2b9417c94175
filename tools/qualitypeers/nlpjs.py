"""Measures nlp.js by way of nlpjs.cjs: nlpjs.py NODE_FOLDER SECONDS TASK_DIR... One JSON object a task."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tasks import Task, measure, missed


def main():
    node, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
    version = json.loads((node / "node_modules/node-nlp/package.json").read_text())["version"]
    shutil.copy(pathlib.Path(__file__).with_name("nlpjs.cjs"), node)  # node looks for packages beside the file
    for folder in sys.argv[3:]:
        task = Task(folder)
        with tempfile.TemporaryDirectory() as tmp:
            examples, questions = pathlib.Path(tmp, "e.json"), pathlib.Path(tmp, "q.json")
            examples.write_text(json.dumps(task.examples()))
            texts = [q for q, _ in task.questions()]
            questions.write_text(json.dumps(texts))
            command = ["node", "--max-old-space-size=3000", str(node / "nlpjs.cjs"), str(examples), str(questions), task.language, str(seconds)]
            try:
                # Training cannot be stopped half-way: three times the seconds of asking are its bound.
                got = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=4 * seconds).stdout)
            except subprocess.TimeoutExpired:
                missed(task, "nlpjs", version, f"training not over after {3 * seconds:.0f} s")
                continue
        task.questions = (lambda q: lambda: q)(task.questions()[:len(got["found"])])
        answers = iter(got["found"])
        measure(task, "nlpjs", version, lambda _: next(answers), 3600, got["train"], took=got["took"])


main()
