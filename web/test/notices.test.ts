import { describe, expect, it } from 'vitest';
import { mentioned, mentioning, type Notice, noticeTitle, withNotice } from '../src/console/inbox/notices';
import { watch } from '../src/console/words/watch';
import { translator } from '../src/shared/i18n';
import type { Conversation, Event } from '../src/shared/protocol';

const people = [
  { id: 'w', name: 'Wei' },
  { id: 'wl', name: 'Wei Lin' },
  { id: 'm', name: '小梅' },
];
const notice = (id: string, event: Partial<Event>): Notice => ({
  id,
  conversation: { id: 'c' } as Conversation,
  event: { id, n: 1, kind: 'note', at: '', author: { kind: 'agent', id: 'b', name: 'Mei' }, ...event },
});

describe('mentions', () => {
  it('finds whom a note names, the longer name first', () => {
    expect(mentioned('@Wei Lin knows, ask @小梅。', people)).toEqual(['wl', 'm']);
    expect(mentioned('@Wei and @Wei Lin', people)).toEqual(['wl', 'w']);
    expect(mentioned('wei@example.com', people)).toEqual([]);
  });

  it('knows what is being typed behind an @', () => {
    expect(mentioning('See @We')).toBe('We');
    expect(mentioning('请看，@小')).toBe('小');
    expect(mentioning('@')).toBe('');
    expect(mentioning('a@b')).toBeUndefined();
    expect(mentioning('@Wei has it')).toBeUndefined();
  });
});

describe('notices', () => {
  it('keeps the newest four, each once', () => {
    let list: Notice[] = [];
    for (const id of ['1', '2', '3', '4', '2', '5']) list = withNotice(list, notice(id, {}));
    expect(list.map((n) => n.id)).toEqual(['3', '4', '2', '5']);
  });

  it('says what happened', () => {
    const t = translator(watch, 'en');
    const title = (e: Partial<Event>) => noticeTitle(notice('1', e), 'Ann', t);
    expect(title({})).toBe('Mei mentioned you');
    expect(title({ whisper: true })).toBe('Mei whispers');
    const agent = { id: 'w', name: 'Wei' };
    expect(title({ kind: 'service', change: 'taken', agent })).toBe('Wei took over your chat with Ann');
    expect(title({ kind: 'service', change: 'transfer_declined', agent })).toBe('Wei passed on Ann: the chat is yours still');
    expect(title({ kind: 'service', change: 'transfer_missed', agent })).toBe('Wei did not answer: Ann is yours still');
    expect(title({ kind: 'service', change: 'transferred', agent })).toBe('Ann is in line for anyone; you answer until somebody accepts');
  });
});
