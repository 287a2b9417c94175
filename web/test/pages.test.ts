import { expect, test } from 'vitest';
import { everything } from '../src/console/api';

test('a list is read to its last page', async () => {
  const pages: Record<string, { items: number[]; next?: string }> = {
    '/accounts?limit=200': { items: [1, 2], next: 'b' },
    '/accounts?limit=200&cursor=b': { items: [3] },
  };
  const get = async <T>(path: string) => pages[path] as T;
  expect(await everything<number>({ get }, '/accounts')).toEqual([1, 2, 3]);
});
