import type { CoreWord } from '../words/core';

/** Whether the key belongs to a field that is being written in. */
export function isTyping(e: KeyboardEvent): boolean {
  const t = e.target;
  if (!(t instanceof HTMLElement)) return false;
  return t.isContentEditable || t instanceof HTMLTextAreaElement || t instanceof HTMLSelectElement || (t instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(t.type));
}

/** Whether a dialog or a menu is open: letters and Escape belong to it. The card of an offer is neither. */
export const inOverlay = (): boolean => document.querySelector('[role="dialog"], [role="menu"]') !== null;

/** The name of the modifier on this keyboard. */
export const mod = /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

export interface KeyRow {
  key: string;
  word: CoreWord;
  only?: 'supervisor' | 'translation'; // for whom it is there; absent: every agent
}

/**
 * The keys of the desk. Every action of a chat has its key from here, and the list
 * of keys is this table: what is not in it can neither be pressed nor be missed there.
 */
export const deskKeys = {
  accept: { key: 'A', word: 'keyAccept' },
  pass: { key: 'Esc', word: 'keyPass' },
  take: { key: 'A', word: 'keyTake' },
  next: { key: 'J', word: 'keyNext' },
  previous: { key: 'K', word: 'keyPrevious' },
  reply: { key: 'R', word: 'keyReply' },
  canned: { key: '/', word: 'keyCanned' },
  draft: { key: 'D', word: 'keyDraft' },
  translate: { key: 'Y', word: 'keyTranslate', only: 'translation' },
  note: { key: 'N', word: 'keyNote' },
  whisper: { key: 'W', word: 'keyWhisper', only: 'supervisor' },
  transfer: { key: 'T', word: 'keyTransfer' },
  handBack: { key: 'B', word: 'keyHandBack' },
  ticket: { key: 'M', word: 'keyTicket' },
  stopBot: { key: 'S', word: 'keyStopBot', only: 'supervisor' },
  close: { key: 'E', word: 'keyClose' },
  reopen: { key: 'O', word: 'keyReopen' },
} as const satisfies Record<string, KeyRow>;

export type DeskKey = keyof typeof deskKeys;

/** Keys that are not those of one page. */
export const shellKeys = {
  commands: { key: 'K', word: 'keyCommands' }, // with Ctrl or ⌘
  send: { key: '⏎', word: 'keySend' },
  go: { key: 'G', word: 'keyGo' }, // then the letter of a page
  help: { key: '?', word: 'keyHelp' },
} as const satisfies Record<string, KeyRow>;
