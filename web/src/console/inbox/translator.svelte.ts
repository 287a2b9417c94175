import { SvelteMap } from 'svelte/reactivity';
import type { Lang } from '../../shared/i18n';
import type { Translation } from '../api';
import type { App } from '../app.svelte';
import { languagesOf } from './languages';

/** What is known of a message in this agent's language. */
export type Shown = { state: 'asked' } | { state: 'failed'; why: string } | { state: 'there'; text: string; lost: string[] };

/** What is to be translated of a chat: a message by its number, or its summary. */
type What = { n: number } | { summary: true };

interface Wish {
  key: string;
  conversation: string;
  what: What;
  to: Lang;
}

/** Messages of one chat come on the screen together; more calls at once than this would only queue up at the model. */
const atOnce = 3;

/** Translator shows agents what they cannot read: messages when they come on the screen, each asked for once. */
export class Translator {
  private readonly shown = new SvelteMap<string, Shown>(); // by language and event
  private wishes: Wish[] = [];
  private running = 0;

  constructor(private readonly app: App) {}

  /** A model is there that translates. */
  get on(): boolean {
    return this.app.session?.translate === true;
  }

  /** Whether this agent reads a language; what nobody knows the language of is left alone. */
  reads(language: string | undefined): boolean {
    return !language || languagesOf(this.app.account.skills, this.app.lang).has(language);
  }

  /** id is of an event, or what `summaryId` makes. */
  of(id: string): Shown | undefined {
    return this.shown.get(`${this.app.lang}:${id}`);
  }

  /** Names a summary by what it says: a newer one is another. */
  summaryId(conversation: string, problem: string): string {
    return `${conversation}:${problem}`;
  }

  /** Asks for something of a chat in the console's language; again only after a failure. */
  ask(conversation: string, id: string, what: What): void {
    const key = `${this.app.lang}:${id}`;
    const known = this.shown.get(key);
    if (!this.on || (known && known.state !== 'failed')) return;
    this.shown.set(key, { state: 'asked' });
    this.wishes.push({ key, conversation, what, to: this.app.lang });
    this.pump();
  }

  /** Words that are not sent yet, in the visitor's language. */
  draft(conversation: string, text: string, to: Lang): Promise<Translation> {
    return this.app.http.post<Translation>(`/conversations/${conversation}/translations`, { text, to });
  }

  forget(): void {
    this.shown.clear();
    this.wishes = [];
  }

  private pump(): void {
    while (this.running < atOnce) {
      const w = this.wishes.pop(); // the newest message first
      if (!w) return;
      this.running++;
      void this.fetch(w).finally(() => {
        this.running--;
        this.pump();
      });
    }
  }

  private async fetch(w: Wish): Promise<void> {
    try {
      const got = await this.app.http.post<Translation>(`/conversations/${w.conversation}/translations`, { ...w.what, to: w.to });
      this.shown.set(w.key, { state: 'there', text: got.text, lost: got.lost ?? [] });
    } catch (e) {
      this.shown.set(w.key, { state: 'failed', why: this.app.why(e) });
    }
  }
}

/** Calls back once, when the element comes on the screen. */
export function whenSeen(node: Element, seen: () => void): { destroy: () => void } {
  const eye = new IntersectionObserver((list) => {
    if (!list.some((x) => x.isIntersecting)) return;
    eye.disconnect();
    seen();
  });
  eye.observe(node);
  return { destroy: () => eye.disconnect() };
}
