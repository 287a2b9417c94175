// A scripted server for looking at the pages without the real one: it speaks
// docs/protocol.md from memory and forgets everything at its end. Development only.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { rest } from './mock-rest.mjs';
import { Desk } from './mock-desk.mjs';

const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../dist');
const port = Number(process.env.PORT ?? 4100);
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const policy = (ancestors) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors ${ancestors}; require-trusted-types-for 'script'; trusted-types svelte-trusted-html`;

const desk = new Desk();

async function file(path) {
  if (path === '/widget.js') return join(dist, 'loader/widget.js');
  if (path.startsWith('/widget/')) return join(dist, 'widget', path === '/widget/' ? 'index.html' : path.slice(8));
  if (path.startsWith('/console/')) return join(dist, 'console', path === '/console/' ? 'index.html' : path.slice(9));
  return join(dist, 'demo', path === '/' ? 'index.html' : path);
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x');
  if (url.pathname.startsWith('/api/v1/')) return rest(desk, req, res, url);
  try {
    const name = normalize(await file(url.pathname));
    const body = await readFile(name);
    const headers = { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' };
    if (name.endsWith('.html')) headers['Content-Security-Policy'] = policy(url.pathname.startsWith('/widget/') ? "'self'" : "'none'");
    res.writeHead(200, headers).end(body);
  } catch {
    res.writeHead(404).end('not found');
  }
});

const sockets = new WebSocketServer({ server, path: '/api/v1/socket' });
sockets.on('connection', (s) => desk.connect(s));
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/  console: /console/  (any e-mail, password "demo")`));
