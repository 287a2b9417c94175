import { describe, expect, test } from 'vitest';
import { keepNewest, Timeline, type MessageEntry } from '../src/shared/client/timeline';
import type { Event, EventsFrame } from '../src/shared/protocol';
import { event, row } from './fake';

function frame(events: Event[], more: Partial<EventsFrame> = {}): EventsFrame {
  return { type: 'events', conversation: row('c1', events.at(-1)?.n ?? 0), events, top: events.at(-1)?.n ?? 0, mode: 'delta', ...more };
}

function texts(t: Timeline): string[] {
  return t.entries().map((e) => (e.kind === 'message' ? e.text : `*${e.event.change}`));
}

describe('timeline', () => {
  test('the same events in any order and number of copies give the same view', () => {
    const all = [1, 2, 3, 4, 5, 6].map((n) => event(n));
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const want = all.map((e) => e.text);
    for (let round = 0; round < 50; round++) {
      const t = new Timeline('c1');
      const deck = [...all, ...all, ...all.slice(2)].sort(() => random() - 0.5);
      for (const e of deck) t.apply(frame([e], { mode: 'live' }));
      expect(texts(t)).toEqual(want);
      expect(t.n).toBe(6);
    }
  });

  test('shows a gap-free prefix and keeps its cursor before a hole', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), event(2)]));
    t.apply(frame([event(4)], { mode: 'live' }));
    expect(t.n).toBe(2);
    expect(t.holed).toBe(true);
    expect(texts(t)).toEqual(['text 1', 'text 2']);
    t.insert(event(3));
    expect(t.holed).toBe(false);
    expect(texts(t)).toHaveLength(4);
  });

  test('a snapshot replaces what was there; older pages go before it', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), event(2)]));
    t.apply(frame([event(51), event(52)], { mode: 'snapshot', has_older: true, top: 52 }));
    expect(texts(t)).toEqual(['text 51', 'text 52']);
    expect(t.n).toBe(52);
    expect(t.hasOlder).toBe(true);
    t.prepend([event(49), event(50)], true);
    expect(texts(t)).toEqual(['text 49', 'text 50', 'text 51', 'text 52']);
    expect(t.oldest).toBe(49);
    expect(t.n).toBe(52);
  });

  test('an empty snapshot at a top is not a hole', () => {
    const t = new Timeline('c1');
    t.apply(frame([], { mode: 'snapshot', top: 9 }));
    expect(t.n).toBe(9);
    expect(t.holed).toBe(false);
  });
});

describe('streams', () => {
  const start = event(2, { kind: 'answer', text: '', run: 'r1', id: 'p' });
  const piece = (offset: number, text: string, attempt = 1) => ({ run: 'r1', event: 'p', attempt, offset, text });
  const shown = (t: Timeline) => t.entries().at(-1) as MessageEntry;

  test('pieces assemble at the place of their start, whatever arrives twice', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), start]));
    expect(t.delta(piece(0, 'Returns '))).toBe('ok');
    expect(t.delta(piece(0, 'Returns '))).toBe('ok');
    expect(t.delta(piece(8, 'take 30'))).toBe('ok');
    expect(t.delta(piece(4, 'rns take 30 days'))).toBe('ok');
    t.apply(frame([event(3)], { mode: 'live' }));
    expect(texts(t)).toEqual(['text 1', 'Returns take 30 days', 'text 3']);
    expect((t.entries()[1] as MessageEntry).streaming).toBe(true);
  });

  test('offsets count UTF-16 units', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), start]));
    t.delta(piece(0, '茶具🍵'));
    expect(t.held('p')).toBe(4);
    expect(t.delta(piece(4, '很好'))).toBe('ok');
    expect(shown(t).text).toBe('茶具🍵很好');
  });

  test('a hole asks for the whole; a reset heals it', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), start]));
    expect(t.delta(piece(5, 'x'))).toBe('missing');
    t.reset({ run: 'r1', event: 'p', attempt: 1, text: 'hello' });
    expect(t.delta(piece(5, '!'))).toBe('ok');
    expect(shown(t).text).toBe('hello!');
  });

  test('a new attempt replaces the text and a late old one changes nothing', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), start]));
    t.delta(piece(0, 'first'));
    t.reset({ run: 'r1', event: 'p', attempt: 2, text: 'second' });
    expect(t.delta(piece(5, ' more', 1))).toBe('ok');
    t.reset({ run: 'r1', event: 'p', attempt: 1, text: 'first again' });
    expect(shown(t).text).toBe('second');
    expect(t.delta(piece(3, 'x', 3))).toBe('missing');
  });

  test('the finished event decides: text, sources, state; later pieces are ignored', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), start]));
    t.delta(piece(0, 'Retur'));
    const end = event(3, {
      kind: 'finished',
      of: 'p',
      text: 'Returns take 30 days.',
      state: 'complete',
      sources: [{ document: 'd', path: 'r.md', title: 'Returns', url: '', heading: [], score: 0.9 }],
    });
    t.apply(frame([end], { mode: 'live' }));
    t.delta(piece(5, 'ns'));
    expect(t.entries()).toHaveLength(2);
    expect(shown(t)).toMatchObject({ text: 'Returns take 30 days.', streaming: false, state: 'complete', key: 'p' });
    expect(shown(t).event.sources).toHaveLength(1);
    expect(shown(t).event.id).toBe('p');
  });

  test('feedback marks the message it is about, the newest one wins', () => {
    const t = new Timeline('c1');
    t.apply(frame([event(1), event(2, { kind: 'feedback', of: 'ev1', helpful: false, why: 'wrong' }), event(3, { kind: 'feedback', of: 'ev1', helpful: true })]));
    expect(t.entries()).toHaveLength(1);
    expect(shown(t).helpful).toBe(true);
  });
});

test('an older row never undoes a newer one, and what ended is gone', () => {
  const waiting = { ...row('c1', 3), service: 'waiting' as const, enqueued_at: 'x', version: 3, facts: [{ name: 'order_number', value: '7' }] };
  const bot = { ...row('c1', 4), version: 4 };
  expect(keepNewest(waiting, bot)).toMatchObject({ service: 'bot', facts: waiting.facts });
  expect(keepNewest(waiting, bot).enqueued_at).toBeUndefined();
  expect(keepNewest(bot, waiting).service).toBe('bot');
});

test("a visitor's rows have no version: their number says which is newer", () => {
  const rowOf = (n: number, service: 'bot' | 'waiting') => ({ ...row('c1', n), version: undefined, service });
  expect(keepNewest(rowOf(3, 'bot'), rowOf(4, 'waiting')).service).toBe('waiting');
  expect(keepNewest(rowOf(4, 'waiting'), rowOf(3, 'bot')).service).toBe('waiting');
  expect(keepNewest(rowOf(4, 'waiting'), rowOf(4, 'bot')).service).toBe('bot');
});
