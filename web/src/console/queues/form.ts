import { Problem } from '../../shared/client/http';
import type { Params, Translate } from '../../shared/i18n';
import type { QueueConfig } from '../api';
import type { QueueWord } from '../words/queues';
import { checkHours, type HoursForm, hoursToBody, hoursToForm, weeksOf } from './hours';

export interface Step {
  after: number | null;
  drop: '' | 'levels' | 'language' | 'skills' | 'one';
  skill: string; // of 'one'
}

/** What is promised about tickets. */
export const levels = ['first', 'next', 'resolve', 'reopen'] as const;
export type Level = (typeof levels)[number];

const maxHours = 90 * 24;

/** A queue as the form's fields hold it. */
export interface QueueForm extends HoursForm {
  id: string;
  name: string;
  skills: string;
  priority: number | null;
  roundRobin: boolean;
  strict: boolean;
  askCode: boolean;
  relax: Step[];
  overflow: { after: number | null; to: string }[];
  offerFor: number | null;
  firstReply: number | null;
  wrapUp: number | null;
  answer: number | null;
  passBack: number | null;
  levels: Record<Level, number | null>; // of tickets, in hours
}

export const MAIN = 'main';

/** The part of the address that names a queue. */
export const addressOf = (id: string): string => id || MAIN;

const kinds = ['levels', 'language', 'skills'] as const;

export function toForm(q: QueueConfig | undefined, zone: string): QueueForm {
  return {
    id: q?.id ?? '',
    name: q?.name ?? '',
    skills: (q?.skills ?? []).join(', '),
    priority: q?.priority ?? 0,
    roundRobin: q?.round_robin ?? false,
    strict: q?.strict ?? false,
    askCode: q?.ask_code ?? false,
    relax: (q?.relax ?? []).map((r) => {
      const known = kinds.find((k) => k === r.drop);
      return { after: r.after_s, drop: known ?? 'one', skill: known ? '' : r.drop };
    }),
    overflow: (q?.overflow ?? []).map((o) => ({ after: o.after_s, to: o.to })),
    offerFor: q?.offer_for_s || null,
    firstReply: q?.first_reply_s || null,
    wrapUp: q?.wrap_up_s || null,
    answer: q?.answer_s || null,
    passBack: q?.pass_back_s || null,
    levels: Object.fromEntries(levels.map((l) => [l, (q?.tickets[`${l}_s`] ?? 0) / 3600 || null])) as QueueForm['levels'],
    ...hoursToForm(q?.hours, q?.id === '' ? '' : zone),
  };
}

export const skillsOf = (text: string): string[] => text.split(/[,，、\s]+/).filter(Boolean);

/** What PUT /queues takes. The week of the main queue is not the form's to change. */
export function toBody(f: QueueForm, was?: QueueConfig): Record<string, unknown> {
  const main = was?.id === '';
  const hours = hoursToBody(f, main ? was.hours.weeks : weeksOf(f));
  return {
    name: f.name.trim(),
    skills: skillsOf(f.skills),
    priority: f.priority ?? 0,
    round_robin: f.roundRobin,
    strict: f.strict,
    ask_code: f.askCode,
    relax: f.strict ? [] : f.relax.map((r) => ({ after_s: r.after ?? 0, drop: r.drop === 'one' ? r.skill.trim() : r.drop })),
    overflow: f.overflow.map((o) => ({ after_s: o.after ?? 0, to: o.to })),
    offer_for_s: f.offerFor ?? 0,
    first_reply_s: f.firstReply ?? 0,
    wrap_up_s: f.wrapUp ?? 0,
    answer_s: f.answer ?? 0,
    pass_back_s: f.passBack ?? 0,
    tickets: Object.fromEntries(levels.map((l) => [`${l}_s`, Math.round((f.levels[l] ?? 0) * 3600)])),
    hours: main ? { ...(was.hours.zone ? { zone: was.hours.zone } : {}), weeks: hours.weeks, holidays: hours.holidays } : hours,
    ...(was ? { version: was.version } : {}),
  };
}

/** What is wrong, by field; rows are named as the server names them: "relax[0]". */
export function check(f: QueueForm, made: boolean, t: (key: QueueWord, params?: Params) => string): Record<string, string> {
  const p: Record<string, string> = {};
  const whole = (n: number | null, min: number, max: number) => n === null || (Number.isInteger(n) && n >= min && n <= max);
  if (!f.name.trim() && (made || f.id !== '')) p.name = t('needName');
  if (made && !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(f.id)) p.id = t('needId');
  if (made && f.id === MAIN) p.id = t('idTaken');
  const bad = skillsOf(f.skills).find((s) => !/^[^\s=<>?]{1,60}(>=[1-5])?\??$/.test(s));
  if (bad) p.skills = t('badSkill', { text: bad });
  if (f.priority === null || !whole(f.priority, -10, 10)) p.priority = t('badPriority');
  const limits = { offerFor: ['offer_for', 600], firstReply: ['first_reply', 86_400], wrapUp: ['wrap_up', 300], answer: ['answer', 86_400], passBack: ['pass_back', 3600] } as const;
  for (const [key, [name, max]] of Object.entries(limits) as [keyof typeof limits, readonly [string, number]][]) {
    if (!whole(f[key], 0, max)) p[name] = t('badSeconds', { min: 0, max });
  }
  for (const l of levels) {
    const h = f.levels[l];
    if (h !== null && !(h >= 0 && h <= maxHours)) p[l] = t('badHoursOf', { max: maxHours });
  }
  if (!f.strict) {
    f.relax.forEach((r, i) => {
      if (r.after === null || !whole(r.after, 1, 86_400) || !r.drop || (r.drop === 'one' && !/^\S{1,60}$/.test(r.skill.trim()))) p[`relax[${i}]`] = t('badStep');
    });
  }
  f.overflow.forEach((o, i) => {
    if (o.after === null || !whole(o.after, 0, 86_400)) p[`overflow[${i}]`] = t('badSeconds', { min: 0, max: 86_400 });
  });
  return { ...p, ...checkHours(f, t, f.id !== '') };
}

/** The form's name of a field that the server refuses: "body.relax[0].after_s" is "relax[0]", "body.offer_for_s" is "offer_for", "body.tickets.first_s" is "first". */
export function fieldOf(location: string | undefined): string {
  const m = /^(?:body\.)?(?:hours\.|tickets\.)?([a-z_]+?)(?:_s)?(\[\d+\])?(?:\..*)?$/.exec(location ?? '');
  if (!m?.[1]) return 'form';
  return m[1] === 'weeks' ? 'weeks' : m[1] + (m[2] ?? '');
}

/** The server's refusal, by field; what belongs to no field is under "form". */
export function refused(e: Problem, fields: string[]): Record<string, string> {
  const p: Record<string, string> = {};
  for (const f of e.fields) {
    const name = fieldOf(f.location);
    if (fields.includes(name.replace(/\[\d+\]$/, ''))) p[name] = e.said(f);
  }
  return Object.keys(p).length > 0 ? p : { form: e.message };
}

/** An ID made of a name; "" when the name has no letters of ours. */
export function slug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

/** One line about a queue for the list. */
export function gist(q: QueueConfig, t: Translate<QueueWord>): string {
  const parts = [q.skills.length > 0 ? q.skills.join(', ') : t('wantsNothing')];
  if (q.strict) parts.push(t('strictShort'));
  if (q.hours.weeks.length > 0) parts.push(t('withHours'));
  return parts.join(' · ');
}
