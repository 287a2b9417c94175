import type { Translate } from '../../shared/i18n';
import type { Event, Placing } from '../../shared/protocol';
import type { Condition, ConditionKind, Rule, Rulebook } from '../api';
import { reasonWord } from '../inbox/people';
import type { InboxWord } from '../words/inbox';
import type { RuleWord } from '../words/rules';

export const kinds: ConditionKind[] = ['intent', 'reason', 'entity', 'language', 'page', 'attribute', 'tier', 'returning', 'sentiment'];
export const reasons = ['asked', 'unhappy', 'unanswered', 'repeated', 'account_action', 'policy', 'low_confidence', 'failure'];

/** What a kind of condition is asked for. */
export const asks = {
  name: (k: ConditionKind) => k === 'entity' || k === 'attribute',
  values: (k: ConditionKind) => k !== 'returning' && k !== 'sentiment',
  someValue: (k: ConditionKind) => k === 'intent' || k === 'reason' || k === 'language' || k === 'page' || k === 'tier',
};

/** Texts that a person separates by commas, English or Chinese. */
export const split = (s: string): string[] => s.split(/[,，、]+/).map((x) => x.trim()).filter(Boolean);

/** A list with one of its items a place further up or down; the same list at its ends. */
export function moved<T>(list: T[], at: number, by: number): T[] {
  const to = at + by;
  if (to < 0 || to >= list.length) return list;
  const out = [...list];
  [out[at], out[to]] = [out[to] as T, out[at] as T];
  return out;
}

/** What is missing of a rule that somebody wrote, by field. */
export function missing(r: Rule, t: Translate<RuleWord>): Record<string, string> {
  const p: Record<string, string> = {};
  if (!r.name.trim()) p.name = t('needName');
  if (!r.queue && !r.skills?.length && r.priority === undefined && !r.ticket) p.then = t('needThen');
  if (r.ticket?.instead && r.skills?.length) p.then = t('needNoSkills');
  for (const [field, n] of [['priority', r.priority], ['ticketPriority', r.ticket?.priority]] as const) {
    if (n !== undefined && !(Number.isInteger(n) && Math.abs(n) <= 10)) p[field] = t('badPriority');
  }
  r.when.forEach((c, i) => {
    if (asks.name(c.kind) && !c.name?.trim()) p[`when${i}`] = t('needThing');
    else if (asks.someValue(c.kind) && !c.values?.length) p[`when${i}`] = t('needValues');
  });
  return p;
}

/** A condition as people say it. */
export function says(c: Condition, t: Translate<RuleWord>, inbox: Translate<InboxWord>, lang: (l: string) => string): string {
  const is = t(c.not ? 'isNot' : 'is');
  const values = (c.values ?? [])
    .map((v) => {
      if (c.kind === 'language') return lang(v);
      const word = c.kind === 'reason' ? reasonWord(v) : undefined;
      return word ? inbox(word) : v;
    })
    .join(t('or'));
  switch (c.kind) {
    case 'page':
      return t(c.not ? 'say_notPage' : 'say_page', { values });
    case 'returning':
      if (!c.days) return t(c.not ? 'say_notBefore' : 'say_before');
      return t(c.not ? 'say_notDays' : 'say_days', { n: c.days });
    case 'sentiment':
      return t(c.not ? 'say_notBelow' : 'say_below', { n: c.below ?? 0 });
    case 'entity':
    case 'attribute':
      if (!values) return c.not ? t('say_notAny', { name: c.name ?? '' }) : t('say_any', { kind: t(`kind_${c.kind}`), name: c.name ?? '' });
      return t('say_named', { name: c.name ?? '', is, values });
    default:
      return t('say_values', { kind: t(`kind_${c.kind}`), is, values });
  }
}

/** What a rule does, as people say it. */
export function does(r: Rule, book: Rulebook, t: Translate<RuleWord>): string[] {
  const out: string[] = [];
  if (r.queue) out.push(t('to_queue', { name: queueName(r.queue, book) }));
  if (r.skills?.length) out.push(t('to_skills', { names: r.skills.join(', ') }));
  if (r.priority !== undefined) out.push(t('to_priority', { n: signed(r.priority) }));
  if (r.ticket) {
    const more = [t(r.ticket.instead ? 'to_ticketInstead' : 'to_ticket')];
    if (r.ticket.queue) more.push(t('to_queue', { name: queueName(r.ticket.queue, book) }));
    if (r.ticket.priority !== undefined) more.push(t('to_priority', { n: signed(r.ticket.priority) }));
    if (r.ticket.status === 'pending') more.push(t('ticketPending'));
    out.push(more.join(' · '));
  }
  return out;
}

const signed = (n: number): string => (n > 0 ? `+${n}` : String(n).replace('-', '−'));

export function queueName(id: string, book: Rulebook): string {
  return book.queues.find((q) => q.id === id)?.name || id;
}

/** What is to be mended of a rule. */
export function problems(r: Rule, book: Rulebook, t: Translate<RuleWord>): string[] {
  return book.broken.filter((b) => b.rule === r.id).map((b) => (b.ticket ? t('brokenTicketQueue', { name: b.queue ?? '' }) : b.queue ? t('brokenQueue', { name: b.queue }) : t('brokenSkill', { name: b.skill ?? '' })));
}

/** Why a chat was put in line where it is: one line for colleagues, empty without a rule or a raise. */
export function placingLine(e: Pick<Event, 'placing'>, t: Translate<RuleWord>): string {
  const p: Placing | undefined = e.placing;
  if (!p) return '';
  const parts: string[] = [];
  if (p.rules.length > 0) parts.push(t('placedBy', { names: p.rules.map((r) => r.name).join(', ') }));
  for (const r of p.raised) parts.push(t(r.why === 'reason' ? 'raisedReason' : 'raisedSentiment', { n: r.by }));
  const ticket = p.rules.find((r) => r.ticket)?.ticket;
  const ignored = p.rules.flatMap((r) => r.ignored ?? []);
  if (ticket) parts.push(t(ticket.instead ? 'to_ticketInstead' : ignored.includes('instead') ? 'ticketAsked' : 'to_ticket'));
  const gone = ignored.filter((x) => x !== 'instead').map((x) => x.replace(/^\w+:/, ''));
  if (gone.length > 0) parts.push(t('ignored', { what: gone.join(', ') }));
  return parts.join(' · ');
}

/** Where a chat would wait: queue, what it wants and how urgent it is. */
export function placedAs(p: Placing, book: Rulebook, t: Translate<RuleWord>, queue: typeof queueName): string {
  const parts = [p.queue ? queue(p.queue, book) : t('mainQueue')];
  if (p.skills.length > 0) parts.push(p.skills.join(', '));
  if (p.priority !== 0) parts.push(t('to_priority', { n: p.priority > 0 ? `+${p.priority}` : `−${-p.priority}` }));
  const ticket = p.rules.find((r) => r.ticket)?.ticket;
  if (ticket) parts.push(t(ticket.instead ? 'to_ticketInstead' : 'to_ticket'));
  return parts.join(', ');
}
