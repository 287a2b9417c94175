import type { ProblemDocument } from '../protocol';

/** A refused or failed request. `status` is 0 when the server was not reached. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: { location?: string; message: string }[];
  readonly retryAfterMs: number | undefined;
  /** The whole document, for what only some problems carry. */
  readonly document: Partial<ProblemDocument> & Record<string, unknown>;

  constructor(doc: Partial<ProblemDocument>, retryAfterMs?: number) {
    super(doc.detail || doc.title || 'The request failed.');
    this.name = 'Problem';
    this.status = doc.status ?? 0;
    this.code = doc.code ?? '';
    this.fields = doc.errors ?? [];
    this.retryAfterMs = retryAfterMs;
    this.document = { ...doc };
  }

  /** What to write beside a field: the sentence when there is one for it alone, else the field's own words. */
  said(field: { message: string }): string {
    return this.fields.length === 1 && /\.$/.test(this.message) ? this.message : field.message;
  }

  /** Whether the same request may succeed later without a change. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export interface HttpOptions {
  base: string;
  headers?: () => Record<string, string>;
  fetch?: typeof fetch;
  /** Called once for a 401; true means that the request may be tried again. */
  refresh?: () => Promise<boolean>;
}

/** The API's HTTP half: JSON in, JSON out, every failure a Problem. */
export class Http {
  constructor(private readonly o: HttpOptions) {}

  get = <T>(path: string, signal?: AbortSignal): Promise<T> => this.call<T>('GET', path, undefined, signal);
  post = <T>(path: string, body?: unknown): Promise<T> => this.call<T>('POST', path, body ?? {});
  put = <T>(path: string, body: unknown): Promise<T> => this.call<T>('PUT', path, body);
  patch = <T>(path: string, body: unknown): Promise<T> => this.call<T>('PATCH', path, body);
  delete = <T>(path: string): Promise<T> => this.call<T>('DELETE', path);

  /** Waits for signs of life of the server, for five seconds at most. Two at once, so that of two nodes with as much to do each is asked. */
  async probe(): Promise<void> {
    const ask = async () => (this.o.fetch ?? fetch)('/healthz', { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5000) });
    await Promise.allSettled([ask(), ask()]); // no sign is an answer too
  }

  async call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, again = true): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json', ...this.o.headers?.() };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let res: Response;
    try {
      res = await (this.o.fetch ?? fetch)(this.o.base + path, {
        method,
        headers,
        credentials: 'same-origin',
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      });
    } catch (e) {
      if (e instanceof DOMException && e.name === 'AbortError') throw e;
      throw new Problem({ status: 0, title: 'The server was not reached.', code: 'offline' });
    }
    if (res.status === 401 && again && this.o.refresh && (await this.o.refresh())) {
      return this.call<T>(method, path, body, signal, false);
    }
    if (!res.ok) throw await problemOf(res);
    if (res.status === 204) return undefined as T;
    const text = await res.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** A file as an object URL; the caller revokes it. */
  async blob(url: string): Promise<Blob> {
    const res = await (this.o.fetch ?? fetch)(url, { headers: this.o.headers?.(), credentials: 'same-origin' });
    if (!res.ok) throw await problemOf(res);
    return res.blob();
  }

  /** Uploads forms with progress, which fetch cannot report. */
  upload<T>(path: string, form: FormData, progress?: (share: number) => void, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const x = new XMLHttpRequest();
      x.open('POST', this.o.base + path);
      for (const [k, v] of Object.entries(this.o.headers?.() ?? {})) x.setRequestHeader(k, v);
      x.upload.onprogress = (e) => e.lengthComputable && progress?.(e.loaded / e.total);
      x.onload = () => {
        if (x.status >= 200 && x.status < 300) resolve((x.responseText ? JSON.parse(x.responseText) : undefined) as T);
        else reject(new Problem({ status: x.status, title: x.statusText, ...parse(x.responseText) }));
      };
      x.onerror = () => reject(new Problem({ status: 0, title: 'The server was not reached.', code: 'offline' }));
      x.onabort = () => reject(new DOMException('aborted', 'AbortError'));
      signal?.addEventListener('abort', () => x.abort());
      x.send(form);
    });
  }
}

async function problemOf(res: Response): Promise<Problem> {
  const after = Number(res.headers.get('Retry-After'));
  const doc = parse(await res.text().catch(() => ''));
  return new Problem({ status: res.status, title: res.statusText, ...doc }, after > 0 ? after * 1000 : undefined);
}

function parse(text: string): Partial<ProblemDocument> {
  try {
    const v: unknown = JSON.parse(text);
    return v !== null && typeof v === 'object' ? (v as Partial<ProblemDocument>) : {};
  } catch {
    return {};
  }
}
