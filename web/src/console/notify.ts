export type Permission = 'default' | 'granted' | 'denied';

export function notifyState(): Permission {
  return typeof Notification === 'undefined' ? 'denied' : Notification.permission;
}

export async function askToNotify(): Promise<Permission> {
  return typeof Notification === 'undefined' ? 'denied' : Notification.requestPermission();
}

/** Tells the person at this desk something, if they are looking elsewhere and allowed it. */
export function notify(title: string, body: string, tag: string, open: () => void): void {
  if (notifyState() !== 'granted' || document.visibilityState === 'visible') return;
  const n = new Notification(title, { body: body.slice(0, 160), tag });
  n.onclick = () => {
    window.focus();
    open();
    n.close();
  };
}
