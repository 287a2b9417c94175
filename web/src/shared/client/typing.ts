import type { Author, Event } from '../protocol';

export interface Typist {
  author: Author;
  stage: string; // "typing", "searching", "thinking"
}

const TTL_MS = 6000; // a typing state ends by itself, so that it can never stick

/** Who is at work on a message in which conversation, by time to live. */
export class TypingBoard {
  private readonly rows = new Map<string, Map<string, Typist & { timer: ReturnType<typeof setTimeout> }>>();

  constructor(private readonly changed: (conversation: string) => void) {}

  typing(conversation: string, author: Author, stage: string): void {
    const row = this.rows.get(conversation) ?? new Map<string, Typist & { timer: ReturnType<typeof setTimeout> }>();
    this.rows.set(conversation, row);
    const key = `${author.kind}:${author.id}`;
    clearTimeout(row.get(key)?.timer);
    if (stage === '') row.delete(key);
    else {
      const timer = setTimeout(() => {
        row.delete(key);
        this.changed(conversation);
      }, TTL_MS);
      row.set(key, { author, stage, timer });
    }
    this.changed(conversation);
  }

  /** Whoever has just spoken is no longer typing. */
  heard(conversation: string, events: Event[]): void {
    const row = this.rows.get(conversation);
    if (!row) return;
    let silent = false;
    for (const e of events) {
      if (e.kind === 'feedback' || e.kind === 'service' || e.kind === 'ticket') continue;
      const key = `${e.author.kind}:${e.author.id}`;
      clearTimeout(row.get(key)?.timer);
      silent = row.delete(key) || silent;
    }
    if (silent) this.changed(conversation);
  }

  of(conversation: string): Typist[] {
    return [...(this.rows.get(conversation)?.values() ?? [])].map(({ author, stage }) => ({ author, stage }));
  }

  clear(): void {
    for (const row of this.rows.values()) for (const t of row.values()) clearTimeout(t.timer);
    this.rows.clear();
  }
}
