import type { Conversation } from '../../shared/protocol';
import type { View } from '../api';
import { belongs } from './people';

const time = (c: Conversation): string => c.updated_at ?? c.created_at;

export const older = (c: Conversation, than: Conversation): boolean => (c.version ?? c.n) < (than.version ?? than.n);

/** Who waits longest stands first in the queue; elsewhere the newest word does. */
export function order(view: View): (a: Conversation, b: Conversation) => number {
  const by = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0);
  if (view === 'queue') return (a, b) => by(a.enqueued_at ?? time(a), b.enqueued_at ?? time(b));
  return (a, b) => by(time(b), time(a));
}

/**
 * The list after rows changed, all at once: what changed finds its place among the
 * rest, which is in order already. Newcomers join unless the list is filtered by
 * words that only the server can look for.
 */
export function merged(rows: Conversation[], changes: ReadonlyMap<string, Conversation>, view: View, me: string, filtered: boolean): Conversation[] {
  const kept: Conversation[] = [];
  const moved: Conversation[] = [];
  const met = new Set<string>();
  for (const r of rows) {
    const c = changes.get(r.id);
    if (!c) {
      kept.push(r);
      continue;
    }
    met.add(r.id);
    if (older(c, r)) kept.push(r);
    else if (belongs(view, c, me)) moved.push({ ...r, ...c });
  }
  for (const [id, c] of changes) if (!met.has(id) && !filtered && belongs(view, c, me)) moved.push(c);
  if (moved.length === 0) return kept.length === rows.length ? rows : kept;
  const compare = order(view);
  moved.sort(compare);
  const out: Conversation[] = [];
  let next = 0;
  for (const r of kept) {
    for (let m = moved[next]; m && compare(m, r) <= 0; m = moved[++next]) out.push(m);
    out.push(r);
  }
  return out.concat(moved.slice(next));
}
