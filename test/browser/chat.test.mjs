// Working a chat: an agent who reads English with a visitor who writes Chinese, six
// chats by keyboard, replies and macros from the command bar, and a pasted picture.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newPage, setDuty, signIn, startBrowser, startServer, Visitor } from './lib.mjs';
import { startModel } from './model.mjs';

const zh = { path: '/?lang=zh', locale: 'zh-CN', openChat: /打开在线客服/ };
const en = { path: '/', locale: 'en-GB', openChat: /Open chat/ };
const slow = 120_000;

const asks = '我的订单 A-1042 什么时候到？';
const reply = 'It comes on day 3, order A-1042.';
const wet = '包裹湿了，怎么办？';
const again = 'We send another one.';
const person = '订单 A-2000 有问题，请转人工客服';
const translations = {
  [wet]: 'The parcel is wet. What now?',
  [again]: '我们再寄一个。',
  [person]: 'There is a problem with order A-2000, a person please',
  [asks]: 'When will my order A-1042 arrive?',
  [reply]: '第3天到，订单 A-1042。',
  'The code is Z-77.': '代码在这里。',
};

describe('working a chat', () => {
  let server, browser, model, emma, chen;
  const problems = [];
  const log = () => emma.getByRole('log');
  const composer = () => emma.getByLabel('Reply', { exact: true }).last();
  const rendering = () => emma.getByLabel('Will be sent in Chinese');
  const said = (visitor, text) => visitor.frame.getByText(text).first().waitFor();
  const chats = () => emma.locator('a[href^="#/inbox/all/"]'); // the newest first
  const send = () => emma.getByRole('button', { name: 'Send', exact: true });
  const call = (method, path, body) =>
    emma.evaluate(
      async ([m, p, b]) => {
        const me = await (await fetch('/api/v1/sessions/current')).json();
        const res = await fetch(`/api/v1${p}`, { method: m, headers: { 'content-type': 'application/json', 'x-csrf-token': me.csrf }, body: b && JSON.stringify(b) });
        if (!res.ok) throw new Error(await res.text());
        return res.status === 204 ? undefined : res.json();
      },
      [method, path, body],
    );

  before(async () => {
    model = await startModel(0, translations);
    [server, browser] = await Promise.all([startServer(['--llm-url', model.url, '--llm-model', 'scripted']), startBrowser()]);
    const admin = await newPage(browser, problems);
    await signIn(admin, server.url, server.people.administrator, { signIn: 'Sign in' });
    await admin.getByRole('navigation').first().waitFor();
    emma = admin; // the page of an administrator, until Emma has her account
    const who = { email: 'emma@desk.example', password: 'a long password' };
    await call('POST', '/accounts', { ...who, name: 'Emma', roles: ['agent'], skills: ['lang:en'], capacity: 8 });
    emma = await newPage(browser, problems);
    await signIn(emma, server.url, who, { signIn: 'Sign in' });
    await emma.getByRole('navigation').first().waitFor();
    await setDuty(emma, 'away'); // chats come to her when she takes them
    chen = await Visitor.arrive(await newPage(browser, problems, { locale: zh.locale }), server.url + zh.path, zh);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    await model?.stop();
  });

  it('shows what the visitor said and, under it, what it means', { timeout: slow }, async () => {
    await chen.say(asks);
    await emma.goto(`${server.url}/console/#/inbox/all`);
    await chats().first().click();
    await emma.getByRole('button', { name: 'Take over' }).click();
    const bubble = log().getByRole('article').filter({ hasText: asks });
    await bubble.getByText('When will my order A-1042 arrive?').waitFor();
    await bubble.getByText('Machine translation').waitFor();
    assert.equal(model.asked.filter((x) => x === asks).length, 1);
  });

  it('shows a reply in the visitor’s language before it is sent, and sends what the agent left of it', { timeout: slow }, async () => {
    await composer().fill(reply);
    await composer().press('Enter');
    await rendering().waitFor();
    assert.equal(await rendering().inputValue(), translations[reply]);
    assert.equal(await chen.messages('agent').count(), 0, 'sent before it was seen');
    await rendering().fill(`${translations[reply]}谢谢您。`);
    await rendering().press('Enter');
    await said(chen, '第3天到，订单 A-1042。谢谢您。');
    await chen.frame.locator('article.msg.agent').last().getByText('译文').waitFor();
    const mine = log().getByRole('article').filter({ hasText: reply });
    await mine.getByText('第3天到，订单 A-1042。谢谢您。').waitFor();
    await mine.getByText('Sent in Chinese').waitFor();
    assert.equal(await chen.frame.getByText('It comes on').count(), 0, 'the visitor sees the agent’s own words');
    assert.equal(await composer().inputValue(), '');
  });

  it('says what a translation lacks', { timeout: slow }, async () => {
    await composer().fill('The code is Z-77.');
    await composer().press('Enter');
    await emma.getByText('Compare with the original: Z-77 is missing.').waitFor();
    await rendering().fill('代码是 Z-77。');
    await send().click();
    await said(chen, '代码是 Z-77。');
  });

  it('neither blocks nor loses what could not be translated', { timeout: slow }, async () => {
    await chen.say('你们周末营业吗？');
    const bubble = log().getByRole('article').filter({ hasText: '你们周末营业吗？' });
    await bubble.getByText('Could not be translated.').waitFor();
    translations['你们周末营业吗？'] = 'Are you open at weekends?';
    await bubble.getByRole('button', { name: 'Try again' }).click();
    await bubble.getByText('Are you open at weekends?').waitFor();
    await composer().fill('We are open on Saturdays.');
    await composer().press('Enter');
    await emma.getByRole('alert').getByText('Could not be translated.').waitFor();
    await emma.getByRole('button', { name: 'Send as written' }).click();
    await said(chen, 'We are open on Saturdays.');
  });

  it('never translates notes, and sends as written when told to', { timeout: slow }, async () => {
    const before = model.asked.length;
    await emma.getByRole('tab', { name: 'Note' }).click();
    assert.equal(await emma.getByRole('button', { name: 'Translate to Chinese' }).count(), 0);
    await emma.getByLabel('Note', { exact: true }).last().fill('A patient customer');
    await emma.getByRole('button', { name: 'Save note' }).click();
    await log().getByText('A patient customer').waitFor();
    await emma.getByRole('tab', { name: 'Reply' }).click();
    await emma.getByRole('button', { name: 'Translate to Chinese' }).click();
    await composer().fill('Bye for now.');
    await composer().press('Enter');
    await said(chen, 'Bye for now.');
    assert.equal(model.asked.length, before);
    assert.equal(await chen.frame.getByText('patient').count(), 0);
    await emma.getByRole('button', { name: 'Translate to Chinese' }).click();
  });

  it('finds replies in the command bar by shortcut and by their English text, and inserts both languages', { timeout: slow }, async () => {
    await call('POST', '/replies', { shortcut: 'late', title: 'Parcel is late', own: true, text: { en: 'Sorry, {{agent.name}} here: the parcel is delayed.', zh: '抱歉，我是 {{agent.name}}，包裹延误了。' } });
    await call('POST', '/replies', { shortcut: 'bye', title: 'Good bye', own: true, text: { en: 'Have a nice day.', zh: '祝您愉快。' }, note: 'settled', then: 'close' });
    await emma.reload();
    await log().getByText('Are you open at weekends?').waitFor();
    const before = model.asked.length;
    for (const words of ['/la', 'delayed']) {
      await emma.keyboard.press('Control+k');
      await emma.getByRole('combobox', { name: 'Search or go to…' }).fill(words);
      await emma.getByRole('option', { name: /\/late/ }).waitFor();
      await emma.keyboard.press('Enter');
      await emma.waitForFunction(() => document.querySelector('[aria-label="Reply"] + *, textarea[aria-label="Reply"]'));
      assert.equal(await composer().inputValue(), 'Sorry, Emma here: the parcel is delayed.');
      assert.equal(await rendering().inputValue(), '抱歉，我是 Emma，包裹延误了。');
      if (words === '/la') await composer().fill('');
    }
    await composer().press('Enter');
    await said(chen, '抱歉，我是 Emma，包裹延误了。');
    assert.equal(model.asked.length, before, 'words that people wrote in both languages need no model');
  });

  it('shows every action of a chat with its key, and says what a macro will do before it does it', { timeout: slow }, async () => {
    await emma.keyboard.press('Escape'); // out of the composer
    await emma.keyboard.press('Control+k');
    for (const [action, key] of [['Reply', 'R'], ['Transfer', 'T'], ['Close', 'E'], ['Note', 'N'], ['Make a ticket', 'M'], ['Hand back to bot', 'B'], ['Next chat', 'J']]) {
      await emma.getByRole('option', { name: new RegExp(`^${action} ?${key}$`) }).waitFor();
    }
    await emma.getByRole('combobox', { name: 'Search or go to…' }).fill('bye');
    await emma.getByRole('option', { name: /\/bye/ }).waitFor();
    await emma.keyboard.press('Enter');
    const dialog = emma.getByRole('dialog');
    for (const part of ['祝您愉快。', 'settled', 'Close the chat']) await dialog.getByText(part).waitFor();
    assert.equal(await chen.frame.getByText('祝您愉快。').count(), 0, 'done before it was confirmed');
    await dialog.getByRole('button', { name: 'Run' }).press('Enter');
    await said(chen, '祝您愉快。');
    await log().getByText('settled').waitFor();
    await dialog.waitFor({ state: 'detached' });
  });

  it('lists every key that does something', { timeout: slow }, async () => {
    await emma.keyboard.press('?');
    for (const text of ['Reply', 'Write a note', 'Make a ticket', 'Hand back to the bot', 'Translate replies, or not', 'Canned reply or macro', 'Next chat']) {
      await emma.getByRole('dialog').getByText(text, { exact: true }).waitFor();
    }
    assert.equal(await emma.getByRole('dialog').getByText('Whisper').count(), 0, 'a key that agents do not have');
    await emma.keyboard.press('Escape');
  });

  it('keeps draft, suggestion and place while six chats are switched by keyboard', { timeout: slow }, async () => {
    const visitors = [];
    for (let i = 1; i <= 6; i++) {
      const v = await Visitor.arrive(await newPage(browser, problems, { locale: (i % 2 ? en : zh).locale }), server.url + (i % 2 ? en : zh).path, i % 2 ? en : zh);
      await v.say(i % 2 ? `Number ${i}: how hot should the water be for oolong tea?` : `第 ${i} 位：乌龙茶要多热的水？`);
      visitors.push(v);
    }
    const { items } = await call('GET', '/conversations?view=bot&limit=20');
    assert.equal(items.length, 6);
    for (const c of items) await call('POST', `/conversations/${c.id}/take`, {});
    await emma.goto(`${server.url}/console/#/inbox/mine`);
    await emma.locator('a[href^="#/inbox/mine/"]').nth(5).waitFor();

    // Each chat long enough to have a place, and with something begun in it.
    for (const v of visitors) {
      for (let i = 0; i < 14; i++) await v.say(`line ${i} of many, so that there is something to scroll`);
      await v.say('How hot should the water be for oolong tea?');
    }
    await emma.keyboard.press('j');
    const begun = {};
    for (let i = 0; i < 6; i++) {
      const id = await emma.evaluate(() => location.hash);
      await log().getByText('How hot should').last().waitFor();
      if (i === 2) {
        await emma.keyboard.press('d'); // what the bot would say, and from where
        await emma.waitForFunction(() => document.querySelector('form textarea')?.value.includes('°C'));
        await emma.locator('form').getByText('From', { exact: true }).waitFor();
      } else {
        await emma.keyboard.press('r');
        await emma.keyboard.type(`draft ${i}`);
      }
      if (i === 0) {
        await emma.keyboard.press('Escape');
        await emma.keyboard.press('n');
        await emma.keyboard.type('a note begun');
      }
      await emma.keyboard.press('Escape');
      const top = await log().evaluate((box, i) => {
        const to = i % 2 ? box.scrollHeight : 40 + 10 * i;
        box.scrollTop = Math.min(to, box.scrollHeight);
        return new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(() => ok(i % 2 ? 'end' : box.scrollTop))));
      }, i);
      begun[id] = { text: await emma.locator('form textarea').first().inputValue(), top };
      if (i < 5) await emma.keyboard.press('j');
    }
    assert.equal(Object.keys(begun).length, 6, 'J went through six chats');
    assert.deepEqual(Object.values(begun).map((b) => b.text.slice(0, 7)).filter((t) => /^(draft|a note)/.test(t)).length, 5);
    for (let i = 0; i < 6; i++) {
      const id = await emma.evaluate(() => location.hash);
      const field = emma.locator('form textarea').first();
      await emma.waitForFunction((want) => document.querySelector('form textarea')?.value === want, begun[id].text);
      assert.equal(await field.inputValue(), begun[id].text);
      const at = await log().evaluate((box) => ({ top: box.scrollTop, end: box.scrollHeight - box.scrollTop - box.clientHeight < 5 }));
      assert.equal(await emma.locator('form').getByText('From', { exact: true }).count(), begun[id].text.includes('°C') ? 1 : 0);
      if (begun[id].top === 'end') assert.ok(at.end, `${id} was at its end`);
      else assert.ok(Math.abs(at.top - begun[id].top) <= 2, `${id}: at ${at.top}, was at ${begun[id].top}`);
      if (i < 5) await emma.keyboard.press('k');
    }
  });

  it('takes a pasted screenshot along, also over another chat', { timeout: slow }, async () => {
    const v = await Visitor.arrive(await newPage(browser, problems, { locale: en.locale }), server.url, en);
    await v.say('I want to see the pattern of the cup');
    await emma.goto(`${server.url}/console/#/inbox/all`);
    await chats().first().click();
    await log().getByText('I want to see the pattern').waitFor();
    await emma.getByRole('button', { name: 'Take over' }).click();
    await composer().focus();
    await emma.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 30 });
      canvas.getContext('2d').fillRect(5, 5, 20, 20);
      const blob = await new Promise((ok) => canvas.toBlob(ok));
      const data = new DataTransfer();
      data.items.add(new File([blob], 'image.png', { type: 'image/png' }));
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await emma.locator('form').getByText('image.png').waitFor();
    await emma.keyboard.press('Escape');
    const here = await emma.evaluate(() => location.hash);
    await emma.keyboard.press('j');
    await emma.waitForFunction((h) => location.hash !== h, here);
    await emma.goto(`${server.url}/console/${here}`);
    await emma.locator('form').getByText('image.png').waitFor();
    await send().click();
    await v.frame.getByRole('img', { name: 'image.png' }).first().waitFor();
    await log().getByRole('img', { name: 'image.png' }).waitFor();
  });

  it('translates answers of tickets by the same rule', { timeout: slow }, async () => {
    const wang = await Visitor.arrive(await newPage(browser, problems, { locale: zh.locale }), server.url + zh.path, zh);
    await wang.ask(wet);
    const { items } = await call('GET', '/conversations?limit=1'); // the newest
    const ticket = await call('POST', '/tickets', { conversation: items[0].id, subject: wet });
    await emma.goto(`${server.url}/console/#/tickets/all/${ticket.id}`);
    await log().getByRole('article').filter({ hasText: wet }).getByText(translations[wet]).waitFor();
    const answer = emma.getByLabel('Answer', { exact: true }).last();
    await answer.fill(again);
    assert.equal(await emma.getByRole('button', { name: 'Send and solve' }).count(), 0, 'sent before it was seen');
    await answer.press('Control+Enter');
    await rendering().waitFor();
    await rendering().press('End');
    await rendering().press('Enter'); // a line: mails have several
    await rendering().pressSequentially('谢谢您。');
    await emma.getByRole('button', { name: 'Send and solve' }).click();
    await said(wang, '谢谢您。');
    assert.equal(await wang.frame.getByText('another one').count(), 0, 'the visitor sees the agent’s own words');
    const mine = log().getByRole('article').filter({ hasText: again });
    await mine.getByText('Sent in Chinese').waitFor();
    await emma.getByRole('heading', { name: wet }).waitFor();
    assert.equal((await call('GET', `/tickets/${ticket.id}`)).status, 'solved');
    await emma.getByRole('button', { name: 'Translate to Chinese' }).click();
    await answer.fill('Bye.');
    await emma.getByRole('button', { name: 'Send', exact: true }).click();
    await said(wang, 'Bye.');
  });

  it('shows under the summary of an offer, and of the chat, what it means', { timeout: slow }, async () => {
    await call('PUT', '/agents/me/duty', { duty: 'on' });
    const zhao = await Visitor.arrive(await newPage(browser, problems, { locale: zh.locale }), server.url + zh.path, zh);
    await zhao.say(person);
    const card = emma.getByRole('alertdialog');
    await card.getByText(translations[person]).waitFor();
    await card.getByText('Machine translation').waitFor();
    await card.getByRole('button', { name: /Accept/ }).click();
    await emma.getByRole('region', { name: 'Context' }).getByText(translations[person]).waitFor();
    await log().getByRole('article').filter({ hasText: person }).getByText(translations[person]).waitFor();
    assert.equal(model.asked.filter((x) => x === person).length, 2, 'as a message once, as a summary once, however often they are shown');
    await call('PUT', '/agents/me/duty', { duty: 'away' });
  });

  it('has no errors in any page', () => assert.deepEqual(problems.filter((p) => !p.includes('status of 503')), [])); // what could not be translated
});
