// Measures nlp.js on task folders that tasks.py has written out: nlpjs.cjs EXAMPLES QUESTIONS LANGUAGE SECONDS. Prints one
// JSON object: how long training took, and [label, score] pairs of each question that was asked in the time.
const { readFileSync } = require('node:fs');
const { NlpManager } = require('node-nlp');

const [examples, questions, language, seconds] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

(async () => {
  // As its documentation begins, without recognition of entities, which no task asks for.
  const manager = new NlpManager({ languages: [language], forceNER: false, autoSave: false, nlu: { log: false } });
  for (const [text, label] of read(examples)) manager.addDocument(language, text, label);
  let start = Date.now();
  await manager.train();
  const train = (Date.now() - start) / 1000;
  const found = [], took = [];
  const end = Date.now() + seconds * 1000;
  for (const text of read(questions)) {
    if (Date.now() > end) break;
    start = performance.now();
    const { classifications } = await manager.process(language, text);
    took.push(performance.now() - start);
    found.push(classifications.filter((c) => c.intent !== 'None').slice(0, 10).map((c) => [c.intent, c.score]));
  }
  process.stdout.write(JSON.stringify({ train, found, took }));
})();
