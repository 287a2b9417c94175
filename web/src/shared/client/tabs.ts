/** What tabs of one person tell each other. The server tells them everything else. */
export type TabMessage = { t: 'outbox' } | { t: 'made'; conversation: string; clientConv: string };

export interface Tabs {
  post(m: TabMessage): void;
  close(): void;
}

/** A channel between this browser's tabs; silent where the browser has none. */
export function openTabs(scope: string, heard: (m: TabMessage) => void): Tabs {
  if (typeof BroadcastChannel === 'undefined') return { post: () => undefined, close: () => undefined };
  const c = new BroadcastChannel(`frontdesk:${scope}`);
  c.onmessage = (e: MessageEvent<TabMessage>) => heard(e.data);
  return { post: (m) => c.postMessage(m), close: () => c.close() };
}
