import { describe, expect, test } from 'vitest';
import type { Reply } from '../src/console/api';
import { fill, find, isMacro, open, textFor, typed } from '../src/console/replies/fill';
import type { Entry } from '../src/shared/client/timeline';
import type { Event } from '../src/shared/protocol';
import { ending } from '../src/widget/rating';

const reply = (shortcut: string, r: Partial<Reply> = {}): Reply => ({ id: shortcut, version: 1, updated_at: '', shortcut, title: shortcut, text: {}, ...r });

describe('canned replies', () => {
  test('variables are filled in, have words for when there is no value, or stay', () => {
    const text = 'Hello {{visitor.name|there}}, I am {{ agent.name }}. {{visitor.email}} {{other}}';
    expect(fill(text, { 'agent.name': 'Lin' })).toBe('Hello there, I am Lin. {{visitor.email}} {{other}}');
    expect(fill(text, { 'visitor.name': 'Ana $1', 'visitor.email': 'a@b.c', 'agent.name': 'Lin' })).toBe('Hello Ana $1, I am Lin. a@b.c {{other}}');
  });

  test('the first gap is found, and only what is a variable is one', () => {
    expect(open('x {{other}} {{visitor.name}}', ['visitor.name'])).toEqual({ name: 'visitor.name', from: 12, to: 28 });
    expect(open('{{other}}', ['visitor.name'])).toBeUndefined();
  });

  test('the language of the visitor decides, the other text is better than none', () => {
    expect(textFor(reply('a', { text: { en: 'Hi', zh: '您好' } }), 'zh')).toBe('您好');
    expect(textFor(reply('a', { text: { en: 'Hi' } }), 'zh')).toBe('Hi');
    expect(textFor(reply('a'), 'en')).toBe('');
  });

  test('a shortcut is a slash and a word at the very beginning', () => {
    expect(typed('/')).toBe('');
    expect(typed('/Ref')).toBe('ref');
    expect(typed('/退款')).toBe('退款');
    for (const no of ['', 'a/b', '/a b', '/usr/bin', ' /a', '/a\n']) expect(typed(no)).toBeUndefined();
  });

  test('shortcuts come before titles, own ones before those of all', () => {
    const list = [reply('late', { title: 'Refund is late' }), reply('refuse'), reply('refund'), reply('ref-own', { own: true }), reply('bye')];
    expect(find(list, 'ref').map((r) => r.shortcut)).toEqual(['ref-own', 'refund', 'refuse', 'late']);
    expect(find(list, 'refund')[0]?.shortcut).toBe('refund');
    expect(find(list, '')).toHaveLength(5);
  });

  test('texts of a language are looked through where it is named, after titles', () => {
    const list = [reply('a', { text: { en: 'The parcel is delayed', zh: '包裹延误了' } }), reply('b', { title: 'Delayed' }), reply('c', { text: { zh: '延误' } })];
    expect(find(list, 'delayed', 'en').map((r) => r.shortcut)).toEqual(['b', 'a']);
    expect(find(list, '延误', 'zh').map((r) => r.shortcut)).toEqual(['a', 'c']);
    expect(find(list, '包裹', 'en')).toEqual([]);
    expect(find(list, 'parcel')).toEqual([]);
  });

  test('a note or a move makes a macro', () => {
    expect([reply('a'), reply('a', { note: 'x' }), reply('a', { then: 'close' })].map(isMacro)).toEqual([false, true, true]);
  });
});

describe('asking how it was', () => {
  const event = (e: Partial<Event>): Event => ({ id: 'e', n: 1, kind: 'service', author: { kind: 'system', id: '', name: '' }, at: '', ...e });
  const service = (e: Partial<Event>): Entry => ({ kind: 'service', key: 'k', event: event(e) });
  const says = (kind: 'visitor' | 'bot' | 'agent', e: Partial<Event> = {}): Entry => ({
    kind: 'message', key: 'k', event: event({ kind: 'message', author: { kind, id: '', name: '' }, ...e }), text: 'x', streaming: false, run: '', end: undefined, state: undefined, helpful: undefined, why: undefined,
  });
  const lin = { id: '', name: 'Lin' };

  test('after a person ended it, about that person', () => {
    expect(ending([says('agent'), service({ id: 'c', change: 'closed', agent: lin })])).toEqual({ event: 'c', about: 'agent', name: 'Lin' });
    expect(ending([service({ id: 'h', change: 'handed_back', agent: lin }), says('bot')])).toEqual({ event: 'h', about: 'agent', name: 'Lin' });
    expect(ending([service({ change: 'closed' })])).toBeUndefined();
  });

  test('after the bot said goodbye, about the bot', () => {
    expect(ending([says('visitor'), says('bot', { id: 'b', rate: true })])).toEqual({ event: 'b', about: 'bot', name: '' });
    expect(ending([says('visitor'), says('bot')])).toBeUndefined();
  });

  test('not again once rated, and not while they talk on', () => {
    const end = says('bot', { rate: true });
    expect(ending([end, service({ kind: 'rating', score: 5 })])).toBeUndefined();
    expect(ending([end, says('visitor'), says('bot')])).toBeUndefined();
    expect(ending([end, service({ change: 'enqueued' })])).toBeUndefined();
  });
});
