import { mount } from 'svelte';
import '../shared/ui/tokens.css';
import './widget.css';
import App from './App.svelte';
import { Chat } from './chat.svelte';
import { wear } from '../shared/ui/accent';
import { Host } from './host';

const asked = new URLSearchParams(location.search);
const host = new Host(asked.get('origin') ?? '', (m) => {
  switch (m.type) {
    case 'init':
      if (m.theme === 'light' || m.theme === 'dark') document.documentElement.dataset.theme = m.theme;
      chat.full = m.full;
      wear(m.accent);
      void chat.start(m);
      return;
    case 'open':
      chat.full = m.full;
      chat.moved(m.page);
      chat.show(true);
      return;
    case 'close':
      chat.show(false);
      return;
    case 'full':
      chat.full = m.full;
      return;
    case 'identify':
      void chat.identify(m.identity);
  }
});
const chat = new Chat(asked.get('inbox') ?? '', host);
mount(App, { target: document.getElementById('app') as HTMLElement, props: { chat, host } });

if (host.alone) {
  chat.full = true;
  chat.show(true);
  void chat.start({ language: asked.get('language') ?? navigator.language, page: '' });
} else host.tell({ type: 'ready' });
