// How long visitors wait for an agent who is gone, with the settings as they ship: the
// browser killed, and the laptop asleep for ten minutes. Prints a line a run, and fails
// when an offered chat is not back in line after 30 s or an active one after 90 s.
//   node gone.mjs [runs of each] [seconds asleep]
import { setTimeout as pause } from 'node:timers/promises';
import { absence } from './absence.mjs';

const [runs = 3, asleep = 600] = process.argv.slice(2).map(Number);
const bars = { offered: 30_000, active: 90_000 };
let late = false;

// Side by side, each with a server of its own: they wait most of the time. They begin
// one after the other, so that none is in the way of another one's browsers.
const begins = 30_000;
const all = ['killed', 'asleep'].flatMap((how, k) =>
  Array.from({ length: runs }, async (_, i) => {
    await pause((k * runs + i) * begins);
    const times = await absence(how, asleep * 1000);
    console.log(`${how} ${i + 1}: ${Object.entries(times).map(([what, ms]) => `${what} ${(ms / 1000).toFixed(1)} s`).join(', ')}`);
    late ||= Object.entries(bars).some(([what, bar]) => times[what] > bar);
  }),
);
for (const run of await Promise.allSettled(all)) {
  if (run.status === 'rejected') {
    console.error(run.reason);
    late = true;
  }
}
if (late) process.exitCode = 1;
