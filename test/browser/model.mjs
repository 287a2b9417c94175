// A language model's endpoint that says the first page of its prompt: one sentence at
// once, so that something can be read, and the rest slowly. Asked for a translation, it
// asks the function given, or looks the words up among those given, which may change
// while it runs; what is not among them it says back, which is none.
import { createServer } from 'node:http';

export async function startModel(pauseMs, translations = {}) {
  const asked = []; // words that were to be translated
  const translate = typeof translations === 'function' ? translations : (words) => translations[words] ?? words;
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (b) => (body += b));
    req.on('end', async () => {
      const messages = JSON.parse(body).messages ?? [];
      const prompt = messages.at(-1)?.content ?? '';
      let page = prompt.split('\n[1] ')[1]?.split('\n[2] ')[0].split('\nQuestion:')[0].split('\n问题：')[0] ?? '';
      page = page.slice(page.indexOf('\n') + 1);
      const marked = /^(=\w+=)\n([^]*)\n\1$/.exec(prompt);
      if (marked) {
        asked.push(marked[2]);
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        const choices = [{ index: 0, delta: { content: translate(marked[2]) }, finish_reason: 'stop' }];
        res.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices })}\n\n`);
        res.end('data: [DONE]\n\n');
        return;
      }
      const words = (page || prompt).split(/\s+/).flatMap((w) => (w.endsWith('.') ? [`${w} `, '[1] '] : [`${w} `]));
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      let read = false;
      for (const content of words) {
        if (res.destroyed) return;
        res.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`);
        read ||= content === '[1] ';
        if (read) await new Promise((ok) => setTimeout(ok, pauseMs));
      }
      res.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`);
      res.end('data: [DONE]\n\n');
    });
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  return {
    asked,
    url: `http://127.0.0.1:${server.address().port}/v1`,
    stop: () => new Promise((ok) => {
      server.closeAllConnections();
      server.close(ok);
    }),
  };
}
