import type { Event, SendFrame } from '../protocol';
import { uuidv7 } from './ids';
import { type Http, Problem } from './http';
import type { Outgoing, OutboxStore } from './outbox';
import { backoff } from './backoff';

export interface NewMessage {
  conversation?: string;
  client_conv_id?: string; // when there is no conversation yet
  text: string;
  written?: string; // the agent's own words, when text is the translation of them
  kind?: 'message' | 'note' | 'whisper';
  mentions?: string[]; // of a note
  files?: { id: string; name: string; type: string; size: number }[];
  page?: string;
}

export interface SenderOptions {
  role: 'visitor' | 'agent';
  scope: string;
  http: Http;
  store: OutboxStore;
  frame: (f: SendFrame) => boolean;
  acked: (conversation: string, event: Event | undefined, m: Outgoing) => void;
  /** `shared`: the change is one that other tabs should read from the outbox. */
  changed: (shared: boolean) => void;
}

const IN_FLIGHT = 8; // per conversation, as the server allows
const ACK_MS = 10_000; // no ack by then on a live socket: the same send goes over HTTP
const LATE_AGAIN_MS = 1000; // one that is late behind another looks again whether it is its turn
const KEEP_MS = 24 * 3600 * 1000; // acknowledged items are kept this long, to heal a server that lost its tail
const KEEP_EACH = 50;

/**
 * Sender moves the outbox to the server: first in, first out per conversation,
 * at most eight unacknowledged, each naming the one before it. A retry is always
 * the same id, so the server stores it once however often it arrives.
 */
export class Sender {
  private items: Outgoing[] = [];
  private readonly flying = new Map<string, ReturnType<typeof setTimeout>>(); // sent, not acknowledged
  private readonly held = new Map<string, ReturnType<typeof setTimeout>>(); // told to wait
  private way: 'none' | 'socket' | 'http' = 'none';
  private posting = false;
  private failures = 0;

  constructor(private readonly o: SenderOptions) {}

  async reload(): Promise<void> {
    const disk = await this.o.store.load(this.o.scope).catch(() => []);
    const mine = new Map(this.items.map((m) => [m.id, m]));
    const stale = Date.now() - KEEP_MS;
    for (const m of disk) {
      if (m.state === 'acked' && (m.acked ?? 0) < stale) {
        void this.o.store.remove(m.id).catch(() => undefined);
        continue;
      }
      const known = mine.get(m.id);
      if (!known) this.items.push(m);
      else if (known.state !== 'acked') Object.assign(known, m);
    }
    const onDisk = new Set(disk.map((m) => m.id));
    // What another tab took back is gone here too; what never reached the disk stays.
    this.items = this.items.filter((m) => onDisk.has(m.id) || m.state !== 'failed');
    this.items.sort((a, b) => a.made - b.made || (a.id < b.id ? -1 : 1));
    this.o.changed(false);
    this.pump();
  }

  async add(m: NewMessage): Promise<string> {
    const key = m.conversation ?? m.client_conv_id ?? '';
    const before = this.items.filter((x) => x.key === key && x.state !== 'failed').at(-1);
    const out: Outgoing = {
      id: uuidv7(),
      scope: this.o.scope,
      key,
      conversation: m.conversation,
      client_conv_id: m.conversation ? undefined : m.client_conv_id,
      kind: m.kind ?? 'message',
      text: m.text,
      written: m.written,
      mentions: m.mentions?.length ? m.mentions : undefined,
      attachments: m.files?.map((f) => f.id) ?? [],
      files: m.files?.map(({ id, name, type, size }) => ({ id, name, type, size })),
      after: before?.id,
      page: m.page,
      made: Math.max(Date.now(), (this.items.at(-1)?.made ?? 0) + 1),
      state: 'pending',
    };
    this.items.push(out);
    // To the disk and to the wire in the same breath: the page may be reloaded before either answers.
    const saved = this.save(out);
    this.pump();
    this.o.changed(false);
    await saved;
    this.o.changed(true);
    return out.id;
  }

  async retry(id: string): Promise<void> {
    const m = this.items.find((x) => x.id === id);
    if (!m || m.state !== 'failed') return;
    m.state = 'pending';
    m.problem = undefined;
    await this.save(m);
    this.o.changed(true);
    this.pump();
  }

  async discard(id: string): Promise<void> {
    this.items = this.items.filter((x) => x.id !== id);
    await this.o.store.remove(id).catch(() => undefined);
    this.o.changed(true);
  }

  waiting(key: string): Outgoing[] {
    return this.items.filter((m) => (m.key === key || m.conversation === key || m.client_conv_id === key) && m.state !== 'acked');
  }

  unsent(): Outgoing[] {
    return this.items.filter((m) => m.state !== 'acked');
  }

  /** A conversation that was made with its first message now has the server's id. */
  rename(clientConv: string, conversation: string): void {
    for (const m of this.items) {
      if (m.key !== clientConv) continue;
      m.key = conversation;
      // `conversation` stays unset on purpose: the server knows the retry by client_conv_id as well.
    }
  }

  connected(): void {
    this.way = 'socket';
    this.failures = 0;
    this.ground();
    this.pump();
  }

  disconnected(): void {
    if (this.way === 'socket') this.way = 'none';
    this.ground();
  }

  overHttp(reached: boolean): void {
    if (this.way === 'socket') return;
    this.way = reached ? 'http' : 'none';
    this.pump();
  }

  stop(): void {
    this.way = 'none';
    this.ground();
    this.held.forEach((t) => clearTimeout(t));
    this.held.clear();
  }

  async ack(id: string, conversation: string, event: Event | undefined): Promise<void> {
    clearTimeout(this.flying.get(id));
    this.flying.delete(id);
    const m = this.items.find((x) => x.id === id);
    if (!m) return;
    this.o.acked(conversation, event, m);
    m.state = 'acked';
    m.acked = Date.now();
    m.key = conversation;
    this.o.changed(false);
    this.pump();
    await this.save(m);
    await this.trim(conversation);
    this.o.changed(true);
  }

  async nack(id: string, problem: Problem, retryAfterMs?: number): Promise<void> {
    clearTimeout(this.flying.get(id));
    this.flying.delete(id);
    const m = this.items.find((x) => x.id === id);
    if (!m || m.state === 'acked') return;
    if (retryAfterMs !== undefined) {
      this.hold(id, backoff(0, Math.random, retryAfterMs));
      return;
    }
    m.state = 'failed';
    m.problem = problem.message;
    await this.save(m);
    this.o.changed(true);
    this.pump();
  }

  /** The server may have lost acknowledged messages: offer the kept ones again, under the same ids. */
  async offerAgain(conversation?: string): Promise<void> {
    for (const m of this.items) {
      if (m.state === 'acked' && (conversation === undefined || m.key === conversation)) m.state = 'pending';
    }
    this.pump();
  }

  private ground(): void {
    this.flying.forEach((t) => clearTimeout(t));
    this.flying.clear();
  }

  private hold(id: string, ms: number): void {
    clearTimeout(this.held.get(id));
    this.held.set(
      id,
      setTimeout(() => {
        this.held.delete(id);
        this.pump();
      }, ms),
    );
  }

  private pump(): void {
    if (this.way === 'http') void this.post();
    if (this.way !== 'socket') return;
    const open = new Map<string, number>();
    const blocked = new Set<string>();
    for (const m of this.items) {
      if (m.state !== 'pending') continue;
      // Order within a conversation holds: nothing overtakes one that must wait.
      if (this.held.has(m.id)) blocked.add(m.key);
      if (blocked.has(m.key)) continue;
      const n = (open.get(m.key) ?? 0) + 1;
      if (n > IN_FLIGHT) continue;
      open.set(m.key, n);
      if (this.flying.has(m.id)) continue;
      if (!this.o.frame(frameOf(m))) return;
      this.flying.set(m.id, setTimeout(() => void this.late(m), ACK_MS));
    }
  }

  private async late(m: Outgoing): Promise<void> {
    if (m.state !== 'pending') return;
    if (this.items.find((x) => x.key === m.key && x.state === 'pending') !== m) {
      // Only the oldest goes another way: those behind it would overtake it there.
      this.flying.set(m.id, setTimeout(() => void this.late(m), LATE_AGAIN_MS));
      return;
    }
    await this.deliver(m).catch(() => undefined);
    this.flying.delete(m.id);
    this.pump();
  }

  /** Sends what is pending over HTTP, one after the other. */
  private async post(): Promise<void> {
    if (this.posting) return;
    this.posting = true;
    try {
      for (;;) {
        const m = this.next();
        if (!m || this.way !== 'http') return;
        await this.deliver(m);
        this.failures = 0;
      }
    } catch {
      const wait = backoff(++this.failures);
      setTimeout(() => this.way === 'http' && void this.post(), wait);
    } finally {
      this.posting = false;
    }
  }

  /** The oldest message that may go: nothing overtakes one of its conversation that must wait. */
  private next(): Outgoing | undefined {
    const blocked = new Set<string>();
    return this.items.find((x) => {
      if (x.state !== 'pending') return false;
      if (this.held.has(x.id)) blocked.add(x.key);
      return !blocked.has(x.key);
    });
  }

  private async deliver(m: Outgoing): Promise<void> {
    const { type: _type, ...body } = frameOf(m);
    const path = this.o.role === 'visitor' ? '/visitor/messages' : `/conversations/${m.conversation ?? m.key}/messages`;
    try {
      const a = await this.o.http.post<{ conversation: string; event?: Event }>(path, body);
      await this.ack(m.id, a.conversation, a.event);
    } catch (e) {
      if (e instanceof Problem && !e.passing) await this.nack(m.id, e);
      else if (e instanceof Problem && e.retryAfterMs !== undefined) this.hold(m.id, e.retryAfterMs);
      else throw e;
    }
  }

  private async save(m: Outgoing): Promise<void> {
    // A full or blocked disk must not stop a send; the message then lives as long as the page.
    await this.o.store.put(m).catch(() => undefined);
  }

  private async trim(key: string): Promise<void> {
    const done = this.items.filter((m) => m.key === key && m.state === 'acked');
    for (const m of done.slice(0, Math.max(0, done.length - KEEP_EACH))) {
      this.items = this.items.filter((x) => x !== m);
      await this.o.store.remove(m.id).catch(() => undefined);
    }
  }
}

/** What is undefined is not written. */
function frameOf({ id, text, client_conv_id, conversation, attachments, after, kind, written, mentions, page }: Outgoing): SendFrame {
  return {
    type: 'send',
    id,
    client_conv_id,
    conversation: client_conv_id ? undefined : conversation,
    text,
    written,
    attachments: attachments[0] ? attachments : undefined,
    after,
    kind: kind === 'message' ? undefined : kind,
    mentions,
    page,
  };
}
