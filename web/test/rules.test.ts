import { describe, expect, test } from 'vitest';
import type { Rule, Rulebook } from '../src/console/api';
import { does, missing, moved, placingLine, problems, says, split } from '../src/console/rules/rules';
import { inbox } from '../src/console/words/inbox';
import { rules } from '../src/console/words/rules';
import { translator } from '../src/shared/i18n';

const t = translator(rules, 'en');
const ti = translator(inbox, 'en');
const lang = (l: string) => ({ en: 'English', zh: 'Chinese' })[l] ?? l;
const book: Rulebook = {
  rules: [], version: 3, queues: [{ id: 'returns', name: 'Returns' }], skills: ['billing'],
  broken: [{ rule: 'a', queue: 'attic' }, { rule: 'a', skill: 'elves' }, { rule: 'b', skill: 'billing' }],
};
const rule = (r: Partial<Rule>): Rule => ({ id: 'a', name: 'Refunds', when: [], ...r });

describe('rules', () => {
  test('conditions read as sentences', () => {
    expect(says({ kind: 'intent', values: ['refund', 'return'] }, t, ti, lang)).toBe('Topic is refund or return');
    expect(says({ kind: 'reason', values: ['unhappy'], not: true }, t, ti, lang)).toBe('Reason is not Unhappy');
    expect(says({ kind: 'language', values: ['zh'] }, t, ti, lang)).toBe('Language is Chinese');
    expect(says({ kind: 'entity', name: 'order_number' }, t, ti, lang)).toBe('Mentioned order_number');
    expect(says({ kind: 'attribute', name: 'plan', values: ['pro'] }, t, ti, lang)).toBe('plan is pro');
    expect(says({ kind: 'returning', days: 1 }, t, ti, lang)).toBe('Was here in the last 1 day');
    expect(says({ kind: 'returning', not: true }, t, ti, lang)).toBe('Is here for the first time');
    expect(says({ kind: 'sentiment', below: -0.3 }, t, ti, lang)).toBe('Feeling below -0.3');
  });

  test('effects name queues as people know them', () => {
    expect(does(rule({ queue: 'returns', skills: ['billing>=3'], priority: 2 }), book, t)).toEqual(['Queue Returns', 'Skills billing>=3', 'Priority +2']);
    expect(does(rule({ queue: 'attic', priority: -1 }), book, t)).toEqual(['Queue attic', 'Priority −1']);
    expect(does(rule({ ticket: { queue: 'returns', priority: 3, status: 'pending', instead: true } }), book, t)).toEqual(['A ticket instead of waiting · Queue Returns · Priority +3 · Visitor’s turn']);
    expect(does(rule({ ticket: {} }), book, t)).toEqual(['A ticket as well']);
  });

  test('what is missing is said by field', () => {
    expect(missing(rule({ name: ' ' }), t)).toEqual({ name: t('needName'), then: t('needThen') });
    expect(missing(rule({ priority: 0, when: [{ kind: 'tier', values: [] }, { kind: 'entity', name: '' }, { kind: 'returning' }] }), t)).toEqual({ when0: t('needValues'), when1: t('needThing') });
  });

  test('a ticket alone is something, and its priority is checked', () => {
    expect(missing(rule({ ticket: {} }), t)).toEqual({});
    expect(missing(rule({ ticket: { instead: true, priority: 11 }, skills: ['billing'] }), t)).toEqual({ then: t('needNoSkills'), ticketPriority: t('badPriority') });
    expect(missing(rule({ priority: NaN }), t)).toEqual({ priority: t('badPriority') });
  });

  test('broken parts say what to do', () => {
    expect(problems(rule({}), book, t)).toHaveLength(2);
    expect(problems(rule({}), book, t)[0]).toContain('attic');
    expect(problems(rule({ id: 'c' }), book, t)).toEqual([]);
  });

  test('moving stops at the ends and keeps the list', () => {
    const list = ['a', 'b', 'c'];
    expect(moved(list, 1, -1)).toEqual(['b', 'a', 'c']);
    expect(moved(list, 2, 1)).toBe(list);
    expect(moved(list, 0, -1)).toBe(list);
    expect(list).toEqual(['a', 'b', 'c']);
  });

  test('values are split at either comma', () => expect(split(' a，b, ,c 、d')).toEqual(['a', 'b', 'c', 'd']));

  test('a chat says why it waits where it does', () => {
    const e = { id: '1', n: 1, kind: 'service' as const, author: { kind: 'system' as const, id: '', name: '' }, at: '', change: 'enqueued' };
    expect(placingLine({ ...e, placing: undefined }, t)).toBe('');
    const placing = { priority: 3, skills: [], rules: [{ rule: 'a', name: 'Refunds', because: [], ignored: ['skill:elves'] }], raised: [{ why: 'sentiment' as const, by: 1 }] };
    expect(placingLine({ ...e, placing }, t)).toBe('By rule: Refunds · Priority +1 for how they feel · left out, no longer there: elves');
    const made = { ...placing, raised: [], rules: [{ rule: 'a', name: 'Damage', because: [], ticket: {}, ignored: ['instead'] }] };
    expect(placingLine({ placing: made }, t)).toBe('By rule: Damage · A ticket; waits as well, having asked for a person');
  });
});
