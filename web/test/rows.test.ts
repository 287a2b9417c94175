import { expect, test } from 'vitest';
import type { Conversation, Service } from '../src/shared/protocol';
import { merged, order } from '../src/console/inbox/rows';

const row = (id: string, at: number, service: Service = 'bot', version = 1): Conversation => ({
  id, inbox: 'shop', speaker: 'bot', service, language: 'en', created_at: '', updated_at: String(at).padStart(9, '0'), enqueued_at: String(at).padStart(9, '0'), n: version, version,
});
const by = (...rows: Conversation[]) => new Map(rows.map((r) => [r.id, r]));
const ids = (rows: Conversation[]) => rows.map((r) => r.id).join('');

test('what changed moves, what left goes, newcomers join', () => {
  const rows = [row('c', 3), row('b', 2), row('a', 1)];
  expect(ids(merged(rows, by(row('a', 9, 'bot', 2)), 'bot', 'me', false))).toBe('acb');
  expect(ids(merged(rows, by(row('b', 9, 'waiting', 2)), 'bot', 'me', false))).toBe('ca');
  expect(ids(merged(rows, by(row('d', 2), row('e', 0), row('f', 8)), 'bot', 'me', false))).toBe('fcdbae'); // among equals the news stands first
  expect(ids(merged(rows, by(row('d', 9)), 'bot', 'me', true))).toBe('cba');
  expect(ids(merged([row('a', 1, 'waiting'), row('b', 2, 'waiting')], by(row('c', 0, 'waiting'), row('d', 5, 'waiting')), 'queue', 'me', false))).toBe('cabd');
});

test('late news changes nothing, and nothing changed is the same list', () => {
  const rows = [row('b', 2, 'bot', 5), row('a', 1, 'bot', 5)];
  expect(merged(rows, by(row('a', 9, 'bot', 4), row('x', 3, 'closed')), 'bot', 'me', false)).toEqual(rows);
  expect(merged(rows, by(row('x', 3, 'closed')), 'bot', 'me', false)).toBe(rows);
});

test('any changes leave what sorting everything anew would', () => {
  let seed = 7;
  const roll = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  let rows: Conversation[] = [];
  const all = new Map<string, Conversation>();
  for (let step = 0, at = 0; step < 300; step++) {
    const changes = new Map<string, Conversation>();
    for (let k = roll(9); k >= 0; k--) {
      const id = `c${roll(60)}`;
      changes.set(id, row(id, ++at, roll(4) === 0 ? 'closed' : 'bot', (all.get(id)?.version ?? 0) + 1));
    }
    for (const [id, c] of changes) all.set(id, c);
    rows = merged(rows, changes, 'bot', 'me', false);
    expect(rows.map((r) => r.id)).toEqual([...all.values()].filter((c) => c.service === 'bot').sort(order('bot')).map((r) => r.id));
  }
});

test('a chat stays with who passes it on until somebody accepts', () => {
  const mine = { ...row('a', 1, 'offered', 2), agent: { id: 'me', name: 'Me' } };
  expect(ids(merged([row('a', 1, 'active')], by(mine), 'mine', 'me', false))).toBe('a');
  expect(ids(merged([mine], by({ ...row('a', 2, 'active', 3), agent: { id: 'other', name: 'O' } }), 'mine', 'me', false))).toBe('');
});
