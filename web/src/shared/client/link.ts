import type { ClientFrame, ServerFrame } from '../protocol';
import { backoff } from './backoff';

/** The part of WebSocket that a link uses; tests script it. */
export interface SocketLike {
  readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number; reason?: string }) => void) | null;
  onerror: (() => void) | null;
}

export type LinkState = 'idle' | 'connecting' | 'online' | 'waiting' | 'stopped';

export interface LinkOptions {
  open: () => SocketLike;
  hello: () => Extract<ClientFrame, { type: 'hello' }>;
  frame: (f: ServerFrame) => void;
  state: (s: LinkState, failures: number) => void;
  /** The token ran out (4001): false when no new one can be had. */
  refresh: () => Promise<boolean>;
  /** The server wants every cursor forgotten (4009). */
  resync: () => void;
  /** Asks for a sign of life over HTTP and never fails: a balancer in front learns from it which node is silent. */
  probe?: () => Promise<void>;
  random?: () => number;
}

const WELCOME_MS = 10_000; // from opening the socket to `welcome`
const WELCOME_AFTER_SILENCE_MS = 5_000; // the balancer may have chosen the node that fell silent
const ZOMBIE_SLACK_MS = 10_000; // reliability bar: silence of ping + 10 s means that the socket is dead
const FLOOD_MS = 15_000;

/**
 * Link keeps one socket alive: hello, pings, zombies, reconnects. It knows
 * nothing of what frames mean beyond that. Only close code 4003 stops it.
 */
export class Link {
  private socket: SocketLike | undefined;
  private current: LinkState = 'idle';
  private failures = 0;
  private malformed = 0;
  private silent = false; // the last socket ended in silence: the node behind it may be frozen
  private welcomeMs = WELCOME_MS;
  private pingMs = 25_000;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly o: LinkOptions) {}

  get state(): LinkState {
    return this.current;
  }

  start(): void {
    if (this.current === 'idle' || this.current === 'stopped') this.connect();
  }

  /** Ends the link for good, until start. */
  stop(): void {
    this.drop();
    clearTimeout(this.retry);
    this.move('idle');
  }

  /** Tries at once: the network is back or the page is visible again. */
  wake(): void {
    if (this.current === 'waiting') this.connect();
  }

  /** The device says that its network is gone: a socket that still looks open is not. */
  lost(): void {
    if (this.current !== 'online' && this.current !== 'connecting') return;
    this.drop();
    this.later();
  }

  /** False when the socket is not open: the caller keeps the frame. */
  send(f: ClientFrame): boolean {
    if (this.current !== 'online' || !this.socket) return false;
    this.socket.send(JSON.stringify(f));
    return true;
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.drop();
    this.move('connecting');
    let s: SocketLike;
    try {
      s = this.o.open();
    } catch {
      this.later();
      return;
    }
    this.socket = s;
    this.listen(this.welcomeMs);
    s.onopen = () => s === this.socket && s.send(JSON.stringify(this.o.hello()));
    s.onmessage = (e) => s === this.socket && this.read(e.data);
    s.onerror = () => undefined; // a close always follows and says more
    s.onclose = (e) => s === this.socket && this.closed(e.code);
  }

  private read(data: unknown): void {
    let f: ServerFrame;
    try {
      f = JSON.parse(String(data)) as ServerFrame;
    } catch {
      return; // not ours to die of; the silence timer still runs
    }
    this.listen(this.current === 'online' ? this.pingMs + ZOMBIE_SLACK_MS : this.welcomeMs);
    switch (f.type) {
      case 'ping':
        this.socket?.send('{"type":"pong"}');
        return;
      case 'drain':
        this.drop();
        this.later(f.retry_after_ms);
        return;
      case 'welcome':
        this.failures = 0;
        this.silent = false;
        this.malformed = 0;
        this.pingMs = f.ping_s * 1000;
        this.listen(this.pingMs + ZOMBIE_SLACK_MS);
        this.o.frame(f); // cursors and epoch first, so that whoever hears "online" may send
        this.move('online');
        return;
      default:
        this.o.frame(f);
    }
  }

  private closed(code: number): void {
    this.drop();
    switch (code) {
      case 4003:
        this.move('stopped');
        return;
      case 4001:
        this.move('waiting');
        void this.o.refresh().then((ok) => {
          if (this.current !== 'waiting') return;
          if (ok) this.connect();
          else this.move('stopped');
        });
        return;
      case 4009:
        this.o.resync();
        this.later(0);
        return;
      case 4029:
        this.later(FLOOD_MS);
        return;
      case 4400:
        // Once may be a cut frame; again means that the two sides disagree, and hammering helps nobody.
        this.later(++this.malformed > 1 ? 30_000 : undefined);
        return;
      default:
        this.later();
    }
  }

  private later(named?: number): void {
    const wait = backoff(this.failures, this.o.random, named);
    this.failures++;
    this.move('waiting');
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.again(), wait);
  }

  private async again(): Promise<void> {
    this.welcomeMs = this.silent ? WELCOME_AFTER_SILENCE_MS : WELCOME_MS;
    if (this.silent && this.o.probe) {
      this.silent = false;
      await this.o.probe();
      if (this.current !== 'waiting') return; // somebody was quicker
    }
    this.connect();
  }

  /** (Re)starts the silence timer: nothing heard for `ms` means a zombie. */
  private listen(ms: number): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.silent = true;
      this.drop();
      this.later();
    }, ms);
  }

  private drop(): void {
    clearTimeout(this.silence);
    const s = this.socket;
    this.socket = undefined;
    if (!s) return;
    s.onopen = s.onmessage = s.onclose = s.onerror = null;
    try {
      s.close();
    } catch {
      // a socket that was never open may throw; it is gone either way
    }
  }

  private move(s: LinkState): void {
    if (s === this.current && s !== 'waiting') return;
    this.current = s;
    this.o.state(s, this.failures);
  }
}
