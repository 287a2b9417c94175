const CEILING_MS = 30_000;

/**
 * How long to wait before try number `attempt` (from 0): at first a random half
 * second, so that a restarted server is not met by everybody at once, then full
 * jitter over 1, 2, 4 … 30 s. A wait that the server named wins.
 */
export function backoff(attempt: number, random: () => number = Math.random, named?: number): number {
  if (named !== undefined && named >= 0) return named + random() * Math.min(1000, named);
  if (attempt <= 0) return random() * 500;
  return random() * Math.min(CEILING_MS, 1000 * 2 ** (attempt - 1));
}
