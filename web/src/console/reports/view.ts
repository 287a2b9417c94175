import { percent, timer } from '../../shared/i18n/format';
import type { Translate } from '../../shared/i18n';
import type { Figures, Kept, Ratings, ReportGroup, Spread } from '../api';
import type { ReportWord } from '../words/reports';

export type GroupKind = 'days' | 'queues' | 'agents' | 'inboxes';

/** A figure of the page: what it is called, how much it is, and what it means. */
export interface Tile {
  id: string;
  label: string;
  value: string;
  more: string;
  means: string;
}

export const none = '–';

export const share = (part: number, whole: number): string => (whole > 0 ? percent(part / whole) : none);
export const time = (s: Spread, p: 'p50_s' | 'p90_s'): string => (s.n > 0 ? timer(s[p] * 1000) : none);

/** Whether somebody waited or was served in these figures, or anything else was counted. */
export function empty(f: Figures): boolean {
  return f.begun + f.handled + f.abandoned + f.messages + f.transfers + f.wait.n + f.ratings.n + f.bot_ratings.n + f.tickets_made + f.tickets_solved + f.tickets_reopened === 0;
}

/** The figures in their order. Of one agent only what agents do is told. */
export function tiles(f: Figures, agent: boolean, t: Translate<ReportWord>): { title: ReportWord; tiles: Tile[] }[] {
  const tile = (id: string, value: string, more = ''): Tile => ({ id, label: t(id as ReportWord), value, more, means: t(`${id}Means` as ReportWord) });
  const spread = (id: string, s: Spread): Tile => tile(id, time(s, 'p50_s'), s.n > 0 ? t('nineInTen', { time: time(s, 'p90_s'), n: s.n }) : '');
  const rated = (id: string, r: Ratings): Tile =>
    tile(id, share(r.good, r.n), r.n > 0 ? t('ratedBy', { n: r.n, rate: share(r.n, r.asked), mean: r.mean.toFixed(1) }) : r.asked > 0 ? t('nobodyRated', { n: r.asked }) : '');
  const kept = (id: string, k: Kept): Tile => tile(id, share(k.kept, k.n), k.n > 0 ? `${k.kept}/${k.n}` : '');
  const waited = f.wait.n + f.abandoned;
  const left = f.begun - f.bot - f.handed;
  const chats = [
    tile('begun', String(f.begun), left > 0 ? t('leftOpen', { n: left }) : ''),
    tile('bot', share(f.bot, f.begun), String(f.bot)),
    tile('handed', share(f.handed, f.begun), String(f.handed)),
  ];
  const people = [
    tile('handled', String(f.handled)),
    spread('reply', f.first_reply),
    spread('wait', f.wait),
    ...(agent ? [] : [tile('level', share(f.in_time, waited), waited > 0 ? `${f.in_time}/${waited}` : ''), tile('abandoned', share(f.abandoned, waited), String(f.abandoned)), tile('messages', String(f.messages))]),
    spread('handle', f.handle),
    tile('transfers', String(f.transfers)),
  ];
  const content = [rated('ofPeople', f.ratings), ...(agent ? [] : [rated('ofBot', f.bot_ratings)])];
  const tickets = [
    tile('made', String(f.tickets_made)),
    tile('solved', String(f.tickets_solved)),
    tile('reopened', String(f.tickets_reopened)),
    kept('firstKept', f.first_kept),
    kept('nextKept', f.next_kept),
    kept('resolveKept', f.resolve_kept),
  ];
  return [
    ...(agent ? [] : [{ title: 'chatsTitle' as const, tiles: chats }]),
    { title: 'peopleTitle', tiles: people },
    { title: 'contentTitle', tiles: content },
    { title: 'ticketsTitle', tiles: tickets },
  ];
}

/** The columns of a table of groups. What is no business of agents is left out of theirs. */
export function columns(kind: GroupKind, t: Translate<ReportWord>): { head: string; cell: (f: ReportGroup) => string }[] {
  const all: { head: ReportWord; agents?: false; cell: (f: ReportGroup) => string }[] = [
    { head: 'begun', agents: false, cell: (f) => String(f.begun) },
    { head: 'bot', agents: false, cell: (f) => share(f.bot, f.begun) },
    { head: 'handled', cell: (f) => String(f.handled) },
    { head: 'reply', cell: (f) => time(f.first_reply, 'p50_s') },
    { head: 'wait', cell: (f) => time(f.wait, 'p50_s') },
    { head: 'wait90', cell: (f) => time(f.wait, 'p90_s') },
    { head: 'level', agents: false, cell: (f) => share(f.in_time, f.wait.n + f.abandoned) },
    { head: 'abandoned', agents: false, cell: (f) => String(f.abandoned) },
    { head: 'handle', cell: (f) => time(f.handle, 'p50_s') },
    { head: 'transfers', cell: (f) => String(f.transfers) },
    { head: 'ofPeople', cell: (f) => (f.ratings.n > 0 ? `${share(f.ratings.good, f.ratings.n)} (${f.ratings.n})` : none) },
    { head: 'made', cell: (f) => String(f.tickets_made) },
    { head: 'solved', cell: (f) => String(f.tickets_solved) },
  ];
  return all.filter((c) => kind !== 'agents' || c.agents !== false).map((c) => ({ head: t(c.head), cell: c.cell }));
}

/** The date so many days after another, both as the API writes them. */
export function dayAfter(date: string, days: number): string {
  const d = new Date(`${date}T00:00:00Z`);
  d.setUTCDate(d.getUTCDate() + days);
  return d.toISOString().slice(0, 10);
}

/** A round number at or above all values, for the top of a chart. */
export function top(values: number[]): number {
  const most = Math.max(0, ...values);
  if (most <= 4) return 4;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((n) => n * unit).find((n) => n >= most) ?? most;
}
