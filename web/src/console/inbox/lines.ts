import type { Translate } from '../../shared/i18n';
import type { Event } from '../../shared/protocol';
import type { InboxWord } from '../words/inbox';
import { reasonWord } from './people';

/** One quiet line for a change of service, as colleagues read it. */
export function eventLine(e: Event, t: Translate<InboxWord>): string {
  const name = e.agent?.name || e.author.name || '?';
  switch (e.change) {
    case 'enqueued': {
      const reason = reasonWord(e.reason);
      return reason ? t('enqueued', { reason: t(reason) }) : t('enqueuedPlain');
    }
    case 'offered':
      return t('offered', { name });
    case 'declined':
      return t('declined', { name });
    case 'missed':
      return t('missedOffer', { name });
    case 'rescinded':
      return t('rescinded', { name });
    case 'accepted':
      return t('accepted', { name });
    case 'taken':
      return t('takenBy', { name });
    case 'kept':
      return t('keptLine', { name });
    case 'transfer_declined':
      return t('transfer_declined', { name });
    case 'transfer_missed':
    case 'transfer_rescinded':
      return t('transfer_missed', { name });
    case 'bot_stopped':
      return t('bot_stopped', { name });
    case 'watched':
      return t('watched', { name });
    case 'transferred':
      return t('transferred', { name });
    case 'handed_back':
      return t('handed_back', { name });
    case 'agent_gone':
      return t('agent_gone', { name });
    case 'agent_slow':
      return t('agent_slow', { name });
    case 'wrap_up':
      return t('wrapUpLine', { name });
    case 'wrapped_up':
      return t('wrappedUpLine');
    case 'left_message':
      return t('left_message');
    case 'left_queue':
      return t('left_queue');
    case 'parked':
      return t('parkedLine');
    case 'ticketed':
      return t('ticketedLine');
    case 'wrap_up':
    case 'closed':
      return e.author.kind === 'agent' || e.agent ? t('closedBy', { name }) : t('closedLine');
    case 'reopened':
      return t('reopened');
    default:
      return t('changed');
  }
}
