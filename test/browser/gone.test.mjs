// An agent who is gone, with short times: gone.mjs measures those that ship.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { absence } from './absence.mjs';

const [offerFor, goneAfter] = [8, 5]; // s
const silence = 30 + goneAfter; // s after the last sign of life

// Signs of life are stored up to 3 s late; the rest is for a busy machine.
const inTime = ({ offered, active }) => {
  assert.ok(offered < (offerFor + 5) * 1000, `the offer went back after ${offered} ms`);
  assert.ok(active < (silence + 10) * 1000, `the chat went back after ${active} ms`);
};

process.env.FRONTDESK_DESK_OFFER_FOR = `${offerFor}s`;
process.env.FRONTDESK_DESK_GONE_AFTER = `${goneAfter}s`;

it('brings the chats of an agent back in line whose browser was killed, at their age', { timeout: 180_000 }, async () => {
  inTime(await absence('killed'));
});

it('brings them back while a laptop sleeps, and shows on waking that they are gone', { timeout: 180_000 }, async () => {
  inTime(await absence('asleep', (silence + 25) * 1000)); // and the visitors’ screens are looked at meanwhile
});
