// How smooth the console stays with a full desk: 10,000 chats in the list and 1,000
// events a second arriving, while somebody scrolls the list and types an answer.
// Prints the times between frames, and fails when one in twenty takes over 50 ms.
//   node lists.mjs [chats] [events a second] [seconds of each part]
// The pages are those of web/dist, the server is the scripted one of web/dev, so
// that what is measured is the page.
import { spawn } from 'node:child_process';
import { newPage, signIn, startBrowser } from './lib.mjs';

const [chats = 10_000, rate = 1000, seconds = 10] = process.argv.slice(2).map(Number);
const bar = 50; // ms, at p95
const port = 4188;
const mock = new URL('../../web/dev/mock.mjs', import.meta.url).pathname;
const server = spawn(process.execPath, [mock], {
  env: { ...process.env, PORT: String(port), CHATS: String(chats), RATE: String(rate), OFFER_MS: '86400000' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise((ok) => server.stdout.once('data', ok));
const browser = await startBrowser();
const problems = [];
let slow = false;

/** Times between frames while something is done, in ms, shortest first. */
async function frames(page, during) {
  await page.evaluate(() => {
    window.gaps = [];
    window.since = { at: performance.now(), events: window.events };
    let last = performance.now();
    const next = (now) => {
      window.gaps.push(now - last);
      last = now;
      window.loop = requestAnimationFrame(next);
    };
    window.loop = requestAnimationFrame((now) => ((last = now), (window.loop = requestAnimationFrame(next))));
  });
  await during();
  return page.evaluate(() => {
    cancelAnimationFrame(window.loop);
    const rate = (window.events - window.since.events) / ((performance.now() - window.since.at) / 1000);
    return { gaps: window.gaps.sort((a, b) => a - b), rate };
  });
}

function report(what, { gaps, rate: came }) {
  const at = (q) => (gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * q))] ?? Infinity).toFixed(1);
  console.log(`${what}: ${Math.round(came)} events/s, ${gaps.length} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
  if (came < 0.9 * rate) problems.push(`${what}: only ${Math.round(came)} events/s arrived`);
  if (gaps.length < seconds * 5 || Number(at(0.95)) > bar) slow = true;
}

try {
  const page = await newPage(browser, problems, { viewport: { width: 1440, height: 900 } });
  await page.addInitScript(() => {
    window.events = 0;
    window.WebSocket = class extends WebSocket {
      constructor(...args) {
        super(...args);
        this.addEventListener('message', (e) => (window.events += e.data.startsWith('{"type":"conversation"')));
      }
    };
  });
  await signIn(page, `http://127.0.0.1:${port}`, { email: 'lin@juniperclay.example', password: 'demo' }, { signIn: 'Sign in' });
  await page.getByRole('navigation').first().waitFor();
  await page.evaluate(() => (location.hash = '#/inbox/all'));
  const list = page.getByRole('list', { name: 'Chats' });
  await list.getByRole('listitem').first().waitFor();
  const size = Number(await list.getByRole('listitem').first().getAttribute('aria-setsize'));
  if (size < chats) throw new Error(`the list has ${size} rows, not ${chats}`);
  await page.evaluate(() => (location.hash = '#/inbox/mine'));
  await page.locator('main a[href*="#/inbox/mine/"]').first().click();
  const open = await page.evaluate(() => location.hash.split('/')[3]);
  await page.evaluate((id) => (location.hash = `#/inbox/all/${id}`), open);
  const reply = page.getByRole('textbox', { name: 'Reply' });
  await reply.waitFor();

  await list.hover();
  report(
    'scrolling',
    await frames(page, async () => {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
        await page.mouse.wheel(0, 240);
        await page.waitForTimeout(16);
      }
    }),
  );
  const scrolled = await list.evaluate((e) => e.scrollTop);
  if (scrolled < 1000) throw new Error(`the list was not scrolled: ${scrolled} px`);

  await reply.click();
  let typed = 0;
  report(
    'typing',
    await frames(page, async () => {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; typed++) {
        await page.keyboard.type('abcdefghi '[typed % 10]);
        await page.waitForTimeout(40);
      }
    }),
  );
  if ((await reply.inputValue()).length < typed) problems.push(`${typed} keys were pressed, ${(await reply.inputValue()).length} are there`);

  // Was it the list that moved? What stands first is another chat than a moment ago.
  await list.evaluate((e) => (e.scrollTop = 0));
  const before = await list.getByRole('listitem').first().innerText();
  for (let i = 0; rate > 0 && (await list.getByRole('listitem').first().innerText()) === before; i++) {
    if (i === 20) throw new Error('the list shows nothing new');
    await page.waitForTimeout(250);
  }
} finally {
  await browser.close();
  server.kill();
}
if (problems.length > 0 || slow) {
  console.error([...problems, ...(slow ? [`slower than ${bar} ms at p95`] : [])].join('\n'));
  process.exitCode = 1;
}
