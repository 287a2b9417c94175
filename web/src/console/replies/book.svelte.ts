import type { Code, CodeList, Reply, ReplyList } from '../api';
import type { App } from '../app.svelte';
import { ANSWER_MS } from '../inbox/people';

/** What is at hand while writing: replies with their variables, and wrap-up codes. Read once, and again after each change. */
export class ReplyBook {
  list = $state.raw<ReplyList | undefined>();
  codes = $state.raw<CodeList | undefined>();
  problem = $state.raw<unknown>();
  private reading: Promise<void> | undefined;

  constructor(private readonly app: App) {}

  /** Reads both lists unless they are there. */
  ready(): Promise<void> {
    if (this.list && this.codes) return Promise.resolve();
    return (this.reading ??= this.load().finally(() => (this.reading = undefined)));
  }

  async load(): Promise<void> {
    try {
      [this.list, this.codes] = await Promise.all([this.app.http.get<ReplyList>('/replies'), this.app.http.get<CodeList>('/codes')]);
      this.problem = undefined;
    } catch (e) {
      this.problem = e;
    }
  }

  forget(): void {
    this.list = this.codes = undefined;
  }

  get items(): Reply[] {
    return this.list?.items ?? [];
  }

  /** Codes that may be picked. */
  get choices(): Code[] {
    return (this.codes?.codes ?? []).filter((c) => !c.off);
  }

  codeName(id: string | undefined): string {
    return this.codes?.codes.find((c) => c.id === id)?.name ?? '';
  }

  /** The service level of a queue's first answers, in milliseconds; the usual one until the queues are read. */
  answerMs(id: string | undefined): number {
    const q = this.list?.queues.find((q) => q.id === (id ?? ''));
    return q ? q.answer_s * 1000 : ANSWER_MS;
  }

  queueName(id: string | undefined): string {
    return this.list?.queues.find((q) => q.id === id)?.name || id || '';
  }
}
