import type { Translate } from '../../shared/i18n';
import type { Conversation, Event } from '../../shared/protocol';
import type { WatchWord } from '../words/watch';

/** Notice is something that concerns this agent, wherever it happened. */
export interface Notice {
  id: string; // of the event
  conversation: Conversation;
  event: Event;
}

/** At most so many stand on the screen; older ones are in their chats. */
const MAX_NOTICES = 4;

export const withNotice = (list: Notice[], n: Notice): Notice[] => [...list.filter((x) => x.id !== n.id), n].slice(-MAX_NOTICES);

/** The line above a notice's words. */
export function noticeTitle(n: Notice, visitor: string, t: Translate<WatchWord>): string {
  const e = n.event;
  const name = e.kind === 'note' ? e.author.name : (e.agent?.name ?? '');
  if (e.kind === 'note') return t(e.whisper ? 'noticeWhisper' : 'noticeMention', { name });
  switch (e.change) {
    case 'taken':
      return t('noticeTaken', { name, visitor });
    case 'transfer_declined':
      return t('noticeDeclined', { name, visitor });
    case 'transferred':
      if (n.conversation.agent && e.agent && e.agent.id !== n.conversation.agent.id) return t('noticeReassigned', { name, visitor });
      return t('noticeQueued', { visitor });
    default:
      return t('noticeMissed', { name, visitor });
  }
}

/** The colleagues whom a note names with @, longest names first so that "@Wei Lin" is not "@Wei". */
export function mentioned(text: string, people: { id: string; name: string }[]): string[] {
  let rest = text;
  const out: string[] = [];
  for (const p of [...people].sort((a, b) => b.name.length - a.name.length)) {
    if (!p.name || !rest.includes(`@${p.name}`)) continue;
    out.push(p.id);
    rest = rest.replaceAll(`@${p.name}`, ' ');
  }
  return out;
}

/** What is being typed behind the last @ before the caret, undefined when nothing is. */
export function mentioning(before: string): string | undefined {
  return /(?:^|[\s，。、；：（(])@([^\s@]{0,30})$/.exec(before)?.[1];
}
