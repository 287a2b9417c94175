import type { Conversation, Event } from '../protocol';
import { type Http, Problem } from './http';
import type { Timeline } from './timeline';

const EVERY_MS = 3000;
/** Who lacks more events than this reads the newest page instead, as over the socket. */
const MAX_BEHIND = 500;

interface Page {
  conversation: Conversation;
  events: Event[];
  top: number;
  has_older?: boolean;
  has_newer?: boolean;
}

/** Reads timelines over HTTP: by polling while there is no socket, and older pages at any time. */
export class Poller {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private busy = false;
  private told: (reached: boolean) => void = () => undefined;

  constructor(
    private readonly http: Http,
    private readonly role: 'visitor' | 'agent',
    private readonly open: () => Timeline[],
    private readonly changed: (id: string) => void,
  ) {}

  /** Starts polling; `told` hears after each round whether the server was reached. */
  start(told: (reached: boolean) => void): void {
    this.told = told;
    if (this.running) return;
    this.running = true;
    void this.round();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  now(): void {
    if (!this.running) return;
    clearTimeout(this.timer);
    void this.round();
  }

  async older(t: Timeline): Promise<void> {
    const page = await this.http.get<Page>(`${this.path(t.id)}?before=${t.oldest}&limit=50`);
    t.prepend(page.events, page.has_older ?? false);
  }

  private path(id: string): string {
    return (this.role === 'visitor' ? '/visitor' : '') + `/conversations/${id}/events`;
  }

  private async round(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    let reached = true;
    try {
      const all = this.open();
      for (const t of all) await this.read(t);
      if (all.length === 0) await this.http.get(this.role === 'visitor' ? '/visitor/conversations' : '/sessions/current');
    } catch (e) {
      reached = e instanceof Problem && e.status !== 0 && e.status < 502;
    }
    this.busy = false;
    if (!this.running) return;
    this.told(reached);
    this.timer = setTimeout(() => void this.round(), EVERY_MS);
  }

  private async read(t: Timeline): Promise<void> {
    const before = t.n;
    for (let newer = true; newer; ) {
      let page = await this.http.get<Page>(`${this.path(t.id)}?after=${t.n}&limit=200`);
      const far = t.n > 0 && page.top - t.n > MAX_BEHIND;
      if (far) page = await this.http.get<Page>(`${this.path(t.id)}?after=0&limit=50`);
      // From nothing, the server gives the newest page: of a long talk that is a snapshot.
      const cut = far || (t.n === 0 && (page.events[0]?.n ?? 1) > 1);
      t.apply({
        type: 'events',
        conversation: page.conversation,
        events: page.events,
        top: page.top,
        mode: cut ? 'snapshot' : 'delta',
        has_older: cut ? page.has_older : undefined,
      });
      newer = !!page.has_newer && page.events.length > 0;
    }
    t.synced = true;
    if (t.n !== before) this.changed(t.id);
  }
}
