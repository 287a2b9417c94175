import type { Params } from '../../shared/i18n';
import type { Hours } from '../api';
import type { HoursWord } from '../words/queues';

/** Times of day as a time field has them: the day's end is 00:00 there and 24:00 to the server. */
export interface Stretch {
  open: string;
  close: string;
}

/** A week and its exceptions as a form's fields hold them. */
export interface HoursForm {
  zone: string;
  days: Stretch[][]; // by weekday, 0 is Sunday
  holidays: { date: string; spans: Stretch[] }[];
}

const field = (clock: string) => (clock === '24:00' ? '00:00' : clock);
const wire = (s: Stretch) => ({ open: s.open, close: s.close === '00:00' ? '24:00' : s.close });

export function hoursToForm(h: Hours | undefined, zone: string): HoursForm {
  const days: Stretch[][] = Array.from({ length: 7 }, () => []);
  for (const w of h?.weeks ?? []) days[w.day]?.push({ open: w.open, close: field(w.close) });
  return {
    zone: h?.zone || zone,
    days,
    holidays: (h?.holidays ?? []).map((x) => ({ date: x.date, spans: x.spans.map((s) => ({ open: s.open, close: field(s.close) })) })),
  };
}

export const weeksOf = (f: HoursForm): Hours['weeks'] => f.days.flatMap((spans, day) => spans.map((s) => ({ day, ...wire(s) })));

export function hoursToBody(f: HoursForm, weeks = weeksOf(f)): Hours {
  const zone = weeks.length > 0 || f.holidays.length > 0 ? f.zone.trim() : '';
  return { ...(zone ? { zone } : {}), weeks, holidays: f.holidays.map((h) => ({ date: h.date, spans: h.spans.map(wire) })) };
}

const backwards = (s: Stretch) => !s.open || !s.close || (s.close !== '00:00' && s.close <= s.open);

/** Whether two stretches of one day overlap. */
export const twice = (spans: Stretch[]): boolean => {
  const sorted = spans.map(wire).sort((a, b) => a.open.localeCompare(b.open));
  return sorted.some((s, i) => i > 0 && s.open < (sorted[i - 1]?.close ?? ''));
};

function zoneExists(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** What is wrong, by field; rows are named as the server names them: "holidays[0]". */
export function checkHours(f: HoursForm, t: (key: HoursWord, params?: Params) => string, needsZone: boolean): Record<string, string> {
  const p: Record<string, string> = {};
  const wrong = f.days.findIndex((spans) => spans.some(backwards));
  if (wrong >= 0) p.weeks = t('badHours', { day: t(`day${wrong}` as HoursWord) });
  const zone = f.zone.trim();
  if (zone && !zoneExists(zone)) p.zone = t('badZone');
  else if (!zone && needsZone && f.days.some((d) => d.length > 0)) p.zone = t('needZone');
  f.holidays.forEach((h, i) => {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(h.date) || h.spans.some(backwards)) p[`holidays[${i}]`] = t('badDate');
    else if (f.holidays.findIndex((x) => x.date === h.date) < i) p[`holidays[${i}]`] = t('sameDate');
  });
  return p;
}
