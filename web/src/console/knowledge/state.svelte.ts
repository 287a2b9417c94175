import { Problem } from '../../shared/client/http';
import { type Doc, type Import, type Page, query, type ReviewItem, type ReviewKind, type Verdict } from '../api';
import type { App } from '../app.svelte';

/** A new entry that somebody asked for from the review lists. */
export interface Prefill {
  question: string;
  language: string;
  wordings?: string[]; // other ways it was asked
  answer?: string; // what a person answered
  event?: string; // the turn that is settled once the entry is published
}

/** The verdict of the release gate when it stopped what was tried, else undefined. */
export function stoppedBy(e: unknown): Verdict | undefined {
  return e instanceof Problem ? (e.document.stopped as Verdict | undefined) : undefined;
}

/** An upload that the browser still carries. */
export interface Sending {
  key: number;
  names: string[];
  share: number; // 0…1
  problem: string;
}

const unfinished = (i: Import): boolean => i.state === 'queued' || i.state === 'running';

/** Knowledge is what the content pages share: uploads under way and what the next editor starts from. */
export class Knowledge {
  imports = $state.raw<Import[]>([]);
  importsPhase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<unknown>();
  sending = $state<Sending[]>([]);
  prefill: Prefill | undefined;
  settles: Record<string, string> = {}; // by document: the turn that is settled once it is published
  counts = $state<Partial<Record<ReviewKind, number>>>({});
  intents = $state.raw<string[]>([]); // that examples can be added to; none where the server knows no intents
  private timer: ReturnType<typeof setTimeout> | undefined;
  private key = 0;

  constructor(private readonly app: App) {}

  async loadImports(): Promise<void> {
    clearTimeout(this.timer);
    try {
      // The list has no reports; those of the newest few are read one by one, and the finished ones once.
      const p = await this.app.http.get<Page<Import>>('/imports?limit=10');
      this.imports = await Promise.all(p.items.map((i) => this.reports(i)));
      this.importsPhase = 'ready';
      if (p.items.some(unfinished)) this.timer = setTimeout(() => void this.loadImports(), 1000);
    } catch (e) {
      this.problem = e;
      this.importsPhase = 'failed';
    }
  }

  private async reports(i: Import): Promise<Import> {
    const known = this.imports.find((x) => x.id === i.id);
    if (known && !unfinished(known)) return known;
    return this.app.http.get<Import>(`/imports/${i.id}`);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  async upload(files: File[], drafts = false, despite = ''): Promise<void> {
    if (files.length === 0) return;
    const key = ++this.key;
    this.sending.push({ key, names: files.map((f) => f.name), share: 0, problem: '' });
    const row = () => this.sending.find((s) => s.key === key);
    const form = new FormData();
    if (drafts) form.append('status', 'draft');
    if (despite) form.append('despite', despite);
    for (const f of files) form.append('file', f, f.webkitRelativePath || f.name);
    try {
      await this.app.http.upload<{ id: string }>('/imports', form, (share) => {
        const r = row();
        if (r) r.share = share;
      });
      this.sending = this.sending.filter((s) => s.key !== key);
      await this.loadImports();
    } catch (e) {
      const r = row();
      if (r) r.problem = this.app.why(e);
    }
  }

  dismiss(key: number): void {
    this.sending = this.sending.filter((s) => s.key !== key);
  }

  documents(filter: { text: string; status: string; language: string; cursor: string }): Promise<Page<Doc>> {
    return this.app.http.get(`/documents?${query({ limit: 100, ...filter })}`);
  }

  async review(kind: ReviewKind): Promise<ReviewItem[]> {
    const p = await this.app.http.get<Page<ReviewItem>>(`/review?kind=${kind}&limit=100`);
    this.counts[kind] = p.items.length;
    return p.items;
  }

  async loadIntents(): Promise<void> {
    // A server without the page of intents answers 404: then the action is not shown.
    const p = await this.app.http.get<Page<{ name: string }>>('/intents').catch(() => undefined);
    this.intents = (p?.items ?? []).map((x) => x.name);
  }
}
