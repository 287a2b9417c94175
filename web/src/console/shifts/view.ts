import type { Lang } from '../../shared/i18n';
import { clock, opening } from '../../shared/i18n/format';
import type { Hours, Shift } from '../api';

/** "Mon–Fri 09:00–17:00": days with the same stretches are one group. */
export function week(h: Hours, lang: Lang): string[] {
  const name = (day: number) => new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'short', timeZone: 'UTC' }).format(new Date(Date.UTC(2026, 1, day + 1)));
  const of = (day: number) =>
    h.weeks
      .filter((w) => w.day === day)
      .map((w) => `${w.open}–${w.close}`)
      .sort()
      .join(lang === 'zh' ? '、' : ', ');
  const groups: { from: number; to: number; spans: string }[] = [];
  for (const day of [1, 2, 3, 4, 5, 6, 0]) {
    const spans = of(day);
    const last = groups.at(-1);
    if (last && last.spans === spans) last.to = day;
    else groups.push({ from: day, to: day, spans });
  }
  return groups.filter((g) => g.spans).map((g) => `${g.from === g.to ? name(g.from) : `${name(g.from)}–${name(g.to)}`} ${g.spans}`);
}

/** "tomorrow at 09:00 to 17:00", in the reader's own time. */
export const when = (s: Shift, lang: Lang, now: number): string => `${opening(s.from, lang, now).replace(/^at /, '')}–${clock(s.to, lang)}`;

/** From when on before its end an agent and a supervisor are told of it. */
export const SOON = 15 * 60_000;
