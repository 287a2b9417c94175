import type { Lang } from './index';

const locale = { en: 'en-GB', zh: 'zh-CN' } as const;

/** An honest length of time: minutes rounded up, never a fake precision. */
export function aboutMinutes(seconds: number, lang: Lang): string {
  return (lang === 'zh' ? '大约 ' : 'about ') + minutes(seconds, lang);
}

/** A wait as a bound: "9 minutes", never less than a minute. */
export function minutes(seconds: number, lang: Lang): string {
  const m = Math.max(1, Math.ceil(seconds / 60));
  if (m >= 90) return lang === 'zh' ? `${Math.ceil(m / 60)} 小时` : `${Math.ceil(m / 60)} hours`;
  if (lang === 'zh') return `${m} 分钟`;
  return m === 1 ? 'a minute' : `${m} minutes`;
}

/** Clock time for a message: "14:05". */
export function clock(iso: string, lang: Lang): string {
  return new Intl.DateTimeFormat(locale[lang], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));
}

/** The line above a day's messages. */
export function day(iso: string, lang: Lang, now: number): string {
  const d = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(d.getTime())) / 86_400_000);
  if (days === 0) return lang === 'zh' ? '今天' : 'Today';
  if (days === 1) return lang === 'zh' ? '昨天' : 'Yesterday';
  const sameYear = d.getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale[lang], {
    weekday: days < 7 ? 'long' : undefined,
    day: days < 7 ? undefined : 'numeric',
    month: days < 7 ? undefined : 'long',
    year: sameYear ? undefined : 'numeric',
  }).format(d);
}

/** When something opens: "9:00", "tomorrow at 9:00", "Monday at 9:00". */
export function opening(iso: string, lang: Lang, now: number): string {
  const t = clock(iso, lang);
  const days = Math.round((startOfDay(new Date(iso).getTime()) - startOfDay(now)) / 86_400_000);
  if (days <= 0) return lang === 'zh' ? `今天 ${t}` : `at ${t}`;
  if (days === 1) return lang === 'zh' ? `明天 ${t}` : `tomorrow at ${t}`;
  const w = new Intl.DateTimeFormat(locale[lang], days < 7 ? { weekday: 'long' } : { day: 'numeric', month: 'long' }).format(new Date(iso));
  return lang === 'zh' ? `${w} ${t}` : `${w} at ${t}`;
}

/** A list's time: clock today, weekday this week, date before. */
export function shortTime(iso: string, lang: Lang, now: number): string {
  const d = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(d.getTime())) / 86_400_000);
  if (days <= 0) return clock(iso, lang);
  if (days < 7) return new Intl.DateTimeFormat(locale[lang], { weekday: 'short' }).format(d);
  return new Intl.DateTimeFormat(locale[lang], { day: 'numeric', month: 'short' }).format(d);
}

/** Date and time in full, for titles and tables. */
export function dateTime(iso: string, lang: Lang): string {
  return new Intl.DateTimeFormat(locale[lang], { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(iso));
}

/** A running timer: "0:42", "12:05", "1:02:09". */
export function timer(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const mm = String(Math.floor((s % 3600) / 60)).padStart(h > 0 ? 2 : 1, '0');
  return (h > 0 ? `${h}:` : '') + `${mm}:${String(s % 60).padStart(2, '0')}`;
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1_000_000) return `${Math.round(n / 1000)} kB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function startOfDay(ms: number): number {
  const d = new Date(ms);
  return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
}
