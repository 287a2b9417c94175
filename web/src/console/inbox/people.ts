import type { Translate } from '../../shared/i18n';
import type { Conversation } from '../../shared/protocol';
import type { View } from '../api';
import type { InboxWord } from '../words/inbox';

/** What a visitor is called: their name, their address, or the tail of their id. */
export function nameOf(c: Conversation, t: Translate<InboxWord>): string {
  return c.visitor?.name || c.visitor?.email || t('anonymous', { id: (c.visitor?.id ?? c.id).slice(-4).toUpperCase() });
}

/** The agent answers for it, also while they pass it on and nobody has accepted. */
export function answers(c: Conversation, me: string): boolean {
  return c.agent?.id === me && (c.service === 'active' || passing(c));
}

/** Its agent passes it on. */
export function passing(c: Conversation): boolean {
  return !!c.agent && (c.service === 'waiting' || c.service === 'offered');
}

export function belongs(view: View, c: Conversation, me: string): boolean {
  switch (view) {
    case 'mine':
      return answers(c, me) || (c.agent?.id === me && c.service === 'wrapup');
    case 'queue':
      return c.service === 'waiting' || c.service === 'offered' || c.service === 'parked';
    case 'bot':
      return c.service === 'bot';
    case 'closed':
      return c.service === 'closed' || c.service === 'wrapup';
    case 'all':
      return true;
  }
}

export const views: { id: View; word: InboxWord; empty: InboxWord; hint: InboxWord }[] = [
  { id: 'mine', word: 'viewMine', empty: 'emptyMine', hint: 'emptyMineHint' },
  { id: 'queue', word: 'viewQueue', empty: 'emptyQueue', hint: 'emptyQueueHint' },
  { id: 'bot', word: 'viewBot', empty: 'emptyBot', hint: 'emptyBotHint' },
  { id: 'closed', word: 'viewClosed', empty: 'emptyClosed', hint: 'emptyClosedHint' },
  { id: 'all', word: 'viewAll', empty: 'emptyAll', hint: 'emptyAllHint' },
];

const reasons = ['asked', 'unhappy', 'unanswered', 'repeated', 'account_action', 'policy', 'low_confidence', 'failure', 'taken'] as const;

const steps = ['read', 'ask', 'start', 'apologise', 'answer', 'otherwise', 'verify', 'procedure', 'recover'] as const;

/** The word for what to do first; undefined when nothing is suggested. */
export function stepWord(step: string | undefined): InboxWord | undefined {
  const known = steps.find((s) => s === step);
  return known && `step_${known}`;
}

export function reasonWord(reason: string | undefined): InboxWord | undefined {
  return reasons.find((r) => r === reason);
}

/** How the visitor feels, when that is worth a chip. */
export function feeling(sentiment: number | undefined): { word: InboxWord; tone: 'chip-bad' | 'chip-warn' | 'chip-good' } | undefined {
  if (sentiment === undefined) return undefined;
  if (sentiment <= -0.45) return { word: 'feelingBad', tone: 'chip-bad' };
  if (sentiment <= -0.2) return { word: 'feelingLow', tone: 'chip-warn' };
  if (sentiment >= 0.5) return { word: 'feelingGood', tone: 'chip-good' };
  return undefined;
}

/** Nobody should wait longer than this for a first human word; the timer warns at 70 % of it. */
/** How soon somebody should be answered whose queue says nothing else. */
export const ANSWER_MS = 60_000;

/** The chip of a wait: calm, nearly too long, too long. */
export function lateness(waited: number, level: number): string {
  return waited >= level ? 'chip-bad' : waited >= level * 0.7 ? 'chip-warn' : '';
}
