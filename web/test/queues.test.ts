import { expect, test } from 'vitest';
import { Problem } from '../src/shared/client/http';
import { translator } from '../src/shared/i18n';
import type { QueueConfig } from '../src/console/api';
import { addressOf, check, fieldOf, refused, slug, toBody, toForm } from '../src/console/queues/form';
import { queues } from '../src/console/words/queues';

const t = translator(queues, 'en');
const billing: QueueConfig = {
  id: 'billing',
  name: 'Billing',
  hours: {
    zone: 'Asia/Shanghai',
    weeks: [
      { day: 1, open: '09:00', close: '12:00' },
      { day: 1, open: '13:00', close: '24:00' },
    ],
    holidays: [{ date: '2026-10-01', spans: [] }],
  },
  offer_for_s: 20,
  skills: ['billing>=3', 'vip?'],
  priority: 2,
  relax: [
    { after_s: 30, drop: 'levels' },
    { after_s: 60, drop: 'vip' },
  ],
  strict: false,
  overflow: [{ after_s: 90, to: '' }],
  round_robin: true,
  wrap_up_s: 0,
  first_reply_s: 120,
  answer_s: 45,
  ask_code: true,
  pass_back_s: 30,
  tickets: { first_s: 900, next_s: 0, resolve_s: 172_800, reopen_s: 3600 },
  version: 'v1',
};

test('a queue goes through the form unchanged', () => {
  const { id: _, ...rest } = billing;
  expect(toBody(toForm(billing, 'UTC'), billing)).toEqual(rest);
  expect(check(toForm(billing, 'UTC'), false, t)).toEqual({});
});

test('the week of the main queue goes back as it came, whatever its order', () => {
  const main = { ...billing, id: '', hours: { zone: 'Europe/London', weeks: [{ day: 5, open: '09:00', close: '18:00' }, { day: 1, open: '09:00', close: '18:00' }], holidays: [] } };
  expect(toBody(toForm(main, 'UTC'), main).hours).toEqual(main.hours);
  expect(addressOf('')).toBe('main');
  expect(check({ ...toForm(main, 'UTC'), name: '' }, false, t)).toEqual({}); // it goes by what pages call it
});

test('a new queue says no zone unless it has hours, and its version is nobody’s', () => {
  const f = toForm(undefined, 'Europe/Berlin');
  f.name = 'VIP';
  f.id = slug(f.name);
  expect(check(f, true, t)).toEqual({});
  expect(toBody(f)).toMatchObject({ hours: { weeks: [], holidays: [] }, priority: 0 });
  expect(toBody(f)).not.toHaveProperty('version');
});

test('what is wrong is said where it is', () => {
  const f = toForm(billing, 'UTC');
  Object.assign(f, { name: ' ', id: 'Big One', skills: 'two words, a>9', priority: 11, wrapUp: 301, answer: 1.5, passBack: 3601, levels: { ...f.levels, next: 2161, resolve: -1 }, zone: 'Mars/Base' });
  f.relax[1] = { after: 0, drop: 'one', skill: '' };
  f.overflow[0] = { after: null, to: '' };
  f.days[2] = [{ open: '12:00', close: '09:00' }];
  f.holidays = [{ date: '', spans: [] }, { date: '2026-12-25', spans: [] }, { date: '2026-12-25', spans: [] }];
  expect(Object.keys(check(f, true, t)).sort()).toEqual(
    ['answer', 'holidays[0]', 'holidays[2]', 'id', 'name', 'next', 'overflow[0]', 'pass_back', 'resolve', 'priority', 'relax[1]', 'skills', 'weeks', 'wrap_up', 'zone'].sort(),
  );
  f.strict = true; // then there is nothing to give way on
  expect(check(f, true, t)).not.toHaveProperty('relax[1]');
  expect(toBody(f).relax).toEqual([]);
});

test('the server’s fields are the form’s', () => {
  expect(['body.priority', 'body.offer_for_s', 'body.relax[0].after_s', 'overflow[2]', 'zone', 'body.hours.holidays[3].date', 'body.tickets.first_s', 'tickets.reopen', 'weeks', undefined].map(fieldOf)).toEqual([
    'priority', 'offer_for', 'relax[0]', 'overflow[2]', 'zone', 'holidays[3]', 'first', 'reopen', 'weeks', 'form',
  ]);
  const p = new Problem({ status: 422, detail: 'Queue "a" overflows to "b", which overflows back.', errors: [{ location: 'overflow[0]', message: 'a queue that does not lead back' }] });
  expect(refused(p, ['overflow'])).toEqual({ 'overflow[0]': 'Queue "a" overflows to "b", which overflows back.' });
  expect(refused(new Problem({ detail: 'No.', errors: [{ location: 'else', message: 'x' }] }), ['name'])).toEqual({ form: 'No.' });
});

test('an ID is made of a name', () => {
  expect(['Billing & Refunds', 'VIP', 'Größe', '退款'].map(slug)).toEqual(['billing-refunds', 'vip', 'gro-e', '']);
});
