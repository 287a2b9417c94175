"""Measures one peer on task folders: peers.py chatterbot|logistic|bm25 SECONDS TASK_DIR... One JSON object a task."""
import collections
import importlib.metadata
import logging
import sys
import time

from tasks import Task, measure, missed, words


def chatterbot(task, examples):
    """SQL storage (in memory) and BestMatch, as its documentation begins. Its lower-casing tagger needs no model of spaCy's,
    and finds more than its default by parts of speech: on covid-faq .496 of the first places, not .389. An example's
    answer is its label."""
    from chatterbot import ChatBot, languages
    from chatterbot.conversation import Statement
    from chatterbot.tagging import LowercaseTagger
    from chatterbot.trainers import ListTrainer

    logging.disable(logging.CRITICAL)
    language = languages.CHI if task.language == "zh" else languages.ENG
    bot = ChatBot("peer", database_uri="sqlite://", read_only=True, tagger=LowercaseTagger(language), tagger_language=language)
    trainer = ListTrainer(bot, show_training_progress=False)
    for text, label in examples:
        trainer.train([text, label])

    def rank(text):
        answer = bot.get_response(Statement(text=text, conversation="asked"))
        return [(answer.text, answer.confidence)]

    return rank


def logistic(task, examples):
    """TF-IDF of words and pairs, and of characters within words, one logistic regression; C = 10 for all, chosen nowhere."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    classes = len({label for _, label in examples})
    if classes > 500:
        raise MemoryError(f"too large: {classes} classes at once")
    if task.language == "zh":
        features = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    else:
        features = make_union(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))
    model = make_pipeline(features, LogisticRegression(C=10, max_iter=200))
    model.fit([t for t, _ in examples], [l for _, l in examples])

    def rank(text):
        p = model.predict_proba([text])[0]
        return [(model.classes_[i], p[i]) for i in p.argsort()[::-1][:10]]

    return rank


def bm25(task, examples):
    """Okapi BM25 as the library ships it. An intent is that of the best example; a document is one text."""
    from rank_bm25 import BM25Okapi

    if task.kind != "intent":
        joined = collections.OrderedDict()
        for text, label in examples:
            joined[label] = joined.get(label, "") + "\n" + text
        examples = [(text, label) for label, text in joined.items()]
    index = BM25Okapi([words(t) for t, _ in examples])

    def rank(text):
        scores = index.get_scores(words(text))
        out = {}
        for i in scores.argsort()[::-1][:200]:
            if scores[i] > 0:
                out.setdefault(examples[i][1], float(scores[i]))
        return list(out.items())[:10]

    return rank


PEERS = {"chatterbot": (chatterbot, "ChatterBot"), "logistic": (logistic, "scikit-learn"), "bm25": (bm25, "rank-bm25")}


def main():
    make, package = PEERS[sys.argv[1]]
    seconds, last, rank, train_seconds = float(sys.argv[2]), None, None, 0.0
    for folder in sys.argv[3:]:
        task = Task(folder)
        examples = task.examples()
        if (task.kind, examples) != last:  # two tasks may have the same training lines
            start = time.monotonic()
            try:
                rank = make(task, examples)
            except MemoryError as e:
                missed(task, sys.argv[1], importlib.metadata.version(package), str(e))
                continue
            last, train_seconds = (task.kind, examples), time.monotonic() - start
        measure(task, sys.argv[1], importlib.metadata.version(package), rank, seconds, train_seconds)


main()
