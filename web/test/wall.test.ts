import { expect, test } from 'vitest';
import type { WallAgent, WallQueue } from '../src/console/api';
import { alarms, crew, riskWord, standing, stateOf } from '../src/console/wall/view';

const queue = (id: string, more: Partial<WallQueue>): WallQueue => ({
  id, name: id, waiting: 1, offered: 0, parked: 0, late: 0, longest_s: 10, answer_s: 60, open: true, agents: 2, free: 1, ...more,
});
const agent = (id: string, more: Partial<WallAgent>): WallAgent => ({ id, name: id, duty: 'on', load: 1, reserved: 0, taken: 1, capacity: 4, slots: 4, connected: true, ...more });

test('a queue is near its service level from 70 % of it, and late past it', () => {
  expect([queue('a', {}), queue('a', { longest_s: 42 }), queue('a', { longest_s: 61, late: 1 }), queue('a', { waiting: 0, longest_s: 0 })].map(standing)).toEqual(['fine', 'near', 'late', 'fine']);
});

test('the worst queue is told first, and one that nobody serves says so', () => {
  const all = [queue('calm', {}), queue('slow', { late: 1, longest_s: 70 }), queue('lost', { agents: 0, free: 0, alone: 1 }), queue('helped', { agents: 0, free: 0 }), queue('worst', { late: 3, longest_s: 300 }), queue('empty', { waiting: 0, agents: 0 })];
  expect(alarms(all).map((a) => [a.queue.id, a.word])).toEqual([['worst', 'backlog'], ['slow', 'backlog'], ['lost', 'understaffed']]);
});

test('agents by state, the fullest first; who is off without chats is only counted', () => {
  const all = [
    agent('off', { duty: 'off', load: 0 }), agent('left', { duty: 'off', load: 2 }), agent('away', { duty: 'away' }), agent('gone', { connected: false }),
    agent('one', {}), agent('three', { load: 3, taken: 3 }), agent('full', { load: 3, reserved: 1, taken: 4, full: true }), agent('ramp', { load: 1, slots: 1, full: true }), agent('missed', { duty: 'missed' }),
  ];
  expect(all.map(stateOf)).toEqual(['off', 'off', 'away', 'gone', 'on', 'on', 'full', 'full', 'missed']);
  const c = crew(all);
  expect(c.shown.map((a) => a.id)).toEqual(['three', 'one', 'full', 'ramp', 'missed', 'gone', 'away', 'left']);
  expect(c.off).toBe(1);
});

test('risk in words', () => {
  expect([0.5, 0.3, 0].map((n) => riskWord(n).word)).toEqual(['high', 'middle', 'low']);
});
