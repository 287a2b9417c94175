import type { Agent, ClientFrame, Conversation, Event, Place, Reservation, ServerFrame } from '../protocol';
import { type Http, Problem } from './http';
import { Link, type LinkState, type SocketLike } from './link';
import { type Outgoing, type OutboxStore } from './outbox';
import { type NewMessage, Sender } from './sender';
import { Poller } from './poller';
import { Timeline } from './timeline';
import { openTabs, type Tabs } from './tabs';
import { TypingBoard, type Typist } from './typing';

export type Connection = 'connecting' | 'online' | 'polling' | 'offline' | 'denied';

export interface ClientOptions {
  role: 'visitor' | 'agent';
  scope: string; // names the outbox and the channel between tabs
  http: Http;
  socket: () => SocketLike;
  outbox: OutboxStore;
  hello: () => { token?: string; csrf?: string; language?: string; feed?: boolean };
  refresh?: () => Promise<boolean>;
  random?: () => number;
}

/** What happened, for whoever draws. */
export type Change =
  | { what: 'connection' }
  | { what: 'timeline'; conversation: string }
  | { what: 'row'; conversation: Conversation }
  | { what: 'outbox' }
  | { what: 'typing'; conversation: string }
  | { what: 'viewers'; conversation: string; agents: { id: string; name: string }[] }
  | { what: 'notice'; conversation: Conversation; event: Event }
  | { what: 'place'; place: Place }
  | { what: 'offer'; reservation: Reservation }
  | { what: 'offer_end'; id: string; state: string }
  | { what: 'agent'; agent: Agent }
  | { what: 'gone'; conversation: string }
  | { what: 'made'; conversation: string; clientConv: string }
  | { what: 'resumed' }
  | { what: 'error'; problem: Problem };

const GAP_MS = 1000; // frames may overtake each other; a hole this old is asked for

/**
 * Client is one reader's live connection: timelines, outbox, stream assembly,
 * and the same sends over HTTP when no socket can be had. It draws nothing and
 * stores nothing but the outbox: timelines are fetched again by cursor.
 */
export class Client {
  readonly timelines = new Map<string, Timeline>();
  connection: Connection = 'connecting';
  me: unknown;
  epoch = '';

  private readonly watched = new Set<string>();
  private readonly listeners = new Set<(c: Change) => void>();
  private readonly gaps = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly link: Link;
  private readonly sender: Sender;
  private readonly poller: Poller;
  private readonly tabs: Tabs;
  private readonly board = new TypingBoard((conversation) => this.tell({ what: 'typing', conversation }));
  private offset = 0; // server clock less ours, ms
  private welcomed = false;

  constructor(o: ClientOptions) {
    this.link = new Link({
      open: o.socket,
      hello: () => ({ type: 'hello', ...o.hello(), conversations: [...this.watched].map((id) => this.cursor(id)) }),
      frame: (f) => this.frame(f),
      state: (s, failures) => this.linkMoved(s, failures),
      refresh: async () => (await o.refresh?.()) ?? false,
      probe: () => o.http.probe(),
      resync: () => this.timelines.forEach((t) => t.forget()),
      random: o.random,
    });
    this.tabs = openTabs(o.scope, (m) => {
      if (m.t === 'outbox') void this.sender.reload();
      else if (m.t === 'made') this.made(m.conversation, m.clientConv);
    });
    this.sender = new Sender({
      role: o.role,
      scope: o.scope,
      http: o.http,
      store: o.outbox,
      frame: (f) => this.link.send(f),
      acked: (conversation, event, m) => {
        if (m.client_conv_id && !m.conversation) this.made(conversation, m.client_conv_id, true);
        if (event) this.timeline(conversation).insert(event);
        this.checkGap(conversation);
        this.tell({ what: 'timeline', conversation });
      },
      changed: (shared) => {
        if (shared) this.tabs.post({ t: 'outbox' });
        this.tell({ what: 'outbox' });
      },
    });
    this.poller = new Poller(o.http, o.role, () => [...this.watched].map((id) => this.timeline(id)), (id) =>
      this.tell({ what: 'timeline', conversation: id }),
    );
  }

  async start(): Promise<void> {
    await this.sender.reload();
    if (typeof addEventListener === 'function') {
      addEventListener('online', this.wake);
      addEventListener('offline', this.lost);
      document.addEventListener('visibilitychange', this.wake);
    }
    this.link.start();
  }

  stop(): void {
    if (typeof removeEventListener === 'function') {
      removeEventListener('online', this.wake);
      removeEventListener('offline', this.lost);
      document.removeEventListener('visibilitychange', this.wake);
    }
    this.link.stop();
    this.poller.stop();
    this.sender.stop();
    this.board.clear();
    this.tabs.close();
    this.gaps.forEach((t) => clearTimeout(t));
    this.listeners.clear();
  }

  subscribe(fn: (c: Change) => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** The server's clock: deadlines and timers must not trust this device's. */
  now(): number {
    return Date.now() + this.offset;
  }

  timeline(id: string): Timeline {
    let t = this.timelines.get(id);
    if (!t) {
      t = new Timeline(id);
      this.timelines.set(id, t);
    }
    return t;
  }

  watch(id: string): Timeline {
    const t = this.timeline(id);
    if (!this.watched.has(id)) {
      this.watched.add(id);
      this.link.send({ type: 'watch', conversation: id, epoch: this.epoch, n: t.n });
      if (this.connection === 'polling') this.poller.now();
    }
    return t;
  }

  unwatch(id: string): void {
    if (this.watched.delete(id)) this.link.send({ type: 'unwatch', conversation: id });
  }

  /** Takes a message into the outbox; it is shown at once and sent when it can be. */
  send(m: NewMessage): Promise<string> {
    return this.sender.add(m);
  }

  retry(id: string): Promise<void> {
    return this.sender.retry(id);
  }

  discard(id: string): Promise<void> {
    return this.sender.discard(id);
  }

  /** Messages of a conversation (its ID, or client_conv_id before it has one) that the timeline does not show yet. */
  pending(key: string): Outgoing[] {
    const t = this.timelines.get(key);
    return this.sender.waiting(key).filter((m) => !t?.knows(m.id));
  }

  /** Everything that is still on its way, oldest first: what an earlier life of this page left. */
  unsent(): Outgoing[] {
    return this.sender.unsent();
  }

  typing(conversation: string, on: boolean, note = false): void {
    this.link.send(note ? { type: 'typing', conversation, on, note } : { type: 'typing', conversation, on });
  }

  typists(conversation: string): Typist[] {
    return this.board.of(conversation);
  }

  stopRun(run: string): void {
    this.link.send({ type: 'stop', run });
  }

  /** Older events of a conversation, over HTTP; true while there may be more. */
  async older(id: string): Promise<boolean> {
    const t = this.timeline(id);
    await this.poller.older(t);
    this.tell({ what: 'timeline', conversation: id });
    return t.hasOlder;
  }

  private lost = (): void => this.link.lost();

  wake = (): void => {
    if (typeof document === 'undefined' || document.visibilityState === 'visible') this.link.wake();
  };

  private cursor(id: string): { id: string; epoch: string; n: number } {
    return { id, epoch: this.epoch, n: this.timeline(id).n };
  }

  private tell(c: Change): void {
    for (const fn of this.listeners) fn(c);
  }

  private linkMoved(s: LinkState, failures: number): void {
    if (s === 'online') {
      this.poller.stop();
      this.connection = 'online';
      this.sender.connected();
      if (this.welcomed) this.tell({ what: 'resumed' });
      this.welcomed = true;
    } else {
      this.sender.disconnected();
      if (s === 'stopped') {
        this.poller.stop();
        this.connection = 'denied';
      } else if (failures >= 2) {
        // Two sockets in a row failed: perhaps a proxy forbids them. HTTP may still work; the poller tells which.
        if (this.connection !== 'polling' && this.connection !== 'offline') this.connection = 'offline';
        this.poller.start((reached) => {
          const next = reached ? 'polling' : 'offline';
          this.sender.overHttp(reached);
          if (next !== this.connection) {
            this.connection = next;
            this.tell({ what: 'connection' });
          }
        });
      } else this.connection = 'connecting';
    }
    this.tell({ what: 'connection' });
  }

  private frame(f: ServerFrame): void {
    switch (f.type) {
      case 'welcome':
        this.offset = Date.parse(f.now) - Date.now() || 0;
        if (this.epoch && this.epoch !== f.epoch) void this.sender.offerAgain();
        this.epoch = f.epoch;
        this.me = f.me;
        return;
      case 'events': {
        const t = this.timeline(f.conversation.id);
        if (f.top < t.top) void this.sender.offerAgain(t.id); // the server forgot what it had acknowledged
        t.apply(f);
        this.board.heard(t.id, f.events);
        this.checkGap(t.id);
        this.tell({ what: 'timeline', conversation: t.id });
        this.tell({ what: 'row', conversation: t.conversation ?? f.conversation });
        return;
      }
      case 'synced':
        this.timeline(f.conversation).synced = true;
        this.tell({ what: 'timeline', conversation: f.conversation });
        return;
      case 'ack':
        void this.sender.ack(f.id, f.conversation, f.event);
        return;
      case 'nack':
        void this.sender.nack(f.id, new Problem(f.problem, f.retry_after_ms), f.retry_after_ms);
        return;
      case 'delta':
      case 'reset': {
        const t = this.timeline(f.conversation);
        if (f.type === 'reset') t.reset(f);
        else if (t.delta(f) === 'missing') {
          this.link.send({ type: 'text', run: f.run, attempt: f.attempt, offset: t.held(f.event) });
          return;
        }
        this.tell({ what: 'timeline', conversation: f.conversation });
        return;
      }
      case 'typing':
        this.board.typing(f.conversation, f.author, f.stage);
        return;
      case 'viewers':
        this.tell({ what: f.type, ...f });
        return;
      case 'notice':
        this.tell({ what: f.type, ...f });
        return;
      case 'place':
        this.timeline(f.conversation).place = f;
        this.tell({ what: 'place', place: f });
        return;
      case 'conversation': {
        this.tell({ what: 'row', conversation: f.conversation });
        return;
      }
      case 'offer':
        this.tell({ what: 'offer', reservation: f.reservation });
        return;
      case 'offer_end':
        this.tell({ what: 'offer_end', id: f.reservation.id, state: f.reservation.state });
        return;
      case 'agent':
        this.tell({ what: 'agent', agent: f.agent });
        return;
      case 'gone':
        this.timeline(f.conversation).gone = true;
        this.watched.delete(f.conversation);
        this.tell({ what: 'gone', conversation: f.conversation });
        return;
      case 'error':
        this.tell({ what: 'error', problem: new Problem(f.problem) });
        return;
      case 'ping':
      case 'drain':
        return; // the link's own
    }
  }

  private made(conversation: string, clientConv: string, mine = false): void {
    this.sender.rename(clientConv, conversation);
    this.watch(conversation);
    if (mine) this.tabs.post({ t: 'made', conversation, clientConv });
    this.tell({ what: 'made', conversation, clientConv });
  }

  private checkGap(id: string): void {
    const t = this.timeline(id);
    if (!t.holed || this.gaps.has(id)) return;
    this.gaps.set(
      id,
      setTimeout(() => {
        this.gaps.delete(id);
        if (t.holed) this.link.send({ type: 'watch', conversation: id, epoch: this.epoch, n: t.n } satisfies ClientFrame);
      }, GAP_MS),
    );
  }
}
