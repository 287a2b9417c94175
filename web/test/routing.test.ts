import { expect, test } from 'vitest';
import { translator } from '../src/shared/i18n';
import type { RoutedAgent, Routing } from '../src/shared/protocol';
import { explain, need } from '../src/console/inbox/routing';
import { routing } from '../src/console/words/routing';

const t = translator(routing, 'en');
const who = (name: string, more: Partial<RoutedAgent> = {}): RoutedAgent => ({ agent: name, name, lacks: [], skills: 1, load: 0, capacity: 4, spare: 1, ...more });
const why = (more: Partial<Routing>): Routing => ({ waited_s: 42, queue: '', priority: 0, wanted: [], given_up: [], present: 3, candidates: [], ...more });

test('needs in words', () => {
  expect(['billing', 'billing>=4', 'vip?', 'lang:zh', 'lang:fr', 'lang:en>=3?'].map((n) => need(n, t))).toEqual([
    'billing', 'billing at level 4 or better', 'vip (preferred)', 'the language Chinese', 'the language fr', 'the language English at level 3 or better (preferred)',
  ]);
});

test('the chosen one, and why nobody else', () => {
  const e = explain(
    why({
      wanted: ['billing>=4', 'lang:zh'],
      given_up: ['lang:zh', 'queue vip'],
      priority: 2,
      queue: 'b',
      candidates: [
        who('Lin', { load: 2, spare: 0.5, idle_s: 720, lacks: ['lang:zh'] }),
        who('Bo', { load: 3, spare: 0.25, idle_s: 30, lacks: ['lang:zh'], not: 'not_best' }),
        who('Wei', { lacks: ['billing>=4'], not: 'skills' }),
        who('Ann', { load: 4, not: 'full' }),
        who('Max', { not: 'passed' }),
      ],
    }),
    (id) => ({ b: 'Billing' })[id] ?? id,
    t,
  );
  expect(e.chosen).toBe('Chosen: Lin — has billing at level 4 or better, lacks the language Chinese, as everybody does or was given up, 2 of 4 places free, longest without a chat (12:00).');
  expect(e.others).toEqual([
    'Not Bo: would do, but has less room (1 of 4 free).',
    'Not Wei: lacks billing at level 4 or better.',
    'Not Ann: is full (4 of 4).',
    'Not Max: passed on this chat a moment ago.',
  ]);
  expect(e.facts).toEqual([
    'Waited 0:42 in Billing, priority +2',
    'Wanted: billing at level 4 or better, the language Chinese',
    'Given up after waiting: the language Chinese, agents of vip may help',
    '3 agents take offers',
  ]);
});

test('what set the chosen one apart', () => {
  const chosen = (a: Partial<RoutedAgent>, ...rivals: Partial<RoutedAgent>[]) =>
    explain(why({ candidates: [who('A', a), ...rivals.map((r, i) => who(`R${i}`, { not: 'not_best', ...r }))] }), (id) => id, t);
  expect(chosen({}).chosen).toContain('the only one who would do');
  expect(chosen({}, { lacks: ['vip?'] }).chosen).toContain('lacks least of what was wanted');
  expect(chosen({ last: true, idle_s: 5 }, { idle_s: 500 }).chosen).toMatch(/had this visitor before/);
  expect(chosen({ idle_s: 5 }, { idle_s: 500 }).chosen).not.toContain('longest');
  expect(chosen({}, { idle_s: 90 })).toMatchObject({ chosen: expect.stringContaining('has had no chat yet'), others: ['Not R0: would do, but had a chat more lately (1:30 ago).'] });
  expect(chosen({ last: true }, {}).others).toEqual(['Not R0: would do, but did not have this visitor before.']);
  expect(chosen({ spare: 0.5 }, { spare: 0.5 }).others).toEqual(['Not R0: would do, but comes later among equals.']);
  expect(chosen({ spare: 0.5 }, { skills: 3 }).others).toEqual(['Not R0: would do, but has more skills, which are kept free for those who need them.']);
  expect(explain(why({}), (id) => id, t)).toMatchObject({ chosen: '', others: [] });
});
