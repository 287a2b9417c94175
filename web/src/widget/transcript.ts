import { dateTime } from '../shared/i18n/format';
import { plain } from '../shared/text/markdown';
import type { Chat } from './chat.svelte';

/** Hands the visitor their chat as a text file; nothing leaves the browser. */
export function transcript(chat: Chat): void {
  const lines = chat.entries.flatMap((e) => {
    if (e.kind !== 'message') return [];
    const a = e.event.author;
    const who = a.kind === 'visitor' ? chat.t('you') : a.kind === 'bot' ? chat.t('bot') : a.name || chat.t('someone');
    return [`${dateTime(e.event.at, chat.lang)}  ${who}\n${plain(e.text)}\n`];
  });
  const url = URL.createObjectURL(new Blob([lines.join('\n')], { type: 'text/plain;charset=utf-8' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = 'chat.txt';
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
