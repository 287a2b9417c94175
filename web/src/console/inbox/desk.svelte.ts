import type { Change, Client } from '../../shared/client/client';
import type { Conversation, Reservation } from '../../shared/protocol';
import { chime } from '../../shared/ui/sound';
import { type ConversationPage, query, type View } from '../api';
import type { App } from '../app.svelte';
import { notify } from '../notify';
import type { DeskKey } from '../shell/keys';
import { inbox } from '../words/inbox';
import { watch } from '../words/watch';
import { type Notice, noticeTitle, withNotice } from './notices';
import { Draft } from './draft.svelte';
import { answers, belongs, nameOf } from './people';
import { merged, older, order } from './rows';
import { Talk } from './talk.svelte';

/**
 * Rows that change are shown together after so many ms: a busy desk changes a
 * thousand a second, and draws less often while more than a handful come at once.
 */
const gatherFor = 100;
const busyGatherFor = 400;
const handful = 25;

export interface DeskAction {
  id: DeskKey;
  text: string;
  run: () => void;
}

/** Desk is the inbox: one list at a time, the offers to this agent, and the chat that is open. */
export class Desk {
  view = $state<View>('mine');
  text = $state('');
  rows = $state.raw<Conversation[]>([]);
  counts = $state.raw<Partial<Record<View, number>>>({});
  next = $state('');
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<unknown>();
  offers = $state.raw<Reservation[]>([]);
  talk = $state.raw<Talk | undefined>();
  transferring = $state(false);
  notices = $state.raw<Notice[]>([]); // what concerns this agent, wherever it happened
  now = $state(Date.now()); // ticks each second while somebody waits or is offered
  seen = $state.raw<Record<string, number>>({});

  private client: Client | undefined;
  private readonly drafts = new Map<string, Draft>(); // by chat
  private readonly mine = new Map<string, Conversation>(); // own chats, whatever list is shown
  private mineRev = $state(0);
  private readonly owed = new Map<string, string>(); // since when own chats wait for an answer, as far as this page saw
  private ask = 0;
  private readonly news = new Map<string, Conversation>(); // rows that changed and are not shown yet
  private busy = false; // the last gathering was no handful
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private counting: ReturnType<typeof setTimeout> | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;

  /** What needs this person: open offers and own chats with unread words. */
  readonly attention = $derived.by(() => {
    void this.mineRev;
    let n = this.offers.length;
    for (const c of this.mine.values()) if (this.unread(c)) n++;
    return n;
  });

  constructor(private readonly app: App) {}

  begin(client: Client): void {
    this.client = client;
    this.seen = readSeen();
    void this.app.replies.ready(); // names and service levels of queues
    this.clock = setInterval(() => (this.now = client.now()), 1000);
    void this.app.http
      .get<ConversationPage>('/conversations?view=mine&limit=50')
      .then((p) => {
        for (const c of p.items) {
          this.mine.set(c.id, c);
          this.owes(c);
        }
        this.mineRev++;
        if (p.counts) this.counts = p.counts;
      })
      .catch(() => undefined);
    this.talk?.attach(client);
  }

  reset(): void {
    clearInterval(this.clock);
    clearTimeout(this.counting);
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.news.clear();
    this.talk?.close();
    this.talk = undefined;
    this.client = undefined;
    this.mine.clear();
    this.drafts.clear();
    this.offers = [];
    this.notices = [];
    this.rows = [];
  }

  async load(view: View, text = ''): Promise<void> {
    const mine = ++this.ask;
    if (view !== this.view || text !== this.text || this.phase === 'failed') this.phase = 'loading';
    this.view = view;
    this.text = text;
    try {
      const p = await this.app.http.get<ConversationPage>(`/conversations?${query({ view, text, limit: 100 })}`);
      if (mine !== this.ask) return;
      this.rows = p.items.sort(order(view));
      this.next = p.next ?? '';
      if (p.counts) this.counts = p.counts;
      this.phase = 'ready';
    } catch (e) {
      if (mine !== this.ask) return;
      this.problem = e;
      this.phase = 'failed';
    }
  }

  async more(): Promise<void> {
    if (!this.next || this.phase !== 'ready') return;
    const [mine, cursor] = [this.ask, this.next];
    this.next = '';
    const p = await this.app.http
      .get<ConversationPage>(`/conversations?${query({ view: this.view, text: this.text, limit: 100, cursor })}`)
      .catch(() => undefined);
    if (mine !== this.ask) return;
    if (!p) this.next = cursor;
    else {
      const known = new Set(this.rows.map((r) => r.id));
      this.rows = [...this.rows, ...p.items.filter((c) => !known.has(c.id))];
      this.next = p.next ?? '';
    }
  }

  open(id: string | undefined): void {
    if (this.talk?.id === id) return;
    this.talk?.close();
    this.talk = id ? new Talk(this.app, id) : undefined;
    this.notices = this.notices.filter((n) => n.conversation.id !== id); // they see for themselves now
    if (this.client) this.talk?.attach(this.client);
    this.transferring = false;
  }

  /** What is begun in a chat and not sent. */
  draft(id: string): Draft {
    let d = this.drafts.get(id);
    if (!d) this.drafts.set(id, (d = new Draft(this.app, id)));
    return d;
  }

  step(by: 1 | -1): void {
    const at = this.rows.findIndex((c) => c.id === this.talk?.id);
    const to = this.rows[at < 0 ? (by > 0 ? 0 : this.rows.length - 1) : at + by];
    if (to) this.app.router.replace('inbox', this.view, to.id);
  }

  unread(c: Conversation): boolean {
    return c.last?.by === 'visitor' && c.n > (this.seen[c.id] ?? 0);
  }

  /** Since when the visitor of an own chat waits for a word of this agent; undefined: they do not. */
  owedSince(c: Conversation): string | undefined {
    void this.mineRev;
    return this.owed.get(c.id);
  }

  private owes(c: Conversation): void {
    if (!answers(c, this.app.account.id) || c.last?.by === 'agent') this.owed.delete(c.id);
    else if (!this.owed.has(c.id)) this.owed.set(c.id, c.updated_at ?? c.created_at);
  }

  read(c: Conversation): void {
    if ((this.seen[c.id] ?? 0) >= c.n) return;
    this.seen = { ...this.seen, [c.id]: c.n };
    writeSeen(this.seen);
  }

  async answer(o: Reservation, how: 'accept' | 'decline'): Promise<void> {
    const id = typeof o.conversation === 'string' ? o.conversation : o.conversation.id;
    this.offers = this.offers.filter((x) => x.id !== o.id);
    try {
      const now = await this.app.http.post<Conversation | undefined>(`/offers/${o.id}/${how}`);
      if (how !== 'accept') return;
      this.app.router.go('inbox', 'mine', id);
      this.open(id);
      if (now) this.talk?.begin(now);
    } catch (e) {
      this.app.say(this.app.why(e), 'bad');
    }
  }

  /** What can be done now, for the command bar. Offers come first. */
  actions(): DeskAction[] {
    const t = this.app.words(inbox);
    const out: DeskAction[] = [];
    const offer = this.offers[0];
    if (offer) out.push({ id: 'accept', text: t('accept'), run: () => void this.answer(offer, 'accept') }, { id: 'pass', text: t('pass'), run: () => void this.answer(offer, 'decline') });
    if (this.app.router.page !== 'inbox') return out;
    for (const a of this.talk?.actions() ?? []) out.push(a);
    if (this.rows.length > 0) {
      out.push({ id: 'next', text: t('nextChat'), run: () => this.step(1) }, { id: 'previous', text: t('previousChat'), run: () => this.step(-1) });
    }
    return out;
  }

  heard(c: Change): void {
    this.talk?.heard(c);
    switch (c.what) {
      case 'row':
        this.gather(c.conversation);
        return;
      case 'offer': {
        const known = this.offers.some((o) => o.id === c.reservation.id);
        this.offers = [...this.offers.filter((o) => o.id !== c.reservation.id), c.reservation];
        if (known) return; // said again after a reconnect
        if (this.app.prefs.sound) chime('offer');
        const t = this.app.words(inbox);
        const from = typeof c.reservation.conversation === 'string' ? '' : nameOf(c.reservation.conversation, t);
        notify(t('notifyOffer', { name: from }), c.reservation.summary?.problem ?? '', `offer-${c.reservation.id}`, () => this.app.router.go('inbox', 'queue'));
        return;
      }
      case 'notice':
        this.notice({ id: c.event.id, conversation: c.conversation, event: c.event });
        return;
      case 'offer_end':
        this.offers = this.offers.filter((o) => o.id !== c.id);
        return;
      case 'resumed':
        // Rows may have changed unseen while the socket was away.
        void this.load(this.view, this.text);
    }
  }

  dismiss(id: string): void {
    this.notices = this.notices.filter((n) => n.id !== id);
  }

  /** What is on the screen already needs no card; a sound all the same. */
  private notice(n: Notice): void {
    if (this.app.prefs.sound) chime('message');
    if (this.talk?.id === n.conversation.id && document.visibilityState === 'visible') return;
    this.notices = withNotice(this.notices, n);
    const title = noticeTitle(n, nameOf(n.conversation, this.app.words(inbox)), this.app.words(watch));
    notify(title, n.event.text ?? '', `notice-${n.id}`, () => this.app.router.go('inbox', 'all', n.conversation.id));
  }

  private gather(c: Conversation): void {
    const known = this.news.get(c.id);
    if (!known || !older(c, known)) this.news.set(c.id, { ...known, ...c });
    this.gathering ??= setTimeout(() => this.changed(), this.busy ? busyGatherFor : gatherFor);
  }

  private changed(): void {
    this.gathering = undefined;
    const me = this.app.account.id;
    for (const c of this.news.values()) this.own(c, me);
    this.rows = merged(this.rows, this.news, this.view, me, this.text !== '');
    this.busy = this.news.size > handful;
    this.news.clear();
    this.recount();
  }

  /** Keeps own chats, and tells of words in those that nobody looks at. */
  private own(c: Conversation, me: string): void {
    const before = this.mine.get(c.id);
    if (before && older(c, before)) return;
    const mine = belongs('mine', c, me);
    if (mine) {
      this.mine.set(c.id, { ...before, ...c });
      this.owes(c);
    } else {
      this.mine.delete(c.id);
      this.owed.delete(c.id);
    }
    if (mine || before) this.mineRev++;
    if (this.talk?.id === c.id && document.visibilityState === 'visible') this.read(c);
    else if (mine && this.unread(c) && (!before || c.n > before.n)) {
      if (this.app.prefs.sound) chime('message');
      const t = this.app.words(inbox);
      notify(t('notifyMessage', { name: nameOf(c, t) }), c.last?.text ?? '', `chat-${c.id}`, () => this.app.router.go('inbox', 'mine', c.id));
    }
  }

  /** Counts come from the server; many changes at once ask once. */
  private recount(): void {
    if (this.counting) return;
    this.counting = setTimeout(async () => {
      this.counting = undefined;
      const p = await this.app.http.get<ConversationPage>('/conversations?view=mine&limit=1').catch(() => undefined);
      if (p?.counts) this.counts = p.counts;
    }, 800);
  }
}

const SEEN = 'frontdesk:seen';

function readSeen(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(SEEN) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}

function writeSeen(seen: Record<string, number>): void {
  try {
    // The newest thousand are plenty: an older chat that gets a word is unread anyway.
    localStorage.setItem(SEEN, JSON.stringify(Object.fromEntries(Object.entries(seen).slice(-1000))));
  } catch {
    // blocked storage: unread marks live as long as the page
  }
}
