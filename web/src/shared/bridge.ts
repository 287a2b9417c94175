// What the host page's loader and the widget's frame say to each other. Both
// sides check the other's exact origin first, then the shape with these guards;
// a message that does not fit is not ours and is dropped.

export const MARK = 'frontdesk/1';

export type ToFrame =
  | { mark: typeof MARK; type: 'init'; language: string; page: string; identity?: string; theme?: string; accent?: string; full: boolean }
  | { mark: typeof MARK; type: 'open'; page: string; full: boolean }
  | { mark: typeof MARK; type: 'close' }
  | { mark: typeof MARK; type: 'full'; full: boolean }
  | { mark: typeof MARK; type: 'identify'; identity: string };

export type ToHost =
  | { mark: typeof MARK; type: 'ready' }
  | { mark: typeof MARK; type: 'close' }
  | { mark: typeof MARK; type: 'state'; unread: number; teaser: string; active: boolean; accent: string }
  | { mark: typeof MARK; type: 'event'; name: string; detail: string };

type Kind = 'string' | 'number' | 'boolean' | 'string?';

const toFrame: Record<ToFrame['type'], Record<string, Kind>> = {
  init: { language: 'string', page: 'string', identity: 'string?', theme: 'string?', accent: 'string?', full: 'boolean' },
  open: { page: 'string', full: 'boolean' },
  close: {},
  full: { full: 'boolean' },
  identify: { identity: 'string' },
};

const toHost: Record<ToHost['type'], Record<string, Kind>> = {
  ready: {},
  close: {},
  state: { unread: 'number', teaser: 'string', active: 'boolean', accent: 'string' },
  event: { name: 'string', detail: 'string' },
};

function fits(data: unknown, shapes: Record<string, Record<string, Kind>>): boolean {
  if (data === null || typeof data !== 'object') return false;
  const m = data as Record<string, unknown>;
  if (m.mark !== MARK || typeof m.type !== 'string' || !Object.hasOwn(shapes, m.type)) return false;
  return Object.entries(shapes[m.type] ?? {}).every(([k, kind]) =>
    kind === 'string?' ? m[k] === undefined || typeof m[k] === 'string' : typeof m[k] === kind,
  );
}

export function isToFrame(data: unknown): data is ToFrame {
  return fits(data, toFrame);
}

export function isToHost(data: unknown): data is ToHost {
  return fits(data, toHost);
}
