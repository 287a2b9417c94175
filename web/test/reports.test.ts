import { expect, test } from 'vitest';
import type { Figures, ReportGroup } from '../src/console/api';
import { columns, dayAfter, empty, share, tiles, top } from '../src/console/reports/view';
import { reports } from '../src/console/words/reports';
import { translator } from '../src/shared/i18n';

const t = translator(reports, 'en');
const none: Figures = {
  begun: 0, bot: 0, handed: 0, handled: 0, handle: { n: 0, p50_s: 0, p90_s: 0 }, transfers: 0, first_reply: { n: 0, p50_s: 0, p90_s: 0 },
  wait: { n: 0, p50_s: 0, p90_s: 0 }, in_time: 0, abandoned: 0, messages: 0, bot_ratings: { n: 0, asked: 0, good: 0, mean: 0 },
  ratings: { n: 0, asked: 0, good: 0, mean: 0 }, tickets_made: 0, tickets_solved: 0, tickets_reopened: 0,
  first_kept: { n: 0, kept: 0 }, next_kept: { n: 0, kept: 0 }, resolve_kept: { n: 0, kept: 0 },
};
const some: Figures = {
  ...none, begun: 10, bot: 6, handed: 3, handled: 3, wait: { n: 3, p50_s: 20, p90_s: 90 }, in_time: 2, abandoned: 1,
  ratings: { n: 2, asked: 3, good: 1, mean: 3.5 }, first_kept: { n: 4, kept: 3 },
};
const backlog = { open: 4, late: 1 };
const find = (f: Figures, agent: boolean, id: string) => tiles({ total: f, backlog }, agent, t).flatMap((x) => x.tiles).find((x) => x.id === id);

test('shares say what they are of, and nothing is no zero', () => {
  expect(share(0, 0)).toBe('–');
  expect(find(some, false, 'bot')).toMatchObject({ value: '60 %', more: '6' });
  expect(find(some, false, 'begun')?.more).toBe('1 with neither');
  expect(find(some, false, 'level')).toMatchObject({ value: '50 %', more: '2/4' });
  expect(find(some, false, 'wait')).toMatchObject({ value: '0:20', more: 'nine in ten within 1:30 · 3' });
  expect(find(some, false, 'ofPeople')).toMatchObject({ value: '50 %', more: '2 rated (67 %) · 3.5 of 5' });
  expect(find(some, false, 'firstKept')).toMatchObject({ value: '75 %', more: '3/4' });
  expect(find(none, false, 'wait')?.value).toBe('–');
  expect(find(some, true, 'backlog')).toMatchObject({ value: '4', more: '1 past the service level' });
});

test('each figure is explained in both languages', () => {
  for (const book of [t, translator(reports, 'zh')]) {
    for (const x of tiles({ total: some, backlog }, false, book).flatMap((p) => p.tiles)) expect(x.means.length).toBeGreaterThan(5);
  }
});

test('a figure says what it was, and nothing where there was none', () => {
  const was: Figures = { ...some, begun: 20, wait: { n: 0, p50_s: 0, p90_s: 0 }, bot: 9, first_kept: { n: 2, kept: 1 }, in_time: 0, abandoned: 1, handled: 3 };
  const of = (total: Figures) => ({ from: '', to: '', total });
  const then = (id: string, before?: Figures) => tiles({ total: some, backlog, before: before && of(before) }, false, t).flatMap((x) => x.tiles).find((x) => x.id === id)?.before;
  expect(then('begun')).toBeUndefined();
  expect(then('begun', was)).toEqual({ line: 'before 20 · −10', spoken: 'In the days before: 20. 10 fewer.' });
  expect(then('bot', was)).toEqual({ line: 'before 45 % · +15 points', spoken: 'In the days before: 45 %. 15 percentage points more.' });
  expect(then('handled', was)).toEqual({ line: 'before 3 · the same', spoken: 'In the days before: 3. The same.' });
  expect(then('wait', was)).toBeUndefined(); // nobody waited
  expect(then('wait', { ...was, wait: { n: 1, p50_s: 85, p90_s: 85 } })).toEqual({ line: 'before 1:25 · −1:05', spoken: 'In the days before: 1:25. 1:05 shorter.' });
  expect(then('handle', { ...was, handle: { n: 1, p50_s: 85, p90_s: 85 } })?.line).toBe('before 1:25'); // and nobody now
  expect(tiles({ total: some, backlog, before: of(was) }, false, translator(reports, 'zh'))[0]?.tiles[1]?.before?.spoken).toBe('此前一段时间：45 %。高 15 个百分点。');
});

test('of an agent only what agents do is told', () => {
  for (const id of ['begun', 'bot', 'level', 'abandoned', 'ofBot']) expect(find(some, true, id)).toBeUndefined();
  const heads = (kind: 'agents' | 'queues') => columns(kind, t).map((c) => c.head);
  expect(heads('queues')).toContain('Gave up');
  expect(heads('agents')).not.toContain('Gave up');
  const lin: ReportGroup = { ...some, id: 'lin', name: 'Lin' };
  expect(columns('agents', t).find((c) => c.head === 'Content with people')?.cell(lin)).toBe('50 % (2)');
});

test('nothing at all is told from something', () => {
  const no = { open: 0, late: 0 };
  expect(empty({ total: none, backlog: no })).toBe(true);
  expect(empty({ total: { ...none, tickets_reopened: 1 }, backlog: no })).toBe(false);
  expect(empty({ total: none, backlog })).toBe(false);
});

test('days and tops of charts', () => {
  expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28');
  expect([[], [3], [7], [41], [95], [1234]].map(top)).toEqual([4, 4, 8, 50, 100, 2000]);
});
