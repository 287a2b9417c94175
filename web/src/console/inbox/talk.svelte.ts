import type { Change, Client } from '../../shared/client/client';
import { Problem } from '../../shared/client/http';
import { uuidv7 } from '../../shared/client/ids';
import type { Outgoing } from '../../shared/client/outbox';
import { type Entry, keepNewest } from '../../shared/client/timeline';
import type { Typist } from '../../shared/client/typing';
import type { Lang } from '../../shared/i18n';
import type { Conversation, Place, Placing, Routing } from '../../shared/protocol';
import type { Reply, Trace } from '../api';
import type { App } from '../app.svelte';
import { fill, isMacro, open, textFor } from '../replies/fill';
import { inbox } from '../words/inbox';
import { replies } from '../words/replies';
import { tickets } from '../words/tickets';
import { translate } from '../words/translate';
import { watch } from '../words/watch';
import { ticketFor } from '../tickets/make';
import type { DeskAction } from './desk.svelte';
import { answers, passing } from './people';
import type { Draft, Tab } from './draft.svelte';

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
  readonly draft: Draft;
  viewers = $state.raw<{ id: string; name: string }[]>([]); // colleagues who have it open
  taking = $state(false); // asked whether to take it over while its agent types
  trace = $state.raw<{ event: string; trace?: Trace; routing?: Routing; placing?: Placing; problem?: unknown } | undefined>();
  focusReply = $state(0); // rises when a key asks for the composer
  busy = $state(false);
  closing = $state(false); // the dialog asks for a wrap-up code
  stopping = $state(false); // asked whether to stop the bot
  running = $state.raw<{ id: string; reply: Reply; text: string; written: string; note: string } | undefined>(); // a macro that waits for a yes
  rendering = $state(false); // the reply is being translated
  drafting = $state(false); // the bot is asked what it would say
  mayDraft = $state(true);
  online = $state<boolean | null | undefined>(); // the visitor is connected; null: not known; undefined: not asked yet

  private client: Client | undefined;
  private refetch: ReturnType<typeof setTimeout> | undefined;
  private readonly glance: ReturnType<typeof setInterval>;

  constructor(
    private readonly app: App,
    readonly id: string,
  ) {
    this.draft = app.desk.draft(id);
    void this.detail().then(() => {
      if (this.watching) void this.app.http.post(`/conversations/${this.id}/watch`, {}).catch(() => undefined); // noted for colleagues, or not: they read along all the same
    });
    this.glance = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.closed && !this.gone) void this.detail();
    }, glanceEvery);
  }

  get tab(): Tab {
    return this.draft.tab;
  }

  set tab(t: Tab) {
    this.draft.tab = t;
  }

  /** The visitor's language, when this agent does not read it and a model translates. */
  get foreign(): Lang | undefined {
    const l = this.row?.language;
    return this.app.translator.on && (l === 'en' || l === 'zh') && !this.app.translator.reads(l) ? l : undefined;
  }

  /** The language that replies are translated into. */
  get into(): Lang | undefined {
    return this.draft.plain ? undefined : this.foreign;
  }

  get mine(): boolean {
    return !!this.row && answers(this.row, this.app.account.id);
  }

  /** This agent passes it on and answers until somebody accepts. */
  get passing(): boolean {
    return this.mine && !!this.row && passing(this.row);
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

  /** A supervisor may give somebody else's chat, or one in line, to a colleague. */
  get movable(): boolean {
    return this.watching && this.row?.service !== 'bot' && this.row?.service !== 'wrapup';
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

  send(text: string, files: { id: string; name: string; type: string; size: number }[], more: { mentions?: string[]; written?: string } = {}): void {
    const kind = this.tab === 'reply' ? 'message' : this.tab;
    void this.client?.send({ conversation: this.id, text, kind, files, ...more });
  }

  /** Has the reply as it is written put into the visitor's language; what comes is shown before anything is sent. */
  async render(): Promise<void> {
    const [d, to] = [this.draft, this.into];
    const of = d.texts.reply.trim();
    if (!to || !of || this.rendering) return;
    this.rendering = true;
    d.failed = false;
    try {
      const got = await this.app.translator.draft(this.id, of, to);
      d.rendering = { of, text: got.text, lost: got.lost ?? [], machine: true };
    } catch {
      d.rendering = undefined;
      d.failed = true;
    } finally {
      this.rendering = false;
      d.save();
    }
  }

  /** What goes to the visitor: the translation that was looked at, or the words themselves; undefined: they are to be translated first. */
  outgoing(as?: 'written'): { text: string; written?: string } | undefined {
    const [d, own] = [this.draft, this.draft.texts.reply.trim()];
    if (as === 'written' || !this.into || own === '') return { text: own };
    const text = d.current ? d.rendering?.text.trim() : undefined;
    return text ? { text, written: own } : undefined;
  }

  /** A canned reply with its variables filled in: for the visitor, in the agent's own language where the visitor's is translated, and its note. */
  private filled(r: Reply): { text: string; written: string; note: string; both: boolean } {
    const ticket = this.entries.findLast((e) => e.event.ticket)?.event.ticket?.number;
    const values = {
      ticket: ticket ? `#${ticket}` : undefined,
      'visitor.name': this.row?.visitor?.name,
      'visitor.email': this.row?.visitor?.email,
      'agent.name': this.app.account.name,
      queue: this.app.replies.queueName(this.row?.queue),
    };
    const text = fill(textFor(r, this.row?.language), values);
    const both = !!this.into && !!r.text[this.into]; // people wrote it in the visitor's language: nothing to translate
    const own = both ? r.text[this.app.lang] : undefined;
    return { text, written: own ? fill(own, values) : text, note: fill(r.note ?? '', values), both };
  }

  /** Puts a reply into the composer. */
  use(r: Reply): void {
    const f = this.filled(r);
    this.draft.put(f.written, f.both ? { of: f.written.trim(), text: f.text, lost: [], machine: false } : undefined, isMacro(r) ? { reply: r, note: f.note } : undefined);
    this.write('reply');
  }

  /** Uses a reply from the command bar: a macro that needs no more words asks for a yes and runs, anything else goes into the composer. */
  pick(r: Reply): void {
    const f = this.filled(r);
    const gap = open(`${f.text}\n${f.note}`, this.app.replies.list?.variables ?? []);
    if (!isMacro(r) || gap || (this.into && f.text && !f.both)) this.use(r);
    else this.running = { id: uuidv7(), reply: r, text: f.text, written: f.written === f.text ? '' : f.written, note: f.note };
  }

  async runMacro(): Promise<void> {
    const m = this.running;
    if (m && (await this.macro(m.id, m.reply.id, m.text, m.note, m.written))) this.running = undefined;
  }

  /** What the visitor asked last. */
  get asked() {
    return this.entries.findLast((e) => e.kind === 'message' && e.event.author.kind === 'visitor');
  }

  /** What the bot would say to the visitor's last words, on the live code path, into the composer; nothing is sent. */
  async suggest(): Promise<void> {
    const asked = this.asked;
    if (asked?.kind !== 'message' || this.drafting) return;
    const [t, d] = [this.app.words(inbox), this.draft];
    this.drafting = true;
    try {
      const before = this.entries.slice(0, this.entries.indexOf(asked)).flatMap((e) => {
        const by = e.kind === 'message' && e.event.kind !== 'note' ? e.event.author.kind : 'system';
        return e.kind === 'message' && e.text && (by === 'visitor' || by === 'bot') ? [{ by, text: e.text.slice(0, 8000) }] : [];
      });
      const language = this.row?.language === 'zh' ? 'zh' : 'en';
      const trace = await this.app.http.post<Trace>('/ask', { text: asked.text, language, context: before.slice(-10) });
      if (!trace.answer || trace.decision !== 'answer') {
        this.app.say(t('noDraft'));
        return;
      }
      const sources = trace.sources ?? [];
      if (this.into && !d.texts.reply) {
        // The answer is in the visitor's language already: what the agent reads is its translation.
        const read = await this.app.translator.draft(this.id, trace.answer, this.app.lang).then((x) => x.text, () => trace.answer);
        d.put(read, { of: read.trim(), text: trace.answer, lost: [], machine: false });
      } else d.texts.reply = d.texts.reply ? `${d.texts.reply}\n${trace.answer}` : trace.answer;
      d.sources = sources;
      d.save();
      this.focusReply++;
    } catch (e) {
      if (e instanceof Problem && e.status === 403) this.mayDraft = false;
      this.app.say(this.app.why(e), 'bad');
    } finally {
      this.drafting = false;
    }
  }

  retry = (id: string): void => void this.client?.retry(id);
  discard = (id: string): void => void this.client?.discard(id);
  older = async (): Promise<void> => void (await this.client?.older(this.id));

  typing(): void {
    if (this.tab !== 'reply' || this.mine) this.writes(this.tab !== 'reply');
  }

  /** Colleagues see that somebody writes here; the visitor does when it is their agent, and no note. */
  writes(note: boolean): void {
    this.client?.typing(this.id, true, note);
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
  async macro(id: string, reply: string, text: string, note: string, written = ''): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      const now = await this.app.http.post<Conversation | undefined>(`/conversations/${this.id}/macro`, {
        id,
        reply,
        text: text || undefined,
        note: note || undefined,
        written: written || undefined,
      });
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
    const w = this.app.words(watch);
    const out: DeskAction[] = [];
    const add = (id: DeskAction['id'], text: string, run: () => void) => out.push({ id, text, run });
    if (this.mine) {
      add('reply', t('reply'), () => this.write('reply'));
      add('canned', this.app.words(replies)('menu'), () => this.canned());
      if (this.mayDraft && this.asked) add('draft', t('draft'), () => void this.suggest());
      if (this.foreign) add('translate', this.app.words(translate)('switch', { language: this.app.t(this.foreign) }), () => (this.draft.plain = !this.draft.plain));
      if (this.passing) add('take', t('keep'), () => void this.act('take'));
      add('transfer', t('transfer'), () => (this.app.desk.transferring = true));
      add('handBack', t('handBack'), () => void this.act('hand-back'));
      add('close', t('closeChat'), () => void this.finish());
    } else if (this.wrapping) {
      add('close', t('notesDone'), () => void this.act('close'));
      add('take', t('goOn'), () => void this.act('take'));
    } else if (this.row?.service === 'wrapup') {
      // a colleague is still writing notes
    } else if (this.closed) add('reopen', t('reopen'), () => void this.act('reopen'));
    else {
      add('take', t('take'), () => this.take());
      if (this.movable) add('transfer', t('transfer'), () => (this.app.desk.transferring = true));
    }
    if (this.stoppable) add('stopBot', w('stopBot'), () => (this.stopping = true));
    if (this.whispers) add('whisper', w('whisper'), () => this.write('whisper'));
    add('note', t('note'), () => this.write('note'));
    add('ticket', this.app.words(tickets)('make'), () => void ticketFor(this.app, this.id));
    return out;
  }

  /** Opens the list of canned replies in the composer, unless something is written there. */
  private canned(): void {
    if (!this.draft.texts.reply) this.draft.texts.reply = '/';
    this.write('reply');
  }

  write(tab: Tab): void {
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

  /** The chat is this agent's from now on: what they type next is for the visitor. */
  begin(c: Conversation): void {
    this.moved(c);
    this.write('reply');
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
