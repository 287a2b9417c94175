import { query, type Wall } from '../api';
import type { App } from '../app.svelte';

/** A wall is at most this old, in ms; a tab that nobody sees asks less often. */
const every = 2000;
const unseen = 10_000;

/** Feed keeps the wall current until it is stopped. */
export class Feed {
  wall = $state.raw<Wall | undefined>();
  problem = $state.raw<unknown>();
  now = $state(Date.now());
  private heard = 0; // when the last answer came
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly clock: ReturnType<typeof setInterval>;
  private stopped = false;

  constructor(
    private readonly app: App,
    private readonly each: (w: Wall) => void,
    private readonly only: () => { queue?: string; agent?: string } = () => ({}),
  ) {
    this.clock = setInterval(() => (this.now = Date.now()), 1000);
    document.addEventListener('visibilitychange', this.shown);
    void this.ask();
  }

  /** Seconds since the last answer, when that is longer than it should be. */
  get stale(): number {
    const s = Math.floor((this.now - this.heard) / 1000);
    return this.wall && s >= 10 && document.visibilityState === 'visible' ? s : 0;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.clock);
    document.removeEventListener('visibilitychange', this.shown);
  }

  ask = async (): Promise<void> => {
    clearTimeout(this.timer);
    try {
      const asked = query(this.only());
      const w = await this.app.http.get<Wall>(`/wall${asked ? `?${asked}` : ''}`);
      if (this.stopped || asked !== query(this.only())) return; // it answers another question
      this.wall = w;
      this.problem = undefined;
      this.heard = this.now = Date.now();
      this.each(w);
    } catch (e) {
      this.problem = e;
    }
    if (this.stopped) return;
    clearTimeout(this.timer); // another one may have been asked meanwhile
    this.timer = setTimeout(() => void this.ask(), document.visibilityState === 'visible' ? every : unseen);
  };

  private shown = (): void => {
    if (document.visibilityState === 'visible') void this.ask();
  };
}
