import type { IntentList, IntentTraining, TaughtIntent } from '../api';
import type { App } from '../app.svelte';

const under = (t: IntentTraining | undefined): boolean => t?.state === 'queued' || t?.state === 'running';

/** Intents is what the page's parts share: the list, what is in service, and the training under way. */
export class Intents {
  list = $state.raw<IntentList | undefined>();
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<unknown>();
  training = $state.raw<IntentTraining | undefined>();
  /** A training of this page ended: its card says how until the next one. */
  told = $state(false);
  readonly busy = $derived(under(this.training));
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly app: App) {}

  find(name: string): TaughtIntent | undefined {
    return this.list?.items.find((x) => x.name === name);
  }

  async load(): Promise<void> {
    try {
      this.list = await this.app.http.get<IntentList>('/intents');
      this.phase = 'ready';
    } catch (e) {
      this.problem = e;
      if (this.phase !== 'ready') this.phase = 'failed';
      else this.app.say(this.app.why(e), 'bad');
    }
  }

  /** Reads how far the training is, again every second while one is under way. */
  async follow(): Promise<void> {
    clearTimeout(this.timer);
    const was = this.training;
    try {
      this.training = await this.app.http.get<IntentTraining>('/intents/training');
    } catch {
      // A server that is away now is asked again.
    }
    if (this.busy) this.timer = setTimeout(() => void this.follow(), 1000);
    else if (under(was)) {
      this.told = true;
      await this.load();
    }
  }

  async train(note: string, despite = ''): Promise<void> {
    try {
      this.training = await this.app.http.post<IntentTraining>('/intents/train', { ...(note && { note }), ...(despite && { despite }) });
      this.told = false;
    } catch (e) {
      this.app.say(this.app.why(e), 'bad');
    }
    await this.follow();
  }

  async cancel(): Promise<void> {
    const was = this.training;
    try {
      this.training = await this.app.http.delete<IntentTraining>('/intents/training');
      if (was && !this.busy) this.told = true;
    } catch (e) {
      this.app.say(this.app.why(e), 'bad');
    }
    await this.follow();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
