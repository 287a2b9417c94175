import type { Lang } from '../../shared/i18n';

/** The languages that somebody reads: those among their skills, and that of their console. */
export function languagesOf(skills: string[], console: Lang): Set<string> {
  const out = new Set<string>([console]);
  for (const s of skills) {
    const language = /^lang:([^=\s]+)/.exec(s)?.[1];
    if (language) out.add(language);
  }
  return out;
}
