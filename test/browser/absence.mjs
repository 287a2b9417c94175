// An agent's machine is gone or asleep, with one chat offered and another one waiting
// for an answer: what the visitors see of it and when, and what the agent finds.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { call, newPage, setDuty, signIn, startBrowser, startOwnBrowser, startServer, Visitor } from './lib.mjs';

const en = { openChat: /Open chat/, signIn: 'Sign in' };
const password = 'a long password';

/**
 * Lets one agent be absent: `how` is "killed" (SIGKILL of the browser) or "asleep"
 * (its processes are stopped for `sleepFor` ms with their connections open). Resolves to
 * the times in ms until the visitors' screens said that they are back in line, and for
 * who wakes until the console said so; what is wrong is thrown.
 */
export async function absence(how, sleepFor, patience = 150_000) {
  const problems = [];
  const [server, browser, own] = await Promise.all([startServer(), startBrowser(), startOwnBrowser()]);
  try {
    const admin = await newPage(browser, problems);
    await signIn(admin, server.url, server.people.administrator, en);
    await admin.getByRole('navigation').first().waitFor();
    const comes = async (from, name, capacity) => {
      const email = `${name.toLowerCase()}@desk.example`;
      await call(admin, 'POST', '/accounts', { email, name, roles: ['agent'], skills: [], capacity, password });
      const page = await newPage(from, problems, { viewport: { width: 1440, height: 900 } });
      await signIn(page, server.url, { email, password }, en);
      await page.getByRole('navigation').first().waitFor();
      await setDuty(page, 'on');
      return page;
    };
    const asks = async () => {
      const v = await Visitor.arrive(await newPage(browser, problems), server.url, en);
      await v.say('I want to talk to a person');
      return v;
    };
    const accepts = (agent) => agent.getByRole('button', { name: /^Accept/ }).click();
    const bar = (v, text) => v.frame.getByRole('status').filter({ hasText: text }).waitFor({ timeout: patience });
    const joined = (v, name) => v.frame.getByText(`${name} has joined`).first().waitFor();

    const colleague = await comes(browser, 'Bo', 1);
    const busy = await asks();
    await accepts(colleague);
    await joined(busy, 'Bo');
    const agent = await comes(own.browser, 'Lin', 2);
    const active = await asks();
    await accepts(agent);
    await joined(active, 'Lin');
    await active.say('My parcel is lost. Can you help?');
    await agent.getByRole('log').getByText('My parcel is lost.').waitFor();
    const offered = await asks();
    await agent.getByRole('alertdialog').waitFor();
    const { id } = (await call(admin, 'GET', '/conversations?view=all')).items.find((c) => c.service === 'offered');
    const later = await asks();
    await bar(later, /in line/);

    const since = Date.now();
    own.signal(how === 'killed' ? 'SIGKILL' : 'SIGSTOP');
    const took = async (...seen) => {
      await Promise.all(seen);
      return Date.now() - since;
    };
    const woken = how === 'asleep' && pause(sleepFor).then(() => (own.signal('SIGCONT'), Date.now()));
    const times = {};
    while ((await call(admin, 'GET', `/conversations/${id}`)).service === 'offered') await pause(200); // visitors are told of no offers
    times.offered = await took();
    times.active = await took(active.frame.getByText("Lin's connection dropped. You keep your place").first().waitFor({ timeout: patience }), bar(active, /next|1st in line/));
    // At their age: before who came later.
    await bar(offered, '2nd in line');
    await bar(later, '3rd in line');

    if (woken) {
      const at = await woken;
      // The first thing they do is to answer.
      const reply = agent.getByRole('textbox', { name: 'Reply' });
      if (await reply.isVisible()) {
        await reply.fill('Sorry, I was away.', { timeout: 2000 }).catch(() => {});
        await reply.press('Control+Enter', { timeout: 2000 }).catch(() => {});
      }
      await agent.getByRole('log').getByText(/lost the connection; back in line/).first().waitFor();
      times.woken = Date.now() - at;
      assert.equal(await agent.getByRole('alertdialog').count(), 0, 'an offer is shown that is no longer theirs');
      assert.equal(await active.messages('agent').count(), 0, 'words reached a visitor who is with nobody');
      await own.shot?.(agent);
    }
    await colleague.getByRole('button', { name: 'Close', exact: true }).click();
    await accepts(colleague);
    await joined(active, 'Bo');
    assert.equal(await active.messages('agent').count(), 0, 'words of somebody who does not have the chat');
    assert.deepEqual(problems, []);
    return times;
  } finally {
    own.signal('SIGKILL');
    await browser.close();
    await server.stop();
  }
}
