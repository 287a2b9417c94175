import { Client, type Connection } from '../shared/client/client';
import { Http, Problem } from '../shared/client/http';
import { uuidv7 } from '../shared/client/ids';
import { openOutbox, type Outgoing } from '../shared/client/outbox';
import type { Entry, MessageEntry } from '../shared/client/timeline';
import type { Typist } from '../shared/client/typing';
import { type Lang, ordinal, pickLang, translator } from '../shared/i18n';
import { aboutMinutes, minutes, opening } from '../shared/i18n/format';
import type { Conversation, InboxSettings, Place, Why } from '../shared/protocol';
import { cut, plain } from '../shared/text/markdown';
import type { SocketLike } from '../shared/client/link';
import { wear } from '../shared/ui/accent';
import { chime } from '../shared/ui/sound';
import type { Host } from './host';
import { ending } from './rating';
import { Keep, Session } from './session';
import { words } from './words';

const BLINK_MS = 3000; // a connection that is away for less is nobody's business

export type Phase = 'loading' | 'ready' | 'failed' | 'denied';

/** Chat is the widget's state: the client's facts as Svelte sees them, and what the visitor may do. */
export class Chat {
  phase = $state<Phase>('loading');
  lang = $state<Lang>('en');
  open = $state(false);
  full = $state(false);
  inbox = $state.raw<InboxSettings>({ id: '', name: '' });
  connection = $state<Connection>('connecting');
  slow = $state(false); // no connection for longer than a blink
  conversation = $state.raw<Conversation | undefined>();
  entries = $state.raw<Entry[]>([]);
  pending = $state.raw<Outgoing[]>([]);
  typists = $state.raw<Typist[]>([]);
  place = $state.raw<Place | undefined>();
  questions = $state.raw<string[]>([]);
  hasOlder = $state(false);
  unread = $state(0);
  dismissed = $state<string | undefined>(); // the offer that was answered with "go on with the bot"
  unrated = $state<string | undefined>(); // the end that the visitor did not want to rate
  panel = $state<'none' | 'message' | 'call'>('none');
  said = $state(''); // for the live region: whole sentences only
  sound = $state(false);
  personFailed = $state(''); // why the line could not be entered or left

  readonly t = $derived(translator(words, this.lang));
  readonly speaker = $derived(this.conversation?.speaker ?? 'bot');
  readonly agentName = $derived(this.conversation?.agent?.name || this.t('someone'));
  readonly waiting = $derived(this.conversation?.service === 'waiting' || this.conversation?.service === 'offered');
  readonly ended = $derived(this.conversation?.service === 'closed' || this.conversation?.service === 'wrapup');
  /** The bot's offer of a person that still waits for a choice. */
  readonly offer = $derived.by(() => {
    if (this.speaker !== 'bot' || this.waiting || this.ended || this.conversation?.service === 'parked') return undefined;
    const last = this.entries.filter((e): e is MessageEntry => e.kind === 'message').at(-1);
    return last && this.pending.length === 0 && last.event.decision === 'offer' && !last.streaming && last.key !== this.dismissed ? last : undefined;
  });

  /** The talk that ended and may be rated now. */
  readonly ending = $derived.by(() => {
    const end = this.pending.length === 0 && !this.offer ? ending(this.entries) : undefined;
    return end && end.event !== this.unrated ? end : undefined;
  });

  private client: Client | undefined;
  private id: string | undefined;
  private clientConv = uuidv7();
  private began = ''; // the words that made the conversation, for a message that is left
  private readonly keep: Keep;
  private readonly session: Session;
  readonly http: Http;
  private page = '';
  private blink: ReturnType<typeof setTimeout> | undefined;
  private heard = 0; // number of the newest entry that was read aloud

  constructor(
    inbox: string,
    private readonly host: Host,
  ) {
    this.keep = new Keep(`frontdesk:${inbox}:`);
    this.session = new Session(inbox, this.keep, 'en', undefined);
    this.http = new Http({
      base: '/api/v1',
      headers: () => ({ Authorization: `Bearer ${this.session.token}`, 'Accept-Language': this.lang }),
      refresh: () => this.renew(),
    });
    this.sound = this.keep.get('sound') === '1';
  }

  /** Starts with what the host page says of itself. */
  async start(o: { language: string; page: string; identity?: string }): Promise<void> {
    this.lang = pickLang(o.language, navigator.language);
    document.documentElement.lang = this.lang === 'zh' ? 'zh-Hans' : 'en';
    this.page = o.page;
    this.session.speak(this.lang);
    if (o.identity) this.session.identify(o.identity);
    await this.load();
  }

  async load(): Promise<void> {
    this.phase = 'loading';
    try {
      const s = await this.session.renew();
      this.inbox = s.inbox;
      wear(s.inbox.accent);
      const mine = await this.http.get<{ items: Conversation[] }>('/visitor/conversations');
      this.connect(s.visitor.id, mine.items);
      this.phase = 'ready';
      this.report();
      if (mine.items.length === 0) await this.suggest();
    } catch (e) {
      this.phase = e instanceof Problem && e.status === 403 ? 'denied' : 'failed';
    }
  }

  async identify(token: string): Promise<void> {
    this.session.identify(token);
    this.client?.stop();
    this.client = undefined;
    this.id = undefined;
    this.entries = [];
    await this.load();
  }

  moved(page: string): void {
    this.page = page;
  }

  show(open: boolean): void {
    this.open = open;
    if (open) {
      this.client?.wake();
      this.read();
    }
  }

  async send(text: string, files: { id: string; name: string; type: string; size: number }[] = []): Promise<void> {
    if (!this.client) return;
    this.personFailed = '';
    await this.client.send({ conversation: this.id, client_conv_id: this.id ? undefined : this.clientConv, text, files, page: this.page || undefined });
  }

  retry = (id: string): void => void this.client?.retry(id);
  discard = (id: string): void => void this.client?.discard(id);
  older = async (): Promise<void> => {
    if (this.id) await this.client?.older(this.id);
  };
  typing(on: boolean): void {
    if (this.id && this.speaker === 'human') this.client?.typing(this.id, on);
  }
  stop(run: string): void {
    this.client?.stopRun(run);
  }

  /** Into the line. Before any message is sent, the wish itself is the first message. */
  async person(): Promise<void> {
    this.panel = 'none';
    this.personFailed = '';
    if (!this.id) return this.send(this.lang === 'zh' ? '我想转人工客服。' : 'I would like to talk to a person.');
    try {
      await this.http.post(`/visitor/conversations/${this.id}/person`, { id: uuidv7() });
    } catch (e) {
      this.personFailed = this.why(e, 'personFailed');
    }
  }

  async leaveLine(): Promise<void> {
    if (this.id) await this.http.delete(`/visitor/conversations/${this.id}/person`).catch((e: unknown) => (this.personFailed = this.why(e, 'personFailed')));
  }

  async leaveMessage(m: { text: string; email?: string; phone?: string }): Promise<void> {
    if (!this.id) {
      // The message needs a conversation to live in; its own words make one.
      await this.send(m.text);
      this.began = m.text;
      await this.until(() => this.id !== undefined);
    }
    await this.http.post(`/visitor/conversations/${this.id}/leave-message`, { id: uuidv7(), ...m, said: this.began === m.text });
    this.panel = 'none';
  }

  /** Why something could not be done, for people; away is said when the server was not reached. */
  why(e: unknown, away: 'notSentWhy' | 'personFailed' = 'notSentWhy'): string {
    return e instanceof Problem && e.status !== 0 ? e.message : this.t(away);
  }

  async feedback(event: string, helpful: boolean, why?: Why): Promise<void> {
    if (this.id) await this.http.post(`/visitor/conversations/${this.id}/feedback`, { event, helpful, why });
  }

  async rate(score: number, comment: string): Promise<void> {
    if (this.id) await this.http.post(`/visitor/conversations/${this.id}/rating`, { id: uuidv7(), score, comment: comment || undefined });
  }

  mute(on: boolean): void {
    this.sound = on;
    this.keep.set('sound', on ? '1' : '0');
    if (on) chime('message');
  }

  /** The wait in words, as far as it is known. */
  waitText(p: Place | undefined): string {
    if (!p || !p.position) return this.t('waitingUnknown');
    if (!p.wait_s) return p.position === 1 ? this.t('waitingNext') : this.t('waitingShort', { place: ordinal(p.position, this.lang) });
    return this.t('waiting', { place: ordinal(p.position, this.lang), wait: this.range(p) });
  }

  /** The middle of the wait, and what nine in ten wait less than when that is known and says more. */
  range(p: Place): string {
    const wait = aboutMinutes(p.wait_s ?? 0, this.lang);
    const upper = minutes(p.wait_upper_s ?? 0, this.lang);
    if (!p.wait_upper_s || upper === minutes(p.wait_s ?? 0, this.lang)) return wait;
    return this.t('waitRange', { wait, upper });
  }

  status(): { text: string; tone: 'good' | 'warn' | 'bad' | 'none' } {
    if (this.connection === 'denied' || this.phase === 'denied') return { text: this.t('statusDenied'), tone: 'bad' };
    if (this.slow && this.connection === 'offline') return { text: this.t('statusOffline'), tone: 'bad' };
    if (this.phase === 'loading' || this.slow) return { text: this.t('statusConnecting'), tone: 'none' };
    if (this.ended) return { text: this.t('statusClosed'), tone: 'none' };
    if (this.speaker === 'human') return { text: this.t('statusHuman', { name: this.agentName }), tone: 'good' };
    if (this.waiting) return { text: this.t('statusWaiting'), tone: 'warn' };
    const p = this.inbox.people;
    if (p?.open && this.conversation?.service !== 'parked') return { text: this.t('statusBotOpen'), tone: 'good' };
    if (p?.opens_at) return { text: this.t('statusBotOpens', { when: opening(p.opens_at, this.lang, Date.now()) }), tone: 'good' };
    return { text: this.t('statusBot'), tone: 'good' };
  }

  private async renew(): Promise<boolean> {
    try {
      await this.session.renew();
      return true;
    } catch {
      return false;
    }
  }

  private connect(visitor: string, mine: Conversation[]): void {
    if (this.client) return;
    const time = (c: Conversation) => c.updated_at ?? c.created_at;
    const newest = [...mine].sort((a, b) => (time(a) < time(b) ? 1 : -1))[0];
    void openOutbox().then((outbox) => {
      const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/socket`;
      const client = new Client({
        role: 'visitor',
        scope: `${this.inbox.id}:${visitor}`,
        http: this.http,
        socket: () => new WebSocket(url) as unknown as SocketLike,
        outbox,
        hello: () => ({ token: this.session.token, language: this.lang }),
        refresh: () => this.renew(),
      });
      this.client = client;
      client.subscribe((c) => {
        if (c.what === 'made' && !this.id) this.adopt(c.conversation);
        else if (c.what === 'connection') this.linked(client.connection);
        else if (c.what === 'typing') this.typists = this.id ? client.typists(this.id) : [];
        else if (c.what === 'gone' && c.conversation === this.id) this.phase = 'denied';
        else this.redraw();
      });
      if (newest) this.adopt(newest.id);
      void client.start().then(() => {
        // A first message that an earlier life of this page could not send keeps its conversation's name.
        const left = client.unsent().at(-1)?.client_conv_id;
        if (!this.id && left) this.clientConv = left;
        this.redraw();
      });
    });
  }

  private linked(now: Connection): void {
    this.connection = now;
    clearTimeout(this.blink);
    if (now === 'online' || now === 'polling') this.slow = false;
    else this.blink = setTimeout(() => (this.slow = true), BLINK_MS);
  }

  private adopt(id: string): void {
    this.id = id;
    this.client?.watch(id);
    this.redraw();
  }

  private redraw(): void {
    const c = this.client;
    if (!c) return;
    const t = this.id ? c.timeline(this.id) : undefined;
    this.entries = t?.entries() ?? [];
    this.conversation = t?.conversation;
    this.place = t?.place;
    this.hasOlder = t?.hasOlder ?? false;
    this.pending = c.pending(this.id ?? this.clientConv);
    if (this.id) this.typists = c.typists(this.id);
    if (t?.synced) this.count();
  }

  /** Unread, the live region and the host page's button follow what is new. */
  private count(): void {
    const mark = Number(this.keep.get('read') ?? 0);
    const theirs = this.entries.filter((e): e is MessageEntry => e.kind === 'message' && !e.streaming && e.event.author.kind !== 'visitor');
    const fresh = theirs.filter((e) => e.event.n > this.heard);
    if (this.heard === 0) this.heard = Math.max(1, theirs.at(-1)?.event.n ?? 1); // history is not read aloud
    else if (fresh.length > 0) {
      this.heard = fresh.at(-1)?.event.n ?? this.heard;
      this.said = fresh.map((e) => this.spoken(e)).join(' ');
      for (const e of fresh) this.host.tell({ type: 'event', name: 'message', detail: e.event.author.kind });
      if (this.sound && (!this.open || document.hidden)) chime('message');
    }
    if (this.open && !document.hidden) this.read();
    else {
      this.unread = theirs.filter((e) => e.event.n > mark).length;
      this.report(theirs.at(-1));
    }
  }

  private spoken(e: MessageEntry): string {
    const text = plain(e.text);
    return e.event.author.kind === 'agent' ? this.t('personSaid', { name: e.event.author.name || this.t('someone'), text }) : this.t('botSaid', { text });
  }

  private read(): void {
    const top = this.entries.at(-1)?.event.n;
    if (top) this.keep.set('read', String(Math.max(top, Number(this.keep.get('read') ?? 0))));
    this.unread = 0;
    this.report();
  }

  private report(last?: MessageEntry): void {
    this.host.tell({
      type: 'state',
      unread: this.unread,
      teaser: last && this.unread > 0 ? cut(plain(last.text), 100) : '',
      active: this.entries.length > 0,
      accent: this.inbox.accent ?? '',
    });
  }

  private async suggest(): Promise<void> {
    const r = await this.http.get<{ questions: string[] }>(`/visitor/suggestions?language=${this.lang}`).catch(() => ({ questions: [] }));
    this.questions = r.questions.slice(0, 3);
  }

  private until(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = this.client?.subscribe(() => {
        if (!done()) return;
        clearTimeout(timer);
        end?.();
        resolve();
      });
      const timer = setTimeout(() => {
        end?.();
        reject(new Problem({ status: 0, title: this.t('personFailed') }));
      }, 15_000);
    });
  }
}
