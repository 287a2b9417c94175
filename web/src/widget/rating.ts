import type { Entry } from '../shared/client/timeline';

/** The end of a talk that the visitor may be asked about. */
export interface Ending {
  event: string;
  about: 'bot' | 'agent';
  name: string; // of the person, '' for the bot
}

/** The talk that ended last, unless it was rated or the visitor wrote on. */
export function ending(entries: Entry[]): Ending | undefined {
  for (let i = entries.length - 1; i >= 0; i--) {
    const e = entries[i];
    if (!e) continue;
    if (e.kind === 'message') {
      if (e.event.author.kind === 'visitor') return undefined;
      if (e.event.rate) return { event: e.event.id, about: 'bot', name: '' };
      continue;
    }
    if (e.event.kind === 'rating') return undefined;
    const change = e.event.change ?? '';
    if (/^(closed|wrap_up|handed_back)$/.test(change) && e.event.agent) return { event: e.event.id, about: 'agent', name: e.event.agent.name };
    if (/^(enqueued|parked|accepted|taken)$/.test(change)) return undefined; // people are at it again
  }
  return undefined;
}
