// What the browser tests share: the program on a free port, a real Chromium, and
// the hands of a visitor, an agent and an editor.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = new URL('../..', import.meta.url).pathname;

/** The program: FRONTDESK_TEST_BINARY, or what make build leaves. */
export const binary = process.env.FRONTDESK_TEST_BINARY ?? join(root, 'frontdesk');

/** A port that was free a moment ago. */
async function freePort() {
  const s = createServer();
  await new Promise((ok, no) => s.listen(0, '127.0.0.1', ok).on('error', no));
  const { port } = s.address();
  await new Promise((ok) => s.close(ok));
  return port;
}

/** Starts `frontdesk serve --demo` on an empty folder. */
export async function startServer(extra = []) {
  const data = await mkdtemp(join(tmpdir(), 'frontdesk-browser-'));
  const port = await freePort();
  const child = spawn(binary, ['serve', '--demo', '--addr', `127.0.0.1:${port}`, '--data', data, ...extra], { stdio: ['ignore', 'pipe', 'inherit'] });
  const people = {};
  let text = '';
  await new Promise((ok, no) => {
    const late = setTimeout(() => no(new Error(`the server did not start: ${text}`)), 60_000);
    child.on('exit', (code) => no(new Error(`the server ended with ${code}: ${text}`)));
    child.stdout.on('data', (b) => {
      text += b;
      for (const m of text.matchAll(/(administrator|agent|editor)\s+(\S+@\S+)\s+(\S+)\n/g)) people[m[1]] = { email: m[2], password: m[3] };
      if (people.administrator && people.agent && people.editor) {
        clearTimeout(late);
        ok();
      }
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    people,
    async stop() {
      const ended = new Promise((ok) => child.once('exit', ok));
      child.removeAllListeners('exit');
      child.once('exit', () => {});
      const gone = new Promise((ok) => child.on('exit', ok));
      child.kill('SIGTERM');
      await Promise.race([gone, ended]);
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** What an answer of the test's own server holds; throws what it says went wrong. */
export async function asked(answer) {
  const res = await answer;
  if (!res.ok) throw new Error(await res.text());
  return res.json();
}

/** The nodes that TestBrowser started, with a hand on them: FRONTDESK_TEST_CONTROL is its URL. */
export async function joinCluster() {
  const control = process.env.FRONTDESK_TEST_CONTROL;
  const order = async (path) => {
    const res = await fetch(control + path, { method: 'POST' });
    if (!res.ok) throw new Error(await res.text());
  };
  const { url, people } = await (await fetch(control)).json();
  return {
    url,
    people: Object.fromEntries(people.map((p) => [p.Role, { email: p.Email, password: p.Password }])),
    /** Ends the node that has the socket of the only visitor or agent, as a lost machine does. */
    kill: (kind) => order(`/kill/${kind}`),
    /** Starts it again, and returns when it gets requests. */
    restart: () => order('/restart'),
    async stop() {},
  };
}

/** How Debian's Chromium is started, without anything that calls home. */
function launchOptions() {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
  if (!executablePath) throw new Error('no Chromium here: run make setup, or name one in CHROMIUM');
  return {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  };
}

export const startBrowser = () => chromium.launch(launchOptions());

/** A machine of somebody's own, whose processes take signals: SIGKILL, or SIGSTOP and SIGCONT. */
export async function startOwnBrowser() {
  const server = await chromium.launchServer(launchOptions());
  const { pid } = server.process();
  return {
    browser: await chromium.connect(server.wsEndpoint()),
    signal(name) {
      try {
        process.kill(-pid, name); // Playwright starts each browser in a group of its own
      } catch (e) {
        if (e.code !== 'ESRCH') throw e; // it has ended
      }
    },
  };
}

/** A new person's browser: own storage, one page. Errors of the page fail the test through `problems`. */
export async function newPage(browser, problems, options = {}) {
  // Certificates of tests are signed by themselves.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (e) => problems.push(`page error: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of 40[19]/.test(m.text())) problems.push(`console: ${m.text()}`);
  });
  return page;
}

/** Resolves when the page has another socket that a node has welcomed. */
export function welcomed(page) {
  return new Promise((ok) => {
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => String(payload).includes('"type":"welcome"') && ok()));
  });
}

/** The visitor's side: the shop's page with the widget open. */
export class Visitor {
  constructor(page, words) {
    this.page = page;
    this.words = words;
  }

  static async arrive(page, url, words) {
    const v = new Visitor(page, words);
    await page.goto(url);
    await v.open();
    return v;
  }

  async open() {
    await this.page.getByRole('button', { name: this.words.openChat }).click();
    this.frame = this.page.frameLocator('iframe');
    await this.input.waitFor();
  }

  get input() {
    return this.frame.locator('#write');
  }

  messages(kind) {
    return this.frame.locator(`article.msg.${kind} .bubble`);
  }

  async texts(kind) {
    return (await this.messages(kind).allInnerTexts()).map((t) => t.trim());
  }

  /** Sends words and waits for the bot's whole answer to them. */
  async ask(text) {
    const before = await this.messages('bot').count();
    await this.say(text);
    const answer = this.messages('bot').nth(before);
    await answer.waitFor();
    await this.frame.locator('article.msg.bot[aria-busy="false"]').nth(before).waitFor();
    return (await answer.innerText()).trim();
  }

  async say(text) {
    await this.input.fill(text);
    await this.input.press('Enter');
  }
}

/** Signs somebody in to the console. */
export async function signIn(page, url, who, words) {
  await page.goto(`${url}/console/`);
  if (words.switch) await page.getByRole('button', { name: words.switch }).click();
  await page.locator('input[name="email"]').fill(who.email);
  await page.locator('input[name="password"]').fill(who.password);
  await page.getByRole('button', { name: words.signIn, exact: true }).click();
}

/** Calls the API as who is signed in, from their page. */
export function call(page, method, path, body) {
  return page.evaluate(
    async (c) => {
      const me = await (await fetch('/api/v1/sessions/current')).json();
      const res = await fetch(`/api/v1${c.path}`, {
        method: c.method,
        headers: { 'content-type': 'application/json', 'x-csrf-token': me.csrf },
        body: c.body && JSON.stringify(c.body),
      });
      if (!res.ok) throw new Error(await res.text());
      const text = await res.text();
      return text && JSON.parse(text);
    },
    { method, path, body },
  );
}

/** Sets the duty over the API that the menu uses, as the signed-in agent. */
export const setDuty = (page, duty) => call(page, 'PUT', '/agents/me/duty', { duty });
