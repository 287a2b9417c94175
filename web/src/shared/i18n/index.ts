export type Lang = 'en' | 'zh';
export type Params = Record<string, string | number>;
export type Translate<K extends string> = (key: K, params?: Params) => string;

/** The first of the candidates that we speak, else English. */
export function pickLang(...candidates: (string | null | undefined)[]): Lang {
  for (const c of candidates) {
    const l = c?.toLowerCase().split(/[-_]/)[0];
    if (l === 'zh' || l === 'en') return l;
  }
  return 'en';
}

/**
 * Fills a message: `{name}` is a value, `{n:chat|chats}` a word by number (first
 * form for exactly one). A missing value stays visible rather than vanishing.
 */
export function fill(message: string, params: Params = {}): string {
  return message.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (all, name: string, one?: string, many?: string) => {
    const v = params[name];
    if (v === undefined) return all;
    return one === undefined ? String(v) : Number(v) === 1 ? one : (many ?? '');
  });
}

export function translator<K extends string>(dict: Record<Lang, Record<K, string>>, lang: Lang): Translate<K> {
  return (key, params) => fill(dict[lang][key], params);
}

/** "2nd" in English; Chinese writes the number alone. */
export function ordinal(n: number, lang: Lang): string {
  if (lang === 'zh') return String(n);
  const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(n);
  return n + ({ one: 'st', two: 'nd', few: 'rd' }[rule as 'one' | 'two' | 'few'] ?? 'th');
}
