/** The hash as a path: "#/inbox/mine/ID" is ["inbox", "mine", "ID"]. A link is then an ordinary link. */
export class Router {
  parts = $state.raw<string[]>([]);
  /** Asked before the page changes; false keeps it. Set by editors with unsaved text. */
  guard: (() => boolean) | undefined;
  private last = '';

  constructor() {
    this.read();
    addEventListener('hashchange', () => {
      if (location.hash === this.last) return;
      if (this.guard && !this.guard()) {
        history.replaceState(null, '', this.last);
        return;
      }
      this.guard = undefined;
      this.read();
    });
  }

  get page(): string {
    return this.parts[0] ?? '';
  }

  go(...parts: string[]): void {
    location.hash = `#/${parts.map(encodeURIComponent).join('/')}`;
  }

  /** Like go, without a step in the history: for selections that follow a list. */
  replace(...parts: string[]): void {
    history.replaceState(null, '', `#/${parts.map(encodeURIComponent).join('/')}`);
    this.read();
  }

  private read(): void {
    this.last = location.hash;
    this.parts = location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decode);
  }
}

function decode(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}
