import type { Conversation, Event, EventsFrame, Place, RunState } from '../protocol';

/** Text of an answer that is being written. */
interface Stream {
  run: string;
  event: string;
  attempt: number;
  text: string;
}

export type StreamStep = 'ok' | 'missing';

/**
 * Timeline is what this reader knows of one conversation. Events may come in
 * any order and any number of times (live frames, acknowledgements, older
 * pages); it keeps one of each number and knows up to where it has no hole.
 */
export class Timeline {
  readonly id: string;
  conversation: Conversation | undefined;
  place: Place | undefined;
  hasOlder = false;
  synced = false;
  gone = false;

  private events = new Map<number, Event>();
  private streams = new Map<string, Stream>(); // by placeholder event
  private finished = new Map<string, Event>(); // by placeholder event
  private rated = new Map<string, Event>(); // feedback by the message it is about
  private base = 0; // numbers up to here were skipped on purpose (older pages)
  private contiguous = 0;
  private seen = 0; // highest number heard of

  constructor(id: string) {
    this.id = id;
  }

  /** Up to this number nothing is missing: the cursor of a resume. */
  get n(): number {
    return this.contiguous;
  }

  /** Whether numbers between the cursor and the newest one are missing. */
  get holed(): boolean {
    return this.seen > this.contiguous;
  }

  /** Highest number heard of; a server whose top is lower has lost something. */
  get top(): number {
    return this.seen;
  }

  forget(): void {
    this.events.clear();
    this.streams.clear();
    this.finished.clear();
    this.rated.clear();
    this.base = this.contiguous = this.seen = 0;
    this.synced = false;
  }

  apply(f: EventsFrame): void {
    this.conversation = keepNewest(this.conversation, f.conversation);
    if (f.mode === 'snapshot') {
      this.forget();
      this.base = this.contiguous = (f.events[0]?.n ?? f.top + 1) - 1;
      this.hasOlder = f.has_older ?? false;
    } else if (f.has_older !== undefined) this.hasOlder = f.has_older;
    for (const e of f.events) this.insert(e);
    this.seen = Math.max(this.seen, f.top);
  }

  /** One event by number; false when it was known. */
  insert(e: Event): boolean {
    if (this.events.has(e.n) || e.n <= 0) return false;
    this.events.set(e.n, e);
    this.seen = Math.max(this.seen, e.n);
    while (this.events.has(this.contiguous + 1)) this.contiguous++;
    if (e.kind === 'finished' && e.of) {
      this.finished.set(e.of, e);
      this.streams.delete(e.of);
    }
    if (e.kind === 'feedback' && e.of) {
      const before = this.rated.get(e.of);
      if (!before || before.n < e.n) this.rated.set(e.of, e);
    }
    return true;
  }

  /** Events before the oldest known one, as an older page brings them. */
  prepend(events: Event[], hasOlder: boolean): void {
    for (const e of events) this.insert(e);
    const first = events[0];
    if (first) this.base = Math.min(this.base, first.n - 1);
    this.hasOlder = hasOlder;
  }

  get oldest(): number {
    return this.base + 1;
  }

  /** A piece of a streamed answer. 'missing': ask for the whole text. */
  delta(d: { run: string; event: string; attempt: number; offset: number; text: string }): StreamStep {
    if (this.finished.has(d.event)) return 'ok';
    let s = this.streams.get(d.event);
    if (!s || d.attempt > s.attempt) {
      if (d.offset !== 0) return 'missing';
      s = { run: d.run, event: d.event, attempt: d.attempt, text: '' };
      this.streams.set(d.event, s);
    }
    if (d.attempt < s.attempt) return 'ok'; // a process that lost its lease is late
    if (d.offset > s.text.length) return 'missing';
    if (d.offset + d.text.length > s.text.length) s.text = s.text.slice(0, d.offset) + d.text;
    return 'ok';
  }

  reset(d: { run: string; event: string; attempt: number; text: string }): void {
    if (this.finished.has(d.event)) return;
    const s = this.streams.get(d.event);
    if (s && s.attempt > d.attempt) return;
    this.streams.set(d.event, { run: d.run, event: d.event, attempt: d.attempt, text: d.text });
  }

  /** Length of what is held of a run, in UTF-16 units, for the frame `text`. */
  held(event: string): number {
    return this.streams.get(event)?.text.length ?? 0;
  }

  knows(clientMsgID: string): boolean {
    for (const e of this.events.values()) if (e.client_msg_id === clientMsgID) return true;
    return false;
  }

  /** The timeline as people read it: one entry a message, streams at their placeholder's place. */
  entries(): Entry[] {
    const out: Entry[] = [];
    const numbers = [...this.events.keys()].filter((n) => n > this.base && n <= this.contiguous).sort((a, b) => a - b);
    for (const n of numbers) {
      const e = this.events.get(n);
      if (!e) continue;
      if (e.kind === 'finished' || e.kind === 'feedback') continue;
      if (e.kind === 'service' || e.kind === 'ticket' || e.kind === 'rating') {
        out.push({ kind: 'service', key: e.id, event: e });
        continue;
      }
      const end = e.kind === 'answer' ? this.finished.get(e.id) : undefined;
      const stream = this.streams.get(e.id);
      const open = e.kind === 'answer' && !end;
      const shown: Event = end ? { ...e, ...strip(end) } : e;
      const text = open ? (stream?.text ?? e.text ?? '') : end ? end.text || e.text || '' : (e.text ?? '');
      const mark = this.rated.get(e.id) ?? (end ? this.rated.get(end.id) : undefined);
      out.push({
        kind: 'message',
        key: e.client_msg_id ?? e.id,
        event: shown,
        text,
        streaming: open,
        run: e.run ?? '',
        end: end?.id,
        state: end?.state,
        helpful: mark?.helpful,
        why: mark?.why,
      });
    }
    return out;
  }
}

export interface MessageEntry {
  kind: 'message';
  key: string;
  event: Event;
  text: string;
  streaming: boolean;
  run: string;
  end: string | undefined; // the event that ended the stream
  state: RunState | undefined;
  helpful: boolean | undefined;
  why: string | undefined;
}

export interface ServiceEntry {
  kind: 'service';
  key: string;
  event: Event;
}

export type Entry = MessageEntry | ServiceEntry;

/** What a `finished` event says about its placeholder; identity and place stay the placeholder's. */
function strip(end: Event): Partial<Event> {
  const { id: _id, n: _n, kind: _kind, at: _at, of: _of, author: _author, client_msg_id: _c, ...rest } = end;
  for (const k of Object.keys(rest) as (keyof typeof rest)[]) if (rest[k] === undefined) delete rest[k];
  return rest;
}

/** Rows reach a client by several ways; an older one must not undo a newer. Fields only one way carries are kept. */
export function keepNewest(old: Conversation | undefined, now: Conversation): Conversation {
  if (!old || old.id !== now.id) return now;
  const order = age(now) - age(old);
  return order >= 0 ? { ...old, ...(order > 0 ? ended : {}), ...now } : { ...now, ...old };
}

/** Visitors are not told the row's version; their numbers rise with everything that they may see. */
function age(c: Conversation): number {
  return c.version ?? c.n;
}


/** Optional fields whose absence in a newer row means that they ended. */
const ended: Partial<Conversation> = { agent: undefined, enqueued_at: undefined, offered_until: undefined, queue: undefined };
