import { percent, timer } from '../../shared/i18n/format';
import type { Translate } from '../../shared/i18n';
import type { Figures, Kept, Ratings, Report, ReportGroup, Spread } from '../api';
import type { ReportWord } from '../words/reports';

export type GroupKind = 'days' | 'queues' | 'agents' | 'inboxes';

/** A figure of the page: what it is called, how much it is, and what it means. */
export interface Tile {
  id: string;
  label: string;
  value: string;
  more: string;
  means: string;
  /** Of the days before, when there is something to tell of them. */
  before?: Before;
}

/** What a figure was: the line that is shown, and the same as a sentence to be read out. */
export interface Before {
  line: string;
  spoken: string;
}

export const none = '–';

export const share = (part: number, whole: number): string => (whole > 0 ? percent(part / whole) : none);
export const time = (s: Spread, p: 'p50_s' | 'p90_s'): string => (s.n > 0 ? timer(s[p] * 1000) : none);

/** Whether nobody waited or was served in these days, and nothing else is counted. */
export function empty({ total: f, backlog }: Pick<Report, 'total' | 'backlog'>): boolean {
  return backlog.open + f.begun + f.handled + f.abandoned + f.messages + f.transfers + f.wait.n + f.ratings.n + f.bot_ratings.n + f.tickets_made + f.tickets_solved + f.tickets_reopened === 0;
}

/** How figures are measured, and the words for a difference; shares in whole points, as they are shown. */
const units = {
  count: { say: String, more: 'moreThan', less: 'lessThan' },
  points: { say: (n: number) => percent(n / 100), more: 'pointsMore', less: 'pointsLess' },
  seconds: { say: (n: number) => timer(n * 1000), more: 'longer', less: 'shorter' },
} as const;
type Unit = keyof typeof units;

const points = (part: number, whole: number): number | undefined => (whole > 0 ? Math.round((part / whole) * 100) : undefined);
const waited = (f: Figures): number => f.wait.n + f.abandoned;

/** Compares a figure with what it was; undefined: there was none. */
export function compare(unit: Unit, now: number | undefined, was: number | undefined, t: Translate<ReportWord>): Before | undefined {
  if (was === undefined) return undefined;
  const { say, more, less } = units[unit];
  const value = say(was);
  if (now === undefined) return { line: t('before', { value }), spoken: t('beforeSpoken', { value, change: '' }).trim() };
  const by = now - was;
  const n = unit === 'points' ? Math.abs(by) : say(Math.abs(by));
  const change = by === 0 ? t('same') : `${by > 0 ? '+' : '−'}${unit === 'points' ? t('points', { n }) : n}`;
  return { line: `${t('before', { value })} · ${change}`, spoken: t('beforeSpoken', { value, change: by === 0 ? t('sameSpoken') : t(by > 0 ? more : less, { n }) }) };
}

/** The figures in their order, each beside what it was. Of one agent only what agents do is told. */
export function tiles(report: Pick<Report, 'total' | 'backlog' | 'before'>, agent: boolean, t: Translate<ReportWord>): { title: ReportWord; tiles: Tile[] }[] {
  const { total: f, backlog } = report;
  const before = report.before?.total;
  const tile = (id: string, unit: Unit, read: (f: Figures) => number | undefined, more = ''): Tile => {
    const now = read(f);
    return {
      id,
      label: t(id as ReportWord),
      value: now === undefined ? none : units[unit].say(now),
      more,
      means: t(`${id}Means` as ReportWord),
      before: before && compare(unit, now, read(before), t),
    };
  };
  const count = (id: string, read: (f: Figures) => number, more = ''): Tile => tile(id, 'count', read, more);
  const spread = (id: string, read: (f: Figures) => Spread): Tile =>
    tile(id, 'seconds', (x) => (read(x).n > 0 ? read(x).p50_s : undefined), read(f).n > 0 ? t('nineInTen', { time: time(read(f), 'p90_s'), n: read(f).n }) : '');
  const rated = (id: string, read: (f: Figures) => Ratings): Tile => {
    const r = read(f);
    const more = r.n > 0 ? t('ratedBy', { n: r.n, rate: share(r.n, r.asked), mean: r.mean.toFixed(1) }) : r.asked > 0 ? t('nobodyRated', { n: r.asked }) : '';
    return tile(id, 'points', (x) => points(read(x).good, read(x).n), more);
  };
  const kept = (id: string, read: (f: Figures) => Kept): Tile =>
    tile(id, 'points', (x) => points(read(x).kept, read(x).n), read(f).n > 0 ? `${read(f).kept}/${read(f).n}` : '');
  const left = f.begun - f.bot - f.handed;
  const chats = [
    count('begun', (x) => x.begun, left > 0 ? t('leftOpen', { n: left }) : ''),
    tile('bot', 'points', (x) => points(x.bot, x.begun), String(f.bot)),
    tile('handed', 'points', (x) => points(x.handed, x.begun), String(f.handed)),
  ];
  const people = [
    count('handled', (x) => x.handled),
    spread('reply', (x) => x.first_reply),
    spread('wait', (x) => x.wait),
    ...(agent
      ? []
      : [
          tile('level', 'points', (x) => points(x.in_time, waited(x)), waited(f) > 0 ? `${f.in_time}/${waited(f)}` : ''),
          tile('abandoned', 'points', (x) => points(x.abandoned, waited(x)), String(f.abandoned)),
          count('messages', (x) => x.messages),
        ]),
    spread('handle', (x) => x.handle),
    count('transfers', (x) => x.transfers),
  ];
  const content = [rated('ofPeople', (x) => x.ratings), ...(agent ? [] : [rated('ofBot', (x) => x.bot_ratings)])];
  const tickets = [
    count('made', (x) => x.tickets_made),
    count('solved', (x) => x.tickets_solved),
    count('reopened', (x) => x.tickets_reopened),
    kept('firstKept', (x) => x.first_kept),
    kept('nextKept', (x) => x.next_kept),
    kept('resolveKept', (x) => x.resolve_kept),
    { id: 'backlog', label: t('backlog'), value: String(backlog.open), more: backlog.late > 0 ? t('backlogLate', { n: backlog.late }) : '', means: t('backlogMeans') },
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
