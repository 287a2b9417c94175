import type { Agent } from '../../shared/protocol';
import type { WallAgent, WallQueue } from '../api';
import type { WallWord } from '../words/wall';

/** How a queue stands: late when somebody waits longer than the service level, near from 70 % of it. */
export function standing(q: WallQueue): 'late' | 'near' | 'fine' {
  if (q.waiting === 0) return 'fine';
  if (q.late > 0) return 'late';
  return q.longest_s >= 0.7 * q.answer_s ? 'near' : 'fine';
}

export type AgentState = 'on' | 'full' | 'gone' | 'missed' | 'drain' | 'away' | 'off';

export const states: { id: AgentState; word: WallWord; dot: string }[] = [
  { id: 'on', word: 'stateOn', dot: 'bg-good' },
  { id: 'full', word: 'stateFull', dot: 'bg-human' },
  { id: 'missed', word: 'stateMissed', dot: 'bg-bad' },
  { id: 'gone', word: 'stateGone', dot: 'bg-bad' },
  { id: 'drain', word: 'stateDrain', dot: 'bg-warn' },
  { id: 'away', word: 'stateAway', dot: 'bg-warn' },
  { id: 'off', word: 'stateOff', dot: 'bg-faint' },
];

/** What an agent is doing, as a supervisor counts them. */
export function stateOf(a: WallAgent): AgentState {
  if (a.duty !== 'on') return a.duty;
  if (!a.connected) return 'gone';
  return a.full ? 'full' : 'on';
}

/** How much of what is taken is of chats, the rest being of offers: by their numbers, since each may take another part. */
export const held = (a: Agent): number => (a.load + a.reserved === 0 ? 0 : (a.taken * a.load) / (a.load + a.reserved));

/** Agents who matter now, by state, then the fullest first; those off duty without chats are only counted. */
export function crew(agents: WallAgent[]): { shown: WallAgent[]; off: number } {
  const rank = (a: WallAgent) => states.findIndex((s) => s.id === stateOf(a));
  const shown = agents
    .filter((a) => stateOf(a) !== 'off' || a.load > 0)
    .sort((a, b) => rank(a) - rank(b) || b.taken / b.slots - a.taken / a.slots || a.name.localeCompare(b.name));
  return { shown, off: agents.length - shown.length };
}

/** Queues that someone should look at now, the worst first. */
export function alarms(queues: WallQueue[]): { queue: WallQueue; word: 'backlog' | 'understaffed' | 'nobodyEver' }[] {
  return queues
    .filter((q) => q.late > 0 || !!q.alone || !!q.never)
    .sort((a, b) => b.longest_s / b.answer_s - a.longest_s / a.answer_s)
    .map((queue) => ({ queue, word: queue.never ? 'nobodyEver' : queue.alone ? 'understaffed' : 'backlog' }));
}

export function riskWord(risk: number): { word: 'high' | 'middle' | 'low'; tone: string } {
  if (risk >= 0.5) return { word: 'high', tone: 'chip-bad' };
  return risk >= 0.25 ? { word: 'middle', tone: 'chip-warn' } : { word: 'low', tone: '' };
}
