import type { Reply } from '../api';

/** A variable in a text: {{visitor.name}}, or {{visitor.name|there}} with words for when there is no value. */
const variable = /\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}/g;

/** The text with values put in. What has neither a value nor words of its own stays as it is. */
export function fill(text: string, values: Record<string, string | undefined>): string {
  return text.replace(variable, (whole, name: string, otherwise: string | undefined) => values[name] || otherwise || whole);
}

/** The first variable that nobody filled in. */
export function open(text: string, names: string[]): { name: string; from: number; to: number } | undefined {
  for (const m of text.matchAll(variable)) {
    const name = m[1] ?? '';
    if (names.includes(name)) return { name, from: m.index, to: m.index + m[0].length };
  }
  return undefined;
}

/** The text of a reply for a visitor's language; the other one when there is only that. */
export function textFor(r: Reply, language: string | undefined): string {
  return (language === 'zh' ? r.text.zh || r.text.en : r.text.en || r.text.zh) ?? '';
}

/** The shortcut that is being typed: a slash at the beginning and nothing but a word behind it. */
export function typed(draft: string): string | undefined {
  return /^\/([^\s/]*)$/.exec(draft)?.[1]?.toLowerCase();
}

/**
 * Replies that fit what was typed: shortcuts that begin with it, then titles that hold it, then, where a
 * language is named, texts of that language; own ones first among equals.
 */
export function find(list: Reply[], text: string, language?: string): Reply[] {
  const rank = (r: Reply) => {
    if (r.shortcut === text) return 0;
    if (r.shortcut.startsWith(text)) return 1;
    if (r.title.toLowerCase().includes(text)) return 2;
    return language && textFor(r, language).toLowerCase().includes(text) ? 3 : 4;
  };
  return list
    .filter((r) => rank(r) < 4)
    .sort((a, b) => rank(a) - rank(b) || Number(b.own ?? false) - Number(a.own ?? false) || a.shortcut.localeCompare(b.shortcut))
    .slice(0, 8);
}

export const isMacro = (r: Reply): boolean => !!r.then || !!r.note;
