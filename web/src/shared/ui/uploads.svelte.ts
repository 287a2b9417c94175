import { type Http, Problem } from '../client/http';
import { bytes } from '../i18n/format';
import type { Attachment } from '../protocol';

export interface Upload {
  key: number;
  name: string;
  size: number;
  preview: string; // object URL of a picture, '' for others
  progress: number; // 0…1
  done: Attachment | undefined;
  problem: string;
  stop: AbortController;
}

export interface UploadWords {
  limit: () => number; // bytes of one file
  tooBig: (name: string, limit: string) => string;
  failed: (name: string, why: Problem) => string;
}

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const AT_ONCE = 10;

/** Files on their way to the server, before the message that will carry them. */
export class Uploads {
  all = $state<Upload[]>([]);
  readonly busy = $derived(this.all.some((f) => !f.done && !f.problem));
  readonly done = $derived(this.all.filter((f) => f.done));
  private next = 1;

  constructor(
    private readonly http: Http,
    private readonly words: UploadWords,
  ) {}

  add(files: File[]): void {
    for (const file of files.slice(0, AT_ONCE)) void this.one(file);
  }

  remove(key: number): void {
    const f = this.all.find((x) => x.key === key);
    f?.stop.abort();
    if (f?.preview) URL.revokeObjectURL(f.preview);
    this.all = this.all.filter((x) => x.key !== key);
  }

  /** The finished files, for the message; failed ones stay to be seen. */
  take(): { id: string; name: string; type: string; size: number }[] {
    const out = this.done.flatMap((f) => (f.done ? [{ id: f.done.id, name: f.done.name, type: f.done.type, size: f.done.size }] : []));
    for (const f of this.done) if (f.preview) URL.revokeObjectURL(f.preview);
    this.all = this.all.filter((f) => !f.done);
    return out;
  }

  private async one(file: File): Promise<void> {
    const key = this.next++;
    const limit = this.words.limit();
    this.all.push({
      key,
      name: file.name,
      size: file.size,
      preview: PICTURES.includes(file.type) ? URL.createObjectURL(file) : '',
      progress: 0,
      done: undefined,
      problem: file.size > limit ? this.words.tooBig(file.name, bytes(limit)) : '',
      stop: new AbortController(),
    });
    const row = this.all.find((x) => x.key === key);
    if (!row || row.problem) return;
    const form = new FormData();
    form.append('file', file, file.name);
    try {
      row.done = await this.http.upload<Attachment>('/uploads', form, (share) => (row.progress = share), row.stop.signal);
    } catch (e) {
      if (e instanceof DOMException) return; // taken back
      row.problem = this.words.failed(file.name, e instanceof Problem ? e : new Problem({ status: 0, title: String(e) }));
    }
  }
}
