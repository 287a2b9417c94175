// The desk at work: two agents, a supervisor and three visitors at once, in English
// and Chinese. Each step builds on the ones before it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { call, newPage, setDuty, signIn, startBrowser, startServer, Visitor } from './lib.mjs';
import { startModel } from './model.mjs';

const en = { path: '/', locale: 'en-GB', openChat: /Open chat/ };
const zh = { path: '/?lang=zh', locale: 'zh-CN', openChat: /打开在线客服/ };
const slow = 120_000;

describe('two agents, a supervisor and three visitors', () => {
  let server, browser, model, admin, emma, wei, mei, ola, ann, bo, chen;
  const problems = [];

  const comes = async (name, words, roles, skills, capacity) => {
    const email = `${name.toLowerCase()}@desk.example`;
    await call(admin, 'POST', '/accounts', { email, name, roles, skills, capacity, password: 'a long password' });
    const page = await newPage(browser, problems, { locale: words === zh ? 'zh-CN' : 'en-GB' });
    await signIn(page, server.url, { email, password: 'a long password' }, { signIn: words === zh ? '登录' : 'Sign in' });
    await page.getByRole('navigation').first().waitFor();
    return page;
  };

  const arrives = async (words) => Visitor.arrive(await newPage(browser, problems, { locale: words.locale }), server.url + words.path, words);
  const said = (visitor, text) => visitor.frame.getByText(text).first().waitFor();
  const offer = (agent) => agent.getByRole('alertdialog');

  before(async () => {
    process.env.FRONTDESK_DESK_OFFER_FOR = '8s';
    process.env.FRONTDESK_DESK_GONE_AFTER = '5s';
    model = await startModel(600, () => 'That is what it says.'); // to Emma, who reads no Chinese
    [server, browser] = await Promise.all([startServer(['--llm-url', model.url, '--llm-model', 'scripted']), startBrowser()]);
    admin = await newPage(browser, problems);
    await signIn(admin, server.url, server.people.administrator, { signIn: 'Sign in' });
    await admin.getByRole('navigation').first().waitFor();
    emma = await comes('Emma', en, ['agent'], ['lang:en'], 1);
    wei = await comes('Wei', zh, ['agent'], ['lang:en', 'lang:zh'], 1);
    ola = await comes('Ola', en, ['agent'], ['lang:en', 'wholesale=4'], 1);
    mei = await comes('Mei', en, ['supervisor'], ['lang:en'], 4);
    [ann, bo, chen] = [await arrives(en), await arrives(zh), await arrives(zh)];
    await setDuty(emma, 'on');
    await setDuty(wei, 'on');
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    await model?.stop();
  });

  it('routes by skill, and tells the agent why', { timeout: slow }, async () => {
    const rule = { name: 'Wholesale', when: [{ kind: 'page', values: ['about=wholesale'] }], skills: ['wholesale>=3'] };
    await call(admin, 'PUT', '/rules', { rules: [rule], version: 0 });
    await setDuty(ola, 'on');
    const dora = await arrives({ ...en, path: '/?about=wholesale' });
    await dora.say('I want to talk to a person');
    await offer(ola).waitFor();
    assert.equal((await offer(emma).count()) + (await offer(wei).count()), 0, 'offered to who has not the skill');
    await ola.keyboard.press('Enter');
    await said(dora, /Ola has joined/);
    await ola.locator('textarea:focus').waitFor(); // what is typed next is for the visitor, and no key of the desk
    await ola.keyboard.type('Good morning.');
    await ola.keyboard.press('Enter');
    await said(dora, 'Good morning.');
    await ola.getByRole('button', { name: 'Why this agent was chosen' }).first().click();
    await ola.getByText(/wholesale/).first().waitFor();
    await setDuty(ola, 'away'); // and serves Dora all the while
  });

  it('offers to who speaks the language and no other, and to the next when the offer is missed', { timeout: slow }, async () => {
    await ann.say('I want to talk to a person');
    await offer(emma).waitFor(); // Wei could, but is the only one for Chinese
    await emma.getByRole('button', { name: /^Emma: / }).click();
    await emma.getByRole('menu').waitFor();
    await emma.keyboard.press('Escape'); // closes the menu, and passes nothing
    await emma.getByRole('menu').waitFor({ state: 'detached' });
    assert.equal(await offer(emma).count(), 1, 'Escape in a menu passed the offer');
    assert.equal(await offer(wei).count(), 0);
    await offer(emma).waitFor({ state: 'detached' }); // eight seconds pass
    await offer(wei).waitFor();
    await wei.getByRole('button', { name: /接受/ }).click();
    await said(ann, /Wei/);
  });

  it('tells those in line their place, and when it moves', { timeout: slow }, async () => {
    await setDuty(emma, 'away');
    await bo.say('我要找人工客服');
    await said(bo, /马上轮到您|排在第 1 位/);
    await chen.say('我要找人工客服');
    await said(chen, /排在第 2 位/);
    await wei.getByRole('button', { name: '结束' }).click();
    await said(ann, /ended/);
    await wei.getByRole('button', { name: /接受/ }).click();
    await said(bo, /Wei/);
    await chen.frame.getByRole('status').filter({ hasText: /马上轮到您|排在第 1 位/ }).waitFor();
  });

  it('brings a refused transfer back to who passed it on, and says so', { timeout: slow }, async () => {
    await chen.frame.getByRole('button', { name: /退出排队|取消排队|不等了/ }).click();
    await setDuty(emma, 'on');
    await wei.getByRole('button', { name: '转接' }).first().click();
    await wei.getByRole('dialog').getByText('Emma').click();
    await wei.getByRole('dialog').getByRole('button', { name: '转接' }).click();
    await wei.getByText('正在转出，有人接受前仍由你答复。').waitFor();
    await wei.getByLabel('回复', { exact: true }).last().fill('我先帮您看着。');
    await wei.getByRole('button', { name: '发送' }).click();
    await said(bo, '我先帮您看着。');
    await emma.getByRole('button', { name: /Pass/ }).click();
    await wei.getByRole('log').getByText('Emma 未接受转接').waitFor();
    await said(bo, '仍由 Wei 为您服务');
    await wei.getByLabel('回复', { exact: true }).last().fill('我来继续为您处理。');
    await wei.getByRole('button', { name: '发送' }).click();
    await said(bo, '我来继续为您处理。');
  });

  it('shows the agent what a supervisor whispers, and who looks, but not the visitor', { timeout: slow }, async () => {
    await mei.goto(`${server.url}/console/#/inbox/all`);
    await mei.getByText('我来继续为您处理。').first().click();
    await wei.getByRole('img', { name: /Mei/ }).waitFor();
    await wei.getByRole('log').getByText('Mei 正在旁观').waitFor();
    await mei.getByRole('tab', { name: 'Whisper' }).click();
    await mei.getByRole('textbox', { name: 'Whisper' }).fill('Ask for the order number');
    await mei.getByRole('button', { name: 'Whisper', exact: true }).click();
    await wei.getByRole('log').getByText('Ask for the order number').waitFor();
    assert.equal(await bo.frame.getByText(/order number|Mei/).count(), 0);
  });

  it('lets a supervisor give the chat to a colleague; its agent reads so, and goes on when she passes', { timeout: slow }, async () => {
    await mei.getByRole('button', { name: 'Transfer' }).click();
    await mei.getByRole('dialog').getByText('Emma').click();
    await mei.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click();
    await wei.getByRole('log').getByText('Mei 转出了对话').waitFor();
    await emma.getByRole('button', { name: /Pass/ }).click();
    await wei.getByLabel('回复', { exact: true }).last().fill('还是我为您处理。');
    await wei.getByRole('button', { name: '发送' }).click();
    await said(bo, '还是我为您处理。');
  });

  it('silences the bot in mid sentence when a supervisor takes over', { timeout: slow }, async () => {
    await ann.say('How hot should the water be for oolong tea?');
    const answer = ann.messages('bot').last();
    await ann.frame.locator('article.msg.bot[aria-busy="true"] .bubble').filter({ hasText: /\w{3}/ }).waitFor();
    await mei.goto(`${server.url}/console/#/inbox/bot`);
    await mei.getByText('How hot should the water be for oolong tea?').first().click();
    await mei.getByRole('button', { name: 'Take over' }).click();
    await said(ann, /Mei/);
    await ann.frame.locator('article.msg.bot').last().getByText('Stopped').waitFor();
    const [texts, count] = [await answer.innerText(), await ann.messages('bot').count()];
    assert.equal(await ann.frame.locator('article.msg.bot[aria-busy="true"]').count(), 0, 'the bot is still writing');
    await ann.say('And for how long?');
    await mei.getByRole('log').getByText('And for how long?').waitFor();
    await mei.getByLabel('Reply', { exact: true }).last().fill('Three minutes.');
    await mei.getByRole('button', { name: 'Send', exact: true }).click();
    await said(ann, 'Three minutes.');
    assert.equal(await answer.innerText(), texts);
    assert.equal(await ann.messages('bot').count(), count, 'the bot spoke after the take-over');
  });

  it('takes a chat back when its agent’s tab was killed, and tells the visitor', { timeout: slow }, async () => {
    const devtools = await wei.context().newCDPSession(wei);
    devtools.send('Page.crash').catch(() => {}); // nobody is left to answer
    await wei.waitForEvent('crash');
    await bo.frame.getByText(/Wei.*(中断|断开)/).first().waitFor({ timeout: 70_000 });
    await offer(emma).waitFor({ timeout: 45_000 }); // nobody for Chinese is left: the language is given up
    await emma.getByRole('button', { name: /Accept/ }).click();
    await said(bo, /Emma/);
  });

  it('shows who else looks at a ticket, and who writes an answer', { timeout: slow }, async () => {
    const { items } = await call(ola, 'GET', '/conversations?view=mine');
    const ticket = await call(ola, 'POST', '/tickets', { conversation: items[0].id, subject: 'Forty bowls' });
    for (const page of [emma, mei]) await page.goto(`${server.url}/console/#/tickets/all/${ticket.id}`);
    await mei.getByRole('img', { name: /Emma/ }).waitFor();
    await emma.getByRole('textbox', { name: 'Answer' }).pressSequentially('We have');
    await mei.getByRole('status').filter({ hasText: 'Emma is typing a reply' }).waitFor();
  });

  it('has no errors in any page', () => assert.deepEqual(problems, []));
});
