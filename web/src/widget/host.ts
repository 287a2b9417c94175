import { isToFrame, MARK, type ToFrame, type ToHost } from '../shared/bridge';

type Body<T> = T extends { mark: string } ? Omit<T, 'mark'> : never;

/** The host page, as the frame sees it. Opened on its own (no parent), it answers as a full page. */
export class Host {
  readonly alone = window.parent === window;
  private readonly origin: string;

  /** `origin` is what the loader claims; a page elsewhere never gets a message, as the browser compares it. */
  constructor(origin: string, heard: (m: ToFrame) => void) {
    this.origin = origin;
    if (this.alone) return;
    addEventListener('message', (e) => {
      if (e.source === window.parent && e.origin === this.origin && isToFrame(e.data)) heard(e.data);
    });
  }

  tell(m: Body<ToHost>): void {
    if (!this.alone) window.parent.postMessage({ mark: MARK, ...m }, this.origin);
  }
}
