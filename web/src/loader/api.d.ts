/** What a host page may do: `window.frontdesk`, once the loader has run. */
export interface FrontdeskApi {
  open(): void;
  close(): void;
  /** Hands over a signed token that says who the visitor is. */
  identify(token: string): void;
  /** Listens to "open", "close" and "message" (detail: who wrote); returns what ends it. */
  on(name: 'open' | 'close' | 'message', fn: (detail: string) => void): () => void;
}

declare global {
  interface Window {
    frontdesk?: FrontdeskApi;
    /** Functions put here before the loader has run are called with the API when it has. */
    frontdeskReady?: ((api: FrontdeskApi) => void)[];
  }
}
