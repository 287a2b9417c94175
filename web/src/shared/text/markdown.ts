// A small Markdown reader for chat: text in, a tree of allowed nodes out. There
// is no HTML node and no image node, so no input can produce either; pages draw
// the tree with ordinary elements.

export type Inline =
  | { t: 'text'; v: string }
  | { t: 'code'; v: string }
  | { t: 'break' }
  | { t: 'strong' | 'em' | 'del'; c: Inline[] }
  | { t: 'link'; href: string; c: Inline[] };

export type Block =
  | { t: 'p'; c: Inline[] }
  | { t: 'heading'; level: number; c: Inline[] }
  | { t: 'code'; v: string }
  | { t: 'rule' }
  | { t: 'quote'; c: Block[] }
  | { t: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { t: 'table'; head: Inline[][]; rows: Inline[][][] };

const MAX_DEPTH = 6; // hostile nesting costs nothing beyond this
const MAX_CHARS = 20_000; // longer texts are shown as they are: reading marks is quadratic in hostile ones

/** Reads a message. With `open`, the text is still being written: an unfinished mark at its end counts as finished. */
export function markdown(text: string, open = false): Block[] {
  if (text.length > MAX_CHARS) return [{ t: 'p', c: [{ t: 'text', v: text }] }];
  return blocks(text.replace(/\r\n?/g, '\n').split('\n'), 0, open);
}

/** The href when it may be followed: http, https or mailto, nothing else, whatever it is dressed as. */
export function safeHref(raw: string): string | undefined {
  const s = raw.trim();
  if (!/^(https?:\/\/|mailto:)/i.test(s) || /[\u0000-\u0020<>"`\\]/.test(s)) return undefined;
  try {
    const u = new URL(s);
    return u.protocol === 'http:' || u.protocol === 'https:' || u.protocol === 'mailto:' ? u.href : undefined;
  } catch {
    return undefined;
  }
}

const ITEM = /^( {0,3})([-*+•]|\d{1,9}[.)、])(?:[ \t]+|(?<=、))(.*)$/;
const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;

function blocks(lines: string[], depth: number, open: boolean): Block[] {
  const out: Block[] = [];
  let i = 0;
  while (i < lines.length) {
    const line = lines[i] ?? '';
    if (line.trim() === '') {
      i++;
      continue;
    }
    const fence = FENCE.exec(line)?.[1];
    if (fence) {
      const body: string[] = [];
      for (i++; i < lines.length && !(lines[i] ?? '').trimStart().startsWith(fence); i++) body.push(lines[i] ?? '');
      i++;
      out.push({ t: 'code', v: body.join('\n') });
      continue;
    }
    const h = HEADING.exec(line);
    if (h) {
      out.push({ t: 'heading', level: h[1]?.length ?? 1, c: inlines(h[2] ?? '', open && i === lines.length - 1) });
      i++;
      continue;
    }
    if (RULE.test(line)) {
      out.push({ t: 'rule' });
      i++;
      continue;
    }
    if (depth < MAX_DEPTH && /^ {0,3}>/.test(line)) {
      const body: string[] = [];
      for (; i < lines.length && /^ {0,3}>/.test(lines[i] ?? ''); i++) body.push((lines[i] ?? '').replace(/^ {0,3}> ?/, ''));
      out.push({ t: 'quote', c: blocks(body, depth + 1, open && i === lines.length) });
      continue;
    }
    if (depth < MAX_DEPTH && ITEM.test(line)) {
      const [list, next] = listAt(lines, i, depth, open);
      out.push(list);
      i = next;
      continue;
    }
    if (line.includes('|') && /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/.test(lines[i + 1] ?? '') && (lines[i + 1] ?? '').includes('-')) {
      const head = cells(line);
      const rows: Inline[][][] = [];
      for (i += 2; i < lines.length && (lines[i] ?? '').includes('|'); i++) {
        const row = cells(lines[i] ?? '');
        rows.push(head.map((_, k) => row[k] ?? []));
      }
      out.push({ t: 'table', head, rows });
      continue;
    }
    const body: string[] = [line];
    for (i++; i < lines.length && !starts(lines[i] ?? '', depth); i++) body.push(lines[i] ?? '');
    out.push({ t: 'p', c: inlines(body.map((l) => l.trimStart()).join('\n'), open && i === lines.length) });
  }
  return out;
}

/** Whether a line ends the paragraph before it. */
function starts(line: string, depth: number): boolean {
  return (
    line.trim() === '' || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || (depth < MAX_DEPTH && (ITEM.test(line) || /^ {0,3}>/.test(line)))
  );
}

function listAt(lines: string[], from: number, depth: number, open: boolean): [Block, number] {
  const first = ITEM.exec(lines[from] ?? '');
  const marker = first?.[2] ?? '-';
  const ordered = /\d/.test(marker);
  const items: Block[][] = [];
  let i = from;
  while (i < lines.length) {
    const m = ITEM.exec(lines[i] ?? '');
    if (!m || /\d/.test(m[2] ?? '') !== ordered || RULE.test(lines[i] ?? '')) break;
    const body = [m[3] ?? ''];
    for (i++; i < lines.length; i++) {
      const l = lines[i] ?? '';
      if (/^(\t| {2,})\S/.test(l)) body.push(l.replace(/^(\t| {2,4})/, ''));
      else if (l.trim() === '' && /^(\t| {2,})\S/.test(lines[i + 1] ?? '')) body.push('');
      else break;
    }
    items.push(blocks(body, depth + 1, open && i >= lines.length));
    if ((lines[i] ?? '').trim() === '' && ITEM.test(lines[i + 1] ?? '')) i++; // a loose list stays one list
  }
  return [{ t: 'list', ordered, start: ordered ? parseInt(marker, 10) : 1, items }, i];
}

function cells(line: string): Inline[][] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((c) => inlines(c.trim().replace(/\\\|/g, '|'), false));
}

const BARE = /^(?:https?:\/\/[^\s<>"'`\\，。；！？、）】》]+|mailto:[^\s<>"'`\\]+)/i;

function inlines(s: string, open: boolean, depth = 0): Inline[] {
  const out: Inline[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') out.push({ t: 'text', v: text });
    text = '';
  };
  let i = 0;
  while (i < s.length) {
    const ch = s.charAt(i);
    const rest = s.slice(i);
    if (ch === '\\' && /^\\[\\`*_{}[\]()#+\-.!|~>]/.test(rest)) {
      text += s.charAt(i + 1);
      i += 2;
      continue;
    }
    if (ch === '\n') {
      flush();
      out.push({ t: 'break' });
      i++;
      continue;
    }
    if (ch === '`') {
      const ticks = /^`+/.exec(rest)?.[0] ?? '`';
      let end = s.indexOf(ticks, i + ticks.length);
      if (end < 0 && open) end = s.length;
      if (end > i + ticks.length) {
        flush();
        out.push({ t: 'code', v: s.slice(i + ticks.length, end).replace(/\n/g, ' ') });
        i = end + ticks.length;
        continue;
      }
      text += ticks;
      i += ticks.length;
      continue;
    }
    if (depth < MAX_DEPTH) {
      const mark = markAt(s, i, open);
      if (mark) {
        flush();
        out.push({ t: mark.t, c: inlines(mark.inner, open && mark.unfinished, depth + 1) });
        i = mark.next;
        continue;
      }
      const link = linkAt(s, i);
      if (link) {
        flush();
        if (link.href) out.push({ t: 'link', href: link.href, c: inlines(link.label, false, depth + 1) });
        else out.push(...inlines(link.label, false, depth + 1));
        i = link.next;
        continue;
      }
    }
    if ((ch === 'h' || ch === 'H' || ch === 'm') && !/[A-Za-z0-9]/.test(s.charAt(i - 1))) {
      const bare = trimBare(BARE.exec(rest)?.[0] ?? '');
      const href = bare && safeHref(bare);
      if (href) {
        flush();
        out.push({ t: 'link', href, c: [{ t: 'text', v: bare }] });
        i += bare.length;
        continue;
      }
    }
    text += ch;
    i++;
  }
  flush();
  return out;
}

/** Full stops and closing brackets after an address belong to the sentence. */
function trimBare(s: string): string {
  let v = s.replace(/[.,;:!?*_~]+$/, '');
  while (v.endsWith(')') && v.split(')').length > v.split('(').length) v = v.slice(0, -1);
  return v;
}

interface Mark {
  t: 'strong' | 'em' | 'del';
  inner: string;
  next: number;
  unfinished: boolean;
}

function markAt(s: string, i: number, open: boolean): Mark | undefined {
  const two = s.slice(i, i + 2);
  const ch = s.charAt(i);
  let token: string;
  let t: Mark['t'];
  if (two === '**' || two === '__') [token, t] = [two, 'strong'];
  else if (two === '~~') [token, t] = [two, 'del'];
  else if (ch === '*' || ch === '_') [token, t] = [ch, 'em'];
  else return undefined;
  // Underscores inside words (snake_case) and marks before a space are text.
  if (token.startsWith('_') && /[\p{L}\p{N}]/u.test(s.charAt(i - 1))) return undefined;
  const from = i + token.length;
  if (from >= s.length || /\s/.test(s.charAt(from))) return undefined;
  let end = s.indexOf(token, from);
  while (end >= 0 && (/\s/.test(s.charAt(end - 1)) || (token.length === 1 && s.charAt(end + 1) === token) || end === from)) {
    end = s.indexOf(token, end + (s.charAt(end + 1) === token && token.length === 1 ? 2 : 1));
  }
  if (end < 0) {
    // A single star at the end of a growing text is as likely a bullet or a sum: only the double ones are taken early.
    return open && token.length === 2 ? { t, inner: s.slice(from), next: s.length, unfinished: true } : undefined;
  }
  return { t, inner: s.slice(from, end), next: end + token.length, unfinished: false };
}

interface Link {
  label: string;
  href: string | undefined;
  next: number;
}

/** [label](href), an image as its description, or <address>. */
function linkAt(s: string, i: number): Link | undefined {
  if (s.charAt(i) === '<') {
    const end = s.indexOf('>', i);
    const href = end > 0 ? safeHref(s.slice(i + 1, end)) : undefined;
    return href ? { label: s.slice(i + 1, end).replace(/^mailto:/i, ''), href, next: end + 1 } : undefined;
  }
  const image = s.startsWith('![', i);
  if (!image && s.charAt(i) !== '[') return undefined;
  const from = i + (image ? 2 : 1);
  let level = 1;
  let end = from;
  for (; end < s.length && level > 0; end++) {
    if (s.charAt(end) === '[') level++;
    else if (s.charAt(end) === ']') level--;
    else if (s.charAt(end) === '\n') return undefined;
  }
  if (level > 0 || s.charAt(end) !== '(') return undefined;
  let close = end + 1;
  for (level = 1; close < s.length; close++) {
    if (s.charAt(close) === '(') level++;
    else if (s.charAt(close) === ')' && --level === 0) break;
    else if (s.charAt(close) === '\n') return undefined;
  }
  if (close >= s.length) return undefined;
  const target = s.slice(end + 1, close).trim().split(/\s+/)[0] ?? '';
  return { label: s.slice(from, end - 1), href: image ? undefined : safeHref(target.replace(/^<|>$/g, '')), next: close + 1 };
}

/** A text cut for a line: at a word's end where there are words, with a mark that more follows. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most);
  const space = head.lastIndexOf(' ');
  return `${(space > most * 0.6 ? head.slice(0, space) : head).trimEnd()}…`;
}

/** The words alone: for live regions, previews and notifications. */
export function plain(text: string): string {
  const of = (c: Inline[]): string => c.map((x) => ('v' in x ? x.v : x.t === 'break' ? ' ' : 'c' in x ? of(x.c) : '')).join('');
  const block = (b: Block): string => {
    switch (b.t) {
      case 'p':
      case 'heading':
        return of(b.c);
      case 'code':
        return b.v;
      case 'rule':
        return '';
      case 'quote':
        return b.c.map(block).join(' ');
      case 'list':
        return b.items.map((i) => i.map(block).join(' ')).join('; ');
      case 'table':
        return [b.head, ...b.rows].map((r) => r.map(of).join(', ')).join('; ');
    }
  };
  return markdown(text).map(block).filter(Boolean).join(' ');
}
