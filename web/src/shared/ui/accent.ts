/** Share of light a colour sends back, as WCAG counts it: 0 black … 1 white. */
export function luminance(hex: string): number {
  const part = (at: number): number => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/** Contrast of two colours, 1…21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const INK = '#14161f';

/** Puts a workspace's colour on the page, with the text colour on it that can be read. */
export function wear(accent: string | undefined): void {
  if (!accent || !/^#[0-9a-f]{6}$/i.test(accent)) return;
  const root = document.documentElement;
  root.style.setProperty('--accent', accent);
  root.style.setProperty('--on-accent', contrast(accent, '#ffffff') >= contrast(accent, INK) ? '#ffffff' : INK);
  root.toggleAttribute('data-accent', true);
}
