import type { Translate } from '../../shared/i18n';
import type { Event, TicketStatus } from '../../shared/protocol';
import type { TicketLevel } from '../api';
import type { TicketWord } from '../words/tickets';

export const statusWord: Record<TicketStatus, TicketWord> = { open: 'statusOpen', pending: 'statusPending', solved: 'statusSolved', closed: 'statusClosed' };
export const statusTone: Record<TicketStatus, string> = { open: 'chip-warn', pending: '', solved: 'chip-good', closed: '' };
const levelWord: Record<TicketLevel, TicketWord> = { first: 'dueFirst', next: 'dueNext', resolve: 'dueResolve' };

/** One quiet line for what happened to a ticket. */
export function ticketLine(e: Event, t: Translate<TicketWord>): string {
  const mark = e.ticket;
  if (!mark) return '';
  const status = t(statusWord[mark.status]) + (mark.assignee ? ` · ${mark.assignee}` : '');
  const p = { n: mark.number, other: mark.other ?? 0, status, name: e.author.name || t('system') };
  switch (e.change) {
    case 'opened':
      return t('evOpened', p);
    case 'answered':
      return t('evAnswered', p);
    case 'solved':
      return t('evSolved', p);
    case 'reopened':
      return t('evReopened', p);
    case 'closed':
      return t('evClosed', p);
    case 'merged':
      return t('evMerged', p);
    case 'linked':
      return t('evLinked', p);
    case 'mail_failed':
      return t('evMailFailed', p);
    default:
      return t('evChanged', p);
  }
}

/** A stretch of time in its largest unit. */
export function stretch(seconds: number, t: Translate<TicketWord>): string {
  if (seconds >= 2 * 86_400) return t('days', { n: Math.floor(seconds / 86_400) });
  if (seconds >= 5400) return t('hours', { n: Math.round(seconds / 3600) });
  return t('minutes', { n: Math.max(1, Math.round(seconds / 60)) });
}

/** When the next service level ends, and how it looks. */
export function due(at: string, level: TicketLevel, now: number, t: Translate<TicketWord>): { text: string; tone: string } {
  const left = (Date.parse(at) - now) / 1000;
  const what = t(levelWord[level]);
  if (left <= 0) return { text: t('overdue', { what, time: stretch(-left, t) }), tone: 'chip-bad' };
  return { text: t('dueIn', { what, time: stretch(left, t) }), tone: left < 3600 ? 'chip-warn' : '' };
}
