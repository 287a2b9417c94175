import type { Change, Client } from '../../shared/client/client';
import { Problem } from '../../shared/client/http';
import type { Outgoing } from '../../shared/client/outbox';
import { type Entry, keepNewest } from '../../shared/client/timeline';
import type { Typist } from '../../shared/client/typing';
import type { Conversation, Place, Placing, Routing } from '../../shared/protocol';
import type { Trace } from '../api';
import type { App } from '../app.svelte';
import { inbox } from '../words/inbox';
import { watch } from '../words/watch';
import type { DeskAction } from './desk.svelte';

/** Who comes and goes is no event of the conversation; it is looked at this often, in ms. */
const glanceEvery = 20_000;

/** Talk is the one conversation that is open: its timeline, its context, and what may be done with it. */
export class Talk {
  row = $state.raw<Conversation | undefined>();
  entries = $state.raw<Entry[]>([]);
  pending = $state.raw<Outgoing[]>([]);
  typists = $state.raw<Typist[]>([]);
  place = $state.raw<Place | undefined>();
  hasOlder = $state(false);
  synced = $state(false);
  gone = $state(false);
  problem = $state.raw<unknown>();
  tab = $state<'reply' | 'note' | 'whisper'>('reply');
  viewers = $state.raw<{ id: string; name: string }[]>([]); // colleagues who have it open
  taking = $state(false); // asked whether to take it over while its agent types
  trace = $state.raw<{ event: string; trace?: Trace; routing?: Routing; placing?: Placing; problem?: unknown } | undefined>();
  focusReply = $state(0); // rises when a key asks for the composer
  busy = $state(false);
  closing = $state(false); // the dialog asks for a wrap-up code
  online = $state<boolean | null | undefined>(); // the visitor is connected; null: not known; undefined: not asked yet

  private client: Client | undefined;
  private refetch: ReturnType<typeof setTimeout> | undefined;
  private readonly glance: ReturnType<typeof setInterval>;

  constructor(
    private readonly app: App,
    readonly id: string,
  ) {
    void this.detail().then(() => {
      if (this.watching) void this.app.http.post(`/conversations/${this.id}/watch`, {}).catch(() => undefined); // noted for colleagues, or not: they read along all the same
    });
    this.glance = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.closed && !this.gone) void this.detail();
    }, glanceEvery);
  }

  get mine(): boolean {
    return this.row?.agent?.id === this.app.account.id && this.row.service === 'active';
  }

  get closed(): boolean {
    return this.row?.service === 'closed' || this.row?.service === 'wrapup';
  }

  /** The chat has ended and this agent has time for notes on it. */
  get wrapping(): boolean {
    return this.row?.service === 'wrapup' && this.row.agent?.id === this.app.account.id;
  }

  /** How the chat was put in line last, as far as there is anything to explain. */
  get placing(): Placing | undefined {
    return this.entries.findLast((e) => e.kind === 'service' && e.event.placing)?.event.placing;
  }

  /** Why the agent was chosen who was asked last. */
  get routing(): Routing | undefined {
    return this.entries.findLast((e) => e.kind === 'service' && e.event.routing)?.event.routing;
  }

  /** A supervisor reads along in somebody else's chat. */
  get watching(): boolean {
    return !!this.row && !this.mine && !this.closed && this.supervises;
  }

  get supervises(): boolean {
    return this.app.has('supervisor', 'administrator');
  }

  /** Somebody to whisper to has the chat. */
  get whispers(): boolean {
    return this.watching && !!this.row?.agent && this.row.agent.id !== this.app.account.id;
  }

  get stoppable(): boolean {
    return this.watching && this.row?.speaker === 'bot' && !this.row.agent;
  }

  /** The colleague who is writing here now; a reply before a note. */
  get colleague(): Typist | undefined {
    const at = this.typists.filter((x) => x.author.kind === 'agent');
    return at.find((x) => x.stage === 'typing') ?? at[0];
  }

  /** Takes the chat over; asks first while its agent types a reply. */
  take(): void {
    if (this.colleague?.stage === 'typing') this.taking = true;
    else void this.act('take');
  }

  attach(client: Client): void {
    this.client = client;
    client.watch(this.id);
    this.redraw();
  }

  close(): void {
    clearTimeout(this.refetch);
    clearInterval(this.glance);
    this.client?.unwatch(this.id);
  }

  heard(c: Change): void {
    switch (c.what) {
      case 'timeline':
        if (c.conversation === this.id) this.redraw();
        return;
      case 'outbox':
        this.pending = this.client?.pending(this.id) ?? [];
        return;
      case 'typing':
        if (c.conversation === this.id) this.typists = this.client?.typists(this.id).filter((x) => x.author.id !== this.app.account.id) ?? [];
        return;
      case 'viewers':
        if (c.conversation === this.id) this.viewers = c.agents.filter((a) => a.id !== this.app.account.id);
        return;
      case 'place':
        if (c.place.conversation === this.id) this.place = c.place;
        return;
      case 'gone':
        if (c.conversation === this.id) this.gone = true;
        return;
      case 'row':
        if (c.conversation.id === this.id) this.moved(c.conversation);
    }
  }

  send(text: string, files: { id: string; name: string; type: string; size: number }[], mentions: string[] = []): void {
    const kind = this.tab === 'reply' ? 'message' : this.tab;
    void this.client?.send({ conversation: this.id, text, kind, files, mentions: kind === 'note' ? mentions : [] });
  }

  retry = (id: string): void => void this.client?.retry(id);
  discard = (id: string): void => void this.client?.discard(id);
  older = async (): Promise<void> => void (await this.client?.older(this.id));

  typing(): void {
    if (this.tab !== 'reply') this.client?.typing(this.id, true, true);
    else if (this.mine) this.client?.typing(this.id, true);
  }

  async act(what: 'take' | 'hand-back' | 'close' | 'reopen' | 'transfer' | 'stop-bot', more: Record<string, unknown> = {}): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      const now = await this.app.http.post<Conversation | undefined>(`/conversations/${this.id}/${what}`, { version: this.contested(what), ...more });
      if (now?.id) this.moved(now);
      if (what === 'take') this.write('reply');
      if (this.wrapping) this.write('note');
      return true;
    } catch (e) {
      this.app.say(this.app.words(inbox)('actionFailed', { why: this.app.why(e) }), 'bad');
      void this.detail();
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Closes the chat; where there are wrap-up codes, asks for one first. */
  async finish(): Promise<void> {
    await this.app.replies.ready();
    if (this.app.replies.choices.length > 0) this.closing = true;
    else await this.act('close');
  }

  /** Uses a macro: words, note and move at once. The id lets a retry say the same thing once. */
  async macro(id: string, reply: string, text: string, note: string): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      const now = await this.app.http.post<Conversation | undefined>(`/conversations/${this.id}/macro`, { id, reply, text: text || undefined, note: note || undefined });
      if (now?.id) this.moved(now);
      return true;
    } catch (e) {
      this.app.say(this.app.words(inbox)('actionFailed', { why: this.app.why(e) }), 'bad');
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** The version counts where two people may press at once; elsewhere every new message would refuse the press. */
  private contested(what: string): number | undefined {
    return what === 'take' && this.row?.service === 'active' ? this.row.version : undefined;
  }

  async explain(event: string, end?: string): Promise<void> {
    this.trace = { event };
    const get = (id: string) => this.app.http.get<Trace>(`/conversations/${this.id}/traces/${id}`);
    try {
      const trace = await get(event).catch((e: unknown) => {
        if (end && e instanceof Problem && e.status === 404) return get(end); // of a streamed answer: kept under its end
        throw e;
      });
      if (this.trace?.event === event) this.trace = { event, trace };
    } catch (problem) {
      if (this.trace?.event === event) this.trace = { event, problem };
    }
  }

  actions(): DeskAction[] {
    const t = this.app.words(inbox);
    const out: DeskAction[] = [];
    if (this.mine) {
      out.push(
        { id: 'reply', text: t('reply'), key: 'R', run: () => this.write('reply') },
        { id: 'transfer', text: t('transfer'), key: 'T', run: () => (this.app.desk.transferring = true) },
        { id: 'hand-back', text: t('handBack'), key: '', run: () => void this.act('hand-back') },
        { id: 'close', text: t('closeChat'), key: 'E', run: () => void this.finish() },
      );
    } else if (this.wrapping) {
      out.push({ id: 'close', text: t('notesDone'), key: 'E', run: () => void this.act('close') }, { id: 'take', text: t('goOn'), key: 'A', run: () => void this.act('take') });
    } else if (this.row?.service === 'wrapup') {
      // a colleague is still writing notes
    } else if (this.closed) out.push({ id: 'reopen', text: t('reopen'), key: '', run: () => void this.act('reopen') });
    else out.push({ id: 'take', text: t('take'), key: 'A', run: () => this.take() });
    if (this.stoppable) out.push({ id: 'stop-bot', text: this.app.words(watch)('stopBot'), key: '', run: () => void this.act('stop-bot') });
    if (this.whispers) out.push({ id: 'whisper', text: this.app.words(watch)('whisper'), key: 'W', run: () => this.write('whisper') });
    out.push({ id: 'note', text: t('note'), key: 'N', run: () => this.write('note') });
    return out;
  }

  write(tab: 'reply' | 'note' | 'whisper'): void {
    this.tab = tab;
    this.focusReply++;
  }

  async detail(): Promise<void> {
    try {
      const full = await this.app.http.get<Conversation>(`/conversations/${this.id}`);
      this.row = this.row && (this.row.version ?? 0) > (full.version ?? 0) ? { ...full, ...this.row } : { ...this.row, ...full };
      this.online = full.online ?? null;
      this.problem = undefined;
      this.app.desk.read(this.row);
    } catch (e) {
      if (!this.row) this.problem = e;
    }
  }

  private moved(c: Conversation): void {
    const before = this.row;
    this.row = keepNewest(before, c);
    // Facts, summary and feelings grow with the talk; a row on the feed may not carry them.
    if (!before || (c.version ?? 0) > (before.version ?? 0)) {
      clearTimeout(this.refetch);
      this.refetch = setTimeout(() => void this.detail(), 600);
    }
  }

  private redraw(): void {
    const t = this.client?.timeline(this.id);
    if (!t) return;
    this.entries = t.entries();
    this.pending = this.client?.pending(this.id) ?? [];
    this.hasOlder = t.hasOlder;
    this.synced = t.synced;
    this.place = t.place;
    this.gone = t.gone;
    if (t.conversation) this.row = keepNewest(this.row, t.conversation);
    if (this.row && document.visibilityState === 'visible') this.app.desk.read(this.row);
  }
}
