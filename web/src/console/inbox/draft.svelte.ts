import { uuidv7 } from '../../shared/client/ids';
import type { Source } from '../../shared/protocol';
import { Uploads } from '../../shared/ui/uploads.svelte';
import type { Reply } from '../api';
import type { App } from '../app.svelte';
import { inbox } from '../words/inbox';

export type Tab = 'reply' | 'note' | 'whisper';

/** What a reply will say in the visitor's language. */
export interface Rendering {
  of: string; // what the agent had written
  text: string; // which they may change
  lost: string[]; // numbers, codes and addresses that it lacks
  machine: boolean; // a model wrote it, and not a person
}

/** Draft is what an agent has begun in one chat. It outlives looking at another chat, and its words a reload. */
export class Draft {
  texts = $state({ reply: '', note: '', whisper: '' });
  tab = $state<Tab>('reply');
  macro = $state.raw<{ id: string; reply: Reply; note: string } | undefined>(); // what happens besides sending
  rendering = $state<Rendering | undefined>();
  failed = $state(false); // the last translation did not come
  plain = $state(false); // replies go as they are written
  sources = $state.raw<Source[]>([]); // what a suggested reply stands on
  readonly uploads: Uploads;
  place: { top: number; count: number } | undefined; // of the timeline; undefined: at its end

  constructor(
    app: App,
    private readonly chat: string,
  ) {
    this.uploads = new Uploads(app.http, {
      limit: () => 10_000_000,
      tooBig: (name, limit) => app.words(inbox)('tooBig', { name, limit }),
      failed: (name, why) => app.words(inbox)('uploadFailed', { name, why: app.why(why) }),
    });
    try {
      const { plain, rendering, ...texts } = JSON.parse(sessionStorage.getItem(this.key) ?? '{}') as Record<string, string> & { plain?: boolean; rendering?: Rendering };
      Object.assign(this.texts, texts);
      this.plain = plain === true;
      this.rendering = rendering;
    } catch {
      // no storage: the draft lives as long as the page
    }
  }

  /** The rendering fits what is written now. */
  get current(): boolean {
    return this.rendering?.of === this.texts.reply.trim();
  }

  save(): void {
    const now = JSON.stringify({ ...this.texts, plain: this.plain || undefined, rendering: this.rendering });
    try {
      if (this.texts.reply || this.texts.note || this.texts.whisper || this.plain) sessionStorage.setItem(this.key, now);
      else sessionStorage.removeItem(this.key);
    } catch {
      // no storage
    }
  }

  /** A reply with its own words for the visitor; a macro also waits to do the rest. */
  put(text: string, rendering?: Rendering, macro?: { reply: Reply; note: string }): void {
    this.texts.reply = text;
    this.rendering = rendering;
    this.failed = false;
    this.sources = [];
    this.macro = macro && { id: uuidv7(), ...macro };
  }

  /** The words are on their way. */
  sent(): void {
    this.texts[this.tab] = '';
    if (this.tab !== 'reply') return;
    this.macro = this.rendering = undefined;
    this.failed = false;
    this.sources = [];
  }

  private get key(): string {
    return `frontdesk:draft:${this.chat}`;
  }
}
