// Looks at every page against the scripted server: screenshots into a folder,
// and an accessibility check of each that fails the run on any violation.
//   npm run look -- FOLDER      CHROMIUM=/path/to/chromium if it is elsewhere
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = resolve(process.argv[2] ?? 'look');
const port = Number(process.env.PORT ?? 4177);
const base = `http://127.0.0.1:${port}`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
mkdirSync(out, { recursive: true });

const server = spawn(process.execPath, [join(here, 'mock.mjs')], { env: { ...process.env, PORT: String(port), OFFER_MS: '600000' }, stdio: ['ignore', 'pipe', 'inherit'] });
await new Promise((ready) => server.stdout.once('data', ready));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: quiet });
let bad = 0;

async function check(frame, name) {
  await frame.evaluate(axe);
  const { violations } = await frame.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  for (const v of violations) {
    bad++;
    console.error(`${name}: ${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 160)}`);
  }
}

const cases = [
  { name: 'light-en-1440', width: 1440, height: 900, scheme: 'light', lang: 'en' },
  { name: 'dark-en-1440', width: 1440, height: 900, scheme: 'dark', lang: 'en' },
  { name: 'light-zh-1024', width: 1024, height: 768, scheme: 'light', lang: 'zh' },
  { name: 'dark-zh-390', width: 390, height: 844, scheme: 'dark', lang: 'zh' },
  { name: 'light-en-390', width: 390, height: 844, scheme: 'light', lang: 'en' },
];
const say = {
  en: ['Can I return a cup I have used once?', 'How do I care for the glaze?', 'xyz', 'and xyz?', 'I want a person'],
  zh: ['用过一次的杯子可以退吗？', '釉面 glaze 怎么养护', '有没有 30 厘米的', '那 35 厘米的呢', '我要转人工'],
};

for (const c of cases) {
  const context = await browser.newContext({
    viewport: { width: c.width, height: c.height },
    colorScheme: c.scheme,
    locale: c.lang === 'zh' ? 'zh-CN' : 'en-GB',
    bypassCSP: true, // the check's own script is inline
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('pageerror', (e) => {
    bad++;
    console.error(`${c.name}: ${e.message}`);
  });
  const shot = async (what, frame = page.mainFrame()) => {
    await page.waitForTimeout(450);
    await page.screenshot({ path: join(out, `${c.name}-${what}.png`) });
    await check(frame, `${c.name}-${what}`);
  };

  await page.goto(c.lang === 'zh' ? `${base}/?lang=zh` : `${base}/`);
  await shot('demo');
  await page.locator('div button:not(.teaser)').last().click();
  const box = page.frameLocator('iframe');
  await box.locator('#write').waitFor();
  const frame = page.frames().find((f) => f.url().includes('/widget/'));
  await shot('widget-start', frame);
  for (const [i, text] of say[c.lang].entries()) {
    await box.locator('#write').fill(text);
    await box.locator('#write').press('Enter');
    await page.waitForTimeout(i === 0 ? 3000 : 900);
    await shot(`widget-${['answer', 'clarify', 'refuse', 'offer', 'waiting'][i]}`, frame);
  }

  await page.goto(`${base}/console/`);
  await shot('console-sign-in');
  await page.fill('input[type=email]', 'lin@juniperclay.example');
  await page.fill('input[type=password]', 'demo');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(700);
  const at = async (hash, what) => {
    await page.evaluate((h) => (location.hash = h), hash);
    await shot(`console-${what}`);
  };
  await at('#/inbox/all', 'inbox');
  await at('#/knowledge', 'knowledge');
  await at('#/knowledge/uploads', 'uploads');
  await at('#/knowledge/unanswered', 'unanswered');
  await at('#/knowledge/unhelpful', 'unhelpful');
  await at('#/knowledge/documents/doc-2', 'editor');
  await page.locator('aside form input.input').fill(say[c.lang][0]);
  await page.locator('aside form button.btn-main').click();
  await page.waitForTimeout(500);
  await shot('console-bench');
  await at('#/intents', 'intents');
  await page.getByRole('region', { name: /Try a sentence|试一句话/ }).getByRole('textbox').fill(say[c.lang][0]);
  await page.keyboard.press('Enter');
  await at('#/intents/all/delivery_time', 'intent');
  await page.getByRole('textbox', { name: /Add an example|添加例句/ }).fill('thank you so much');
  await page.keyboard.press('Enter');
  await shot('console-intent-refused');
  await at('#/intents/all/wholesale', 'intent-empty');
  await page.getByRole('button', { name: /^(Edit|编辑)$/ }).click();
  await shot('console-intent-edit');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^(Train|训练)$/ }).click();
  await page.waitForTimeout(800);
  await shot('console-intents-training');
  await page.getByRole('button', { name: /Cancel training|取消训练/ }).click();
  await at('#/intents/versions', 'intents-versions');
  await at('#/rules', 'rules');
  await page.getByRole('button', { name: /^(Edit|编辑)$/ }).nth(1).click();
  await shot('console-rule');
  await page.keyboard.press('Escape');
  await at('#/replies', 'replies');
  await page.getByRole('button', { name: /^(Edit|编辑): Refund/ }).click();
  await shot('console-reply');
  await page.keyboard.press('Escape');
  await at('#/replies/codes', 'codes');
  await at('#/users', 'users');
  await at('#/settings', 'settings');
  await at('#/inbox/mine', 'mine');
  await page.locator('main a[href*="#/inbox/mine/"]').first().click();
  await shot('console-chat');
  await page.locator('main form textarea').fill('/re');
  await shot('console-chat-shortcut');
  await page.keyboard.press('Enter');
  await shot('console-chat-macro');
  await page.locator('main form textarea').fill('');
  await page.getByRole('button', { name: /^(Close|结束|关闭)( chat|对话)?$/ }).first().click();
  await shot('console-chat-close');
  await page.keyboard.press('Escape');
  await page.locator('article button.link').first().click();
  await shot('console-trace');
  await context.close();
}

await browser.close();
server.kill();
console.log(bad === 0 ? `all pages are clean; pictures in ${out}` : `${bad} findings`);
process.exit(bad === 0 ? 0 : 1);
