import { expect, test, vi } from 'vitest';
import type { App } from '../src/console/app.svelte';
import { Tickets } from '../src/console/tickets/state.svelte';

// Nothing is drawn here: a state is its value.
vi.stubGlobal('$state', Object.assign((x: unknown) => x, { raw: (x: unknown) => x }));

test('an answer that comes late does not show another ticket than the one that was chosen', async () => {
  const answers = new Map<string, () => void>();
  const get = (path: string) => new Promise((ok) => answers.set(path, () => ok({ id: path.slice('/tickets/'.length) })));
  const shared = new Tickets({ http: { get } } as unknown as App);
  const [first, second] = [shared.open('a'), shared.open('b')];
  answers.get('/tickets/b')?.();
  await second;
  answers.get('/tickets/a')?.();
  await first;
  expect(shared.one?.id).toBe('b');
  shared.stop();
});

test('a list that is looked at again keeps the rows that were asked for', async () => {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    const [limit, cursor] = [Number(/limit=(\d+)/.exec(path)?.[1]), Number(/cursor=(\d+)/.exec(path)?.[1] ?? 0)];
    return { items: Array.from({ length: limit }, (_, i) => ({ id: String(cursor + i) })), next: String(cursor + limit) };
  };
  const shared = new Tickets({ http: { get } } as unknown as App);
  await shared.load();
  for (let i = 0; i < 5; i++) await shared.more();
  expect(shared.rows.length).toBe(300);
  await shared.load();
  expect(shared.rows.map((r) => r.id)).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
  shared.view = 'mine';
  await shared.load();
  expect(shared.rows.length).toBe(50);
  expect(asked.at(-1)).toContain('limit=50');
  shared.stop();
});
