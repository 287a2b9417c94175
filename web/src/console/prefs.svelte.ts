import { type Lang, pickLang } from '../shared/i18n';

export type Theme = 'light' | 'dark' | 'system';

/** What this person chose on this device. */
export class Prefs {
  theme = $state<Theme>('system');
  lang = $state<Lang>('en');
  sound = $state(true);
  private widths = $state<Record<string, number>>({});

  constructor() {
    const p = read();
    this.theme = p.theme === 'light' || p.theme === 'dark' ? p.theme : 'system';
    this.lang = pickLang(p.lang, navigator.language);
    this.sound = p.sound !== false;
    this.widths = typeof p.widths === 'object' && p.widths !== null ? (p.widths as Record<string, number>) : {};
    $effect.root(() => {
      $effect(() => {
        const root = document.documentElement;
        root.lang = this.lang === 'zh' ? 'zh-Hans' : 'en';
        if (this.theme === 'system') delete root.dataset.theme;
        else root.dataset.theme = this.theme;
        write({ theme: this.theme, lang: this.lang, sound: this.sound, widths: $state.snapshot(this.widths) });
      });
    });
  }

  width(pane: string, normal: number): number {
    return this.widths[pane] ?? normal;
  }

  resize(pane: string, px: number): void {
    this.widths[pane] = Math.round(px);
  }
}

interface Kept {
  theme?: unknown;
  lang?: string;
  sound?: unknown;
  widths?: unknown;
}

function read(): Kept {
  try {
    return JSON.parse(localStorage.getItem('frontdesk:console') ?? '{}') as Kept;
  } catch {
    return {};
  }
}

function write(p: Kept): void {
  try {
    localStorage.setItem('frontdesk:console', JSON.stringify(p));
  } catch {
    // blocked storage: the choice lasts as long as the page
  }
}
