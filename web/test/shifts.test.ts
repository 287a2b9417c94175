import { expect, test } from 'vitest';
import { hoursToBody, hoursToForm, twice } from '../src/console/queues/hours';
import { week, when } from '../src/console/shifts/view';

const span = (day: number, open: string, close: string) => ({ day, open, close });

test('days with the same shifts are one line', () => {
  const weeks = [1, 2, 3, 5].flatMap((d) => [span(d, '13:00', '17:00'), span(d, '09:00', '12:00')]).concat(span(0, '20:00', '24:00'));
  const h = { zone: 'UTC', weeks, holidays: [] };
  expect(week(h, 'en')).toEqual(['Mon–Wed 09:00–12:00, 13:00–17:00', 'Fri 09:00–12:00, 13:00–17:00', 'Sun 20:00–24:00']);
  expect(week(h, 'zh')).toEqual(['周一–周三 09:00–12:00、13:00–17:00', '周五 09:00–12:00、13:00–17:00', '周日 20:00–24:00']);
  expect(week({ weeks: [], holidays: [] }, 'en')).toEqual([]);
});

test('two shifts at once are seen, one after the other are not', () => {
  expect(twice([{ open: '12:00', close: '17:00' }, { open: '09:00', close: '12:00' }])).toBe(false);
  expect(twice([{ open: '20:00', close: '00:00' }, { open: '09:00', close: '21:00' }])).toBe(true); // until midnight
});

test('shifts go through the form unchanged, and none has no zone', () => {
  const h = { zone: 'Asia/Shanghai', weeks: [span(1, '20:00', '24:00')], holidays: [{ date: '2026-10-01', spans: [] }] };
  expect(hoursToBody(hoursToForm(h, 'UTC'))).toEqual(h);
  expect(hoursToBody(hoursToForm(undefined, 'UTC'))).toEqual({ weeks: [], holidays: [] });
});

test('a shift is said in the time of who reads', () => {
  const from = new Date(2026, 10, 28, 9, 0);
  const s = { from: from.toISOString(), to: new Date(2026, 10, 28, 17, 30).toISOString() };
  expect(when(s, 'en', new Date(2026, 10, 27, 12).getTime())).toBe('tomorrow at 09:00–17:30');
  expect(when(s, 'zh', new Date(2026, 10, 28, 8).getTime())).toBe('今天 09:00–17:30');
});
