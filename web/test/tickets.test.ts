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
