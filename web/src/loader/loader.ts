// The one script a host page carries: a round button, and on intent a frame with
// the widget on the server's origin. It keeps no secret, adds no style to the
// page, and moves nothing in its layout.
import { isToHost, MARK, type ToFrame } from '../shared/bridge';
import type { FrontdeskApi } from './api';
import { sheet } from './style';

type Listener = (detail: string) => void;

const script = document.currentScript as HTMLScriptElement;
const data = script.dataset;
const origin = new URL(script.src).origin;
const inbox = data.inbox ?? '';
const lang = () => data.language || document.documentElement.lang || navigator.language;
const zh = () => lang().toLowerCase().startsWith('zh');
const seen = `frontdesk:${inbox}`;
const phone = matchMedia('(max-width: 479px)');

const host = document.createElement('div');
const root = host.attachShadow({ mode: 'open' });
const style = new CSSStyleSheet();
style.replaceSync(sheet);
root.adoptedStyleSheets = [style];
host.dataset.side = data.position === 'left' ? 'left' : 'right';

const button = document.createElement('button');
button.type = 'button';
button.append(icon('M12 3C6.9 3 3 6.6 3 11c0 2.5 1.2 4.6 3.2 6.1L5.6 21l4-2.2c.8.2 1.6.2 2.4.2 5.1 0 9-3.6 9-8s-3.9-8-9-8Z'));
const badge = document.createElement('span');
badge.className = 'badge';
badge.hidden = true;
button.append(badge);
const teaser = document.createElement('button');
teaser.type = 'button';
teaser.className = 'teaser';
teaser.hidden = true;
root.append(teaser, button);

let frame: HTMLIFrameElement | undefined;
let ready = false;
let opened = false;
let identity = data.identity;
let overflow = '';
const listeners = new Map<string, Set<Listener>>();

function icon(d: string): SVGSVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const path = document.createElementNS(ns, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', d);
  svg.append(path);
  return svg;
}

function post(m: ToFrame): void {
  if (ready) frame?.contentWindow?.postMessage(m, origin);
}

/** Makes the frame once; it stays hidden until open. */
function prepare(): void {
  if (frame) return;
  frame = document.createElement('iframe');
  frame.src = `${origin}/widget/?inbox=${encodeURIComponent(inbox)}&origin=${encodeURIComponent(location.origin)}`;
  frame.title = zh() ? '在线客服' : 'Chat';
  frame.allow = 'clipboard-write';
  root.append(frame);
}

function open(): void {
  prepare();
  if (opened) return;
  opened = true;
  teaser.hidden = true;
  host.toggleAttribute('data-open', true);
  label(0);
  fit();
  if (phone.matches) {
    overflow = document.documentElement.style.overflow;
    document.documentElement.style.overflow = 'hidden';
  }
  post({ mark: MARK, type: 'open', page: location.href, full: phone.matches });
  frame?.focus();
  tell('open', '');
}

function close(): void {
  if (!opened) return;
  opened = false;
  host.toggleAttribute('data-open', false);
  if (phone.matches) document.documentElement.style.overflow = overflow;
  post({ mark: MARK, type: 'close' });
  button.focus({ preventScroll: true });
  tell('close', '');
}

/** On phones the keyboard covers the page's bottom: the panel takes what is left to see. */
function fit(): void {
  const v = window.visualViewport;
  if (!frame) return;
  const full = opened && phone.matches && v;
  frame.style.height = full ? `${v.height}px` : '';
  frame.style.top = full ? `${v.offsetTop}px` : '';
}

let news = 0; // unread messages on the badge

function label(unread: number): void {
  news = unread;
  badge.hidden = unread === 0;
  badge.textContent = unread > 9 ? '9+' : String(unread);
  button.setAttribute('aria-expanded', String(opened));
  const name = zh() ? '打开在线客服' : 'Open chat';
  button.setAttribute('aria-label', unread === 0 ? name : zh() ? `${name}，${unread} 条未读消息` : `${name}, ${unread} unread`);
}

/** At most once a visit, so that nobody is called twice. */
function tease(text: string): void {
  if (!text || opened || memory(sessionStorage, `${seen}:teased`)) return;
  memory(sessionStorage, `${seen}:teased`, '1');
  teaser.textContent = text;
  teaser.hidden = false;
}

function memory(store: Storage, key: string, value?: string): string | null {
  try {
    if (value !== undefined) store.setItem(key, value);
    return store.getItem(key);
  } catch {
    return null; // storage may be blocked; then every page is a first one
  }
}

function tint(accent: string): void {
  if (/^#[0-9a-f]{6}$/i.test(accent)) host.style.setProperty('--fd-accent', accent);
}

function tell(name: string, detail: string): void {
  listeners.get(name)?.forEach((fn) => fn(detail));
}

addEventListener('message', (e) => {
  if (e.origin !== origin || !frame || e.source !== frame.contentWindow || !isToHost(e.data)) return;
  const m = e.data;
  if (m.type === 'ready') {
    ready = true;
    post({ mark: MARK, type: 'init', language: lang(), page: location.href, identity, theme: data.theme, accent: data.accent, full: phone.matches });
    if (opened) post({ mark: MARK, type: 'open', page: location.href, full: phone.matches });
  } else if (m.type === 'close') close();
  else if (m.type === 'event') tell(m.name, m.detail);
  else {
    label(opened ? 0 : m.unread);
    tint(m.accent);
    if (m.accent) memory(localStorage, `${seen}:accent`, m.accent);
    if (m.active) memory(localStorage, seen, '1');
    if (m.unread > 0) tease(m.teaser);
  }
});

phone.addEventListener('change', () => {
  fit();
  post({ mark: MARK, type: 'full', full: phone.matches });
});
window.visualViewport?.addEventListener('resize', fit);
window.visualViewport?.addEventListener('scroll', fit);
button.addEventListener('click', open);
teaser.addEventListener('click', open);
for (const intent of ['pointerenter', 'focus', 'touchstart']) button.addEventListener(intent, prepare, { once: true, passive: true });

const api: FrontdeskApi = {
  open,
  close,
  identify(token) {
    identity = token;
    post({ mark: MARK, type: 'identify', identity: token });
  },
  on(name, fn) {
    const set = listeners.get(name) ?? new Set<Listener>();
    listeners.set(name, set.add(fn));
    return () => void set.delete(fn);
  },
};

function begin(): void {
  tint(data.accent || memory(localStorage, `${seen}:accent`) || '');
  label(0);
  document.body.append(host);
  window.frontdesk = api;
  window.frontdeskReady?.forEach((fn) => fn(api));
  // A page may set its language after this script has run.
  new MutationObserver(() => label(news)).observe(document.documentElement, { attributeFilter: ['lang'] });
  if (data.open === 'true') open();
  // A chat that is under way must be able to say that there is news.
  else if (memory(localStorage, seen)) setTimeout(prepare, 1500);
  if (data.teaser) setTimeout(() => tease(data.teaser ?? ''), 6000);
}

if (document.body) begin();
else addEventListener('DOMContentLoaded', begin);
