import type { Entry } from '../shared/client/timeline';
import type { Translate } from '../shared/i18n';
import type { Event } from '../shared/protocol';
import type { Word } from './words';

/** What a change of service means to the visitor, as one sentence; undefined when it is none of their business. */
export function serviceLine(e: Event, t: Translate<Word>): string | undefined {
  if (e.kind === 'rating') return t('rateThanks');
  const name = e.agent?.name || (e.author.kind === 'agent' ? e.author.name : '') || t('someone');
  switch (e.change) {
    case 'enqueued':
      return t('enqueued');
    case 'accepted':
      return t('joined', { name });
    case 'taken':
      return t('tookOver', { name });
    case 'handed_back':
      return t('left', { name });
    case 'wrap_up':
    case 'closed':
      return t('ended');
    case 'reopened':
      return t('reopened');
    default:
      // The server's sentence, in the visitor's language; what is none of theirs has none.
      return e.number ? e.text + t('ticketNumber', { n: e.number }) : e.text;
  }
}

/** Whether the visitor left a message or a number that nobody has answered yet: they need not wait here. */
export function keptFor(entries: Entry[]): boolean {
  const last = entries.findLast((e) => /^(left_message|accepted|taken|reopened|left_queue|handed_back|wrap_up|closed)$/.test(e.event.change ?? ''));
  return last?.event.change === 'left_message';
}
