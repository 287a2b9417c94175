import type {} from '../loader/api';

// Chooses the language of the page and lets its own button open the chat.
const zh = new URLSearchParams(location.search).get('lang')?.startsWith('zh') ?? false;
document.documentElement.lang = zh ? 'zh-Hans' : 'en';
document.documentElement.dataset.ready = '';
document.querySelector('.ask')?.addEventListener('click', () => window.frontdesk?.open());

export {};
