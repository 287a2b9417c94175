import type { ClientFrame, Conversation, Event, ServerFrame } from '../src/shared/protocol';
import type { SocketLike } from '../src/shared/client/link';
import { Client } from '../src/shared/client/client';
import { Http } from '../src/shared/client/http';
import { MemoryOutbox, type OutboxStore } from '../src/shared/client/outbox';

/** A socket whose other end is the test. */
export class FakeSocket implements SocketLike {
  readyState = 0;
  sent: ClientFrame[] = [];
  closedByClient = false;
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientFrame);
  }

  close(): void {
    this.closedByClient = true;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  frame(f: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(f) });
  }

  welcome(epoch = 'e1', ping = 25): void {
    this.accept();
    this.frame({ type: 'welcome', now: new Date(Date.now()).toISOString(), epoch, ping_s: ping, me: {} });
  }

  die(code = 1006): void {
    this.onclose?.({ code });
  }

  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((f): f is Extract<ClientFrame, { type: T }> => f.type === type);
  }
}

export function row(id = 'c1', n = 0): Conversation {
  return {
    id,
    inbox: 'shop',
    speaker: 'bot',
    service: 'bot',
    language: 'en',
    created_at: '2026-01-01T00:00:00.000000Z',
    updated_at: '2026-01-01T00:00:00.000000Z',
    n,
    version: n,
  };
}

export function event(n: number, more: Partial<Event> = {}): Event {
  return {
    id: `ev${n}`,
    n,
    kind: 'message',
    author: { kind: 'bot', id: '', name: 'Bot' },
    at: '2026-01-01T00:00:00.000000Z',
    text: `text ${n}`,
    ...more,
  };
}

export interface Rig {
  client: Client;
  sockets: FakeSocket[];
  last: () => FakeSocket;
  calls: { method: string; path: string; body: unknown }[];
  answer: (fn: (method: string, path: string, body: unknown) => { status: number; body: unknown; headers?: Record<string, string> } | 'down') => void;
  store: OutboxStore;
}

/** A visitor's client on fake sockets and a fake HTTP server (down until told otherwise). */
export function rig(store: OutboxStore = new MemoryOutbox(), random: () => number = () => 0.5): Rig {
  const sockets: FakeSocket[] = [];
  const calls: Rig['calls'] = [];
  let reply: (method: string, path: string, body: unknown) => { status: number; body: unknown; headers?: Record<string, string> } | 'down' = () => 'down';
  const http = new Http({
    base: '',
    fetch: async (url, init) => {
      const body: unknown = init?.body ? JSON.parse(String(init.body)) : undefined;
      calls.push({ method: init?.method ?? 'GET', path: String(url), body });
      const r = reply(init?.method ?? 'GET', String(url), body);
      if (r === 'down') throw new TypeError('refused');
      return new Response(JSON.stringify(r.body), { status: r.status, headers: r.headers });
    },
  });
  const client = new Client({
    role: 'visitor',
    scope: 'test',
    http,
    outbox: store,
    socket: () => {
      const s = new FakeSocket();
      sockets.push(s);
      return s;
    },
    hello: () => ({ token: 't' }),
    random,
  });
  return {
    client,
    sockets,
    last: () => sockets.at(-1) as FakeSocket,
    calls,
    answer: (fn) => (reply = fn),
    store,
  };
}

/** Lets promises that are already settled run, with fake timers on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
