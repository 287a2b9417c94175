// The mock's conversations: one timeline each, a scripted bot, one agent.
import { accounts, ago, documents, id, trace } from './mock-data.mjs';

const bot = { kind: 'bot', id: '', name: 'Bot' };
const system = { kind: 'system', id: '', name: '' };
const source = (d) => ({ document: d.id, path: d.path, title: d.title, url: d.url, heading: d.kind === 'page' ? ['What can come back'] : [], score: 0.86 });

export class Desk {
  conversations = new Map();
  traces = new Map();
  uploads = new Map();
  offers = new Map();
  readers = new Set();
  agent = { id: 'acc-lin', name: 'Lin Wei', duty: 'on', load: 1, reserved: 0, taken: 1, capacity: 4, skills: ['lang:en', 'lang:zh'] };
  me = { kind: 'agent', id: 'acc-lin', name: accounts[0].name };

  constructor() {
    this.seed();
    if (process.env.CHATS) this.crowd(Number(process.env.CHATS), Number(process.env.RATE ?? 0));
  }

  /** So many more chats with the bot, in which visitors write so often a second all together. */
  crowd(chats, rate) {
    const all = Array.from({ length: chats }, (_, i) => {
      const c = this.make(`crowd-${i}`, `Visitor ${i}`, { created: ago(600) });
      this.append(c, { kind: 'message', author: { kind: 'visitor', ...c.visitor }, text: `Where is my parcel ${i}?`, at: ago(30 + i / 100) });
      return c;
    });
    const each = 20; // ms
    if (rate > 0) {
      let last = Date.now();
      let owed = 0;
      setInterval(() => {
        owed = Math.min(owed + ((Date.now() - last) * rate) / 1000, rate); // a second of it is made up for at most
        last = Date.now();
        for (; owed >= 1; owed--) {
          const c = all[Math.floor(Math.random() * chats)];
          c.events.length = Math.min(c.events.length, 3); // what is older is of no use here
          this.append(c, { kind: 'message', author: { kind: 'visitor', ...c.visitor }, text: `And now? ${Math.random().toString(36).slice(2)}` });
        }
      }, each);
    }
  }

  of(visitor) {
    return [...this.conversations.values()].filter((c) => c.visitor.id === visitor);
  }

  make(visitor, name, more = {}) {
    const c = { id: id('c'), visitor: { id: visitor, name }, events: [], vseq: 0, speaker: 'bot', service: 'bot', language: 'en', moods: [], facts: [], version: 1, created: ago(0), updated: ago(0), ...more };
    this.conversations.set(c.id, c);
    return c;
  }

  row(c, view) {
    const last = [...c.events].reverse().find((e) => e.text && e.kind !== 'note' && e.kind !== 'answer');
    const base = { id: c.id, inbox: 'shop', speaker: c.speaker, service: c.service, agent: c.agent, language: c.language, last: last ? { text: last.text.slice(0, 200), by: last.author.kind } : { text: '', by: 'visitor' }, visitor: { ...c.visitor }, created_at: c.created, updated_at: c.updated, n: view === 'visitor' ? c.vseq : c.events.length, version: c.version };
    if (view === 'visitor') return base;
    return { ...base, queue: c.service === 'bot' ? undefined : 'general', sentiment: c.moods.at(-1) ?? 0, reason: c.reason, enqueued_at: c.enqueued, facts: c.facts, summary: c.summary, moods: c.moods, page: c.page };
  }

  see(c, e, view) {
    if (view === 'visitor') {
      if (!e.v) return undefined;
      const { v, n: _n, summary: _s, ...rest } = e;
      return { ...rest, n: v };
    }
    const { v: _v, ...rest } = e;
    return rest;
  }

  append(c, e, visible = true) {
    const stored = { id: id('e'), author: system, at: new Date().toISOString(), ...e, n: c.events.length + 1, v: visible ? ++c.vseq : 0 };
    c.events.push(stored);
    c.updated = stored.at;
    c.version++;
    for (const r of this.readers) {
      const view = r.view;
      if (r.watched.has(c.id)) {
        const seen = this.see(c, stored, view);
        if (seen) r.send({ type: 'events', conversation: this.row(c, view), events: [seen], top: view === 'visitor' ? c.vseq : c.events.length, mode: 'live' });
      }
      if (r.feed) r.send({ type: 'conversation', conversation: this.row(c, 'agent') });
    }
    return stored;
  }

  page(cid, view, q) {
    const c = this.conversations.get(cid);
    const all = c.events.map((e) => this.see(c, e, view)).filter(Boolean);
    const after = Number(q.get('after') ?? 0);
    const before = Number(q.get('before') ?? 0);
    const events = before ? all.filter((e) => e.n < before).slice(-50) : all.filter((e) => e.n > after);
    return { conversation: this.row(c, view), events, top: all.at(-1)?.n ?? 0, has_older: before ? (events[0]?.n ?? 1) > 1 : false, epoch: 'e1' };
  }

  list(view, text) {
    const all = [...this.conversations.values()];
    const views = {
      mine: (c) => c.agent?.id === 'acc-lin' && c.service === 'active',
      queue: (c) => ['waiting', 'offered', 'parked'].includes(c.service),
      bot: (c) => c.service === 'bot',
      closed: (c) => c.service === 'closed',
      all: () => true,
    };
    const counts = Object.fromEntries(Object.entries(views).map(([k, f]) => [k, all.filter(f).length]));
    const rows = all.filter(views[view]).map((c) => this.row(c, 'agent')).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    return { items: rows.filter((c) => (c.last.text + c.visitor.name).toLowerCase().includes(text.toLowerCase())), next: '', counts };
  }

  connect(socket) {
    const r = { watched: new Set(), view: 'visitor', feed: false, author: undefined, send: (f) => socket.readyState === 1 && socket.send(JSON.stringify(f)) };
    const ping = setInterval(() => r.send({ type: 'ping' }), 20_000);
    socket.on('close', () => (clearInterval(ping), this.readers.delete(r)));
    const deliver = (cid, n) => {
      const c = this.conversations.get(cid);
      if (!c) return r.send({ type: 'gone', conversation: cid });
      r.watched.add(cid);
      const all = c.events.map((e) => this.see(c, e, r.view)).filter(Boolean);
      r.send({ type: 'events', conversation: this.row(c, r.view), events: all.filter((e) => e.n > n), top: all.at(-1)?.n ?? 0, mode: 'delta', has_older: false });
      r.send({ type: 'synced', conversation: cid, n: all.at(-1)?.n ?? 0 });
      if (c.service === 'waiting') r.send({ type: 'place', conversation: cid, position: 2, wait_s: 210, wait_upper_s: 420, open: true });
    };
    socket.on('message', (data) => {
      const f = JSON.parse(data);
      switch (f.type) {
        case 'hello':
          r.view = f.token ? 'visitor' : 'agent';
          r.feed = !!f.feed;
          r.author = f.token ? { kind: 'visitor', id: f.token.slice(4), name: '' } : this.me;
          this.readers.add(r);
          r.send({ type: 'welcome', now: new Date().toISOString(), epoch: 'e1', ping_s: 25, me: r.author });
          for (const c of f.conversations) deliver(c.id, c.n);
          if (r.feed) this.tellAgent();
          return;
        case 'watch':
          return deliver(f.conversation, f.n);
        case 'unwatch':
          return r.watched.delete(f.conversation);
        case 'send':
          return r.send(this.send(r.author, f));
        case 'typing':
          for (const o of this.readers) if (o !== r && o.watched.has(f.conversation)) o.send({ type: 'typing', conversation: f.conversation, author: r.author, stage: f.on ? 'typing' : '' });
      }
    });
  }

  tellAgent() {
    for (const r of this.readers) if (r.feed) r.send({ type: 'agent', agent: this.agent });
  }

  send(author, f) {
    let c = this.conversations.get(f.conversation);
    if (!c) c = [...this.conversations.values()].find((x) => x.clientConv === f.client_conv_id) ?? this.make(author.id, '', { clientConv: f.client_conv_id });
    const view = author.kind === 'visitor' ? 'visitor' : 'agent';
    const known = c.events.find((e) => e.client_msg_id === f.id);
    if (known) return { type: 'ack', id: f.id, conversation: c.id, event: this.see(c, known, view), dup: true };
    const e = this.append(c, { kind: f.kind ?? 'message', author, client_msg_id: f.id, text: f.text, attachments: (f.attachments ?? []).map((a) => this.uploads.get(a)) }, f.kind !== 'note');
    if (author.kind === 'visitor') {
      c.language = /\p{Script=Han}/u.test(f.text) ? 'zh' : 'en';
      c.page = f.page ?? c.page;
      c.moods.push(/angry|ridiculous|useless/i.test(f.text) ? -0.7 : 0.1);
      if (c.speaker === 'bot' && c.service !== 'waiting') setTimeout(() => this.reply(c, f.text), 300);
    }
    return { type: 'ack', id: f.id, conversation: c.id, event: this.see(c, e, view) };
  }

  reply(c, asked) {
    const zh = c.language === 'zh';
    const say = (e, t) => {
      const ev = this.append(c, { kind: 'message', author: bot, run: id('r'), ...e });
      this.traces.set(ev.id, t);
    };
    if (/person|human|人工|agent/i.test(asked)) {
      say({ decision: 'handoff', text: zh ? '好的，我这就为您转人工。' : 'Of course. I am getting you a person.' }, trace(asked, 'handoff', { rule: 'asked', because: 'The visitor asked for a person (0.97).' }));
      return this.enqueue(c.id, 'asked');
    }
    if (/return|used|退|refund/i.test(asked)) {
      const d = zh ? documents[4] : documents[1];
      return this.stream(c, d.answer, { decision: 'answer', sources: [source(d), source(documents[8])] }, trace(asked, 'answer'));
    }
    if (/deliver|arrive|送/i.test(asked)) {
      const d = zh ? documents[3] : documents[0];
      return say({ decision: 'answer', text: d.answer, sources: [source(d)] }, trace(asked, 'answer'));
    }
    if (/glaze|care|wash/i.test(asked)) {
      return say({ decision: 'clarify', text: zh ? '您想问的是哪一个？' : 'Which of these do you mean?', suggestions: zh ? ['碗可以放洗碗机吗？', '釉面怎么保养？'] : ['Are the bowls safe in a dishwasher?', 'Can the ash glaze stain?', 'Is the gold lustre food safe?'] }, trace(asked, 'clarify'));
    }
    c.failed = (c.failed ?? 0) + 1;
    if (c.failed > 1) return say({ decision: 'offer', text: zh ? '帮助文档里还是没有找到。需要为您转人工吗？' : 'I still cannot find that in our help pages. Shall I get a person?' }, trace(asked, 'offer'));
    say({ decision: 'refuse', text: zh ? '帮助文档里没有找到答案。您换个说法试试，或者我帮您转人工？' : "I couldn't find that in our help pages. Could you say it another way, or shall I get a person?" }, trace(asked, 'refuse'));
  }

  stream(c, text, more, t) {
    const run = id('r');
    const start = this.append(c, { kind: 'answer', author: bot, text: '', run });
    this.traces.set(start.id, t);
    const words = text.split(/(?<=\s)|(?<=[，。])/);
    let offset = 0;
    const step = () => {
      const w = words.shift();
      if (w === undefined) return this.append(c, { kind: 'finished', author: bot, of: start.id, run, text, state: 'complete', ...more });
      for (const r of this.readers) if (r.watched.has(c.id)) r.send({ type: 'delta', conversation: c.id, run, event: start.id, attempt: 1, offset, text: w });
      offset += w.length;
      setTimeout(step, 60);
    };
    step();
  }

  enqueue(cid, reason) {
    const c = this.conversations.get(cid);
    Object.assign(c, { service: 'waiting', reason, enqueued: new Date().toISOString(), summary: { problem: c.events.filter((e) => e.author.kind === 'visitor').map((e) => e.text).slice(-2).join(' · '), fields: c.facts, tried: [source(documents[1])], sentiment: c.moods.at(-1) ?? 0, next: 'Check the order and confirm the return label.' } });
    this.append(c, { kind: 'service', change: 'enqueued', service: 'waiting', speaker: 'bot', reason });
    for (const r of this.readers) if (r.watched.has(cid)) r.send({ type: 'place', conversation: cid, position: 2, wait_s: 210, wait_upper_s: 420, open: true });
    if (this.agent.duty === 'on') setTimeout(() => this.offer(c), Number(process.env.OFFER_MS ?? 3000));
  }

  offer(c) {
    if (c.service !== 'waiting') return;
    c.service = 'offered';
    const o = { id: id('o'), conversation: this.row(c, 'agent'), offered_at: new Date().toISOString(), deadline: new Date(Date.now() + 25_000).toISOString(), summary: c.summary, reason: c.reason };
    this.offers.set(o.id, c);
    for (const r of this.readers) if (r.feed) r.send({ type: 'offer', reservation: o });
    setTimeout(() => {
      if (c.service !== 'offered') return;
      c.service = 'waiting';
      for (const r of this.readers) if (r.feed) r.send({ type: 'offer_end', reservation: { id: o.id, state: 'missed' } });
    }, 25_000);
  }

  answer(oid, how) {
    const c = this.offers.get(oid);
    this.offers.delete(oid);
    for (const r of this.readers) if (r.feed) r.send({ type: 'offer_end', reservation: { id: oid, state: how === 'accept' ? 'accepted' : 'declined' } });
    if (how === 'accept') this.act(c.id, 'accept', {});
    else c.service = 'waiting';
  }

  act(cid, what, body) {
    const c = this.conversations.get(cid);
    const agent = { id: this.agent.id, name: this.agent.name };
    const to = { take: ['taken', 'active', 'human'], accept: ['accepted', 'active', 'human'], 'hand-back': ['handed_back', 'bot', 'bot'], close: ['closed', 'closed', 'bot'], reopen: ['reopened', 'bot', 'bot'], transfer: ['transferred', 'waiting', 'bot'] }[what];
    const before = c.agent;
    c.service = to[1];
    c.speaker = to[2];
    c.agent = to[1] === 'active' ? agent : undefined;
    if (to[1] !== 'waiting') c.enqueued = undefined;
    if (body.note) this.append(c, { kind: 'note', author: this.me, text: body.note }, false);
    this.append(c, { kind: 'service', author: this.me, change: to[0], service: to[1], speaker: to[2], agent: c.agent ?? before });
  }

  leave(cid) {
    const c = this.conversations.get(cid);
    c.service = 'bot';
    this.append(c, { kind: 'service', change: 'left_queue', service: 'bot', speaker: 'bot' });
  }

  leaveMessage(cid, m) {
    const c = this.conversations.get(cid);
    c.service = 'parked';
    this.append(c, { kind: 'message', author: { kind: 'visitor', ...c.visitor }, text: m.text });
    this.append(c, { kind: 'service', change: 'left_message', service: 'parked', speaker: 'bot' });
  }

  feedback(cid, f) {
    this.append(this.conversations.get(cid), { kind: 'feedback', author: { kind: 'visitor', id: 'v', name: '' }, of: f.event, helpful: f.helpful, why: f.why });
  }

  seed() {
    const people = [
      ['Amelia Ferreira', 'en', 'active', 'Hello, my order 48213 arrived with a cracked teapot lid.', 'unhappy', [0.2, -0.1, -0.4, -0.5, -0.2]],
      ['陈思远', 'zh', 'waiting', '我想转人工，订单一直没有发货。', 'asked', [0, -0.2, -0.5]],
      ['Jonas Lindqvist', 'en', 'bot', 'Can I return a cup I have used once?', undefined, [0.1, 0.3]],
      ['', 'en', 'bot', 'Do the bowls stack? I have very little room in the cupboard and would need six of them', undefined, [0]],
      ['Priya Nair', 'en', 'parked', 'Please call me back about the wedding list, I am in a meeting until four.', 'account_action', [0]],
      ['Marguerite Dubois-Lavallée', 'en', 'closed', 'Thank you, that is all.', 'unanswered', [-0.2, 0.1, 0.6]],
      ['王小雨', 'zh', 'closed', '好的，谢谢。', undefined, [0.4]],
    ];
    people.forEach(([name, lang, service, text, reason, moods], i) => {
      const c = this.make(`seed-${i}`, name, { language: lang, moods, facts: i === 0 ? [{ name: 'order_number', value: '48213' }, { name: 'email', value: 'amelia.f@example.com' }] : [], created: ago(60 + i * 40), page: 'https://www.juniperclay.example/shop/teapots' });
      const v = { kind: 'visitor', id: `seed-${i}`, name };
      const at = (m) => ago(m + i * 17);
      if (i === 0) {
        this.append(c, { kind: 'message', author: v, text: 'hi, can I return something that broke in the post?', at: at(14) });
        const a = this.append(c, { kind: 'message', author: bot, decision: 'answer', text: documents[1].answer, sources: [source(documents[8])], at: at(14) });
        this.traces.set(a.id, trace('hi, can I return something that broke in the post?', 'answer'));
        this.append(c, { kind: 'feedback', author: v, of: a.id, helpful: false, why: 'incomplete', at: at(13) });
        this.append(c, { kind: 'message', author: v, text, at: at(12) });
        const o = this.append(c, { kind: 'message', author: bot, decision: 'handoff', text: 'I am sorry about the lid. I am getting you a person.', at: at(12) });
        this.traces.set(o.id, trace(text, 'handoff', { rule: 'account_action', because: 'The visitor asks for something to be done on their own order (0.88).' }));
        this.append(c, { kind: 'service', change: 'enqueued', service: 'waiting', at: at(12), summary: { problem: text, fields: c.facts, tried: [source(documents[8])], sentiment: -0.4, next: 'Ask for a photo, then replace the lid.' } });
        this.append(c, { kind: 'service', author: this.me, change: 'accepted', service: 'active', speaker: 'human', agent: { id: 'acc-lin', name: 'Lin Wei' }, at: at(9) });
        this.append(c, { kind: 'message', author: this.me, text: 'Hello Amelia, Lin here. I am sorry about the teapot. Could you send me a photo of the lid?', at: at(9) });
        this.append(c, { kind: 'note', author: { kind: 'agent', id: 'acc-maya', name: 'Maya Okafor' }, text: 'Same batch as last week (kiln 7). We have **four lids** left in the cupboard, I put one aside.', at: at(8) }, false);
        this.append(c, { kind: 'message', author: v, text: 'Yes, one moment. It was wrapped well, so I think it cracked before.', at: at(5) });
        Object.assign(c, { service: 'active', speaker: 'human', agent: { id: 'acc-lin', name: 'Lin Wei' }, reason, summary: { problem: 'Order 48213 arrived with a cracked teapot lid.', fields: c.facts, tried: [source(documents[8])], sentiment: -0.4, next: 'Ask for a photo, then replace the lid.' } });
      } else {
        this.append(c, { kind: 'message', author: v, text, at: at(6) });
        if (service === 'bot' && name) {
          const a = this.append(c, { kind: 'message', author: bot, decision: 'answer', text: documents[1].answer, sources: [source(documents[1])], at: at(6) });
          this.traces.set(a.id, trace(text, 'answer'));
        }
        Object.assign(c, { service, reason, enqueued: service === 'waiting' ? ago(3.4) : undefined });
      }
      c.updated = c.events.at(-1).at;
    });
  }
}
