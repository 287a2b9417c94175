/** A message on its way: kept until the server has acknowledged it, and a day longer. */
export interface Outgoing {
  id: string; // client_msg_id: the only thing a retry needs
  scope: string; // whose outbox: inbox and visitor, or account; two people on one browser never mix
  key: string; // conversation ID, or client_conv_id while the server has given none
  conversation?: string;
  client_conv_id?: string;
  kind: 'message' | 'note' | 'whisper';
  text: string;
  written?: string;
  mentions?: string[];
  attachments: string[];
  files?: { id: string; name: string; type: string; size: number }[]; // to show before the echo
  after?: string;
  page?: string;
  made: number; // epoch ms
  state: 'pending' | 'failed' | 'acked';
  acked?: number;
  problem?: string;
}

/** Where outgoing messages survive a reload. */
export interface OutboxStore {
  load(scope: string): Promise<Outgoing[]>;
  put(m: Outgoing): Promise<void>;
  remove(id: string): Promise<void>;
}

export class MemoryOutbox implements OutboxStore {
  private readonly items = new Map<string, Outgoing>();

  async load(scope: string): Promise<Outgoing[]> {
    return [...this.items.values()].filter((m) => m.scope === scope).sort(byAge);
  }

  async put(m: Outgoing): Promise<void> {
    this.items.set(m.id, { ...m });
  }

  async remove(id: string): Promise<void> {
    this.items.delete(id);
  }
}

const STORE = 'outbox';

class DiskOutbox implements OutboxStore {
  constructor(private readonly db: IDBDatabase) {}

  async load(scope: string): Promise<Outgoing[]> {
    const all = await settled<Outgoing[]>(this.store('readonly').index('scope').getAll(scope));
    return all.sort(byAge);
  }

  async put(m: Outgoing): Promise<void> {
    const store = this.store('readwrite');
    const req = store.put({ ...m });
    store.transaction.commit?.(); // not when the next task comes round: there may be none
    await settled(req);
  }

  async remove(id: string): Promise<void> {
    await settled(this.store('readwrite').delete(id));
  }

  private store(mode: IDBTransactionMode): IDBObjectStore {
    return this.db.transaction(STORE, mode).objectStore(STORE);
  }
}

/**
 * Opens the outbox on disk, or in memory where the browser blocks storage
 * (private windows, third-party frames): sending must work there too.
 */
export async function openOutbox(factory: IDBFactory | undefined = globalThis.indexedDB): Promise<OutboxStore> {
  try {
    if (!factory) return new MemoryOutbox();
    const req = factory.open('frontdesk', 1);
    req.onupgradeneeded = () => req.result.createObjectStore(STORE, { keyPath: 'id' }).createIndex('scope', 'scope');
    return new DiskOutbox(await settled(req));
  } catch {
    return new MemoryOutbox();
  }
}

function settled<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error ?? new Error('storage failed'));
  });
}

/** Ids are UUIDv7, so they order by time even within one millisecond's batch on one page. */
function byAge(a: Outgoing, b: Outgoing): number {
  return a.made - b.made || (a.id < b.id ? -1 : 1);
}
