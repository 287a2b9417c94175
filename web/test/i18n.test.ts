import { describe, expect, test } from 'vitest';
import { fill, ordinal, pickLang } from '../src/shared/i18n';
import { aboutMinutes, minutes, timer } from '../src/shared/i18n/format';
import { core } from '../src/console/words/core';
import { inbox } from '../src/console/words/inbox';
import { intents } from '../src/console/words/intents';
import { knowledge } from '../src/console/words/knowledge';
import { people } from '../src/console/words/people';
import { queues } from '../src/console/words/queues';
import { reports } from '../src/console/words/reports';
import { rules } from '../src/console/words/rules';
import { tickets } from '../src/console/words/tickets';
import { routing } from '../src/console/words/routing';
import { wall } from '../src/console/words/wall';
import { words as widget } from '../src/widget/words';

const books: Record<string, Record<'en' | 'zh', Record<string, string>>> = { widget, core, inbox, intents, knowledge, people, queues, reports, routing, rules, tickets, wall };

/** Names of the values a message asks for. */
function asks(message: string): string[] {
  return [...new Set([...message.matchAll(/\{(\w+)/g)].map((m) => m[1] ?? ''))].sort();
}

describe.each(Object.entries(books))('%s', (_, book) => {
  test('both languages have every message, and none is empty', () => {
    expect(Object.keys(book.zh).sort()).toEqual(Object.keys(book.en).sort());
    for (const lang of ['en', 'zh'] as const) {
      for (const [key, message] of Object.entries(book[lang])) expect(message.trim(), `${lang} ${key}`).not.toBe('');
    }
  });
  test('both languages ask for the same values', () => {
    for (const [key, message] of Object.entries(book.en)) expect(asks(book.zh[key] ?? ''), key).toEqual(asks(message));
  });
  test('Chinese is Chinese: Han text, full-width stops, a space between number and Han', () => {
    for (const [key, message] of Object.entries(book.zh)) {
      const bare = message.replace(/\{[^}]*\}/g, '');
      if (/[a-z]{3}/i.test(bare) && !/\p{Script=Han}/u.test(bare)) expect(book.en[key], key).toBe(message);
      expect(bare, key).not.toMatch(/\p{Script=Han}[,;:!?]/u);
      expect(bare, key).not.toMatch(/\p{Script=Han}\d|\d\p{Script=Han}/u);
    }
  });
  test('the system does not shout', () => {
    for (const lang of ['en', 'zh'] as const) for (const m of Object.values(book[lang])) expect(m).not.toMatch(/[!！]/);
  });
});

test('fill puts values and words by number in their places', () => {
  expect(fill('{n} {n:chat|chats} of {total}', { n: 1, total: 3 })).toBe('1 chat of 3');
  expect(fill('{n} {n:chat|chats}', { n: 2 })).toBe('2 chats');
  expect(fill('hello {name}', {})).toBe('hello {name}');
});

test('languages are picked by the first that is spoken', () => {
  expect(pickLang(undefined, 'fr-FR', 'zh-Hant-TW', 'en')).toBe('zh');
  expect(pickLang('en_US')).toBe('en');
  expect(pickLang('de', '')).toBe('en');
});

test('ordinals, waits and timers', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 22].map((n) => ordinal(n, 'en'))).toEqual(['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '22nd']);
  expect(ordinal(2, 'zh')).toBe('2');
  expect([minutes(0, 'en'), minutes(200, 'en'), minutes(200, 'zh'), minutes(7300, 'en')]).toEqual(['a minute', '4 minutes', '4 分钟', '3 hours']);
  expect(aboutMinutes(30, 'en')).toBe('about a minute');
  expect(aboutMinutes(200, 'en')).toBe('about 4 minutes');
  expect(aboutMinutes(200, 'zh')).toBe('大约 4 分钟');
  expect(aboutMinutes(7200, 'en')).toBe('about 2 hours');
  expect([0, 42_000, 725_000, 3_729_000].map(timer)).toEqual(['0:00', '0:42', '12:05', '1:02:09']);
});
