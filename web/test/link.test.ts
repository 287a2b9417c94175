import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoff } from '../src/shared/client/backoff';
import { Link, type LinkState } from '../src/shared/client/link';
import type { ServerFrame } from '../src/shared/protocol';
import { FakeSocket } from './fake';

function setup(refresh = async () => true, probe?: () => Promise<void>) {
  const sockets: FakeSocket[] = [];
  const states: LinkState[] = [];
  const frames: ServerFrame[] = [];
  let resyncs = 0;
  const link = new Link({
    open: () => {
      const s = new FakeSocket();
      sockets.push(s);
      return s;
    },
    hello: () => ({ type: 'hello', token: 't', conversations: [] }),
    frame: (f) => frames.push(f),
    state: (s) => states.push(s),
    refresh,
    probe,
    resync: () => resyncs++,
    random: () => 0.5,
  });
  return { link, sockets, states, frames, resyncs: () => resyncs };
}

describe('backoff', () => {
  test('starts within half a second, then grows to thirty with full jitter', () => {
    expect(backoff(0, () => 1)).toBe(500);
    expect([1, 2, 3, 4, 5, 6, 9].map((n) => backoff(n, () => 1))).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    expect(backoff(9, () => 0)).toBe(0);
  });
  test('a wait named by the server wins', () => {
    expect(backoff(9, () => 0, 7000)).toBe(7000);
    expect(backoff(9, () => 1, 7000)).toBe(8000);
  });
});

describe('link', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test('says hello first and is online at welcome', () => {
    const { link, sockets, states } = setup();
    link.start();
    sockets[0]!.accept();
    expect(sockets[0]!.sent[0]).toEqual({ type: 'hello', token: 't', conversations: [] });
    expect(link.state).toBe('connecting');
    expect(link.send({ type: 'pong' })).toBe(false);
    sockets[0]!.welcome();
    expect(states).toEqual(['connecting', 'online']);
  });

  test('answers pings', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome();
    sockets[0]!.frame({ type: 'ping' });
    expect(sockets[0]!.of('pong')).toHaveLength(1);
  });

  test('silence of ping + 10 s is a zombie: the socket is left for another', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome('e', 15);
    vi.advanceTimersByTime(24_900);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(100 + 500);
    expect(sockets[0]!.closedByClient).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  test('any frame is a sign of life', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome('e', 15);
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(20_000);
      sockets[0]!.frame({ type: 'ping' });
    }
    expect(sockets).toHaveLength(1);
  });

  test('a socket that never says welcome is given up', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.accept();
    vi.advanceTimersByTime(10_000 + 250);
    expect(sockets).toHaveLength(2);
  });

  test('after silence it asks for a sign of life before it dials again', async () => {
    let alive = () => {};
    let asked = 0;
    const { link, sockets } = setup(undefined, () => {
      asked++;
      return new Promise((ok) => (alive = () => ok()));
    });
    link.start();
    sockets[0]!.welcome('e', 15);
    await vi.advanceTimersByTimeAsync(25_000 + 500);
    expect([asked, sockets.length]).toEqual([1, 1]);
    alive();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
    sockets[1]!.die(1006); // that was no silence
    await vi.advanceTimersByTimeAsync(500);
    expect([asked, sockets.length]).toEqual([1, 3]);
  });

  test('reconnects with growing waits and resets them after a welcome', () => {
    const { link, sockets } = setup();
    link.start();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const t = Date.now();
      sockets.at(-1)!.die();
      vi.advanceTimersToNextTimer();
      waits.push(Date.now() - t);
    }
    expect(waits).toEqual([250, 500, 1000, 2000]);
    sockets.at(-1)!.welcome();
    const t = Date.now();
    sockets.at(-1)!.die(1012);
    vi.advanceTimersToNextTimer();
    expect(Date.now() - t).toBe(250);
  });

  test('4003 is final', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome();
    sockets[0]!.die(4003);
    vi.advanceTimersByTime(300_000);
    expect(link.state).toBe('stopped');
    expect(sockets).toHaveLength(1);
  });

  test('4001 refreshes the token, then resumes', async () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome();
    sockets[0]!.die(4001);
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
  });

  test('4001 without a new token stops', async () => {
    const { link, sockets } = setup(async () => false);
    link.start();
    sockets[0]!.welcome();
    sockets[0]!.die(4001);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(link.state).toBe('stopped');
    expect(sockets).toHaveLength(1);
  });

  test('4009 forgets cursors, 4029 waits', () => {
    const { link, sockets, resyncs } = setup();
    link.start();
    sockets[0]!.welcome();
    sockets[0]!.die(4009);
    expect(resyncs()).toBe(1);
    vi.advanceTimersByTime(10);
    expect(sockets).toHaveLength(2);
    sockets[1]!.welcome();
    sockets[1]!.die(4029);
    vi.advanceTimersByTime(14_000);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(3000);
    expect(sockets).toHaveLength(3);
  });

  test('drain comes back when told; wake does not wait', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome();
    sockets[0]!.frame({ type: 'drain', retry_after_ms: 4000 });
    vi.advanceTimersByTime(3999);
    expect(sockets).toHaveLength(1);
    link.wake();
    expect(sockets).toHaveLength(2);
  });

  test('a device without a network does not trust its open socket', () => {
    const { link, sockets } = setup();
    link.start();
    sockets[0]!.welcome();
    link.lost();
    expect(link.state).toBe('waiting');
    expect(sockets[0]!.closedByClient).toBe(true);
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
  });

  test('a frame that is no JSON is skipped, and a late event of an old socket changes nothing', () => {
    const { link, sockets, frames } = setup();
    link.start();
    const first = sockets[0]!;
    first.welcome();
    first.onmessage?.({ data: '{"type":' });
    const old = first.onmessage;
    first.die();
    expect(first.onmessage).toBeNull();
    const before = frames.length;
    old?.({ data: '{"type":"synced","conversation":"c","n":1}' });
    expect(frames).toHaveLength(before);
  });
});
