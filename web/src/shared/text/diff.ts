export interface DiffLine {
  kind: 'same' | 'old' | 'new';
  text: string;
}

const LIMIT = 4_000_000; // cells of the table; beyond it the whole texts are shown as old and new

/** What changed between two texts, line by line (longest common subsequence). */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const x = a.slice(head, a.length - tail);
  const y = b.slice(head, b.length - tail);
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  return [...same(a.slice(0, head)), ...middle(x, y), ...same(a.slice(a.length - tail))];
}

function middle(x: string[], y: string[]): DiffLine[] {
  const all = (lines: string[], kind: DiffLine['kind']): DiffLine[] => lines.map((text) => ({ kind, text }));
  if (x.length * y.length > LIMIT) return [...all(x, 'old'), ...all(y, 'new')];
  const w = y.length + 1;
  const table = new Uint32Array((x.length + 1) * w);
  const cell = (i: number, j: number) => table[i * w + j] ?? 0;
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = y.length - 1; j >= 0; j--) {
      table[i * w + j] = x[i] === y[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const out: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    if (x[i] === y[j]) {
      out.push({ kind: 'same', text: x[i] ?? '' });
      i++;
      j++;
    } else if (cell(i + 1, j) >= cell(i, j + 1)) out.push({ kind: 'old', text: x[i++] ?? '' });
    else out.push({ kind: 'new', text: y[j++] ?? '' });
  }
  return [...out, ...all(x.slice(i), 'old'), ...all(y.slice(j), 'new')];
}
