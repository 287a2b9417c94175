import { expect, test } from 'vitest';
import { type DiffLine, diffLines } from '../src/shared/text/diff';

const show = (d: DiffLine[]) => d.map((l) => ({ same: ' ', old: '-', new: '+' })[l.kind] + l.text);

test('names the lines that changed and keeps the rest', () => {
  expect(show(diffLines('a\nb\nc\nd', 'a\nx\nc\nd\ne'))).toEqual([' a', '-b', '+x', ' c', ' d', '+e']);
  expect(show(diffLines('', 'a'))).toEqual(['-', '+a']);
  expect(diffLines('same\ntext', 'same\ntext').every((l) => l.kind === 'same')).toBe(true);
});

test('both texts can be read back from a diff', () => {
  let seed = 3;
  const random = (n: number) => (seed = (seed * 16807) % 2147483647) % n;
  for (let round = 0; round < 300; round++) {
    const text = () => Array.from({ length: random(9) }, () => 'abc'.charAt(random(3))).join('\n');
    const [a, b] = [text(), text()];
    const d = diffLines(a, b);
    expect(d.filter((l) => l.kind !== 'new').map((l) => l.text).join('\n')).toBe(a);
    expect(d.filter((l) => l.kind !== 'old').map((l) => l.text).join('\n')).toBe(b);
  }
});
