import { Client, type Connection } from '../shared/client/client';
import { Http, Problem } from '../shared/client/http';
import type { SocketLike } from '../shared/client/link';
import { openOutbox } from '../shared/client/outbox';
import { type Lang, type Translate, translator } from '../shared/i18n';
import type { Agent } from '../shared/protocol';
import { everything, type Account, type ConsoleSession, type Role } from './api';
import { Desk } from './inbox/desk.svelte';
import { Translator } from './inbox/translator.svelte';
import { Prefs } from './prefs.svelte';
import { ReplyBook } from './replies/book.svelte';
import { Router } from './router.svelte';
import { core, type CoreWord } from './words/core';

export type Phase = 'loading' | 'signed-out' | 'ready' | 'failed';

export interface Toast {
  id: number;
  text: string;
  tone: 'good' | 'bad' | 'plain';
}

/** App is the console's one root: who is signed in, what they chose, and the live client. */
export class App {
  phase = $state<Phase>('loading');
  session = $state.raw<ConsoleSession | undefined>();
  agent = $state.raw<Agent | undefined>();
  connection = $state<Connection>('connecting');
  toasts = $state.raw<Toast[]>([]);
  ended = $state(false); // the session ran out: sign-in says so
  commands = $state(false);
  help = $state(false);
  names = $state.raw<Record<string, string>>({}); // accounts by ID, for "by …"
  client = $state.raw<Client | undefined>();

  readonly prefs = new Prefs();
  readonly router = new Router();
  readonly t: Translate<CoreWord> = $derived(translator(core, this.prefs.lang));
  readonly http: Http;
  readonly desk: Desk;
  readonly replies: ReplyBook;
  readonly translator: Translator;
  private toast = 0;

  constructor() {
    this.http = new Http({
      base: '/api/v1',
      headers: (): Record<string, string> => ({ 'Accept-Language': this.prefs.lang, ...(this.session && { 'X-CSRF-Token': this.session.csrf }) }),
      refresh: async () => {
        if (this.phase === 'ready') this.leave(true);
        return false;
      },
    });
    this.desk = new Desk(this);
    this.replies = new ReplyBook(this);
    this.translator = new Translator(this);
  }

  get account(): Account {
    return (this.session as ConsoleSession).account;
  }

  get lang(): Lang {
    return this.prefs.lang;
  }

  words<K extends string>(book: Record<Lang, Record<K, string>>): Translate<K> {
    return translator(book, this.prefs.lang);
  }

  has(...roles: Role[]): boolean {
    return roles.some((r) => this.session?.account.roles.includes(r));
  }

  async start(): Promise<void> {
    this.phase = 'loading';
    try {
      this.enter(await this.http.get<ConsoleSession>('/sessions/current'));
    } catch (e) {
      this.phase = e instanceof Problem && e.status === 401 ? 'signed-out' : 'failed';
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.enter(await this.http.post<ConsoleSession>('/sessions', { email, password }));
    this.ended = false;
  }

  async signOut(): Promise<void> {
    await this.http.delete('/sessions/current').catch(() => undefined);
    this.leave(false);
  }

  say(text: string, tone: Toast['tone'] = 'plain'): void {
    const id = ++this.toast;
    this.toasts = [...this.toasts, { id, text, tone }].slice(-4);
    setTimeout(() => (this.toasts = this.toasts.filter((x) => x.id !== id)), tone === 'bad' ? 9000 : 4000);
  }

  /** The words of a failure that a person can act on. */
  why(e: unknown): string {
    if (e instanceof Problem) return e.status === 0 ? this.t('unreachable') : [e.message, ...e.fields.map((f) => f.message)].join(' ');
    return e instanceof Error ? e.message : String(e);
  }

  async setDuty(duty: Agent['duty'], capacity?: number): Promise<void> {
    const before = this.agent;
    if (before) this.agent = { ...before, duty, capacity: capacity ?? before.capacity };
    try {
      this.agent = await this.http.put<Agent>('/agents/me/duty', { duty, capacity });
    } catch (e) {
      this.agent = before;
      this.say(this.why(e), 'bad');
    }
  }

  private enter(s: ConsoleSession): void {
    this.session = s;
    this.agent = s.agent;
    this.phase = 'ready';
    if (this.has('agent', 'supervisor', 'administrator')) void this.connect(s);
    else this.connection = 'online'; // editors follow no conversations
    if (this.has('administrator')) {
      void everything<Account>(this.http, '/accounts')
        .then((all) => (this.names = Object.fromEntries(all.map((a) => [a.id, a.name]))))
        .catch(() => undefined);
    }
  }

  private leave(ended: boolean): void {
    this.client?.stop();
    this.client = undefined;
    this.desk.reset();
    this.replies.forget();
    this.translator.forget();
    this.session = undefined;
    this.agent = undefined;
    this.ended = ended;
    this.phase = 'signed-out';
  }

  private async connect(s: ConsoleSession): Promise<void> {
    const outbox = await openOutbox();
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/socket`;
    const client = new Client({
      role: 'agent',
      scope: `console:${s.account.id}`,
      http: this.http,
      socket: () => new WebSocket(url) as unknown as SocketLike,
      outbox,
      hello: () => ({ csrf: this.session?.csrf, language: this.prefs.lang, feed: true }),
      refresh: async () => {
        // The socket's right ran out; the session behind it may still be good.
        try {
          this.session = await this.http.get<ConsoleSession>('/sessions/current');
          return true;
        } catch {
          return false;
        }
      },
    });
    if (this.session?.account.id !== s.account.id) return;
    this.client = client;
    client.subscribe((c) => {
      if (c.what === 'connection') this.connection = client.connection;
      else if (c.what === 'agent' && c.agent.id === this.session?.account.id) this.agent = c.agent;
      else if (c.what === 'error') this.say(c.problem.message, 'bad');
      this.desk.heard(c);
    });
    this.desk.begin(client);
    await client.start();
  }
}
