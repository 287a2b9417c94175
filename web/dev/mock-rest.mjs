// The mock's HTTP half.
import { accounts, ago, documents, id, imports, inbox, review, suggestions, trace } from './mock-data.mjs';
import { intents } from './mock-intents.mjs';
import { rules } from './mock-rules.mjs';

const uploads = new Map();

async function read(req) {
  const parts = [];
  for await (const p of req) parts.push(p);
  return Buffer.concat(parts);
}

function firstFile(req, body) {
  const boundary = /boundary=(.*)$/.exec(req.headers['content-type'] ?? '')?.[1] ?? '';
  const text = body.toString('latin1');
  return text
    .split(`--${boundary}`)
    .map((part) => {
      const name = /filename="([^"]*)"/.exec(part)?.[1];
      if (name === undefined) return undefined;
      const start = part.indexOf('\r\n\r\n') + 4;
      const data = Buffer.from(part.slice(start, part.length - 2), 'latin1');
      return { name: Buffer.from(name, 'latin1').toString('utf8'), type: /Content-Type: (.*)\r/.exec(part)?.[1] ?? '', data };
    })
    .filter(Boolean);
}

export async function rest(desk, req, res, url) {
  const path = url.pathname.slice('/api/v1'.length);
  const key = `${req.method} ${path}`;
  const q = url.searchParams;
  const send = (status, body) => res.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
  const problem = (status, title, detail) => send(status, { type: 'about:blank', title, status, detail, code: title.toLowerCase() });
  const raw = await read(req);
  const json = () => (raw.length ? JSON.parse(raw.toString('utf8')) : {});
  const m = (re) => new RegExp(`^${re}$`).exec(key);
  let x;

  if (key === 'POST /visitor/sessions') {
    const known = /Bearer tok-(.*)/.exec(req.headers.authorization ?? '')?.[1];
    const visitor = known || id('v');
    return send(200, { token: `tok-${visitor}`, visitor: { id: visitor, name: '' }, expires_at: ago(-60), inbox: { id: inbox.id, name: inbox.name, accent: inbox.accent, greeting: inbox.greeting, language: 'en', people: { open: true, wait_s: 200 }, uploads: { max_bytes: 10_000_000, types: ['image/*', '.pdf', '.txt'] } } });
  }
  if (path.startsWith('/visitor/')) {
    const me = /Bearer tok-(.*)/.exec(req.headers.authorization ?? '')?.[1];
    if (!me) return problem(401, 'Unauthenticated', 'Open a session first.');
    if (key === 'GET /visitor/conversations') return send(200, { items: desk.of(me).map((c) => desk.row(c, 'visitor')) });
    if (key === 'GET /visitor/suggestions') return send(200, { questions: suggestions[q.get('language')] ?? suggestions.en });
    if ((x = m('GET /visitor/documents/([^/]+)'))) {
      const d = documents.find((v) => v.id === x[1]);
      return d ? send(200, { title: d.title, text: d.text ?? d.answer, url: d.url, updated_at: d.updated_at }) : problem(404, 'Not found');
    }
    if (key === 'POST /visitor/messages') return send(200, desk.send({ kind: 'visitor', id: me, name: '' }, json()));
    if ((x = m('GET /visitor/conversations/([^/]+)/events'))) return send(200, desk.page(x[1], 'visitor', q));
    if ((x = m('POST /visitor/conversations/([^/]+)/feedback'))) return desk.feedback(x[1], json()), send(204);
    if ((x = m('POST /visitor/conversations/([^/]+)/person'))) return desk.enqueue(x[1], 'asked'), send(200, {});
    if ((x = m('DELETE /visitor/conversations/([^/]+)/person'))) return desk.leave(x[1]), send(204);
    if ((x = m('POST /visitor/conversations/([^/]+)/leave-message'))) return desk.leaveMessage(x[1], json()), send(200, {});
    if ((x = m('POST /visitor/conversations/([^/]+)/rating'))) return send(204);
  }
  if (key === 'POST /uploads') {
    const f = firstFile(req, raw)[0];
    if (!f) return problem(422, 'Invalid', 'The form has no file.');
    const u = { id: id('up'), name: f.name, type: f.type, size: f.data.length };
    u.url = `/api/v1/uploads/${u.id}`;
    uploads.set(u.id, { ...u, data: f.data });
    desk.uploads.set(u.id, u);
    return send(200, u);
  }
  if ((x = m('GET /uploads/([^/]+)'))) {
    const u = uploads.get(x[1]);
    return u ? res.writeHead(200, { 'Content-Type': u.type }).end(u.data) : problem(404, 'Not found');
  }

  // Console.
  const session = () => ({ account: accounts[0], csrf: 'c', agent: desk.agent, inboxes: [{ id: inbox.id, name: inbox.name }], workspace: { name: 'Juniper & Clay' } });
  if (key === 'POST /sessions') {
    if (json().password !== 'demo') return problem(401, 'Unauthenticated', 'E-mail or password is wrong.');
    res.setHeader('Set-Cookie', 'frontdesk=1; Path=/; HttpOnly; SameSite=Lax');
    return send(200, session());
  }
  if (!/frontdesk=1/.test(req.headers.cookie ?? '')) return problem(401, 'Unauthenticated', 'Sign in first.');
  if (key === 'GET /sessions/current') return send(200, session());
  if (key === 'DELETE /sessions/current') return res.setHeader('Set-Cookie', 'frontdesk=; Path=/; Max-Age=0'), send(204);
  if (key === 'GET /conversations') return send(200, desk.list(q.get('view') ?? 'all', q.get('text') ?? ''));
  if ((x = m('GET /conversations/([^/]+)'))) {
    const c = desk.conversations.get(x[1]);
    return c ? send(200, { ...desk.row(c, 'agent'), earlier: c.earlier ?? [] }) : problem(404, 'Not found', 'There is no such conversation.');
  }
  if ((x = m('GET /conversations/([^/]+)/events'))) return send(200, desk.page(x[1], 'agent', q));
  if ((x = m('GET /conversations/([^/]+)/traces/([^/]+)'))) return send(200, desk.traces.get(x[2]) ?? trace('?', 'answer'));
  if ((x = m('POST /conversations/([^/]+)/messages'))) return send(200, desk.send(desk.me, { ...json(), conversation: x[1] }));
  if ((x = m('POST /conversations/([^/]+)/(take|hand-back|transfer|close|reopen)'))) return desk.act(x[1], x[2], json()), send(200, desk.row(desk.conversations.get(x[1]), 'agent'));
  if ((x = m('POST /offers/([^/]+)/(accept|decline)'))) return desk.answer(x[1], x[2]), send(200, {});
  if (key === 'GET /agents') return send(200, { items: [desk.agent, { id: 'acc-maya', name: 'Maya Okafor', duty: 'on', load: 2, reserved: 0, taken: 2, capacity: 3, skills: ['lang:en'] }, { id: 'acc-tom', name: 'Tomás Herrera', duty: 'away', load: 0, reserved: 0, taken: 0, capacity: 5, skills: [] }] });
  if (key === 'PUT /agents/me/duty') return Object.assign(desk.agent, json()), desk.tellAgent(), send(200, desk.agent);
  if (key === 'GET /queue') return send(200, { items: [] });
  if (key === 'GET /documents') {
    const text = (q.get('text') ?? '').toLowerCase();
    const items = documents.filter((d) => (!q.get('status') || d.status === q.get('status')) && (d.title + d.path + (d.answer ?? '')).toLowerCase().includes(text));
    return send(200, { items: items.map(({ text: _t, ...d }) => d), next: '' });
  }
  if (key === 'POST /documents') {
    const d = { id: id('doc'), status: 'draft', version: 1, path: `console/${id('p')}`, source: '', created_at: ago(0), updated_at: ago(0), updated_by: 'acc-lin', paraphrases: [], negatives: [], tags: [], ...json() };
    d.title ||= d.question;
    documents.unshift(d);
    return send(201, d);
  }
  if ((x = m('(GET|PUT|DELETE) /documents/([^/]+)'))) {
    const at = documents.findIndex((d) => d.id === x[2]);
    if (at < 0) return problem(404, 'Not found', 'There is no such document.');
    if (x[1] === 'DELETE') return documents.splice(at, 1), send(204);
    if (x[1] === 'PUT') {
      const body = json();
      if (body.version !== documents[at].version) return problem(409, 'Conflict', 'Somebody saved a newer version meanwhile.');
      Object.assign(documents[at], body, { version: documents[at].version + 1, updated_at: ago(0), updated_by: 'acc-lin' });
      if (documents[at].kind === 'entry') documents[at].title = documents[at].question;
    }
    return send(200, documents[at]);
  }
  if ((x = m('POST /documents/([^/]+)/(publish|unpublish|restore)'))) {
    const d = documents.find((v) => v.id === x[1]);
    if (x[2] !== 'restore') d.status = x[2] === 'publish' ? 'published' : 'draft';
    else d.version++;
    return send(200, d);
  }
  if ((x = m('GET /documents/([^/]+)/versions/([^/]+)'))) return send(200, documents.find((v) => v.id === x[1]));
  if ((x = m('GET /documents/([^/]+)/versions'))) {
    const d = documents.find((v) => v.id === x[1]);
    return send(200, { items: Array.from({ length: d.version }, (_, i) => ({ version: d.version - i, status: i === 0 ? d.status : 'published', updated_at: ago(300 + i * 3000), updated_by: d.updated_by, title: d.title })), next: '' });
  }
  if (key === 'POST /imports') {
    const files = firstFile(req, raw);
    const imp = { id: id('imp'), state: 'running', created_at: ago(0), by: 'acc-lin', files: files.map((f) => ({ name: f.name, size: f.data.length, state: 'running', progress: 0.2, documents: 0, created: 0, updated: 0, unchanged: 0, removed: 0, sections: 0, problems: [] })) };
    imports.unshift(imp);
    let left = 4;
    const t = setInterval(() => {
      for (const f of imp.files) Object.assign(f, left > 0 ? { progress: 1 - left * 0.2 } : { state: 'done', progress: 1, documents: 3, created: 3 });
      if (left-- <= 0) (imp.state = 'done'), clearInterval(t);
    }, 700);
    return send(202, { id: imp.id });
  }
  if (key === 'GET /imports') return send(200, { items: imports, next: '' });
  if ((x = m('GET /imports/([^/]+)'))) return send(200, imports.find((i) => i.id === x[1]));
  if (key === 'POST /ask') {
    const t = json().text;
    return send(200, /return|退|used/i.test(t) ? trace(t, 'answer') : trace(t, 'offer'));
  }
  if (key === 'GET /review') return send(200, { items: review[q.get('kind')] ?? [], next: '' });
  if ((x = m('POST /review/([^/]+)/done'))) {
    for (const k of Object.keys(review)) review[k] = review[k].filter((r) => r.event !== x[1]);
    return send(204);
  }
  if (intents(key, json, send, problem)) return;
  if (rules(key, json, send)) return;
  if (key === 'GET /accounts') return send(200, { items: accounts, next: '' });
  if (key === 'POST /accounts') {
    const a = { id: id('acc'), skills: [], capacity: 3, disabled: false, created_at: ago(0), ...json() };
    if (accounts.some((b) => b.email === a.email)) return send(409, { title: 'Conflict', status: 409, detail: 'Somebody has this e-mail address already.', errors: [{ location: 'body.email', message: 'is taken' }] });
    delete a.password;
    accounts.push(a);
    return send(201, a);
  }
  if ((x = m('(PATCH|DELETE) /accounts/([^/]+)'))) {
    const a = accounts.find((v) => v.id === x[2]);
    if (x[1] === 'PATCH') Object.assign(a, json());
    else accounts.splice(accounts.indexOf(a), 1);
    return send(200, a);
  }
  if (key === 'GET /inboxes') return send(200, { items: [inbox] });
  if (key === 'GET /inboxes/shop') return send(200, inbox);
  if (key === 'PUT /inboxes/shop') return Object.assign(inbox, json(), { version: inbox.version + 1 }), send(200, inbox);
  return problem(404, 'Not found', `The mock has no ${key}.`);
}
