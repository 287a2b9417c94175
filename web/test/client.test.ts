import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { uuidv7 } from '../src/shared/client/ids';
import { MemoryOutbox, openOutbox } from '../src/shared/client/outbox';
import { event, rig, row, settle } from './fake';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const mine = (n: number, id: string, text: string) =>
  event(n, { client_msg_id: id, text, author: { kind: 'visitor', id: 'v', name: '' } });

describe('sending', () => {
  test('the first message makes the conversation; later ones name the one before', async () => {
    const { client, last } = rig();
    await client.start();
    last().welcome();
    const a = await client.send({ client_conv_id: 'k', text: 'one' });
    const b = await client.send({ client_conv_id: 'k', text: 'two' });
    expect(last().of('send')).toEqual([
      { type: 'send', id: a, client_conv_id: 'k', text: 'one' },
      { type: 'send', id: b, client_conv_id: 'k', text: 'two', after: a },
    ]);
    expect(client.pending('k').map((m) => m.text)).toEqual(['one', 'two']);
    last().frame({ type: 'ack', id: a, conversation: 'c9', event: mine(1, a, 'one') });
    await settle();
    expect(client.pending('c9').map((m) => m.text)).toEqual(['two']);
    expect(client.timeline('c9').n).toBe(1);
    expect(last().of('watch')).toEqual([{ type: 'watch', conversation: 'c9', epoch: 'e1', n: 0 }]);
  });

  test('a message leaves in the tick it was written in: a reload may follow at once', async () => {
    const { client, last } = rig();
    await client.start();
    last().welcome();
    void client.send({ conversation: 'c1', text: 'quick' });
    expect(last().of('send').map((f) => f.text)).toEqual(['quick']);
    await settle();
  });

  test('nothing is sent twice to the reader: echo and ack are one', async () => {
    const { client, last } = rig();
    await client.start();
    last().welcome();
    client.watch('c1');
    const a = await client.send({ conversation: 'c1', text: 'hi' });
    last().frame({ type: 'events', conversation: row('c1', 1), events: [mine(1, a, 'hi')], top: 1, mode: 'live' });
    expect(client.pending('c1')).toHaveLength(0);
    last().frame({ type: 'ack', id: a, conversation: 'c1', event: mine(1, a, 'hi'), dup: true });
    await settle();
    expect(client.timeline('c1').entries()).toHaveLength(1);
  });

  test('what was not acknowledged goes again after a reconnect, in order, under the same ids', async () => {
    const { client, last, sockets } = rig();
    await client.start();
    last().welcome();
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) ids.push(await client.send({ conversation: 'c1', text }));
    last().frame({ type: 'ack', id: ids[0]!, conversation: 'c1', event: mine(1, ids[0]!, 'a') });
    await settle();
    last().die();
    const d = await client.send({ conversation: 'c1', text: 'd' });
    vi.advanceTimersByTime(600);
    expect(sockets).toHaveLength(2);
    last().welcome();
    expect(last().of('send').map((f) => f.id)).toEqual([ids[1], ids[2], d]);
  });

  test('at most eight are in flight in one conversation', async () => {
    const { client, last } = rig();
    await client.start();
    last().welcome();
    const ids: string[] = [];
    for (let i = 0; i < 11; i++) ids.push(await client.send({ conversation: 'c1', text: String(i) }));
    expect(last().of('send')).toHaveLength(8);
    last().frame({ type: 'ack', id: ids[0]!, conversation: 'c1', event: mine(1, ids[0]!, '0') });
    await settle();
    expect(last().of('send').map((f) => f.text)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  });

  test('a refusal fails the message, which can be tried again or dropped', async () => {
    const { client, last } = rig();
    await client.start();
    last().welcome();
    const a = await client.send({ conversation: 'c1', text: 'hi' });
    last().frame({ type: 'nack', id: a, problem: { title: 'Invalid', status: 422, detail: 'text is too long' } });
    await settle();
    expect(client.pending('c1')[0]).toMatchObject({ state: 'failed', problem: 'text is too long' });
    await client.retry(a);
    expect(last().of('send').map((f) => f.id)).toEqual([a, a]);
    last().frame({ type: 'nack', id: a, problem: { title: 'Invalid', status: 422 } });
    await settle();
    await client.discard(a);
    expect(client.pending('c1')).toHaveLength(0);
  });

  test('a refusal with a wait holds the ones behind it too', async () => {
    const { client, last } = rig();
    await client.start();
    last().welcome();
    const a = await client.send({ conversation: 'c1', text: 'a' });
    last().frame({ type: 'nack', id: a, problem: { title: 'Limited', status: 429 }, retry_after_ms: 5000 });
    await settle();
    await client.send({ conversation: 'c1', text: 'b' });
    expect(last().of('send')).toHaveLength(1);
    vi.advanceTimersByTime(6100);
    expect(last().of('send').map((f) => f.text)).toEqual(['a', 'a', 'b']);
  });

  test('no ack in ten seconds: the same send goes over HTTP', async () => {
    const { client, last, calls, answer } = rig();
    await client.start();
    last().welcome();
    const a = await client.send({ conversation: 'c1', text: 'slow' });
    answer(() => ({ status: 200, body: { type: 'ack', id: a, conversation: 'c1', event: mine(1, a, 'slow'), dup: true } }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual([{ method: 'POST', path: '/visitor/messages', body: { id: a, conversation: 'c1', text: 'slow' } }]);
    expect(client.pending('c1')).toHaveLength(0);
  });

  test('of several without an ack only the oldest goes over HTTP; the others wait for it', async () => {
    const { client, last, calls, answer } = rig();
    await client.start();
    last().welcome();
    const a = await client.send({ conversation: 'c1', text: 'a' });
    const b = await client.send({ conversation: 'c1', text: 'b' });
    let reached = false;
    answer((_method, _path, body) => {
      const { id, text } = body as { id: string; text: string };
      if (!reached) return { status: 503, body: { status: 503, code: 'unavailable', title: 'Service Unavailable' } };
      return { status: 200, body: { id, conversation: 'c1', event: mine(id === a ? 1 : 2, id, text) } };
    });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(calls.map((c) => (c.body as { id: string }).id)).toEqual([a]);
    reached = true;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(calls.map((c) => (c.body as { id: string }).id)).toEqual([a, a, b]);
    expect(client.pending('c1')).toHaveLength(0);
  });
});

describe('without a socket', () => {
  test('over HTTP too nothing overtakes a message that was told to wait', async () => {
    const { client, last, calls, answer } = rig();
    client.watch('c1');
    let full = true;
    answer((method, _path, body) => {
      if (method !== 'POST') return { status: 200, body: { conversation: row('c1', 0), events: [], top: 0 } };
      const { id, text } = body as { id: string; text: string };
      if (full && text === 'a') return { status: 429, body: { status: 429, code: 'limited', title: 'Too Many Requests' }, headers: { 'Retry-After': '5' } };
      return { status: 200, body: { id, conversation: 'c1', event: mine(text === 'a' ? 1 : 2, id, text) } };
    });
    await client.start();
    for (let i = 0; i < 2; i++) {
      last().die();
      await vi.advanceTimersByTimeAsync(1000);
    }
    await client.send({ conversation: 'c1', text: 'a' });
    await client.send({ conversation: 'c1', text: 'b' });
    await vi.advanceTimersByTimeAsync(4000);
    const posted = () => calls.filter((c) => c.method === 'POST').map((c) => (c.body as { text: string }).text);
    expect(posted()).toEqual(['a']);
    full = false;
    await vi.advanceTimersByTimeAsync(6000);
    expect(posted()).toEqual(['a', 'a', 'b']);
  });

  test('after two failed sockets it polls and posts, and goes back to the socket', async () => {
    const { client, last, calls, answer } = rig();
    client.watch('c1');
    const stored = [mine(1, 'x', 'before')];
    answer((method, path, body) => {
      if (method === 'POST') {
        const id = (body as { id: string }).id;
        const e = mine(stored.length + 1, id, 'posted');
        stored.push(e);
        return { status: 200, body: { id, conversation: 'c1', event: e } };
      }
      const after = Number(/after=(\d+)/.exec(path)?.[1] ?? 0);
      return { status: 200, body: { conversation: row('c1', stored.length), events: stored.filter((e) => e.n > after), top: stored.length } };
    });
    await client.start();
    last().die();
    await vi.advanceTimersByTimeAsync(300);
    last().die();
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    expect(client.connection).toBe('polling');
    await client.send({ conversation: 'c1', text: 'posted' });
    await settle();
    expect(calls.some((c) => c.method === 'POST')).toBe(true);
    expect(client.timeline('c1').entries()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2000);
    last().welcome();
    expect(client.connection).toBe('online');
    const before = calls.length;
    await vi.advanceTimersByTimeAsync(9000);
    expect(calls).toHaveLength(before);
    client.stop();
  });

  test('polling a long talk from nothing shows its newest part and no hole', async () => {
    const { client, last, answer } = rig();
    client.watch('c1');
    const all = Array.from({ length: 450 }, (_, i) => event(i + 1));
    answer((_, path) => {
      const after = Number(/after=(\d+)/.exec(path)?.[1] ?? 0);
      const events = after === 0 ? all.slice(-200) : all.filter((e) => e.n > after).slice(0, 200);
      return { status: 200, body: { conversation: row('c1', 450), events, top: 450, has_older: true, has_newer: false } };
    });
    await client.start();
    last().die();
    await vi.advanceTimersByTimeAsync(300);
    last().die();
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    const t = client.timeline('c1');
    expect([t.n, t.holed, t.hasOlder, t.entries().length]).toEqual([450, false, true, 200]);
    client.stop();
  });

  test('polling a talk that has gone far ahead shows its newest part, not all of it', async () => {
    const { client, last, calls, answer } = rig();
    client.watch('c1');
    const all = Array.from({ length: 1005 }, (_, i) => event(i + 1));
    answer((_, path) => {
      const after = Number(/after=(\d+)/.exec(path)?.[1] ?? 0);
      const events = after === 0 ? all.slice(-50) : all.filter((e) => e.n > after).slice(0, 200);
      return { status: 200, body: { conversation: row('c1', 1005), events, top: 1005, has_older: true, has_newer: after > 0 } };
    });
    await client.start();
    last().welcome();
    last().frame({ type: 'events', conversation: row('c1', 5), events: all.slice(0, 5), top: 5, mode: 'delta' });
    last().die();
    await vi.advanceTimersByTimeAsync(300);
    last().die();
    await vi.advanceTimersByTimeAsync(1000);
    last().die();
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    const t = client.timeline('c1');
    expect([t.n, t.holed, t.hasOlder, t.entries().length]).toEqual([1005, false, true, 50]);
    expect(calls.filter((c) => c.path.includes('/events'))).toHaveLength(2);
    client.stop();
  });

  test('says offline when HTTP fails as well', async () => {
    const { client, last } = rig();
    await client.start();
    last().die();
    await vi.advanceTimersByTimeAsync(300);
    last().die();
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    expect(client.connection).toBe('offline');
    client.stop();
  });
});

describe('resume', () => {
  test('hello carries each cursor and the epoch', async () => {
    const { client, last } = rig();
    client.watch('c1');
    await client.start();
    last().welcome('e1');
    last().frame({ type: 'events', conversation: row('c1', 2), events: [event(1), event(2)], top: 2, mode: 'delta' });
    last().die();
    vi.advanceTimersByTime(600);
    last().accept();
    expect(last().of('hello')[0]?.conversations).toEqual([{ id: 'c1', epoch: 'e1', n: 2 }]);
  });

  test('a hole that stays is asked for', async () => {
    const { client, last } = rig();
    client.watch('c1');
    await client.start();
    last().welcome('e1');
    last().frame({ type: 'events', conversation: row('c1', 3), events: [event(1), event(3)], top: 3, mode: 'live' });
    vi.advanceTimersByTime(1000);
    expect(last().of('watch')).toEqual([{ type: 'watch', conversation: 'c1', epoch: 'e1', n: 1 }]);
  });

  test('a server that lost its tail is offered the acknowledged messages again', async () => {
    const { client, last } = rig();
    client.watch('c1');
    await client.start();
    last().welcome('e1');
    const a = await client.send({ conversation: 'c1', text: 'kept' });
    last().frame({ type: 'ack', id: a, conversation: 'c1', event: mine(1, a, 'kept') });
    await settle();
    last().die();
    vi.advanceTimersByTime(600);
    last().welcome('e2');
    expect(last().of('send').map((f) => f.id)).toEqual([a]);
  });

  test('the outbox survives a reload, on disk and per person', async () => {
    vi.useRealTimers();
    const store = await openOutbox();
    expect(store).not.toBeInstanceOf(MemoryOutbox);
    const first = rig(store);
    const a = await first.client.send({ client_conv_id: 'k', text: 'typed offline' });
    first.client.stop();
    const second = rig(await openOutbox());
    await second.client.start();
    second.last().welcome();
    expect(second.last().of('send').map((f) => f.id)).toEqual([a]);
    second.client.stop();
  });

  test('a browser without storage still sends', async () => {
    vi.useRealTimers();
    const blocked = { open: () => { throw new DOMException('denied', 'SecurityError'); } } as unknown as IDBFactory;
    expect(await openOutbox(blocked)).toBeInstanceOf(MemoryOutbox);
  });
});

describe('streams and typing', () => {
  test('a missing piece asks for the text once it is noticed', async () => {
    const { client, last } = rig();
    client.watch('c1');
    await client.start();
    last().welcome();
    last().frame({ type: 'events', conversation: row('c1', 1), events: [event(1, { kind: 'answer', id: 'p', run: 'r', text: '' })], top: 1, mode: 'live' });
    last().frame({ type: 'delta', conversation: 'c1', run: 'r', event: 'p', attempt: 1, offset: 4, text: 'late' });
    expect(last().of('text')).toEqual([{ type: 'text', run: 'r', attempt: 1, offset: 0 }]);
  });

  test('typing ends by itself, and when its author speaks', async () => {
    const { client, last } = rig();
    client.watch('c1');
    await client.start();
    last().welcome();
    const bot = { kind: 'bot' as const, id: '', name: 'Bot' };
    last().frame({ type: 'typing', conversation: 'c1', author: bot, stage: 'searching' });
    expect(client.typists('c1')).toEqual([{ author: bot, stage: 'searching' }]);
    vi.advanceTimersByTime(6000);
    expect(client.typists('c1')).toEqual([]);
    last().frame({ type: 'typing', conversation: 'c1', author: bot, stage: 'typing' });
    let told = 0;
    client.subscribe((c) => {
      if (c.what === 'typing') told++;
    });
    last().frame({ type: 'events', conversation: row('c1', 1), events: [event(1)], top: 1, mode: 'live' });
    expect(client.typists('c1')).toEqual([]);
    expect(told).toBe(1); // pages look again only when they are told
  });

  test('a lost right is final for that conversation', async () => {
    const { client, last } = rig();
    client.watch('c1');
    await client.start();
    last().welcome();
    last().frame({ type: 'gone', conversation: 'c1' });
    last().die();
    vi.advanceTimersByTime(600);
    last().accept();
    expect(last().of('hello')[0]?.conversations).toEqual([]);
  });
});

test('ids are UUIDv7 and sort by time', () => {
  const a = uuidv7(1_700_000_000_000);
  const b = uuidv7(1_700_000_000_001);
  expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(a < b).toBe(true);
});
