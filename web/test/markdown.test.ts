import { describe, expect, test } from 'vitest';
import { type Block, cut, type Inline, markdown, plain, safeHref } from '../src/shared/text/markdown';

const text = (v: string): Inline => ({ t: 'text', v });

describe('blocks', () => {
  test('paragraphs, breaks, headings, rules', () => {
    expect(markdown('# Returns\n\nOne\ntwo\n\n---')).toEqual([
      { t: 'heading', level: 1, c: [text('Returns')] },
      { t: 'p', c: [text('One'), { t: 'break' }, text('two')] },
      { t: 'rule' },
    ]);
  });
  test('lists, ordered, nested, loose', () => {
    expect(markdown('- a\n- b\n  - c')).toEqual([
      {
        t: 'list',
        ordered: false,
        start: 1,
        items: [
          [{ t: 'p', c: [text('a')] }],
          [{ t: 'p', c: [text('b')] }, { t: 'list', ordered: false, start: 1, items: [[{ t: 'p', c: [text('c')] }]] }],
        ],
      },
    ]);
    expect(markdown('3. x\n\n4. y')).toMatchObject([{ t: 'list', ordered: true, start: 3, items: [[{ t: 'p' }], [{ t: 'p' }]] }]);
    expect(markdown('1、打开\n2、取出')).toMatchObject([{ t: 'list', ordered: true }]);
  });
  test('tables fill short rows and keep escaped bars', () => {
    const [b] = markdown('| a | b |\n|---|---|\n| 1 |\n| x \\| y | 2 |');
    expect(b).toEqual({ t: 'table', head: [[text('a')], [text('b')]], rows: [[[text('1')], []], [[text('x | y')], [text('2')]]] });
  });
  test('code keeps every character; an open fence runs to the end', () => {
    expect(markdown('```\n<b>*x*\n```\nafter')).toMatchObject([{ t: 'code', v: '<b>*x*' }, { t: 'p' }]);
    expect(markdown('```js\nlet a')).toEqual([{ t: 'code', v: 'let a' }]);
  });
  test('quotes', () => {
    expect(markdown('> a\n> b')).toEqual([{ t: 'quote', c: [{ t: 'p', c: [text('a'), { t: 'break' }, text('b')] }] }]);
  });
});

describe('inlines', () => {
  const line = (s: string, open = false) => (markdown(s, open)[0] as Extract<Block, { t: 'p' }>).c;
  test('marks', () => {
    expect(line('a **b** *c* ~~d~~ `e*`')).toEqual([
      text('a '),
      { t: 'strong', c: [text('b')] },
      text(' '),
      { t: 'em', c: [text('c')] },
      text(' '),
      { t: 'del', c: [text('d')] },
      text(' '),
      { t: 'code', v: 'e*' },
    ]);
  });
  test('stars in sums and underscores in words are text', () => {
    expect(line('2 * 3 * 4')).toEqual([text('2 * 3 * 4')]);
    expect(line('snake_case_name')).toEqual([text('snake_case_name')]);
  });
  test('while a text grows, an opened bold shows as bold', () => {
    expect(line('so **30 da', true)).toEqual([text('so '), { t: 'strong', c: [text('30 da')] }]);
    expect(line('so **30 da', false)).toEqual([text('so **30 da')]);
  });
  test('links: http, https, mailto; anything else keeps its words only', () => {
    expect(line('[the page](https://example.com/a_b)')).toEqual([{ t: 'link', href: 'https://example.com/a_b', c: [text('the page')] }]);
    expect(line('[x](javascript:alert(1))')).toEqual([text('x')]);
    expect(line('see https://example.com/x(y).')).toEqual([
      text('see '),
      { t: 'link', href: 'https://example.com/x(y)', c: [text('https://example.com/x(y)')] },
      text('.'),
    ]);
    expect(line('请看https://example.com/退货。谢谢')).toMatchObject([text('请看'), { t: 'link' }, text('。谢谢')]);
  });
  test('images are their description, HTML is text', () => {
    expect(line('![a cup](https://example.com/cup.png)')).toEqual([text('a cup')]);
    expect(line('<img src=x onerror=alert(1)>')).toEqual([text('<img src=x onerror=alert(1)>')]);
  });
});

test('schemes in disguise are refused', () => {
  for (const bad of ['javascript:alert(1)', ' JaVaScRiPt:alert(1)', 'java\nscript:x', 'data:text/html,x', 'vbscript:x', '//evil.example', 'file:///etc', 'https://a b', 'https://a"b', '\u0001https://a']) {
    expect(safeHref(bad), bad).toBeUndefined();
  }
  expect(safeHref('MAILTO:a@example.com')).toBe('mailto:a@example.com');
});

test('any text gives allowed nodes and safe addresses only, quickly', () => {
  const parts = ['**', '*', '_', '~~', '`', '```', '[', '](', ')', '<', '>', '!', '\n', '\n\n', '- ', '1. ', '> ', '|', '|-|', '# ', '\\', ' ', 'a', '中', 'https://x.example', 'javascript:', '<script>', '&lt;', '\u0000', '🍵', '  '];
  let seed = 42;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const inlineKinds = new Set(['text', 'code', 'break', 'strong', 'em', 'del', 'link']);
  const walk = (c: Inline[]): void => {
    for (const x of c) {
      expect(inlineKinds.has(x.t)).toBe(true);
      if (x.t === 'link') expect(x.href).toMatch(/^(https?:|mailto:)/);
      if ('c' in x) walk(x.c);
    }
  };
  const walkBlocks = (bs: Block[]): void => {
    for (const b of bs) {
      if (b.t === 'p' || b.t === 'heading') walk(b.c);
      else if (b.t === 'quote') walkBlocks(b.c);
      else if (b.t === 'list') b.items.forEach(walkBlocks);
      else if (b.t === 'table') [b.head, ...b.rows].forEach((r) => r.forEach(walk));
    }
  };
  for (let round = 0; round < 3000; round++) {
    let s = '';
    for (let k = 0; k < 30; k++) s += parts[Math.floor(random() * parts.length)] ?? '';
    walkBlocks(markdown(s, round % 2 === 0));
  }
  walkBlocks(markdown('> '.repeat(5000) + 'x'));
  walkBlocks(markdown('**a '.repeat(2000)));
  walkBlocks(markdown('['.repeat(2000)));
});

test('plain text is what would be read aloud', () => {
  expect(plain('## Returns\n\nWithin **30 days**:\n- a\n- [b](https://example.com)')).toBe('Returns Within 30 days: a; b');
});

test('a teaser ends at a word, Chinese anywhere', () => {
  expect(cut('send it back with the label', 20)).toBe('send it back with…');
  expect(cut('请按原样包好，用订单页里的退货单寄回', 8)).toBe('请按原样包好，用…');
  expect(cut('short', 20)).toBe('short');
});
