import type { Params } from '../../shared/i18n';
import { timer } from '../../shared/i18n/format';
import type { RoutedAgent, Routing } from '../../shared/protocol';
import type { RoutingWord } from '../words/routing';

type T = (key: RoutingWord, params?: Params) => string;

/** An assignment as a supervisor reads it. */
export interface Explained {
  chosen: string;
  others: string[];
  facts: string[];
}

/** One need in words: "lang:zh" is Chinese, "billing>=4" is billing at level 4 or better, "vip?" is only preferred. */
export function need(text: string, t: T): string {
  const m = /^(.*?)(?:>=([1-5]))?(\?)?$/.exec(text);
  let what = m?.[1] ?? text;
  const language = /^lang:(.+)$/.exec(what)?.[1];
  if (language) what = t('language', { what: language === 'en' || language === 'zh' ? t(language) : language });
  if (m?.[2]) what = t('level', { skill: what, n: m[2] });
  return m?.[3] ? t('preferred', { what }) : what;
}

const list = (needs: string[], t: T) => needs.map((n) => need(n, t)).join(t('and'));
const free = (c: RoutedAgent) => Math.max(0, c.capacity - c.load);
const ago = (s: number) => timer(s * 1000);

/** Longer ago is better; never is best. */
const idle = (c: RoutedAgent) => c.idle_s ?? Infinity;

export function explain(r: Routing, queueName: (id: string) => string, t: T): Explained {
  const [chosen, ...rest] = r.candidates;
  const rivals = rest.filter((c) => c.not === 'not_best');
  const place = { time: ago(r.waited_s), queue: queueName(r.queue) || t('mainQueue'), priority: r.priority > 0 ? `+${r.priority}` : `−${-r.priority}` };
  const facts = [
    t(r.priority === 0 ? 'waited' : 'waitedPriority', place),
    r.wanted.length > 0 ? t('wanted', { what: list(r.wanted, t) }) : t('wantedNothing'),
    t('present', { n: r.present }),
  ];
  if (r.given_up.length > 0) {
    const what = r.given_up.map((g) => (g.startsWith('queue ') ? t('helped', { queue: queueName(g.slice(6)) || t('mainQueue') }) : need(g, t)));
    facts.splice(2, 0, t('givenUp', { what: what.join(t('and')) }));
  }
  if (r.takes) facts.push(t('takes', { n: r.takes }));
  if (!chosen) return { chosen: '', others: [], facts };
  return {
    chosen: t('chosen', { name: chosen.name, why: why(r, chosen, rivals, t).join(t('and')) }),
    others: rest.map((c) => t('not', { name: c.name, why: whyNot(c, chosen, t) })),
    facts,
  };
}

/** What speaks for the chosen one: what was wanted, then what set them apart from those who would have done. */
function why(r: Routing, c: RoutedAgent, rivals: RoutedAgent[], t: T): string[] {
  const out: string[] = [];
  const has = r.wanted.filter((n) => !c.lacks.includes(n));
  if (has.length > 0) out.push(t('has', { what: list(has, t) }));
  if (rivals.length === 0) out.push(t('only'));
  else if (rivals.every((o) => o.lacks.length > c.lacks.length)) out.push(t('fewest'));
  if (c.lacks.length > 0 && rivals.every((o) => o.lacks.length >= c.lacks.length)) out.push(t('lacksBut', { what: list(c.lacks, t) }));
  if (c.last) out.push(t('knows'));
  // The place that is being given counts as free: it was when they were chosen.
  out.push(free(c) >= c.capacity ? t('all') : t('room', { free: free(c), n: c.capacity }));
  if (c.idle_s === undefined) out.push(t('never'));
  else if (rivals.every((o) => idle(o) <= idle(c))) out.push(t('longest', { time: ago(c.idle_s) }));
  return out;
}

function whyNot(c: RoutedAgent, chosen: RoutedAgent, t: T): string {
  switch (c.not) {
    case 'skills':
      return t('skills', { what: list(c.lacks, t) || '?' });
    case 'full':
      return t('full', { load: c.load, n: c.capacity });
    case 'not_best':
      return t('not_best', { why: behind(c, chosen, t) });
    case undefined:
      return t('later');
    default:
      return t(c.not);
  }
}

/** Where one who would have done falls behind the chosen one, in the order in which it is looked at. */
function behind(c: RoutedAgent, chosen: RoutedAgent, t: T): string {
  const more = c.lacks.filter((n) => !chosen.lacks.includes(n));
  if (more.length > 0) return t('lessSkilled', { what: list(more, t) });
  if (chosen.last && !c.last) return t('notKnown');
  if (c.skills > chosen.skills) return t('moreSkills');
  if (c.spare < chosen.spare) return t('lessRoom', { free: free(c), n: c.capacity });
  if (c.spare === chosen.spare && c.idle_s !== undefined && idle(c) < idle(chosen)) return t('newer', { time: ago(c.idle_s) });
  return t('later');
}
