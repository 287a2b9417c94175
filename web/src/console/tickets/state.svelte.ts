import { type Page, query, type Ticket, type TicketView } from '../api';
import type { App } from '../app.svelte';

/** A ticket that an e-mail changed is seen after this long, in ms: no frame tells of tickets whose chat is not open. */
const lookEvery = 15_000;

/** How many rows a page has, and how many are read anew at once. */
const few = 50;
const most = 200;

/** An e-mail that is on its way is looked at again after this long, in ms. */
const lookAtMail = 2_000;

/** Tickets is what the page's parts share: the list, and the ticket that is open. */
export class Tickets {
  rows = $state.raw<Ticket[]>([]);
  next = $state<string | undefined>();
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<unknown>();
  one = $state.raw<Ticket | undefined>();
  oneProblem = $state.raw<unknown>();
  busy = $state(false);
  view: TicketView = 'open';
  text = '';
  private asked = 0;
  private list = ''; // what rows are a list of
  private wanted?: string; // the ticket that is to be open: an answer that comes late must not show another one
  private readonly look: ReturnType<typeof setInterval>;
  private mail?: ReturnType<typeof setTimeout>;

  constructor(private readonly app: App) {
    this.look = setInterval(() => {
      if (document.visibilityState === 'visible' && this.phase === 'ready') void this.load();
    }, lookEvery);
  }

  /** Reads the list anew; of answers to two questions the later one counts. */
  async load(): Promise<void> {
    const ask = ++this.asked;
    const list = { view: this.view, text: this.text.trim(), sort: this.sort };
    const again = this.list === query(list); // rows that were asked for stay on the page
    try {
      const limit = again ? Math.min(Math.max(this.rows.length, few), most) : few;
      const page = await this.app.http.get<Page<Ticket>>(`/tickets?${query({ ...list, limit })}`);
      if (ask !== this.asked) return;
      const known = new Set(page.items.map((x) => x.id));
      const tail = again && this.rows.length > most ? this.rows.slice(most).filter((x) => !known.has(x.id)) : [];
      this.rows = [...page.items, ...tail];
      if (tail.length === 0) this.next = page.next;
      this.list = query(list);
      this.phase = 'ready';
    } catch (e) {
      if (ask !== this.asked) return;
      this.problem = e;
      if (this.phase !== 'ready') this.phase = 'failed';
    }
  }

  async more(): Promise<void> {
    const ask = this.asked;
    try {
      const page = await this.app.http.get<Page<Ticket>>(
        `/tickets?${query({ view: this.view, text: this.text.trim(), sort: this.sort, limit: few, cursor: this.next })}`,
      );
      if (ask !== this.asked) return;
      this.rows = [...this.rows, ...page.items];
      this.next = page.next;
    } catch (e) {
      this.app.say(this.app.why(e), 'bad');
    }
  }

  async open(id: string | undefined): Promise<void> {
    this.wanted = id;
    if (this.one?.id !== id) this.one = undefined;
    this.oneProblem = undefined;
    if (!id) return;
    try {
      const got = await this.app.http.get<Ticket>(`/tickets/${id}`);
      if (this.wanted === id) this.took(got);
    } catch (e) {
      if (this.wanted === id) this.oneProblem = e;
    }
  }

  /** Does something to the open ticket and shows what became of it; false: it failed, and the reason was said. */
  async act(path: string, body: object, method: 'post' | 'patch' = 'post'): Promise<Ticket | undefined> {
    const id = this.one?.id;
    if (!id || this.busy) return undefined;
    this.busy = true;
    try {
      const got = await this.app.http[method]<Ticket>(`/tickets/${id}${path}`, body);
      if (got.id === this.wanted) this.took(got);
      void this.load();
      return got;
    } catch (e) {
      this.app.say(this.app.why(e), 'bad');
      if (id === this.wanted) void this.open(id);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  change(patch: object): Promise<Ticket | undefined> {
    return this.act('', { ...patch, version: this.one?.version }, 'patch');
  }

  step(by: 1 | -1): void {
    const at = this.rows.findIndex((x) => x.id === this.one?.id);
    const to = this.rows[at < 0 ? (by > 0 ? 0 : this.rows.length - 1) : at + by];
    if (to) this.app.router.replace('tickets', this.view, to.id);
  }

  stop(): void {
    clearInterval(this.look);
    clearTimeout(this.mail);
  }

  private get sort(): string {
    return this.view === 'solved' || this.view === 'all' ? 'newest' : 'due';
  }

  private took(t: Ticket): void {
    this.one = t;
    clearTimeout(this.mail);
    if (t.mails?.some((m) => m.state === 'due')) this.mail = setTimeout(() => this.one?.id === t.id && void this.open(t.id), lookAtMail);
    this.rows = this.rows.map((x) => (x.id === t.id ? t : x));
  }
}
