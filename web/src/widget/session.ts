import { Http, Problem } from '../shared/client/http';
import type { VisitorSession } from '../shared/protocol';

/** Keeps a string under a name, in memory where the browser blocks storage in frames. */
export class Keep {
  private readonly memory = new Map<string, string>();

  constructor(private readonly prefix: string) {}

  get(name: string): string | undefined {
    try {
      return localStorage.getItem(this.prefix + name) ?? this.memory.get(name);
    } catch {
      return this.memory.get(name);
    }
  }

  set(name: string, value: string | undefined): void {
    if (value === undefined) this.memory.delete(name);
    else this.memory.set(name, value);
    try {
      if (value === undefined) localStorage.removeItem(this.prefix + name);
      else localStorage.setItem(this.prefix + name, value);
    } catch {
      // blocked: the memory copy serves this page
    }
  }
}

/** The visitor's session: made by the server, kept by this browser, renewed under the same visitor. */
export class Session {
  current: VisitorSession | undefined;
  private renewing: Promise<VisitorSession> | undefined;

  constructor(
    private readonly inbox: string,
    private readonly keep: Keep,
    private language: string,
    private identity: string | undefined,
  ) {}

  get token(): string {
    return this.current?.token ?? '';
  }

  identify(token: string): void {
    this.identity = token;
  }

  speak(language: string): void {
    this.language = language;
  }

  /** Opens or renews the session. Parallel calls share one request. */
  renew(): Promise<VisitorSession> {
    this.renewing ??= this.ask().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async ask(): Promise<VisitorSession> {
    const old = this.current?.token ?? this.keep.get('token');
    const body = { inbox: this.inbox, language: this.language, identity: this.identity };
    const call = (token: string | undefined) =>
      new Http({ base: '/api/v1', headers: (): Record<string, string> => ({ 'Accept-Language': this.language, ...(token && { Authorization: `Bearer ${token}` }) }) }).post<VisitorSession>(
        '/visitor/sessions',
        body,
      );
    let s: VisitorSession;
    try {
      s = await call(old);
    } catch (e) {
      // A token that the server no longer knows must not lock this browser out.
      if (!old || !(e instanceof Problem) || (e.status !== 401 && e.status !== 403)) throw e;
      s = await call(undefined);
    }
    this.current = s;
    this.keep.set('token', s.token);
    return s;
  }
}
