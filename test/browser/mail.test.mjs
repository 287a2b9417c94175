// Out of hours: a visitor's wish becomes a ticket with a number, an agent answers it by
// e-mail, what the visitor writes back lands in its thread, and after it was solved
// another e-mail opens it again. Once in English and once in Chinese, beside the mail
// server that TestBrowserMail started; FRONTDESK_TEST_CONTROL is its URL.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asked, call, newPage, setDuty, signIn, startBrowser, startServer, Visitor } from './lib.mjs';

const stories = {
  en: {
    path: '/',
    locale: 'en-GB',
    openChat: /Open chat/,
    signIn: 'Sign in',
    mailbox: 'ann',
    wish: 'I want to talk to a person',
    closed: /people are back from 00:00 on \w+\. Your question is kept for them\..* Its number is #(\d+)\./,
    reach: 'Tell us how to reach you',
    text: 'My parcel says delivered, but it is not here.',
    words: { message: 'Your message', email: 'E-mail', send: 'Send message' },
    left: /your message is with our team\. We'll answer here and at ann@home\.test\. Its number is #(\d+)\./,
    take: 'Take it',
    answerBox: 'Answer',
    answer: 'Your parcel is at the neighbour’s, at number 12.',
    sent: /^sent$/,
    came: /^came in$/,
    byMail: 'by e-mail',
    reply: 'They are away. When are they back?',
    quote: 'On Friday Lin wrote:',
    solve: 'Solve',
    status: { open: 'Our turn', pending: 'Visitor’s turn', solved: 'Solved' },
    later: 'It was the wrong parcel, by the way.',
    again: (n) => `Ticket #${n} opened again`,
    reopened: 'Opened again',
    once: '1 time',
  },
  zh: {
    path: '/?lang=zh',
    locale: 'zh-CN',
    openChat: /打开在线客服/,
    signIn: '登录',
    mailbox: 'bob',
    wish: '我要找人工客服',
    closed: /现在没有客服在线，周. 00:00 恢复服务。.*编号是 #(\d+)。/,
    reach: '留下联系方式',
    text: '包裹显示已签收，可是我没有收到。',
    words: { message: '留言内容', email: '电子邮箱', send: '提交留言' },
    left: /您的留言已收到。我们会在这里和 bob@home\.test 回复您。编号是 #(\d+)。/,
    take: '由我负责',
    answerBox: '回复',
    answer: '您的包裹放在 12 号邻居家了。',
    sent: /^已发送$/,
    came: /^来信$/,
    byMail: '邮件',
    reply: '邻居不在家，什么时候回来？',
    quote: '2026年3月6日，小林写道：',
    solve: '标为已解决',
    status: { open: '待我方处理', pending: '等待访客', solved: '已解决' },
    later: '对了，那不是我的包裹。',
    again: (n) => `工单 #${n} 重新打开`,
    reopened: '重新打开',
    once: '1 次',
  },
};

const control = process.env.FRONTDESK_TEST_CONTROL;

/** The n-th e-mail in somebody's mailbox, once it is there. */
async function arrives(name, n) {
  for (const late = Date.now() + 30_000; Date.now() < late; ) {
    const all = await asked(fetch(`${control}/mails/${name}`));
    if (all?.length >= n) return all[n - 1];
    await new Promise((ok) => setTimeout(ok, 100));
  }
  throw new Error(`e-mail ${n} of ${name} did not come`);
}

/** Somebody answers an e-mail as their program would: with what it answers below. */
async function answers(mail, from, text, quote) {
  const to = /<(.*)>/.exec(mail.Header['Reply-To'][0])[1];
  const quoted = mail.Text.split('\n').map((line) => `> ${line}`);
  const raw = [
    `From: <${from}>`,
    `To: <${to}>`,
    'Subject: Re: your answer',
    `Message-ID: <${crypto.randomUUID()}@home.test>`,
    `In-Reply-To: ${mail.Header['Message-Id'][0]}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    text,
    '',
    quote,
    ...quoted,
    '',
  ].join('\n');
  const res = await fetch(`${control}/mails`, { method: 'POST', body: JSON.stringify({ from, to, raw }) });
  if (!res.ok) throw new Error(await res.text());
}

describe('a message out of hours', () => {
  let server, browser, admin;
  const problems = [];

  before(async () => {
    [server, browser] = await Promise.all([startServer(), startBrowser()]);
    admin = await newPage(browser, problems);
    await signIn(admin, server.url, server.people.administrator, { signIn: 'Sign in' });
    await admin.getByRole('navigation').first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('closes the main queue, which is open at all hours, for a holiday', async () => {
    const weeks = [0, 1, 2, 3, 4, 5, 6].map((day) => ({ day, open: '00:00', close: '24:00' }));
    const { id: _, ...shop } = await call(admin, 'GET', '/inboxes/shop');
    await call(admin, 'PUT', '/inboxes/shop', { ...shop, hours: { zone: 'UTC', weeks } });
    await admin.goto(`${server.url}/console/#/queues/main`);
    // A test that goes on past midnight finds a holiday too.
    for (const ahead of [0, 1]) {
      await admin.getByRole('button', { name: 'Add a holiday' }).click();
      await admin.getByLabel('Date').last().fill(new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10));
    }
    await admin.getByRole('button', { name: 'Save', exact: true }).click();
    await admin.getByText('Main queue is saved.').waitFor();
  });

  for (const [lang, s] of Object.entries(stories)) {
    describe(`in ${lang}`, () => {
      const address = `${s.mailbox}@home.test`;
      let visitor, agent, number, first;

      before(async () => {
        visitor = await Visitor.arrive(await newPage(browser, problems, { locale: s.locale }), server.url + s.path, s);
        agent = await newPage(browser, problems, { locale: s.locale, viewport: { width: 1440, height: 900 } });
        await signIn(agent, server.url, server.people.agent, s);
        await agent.getByRole('navigation').first().waitFor();
        await setDuty(agent, 'off');
      });
      after(async () => {
        await visitor?.page.context().close();
        await agent?.context().close();
      });

      const log = () => agent.getByRole('log');
      const stands = (status) => agent.locator('header .chip').getByText(s.status[status], { exact: true }).waitFor();

      it('is kept under a number that the visitor reads', async () => {
        await visitor.say(s.wish);
        const told = visitor.frame.getByText(s.closed).first();
        await told.waitFor();
        number = s.closed.exec(await told.innerText())[1];
        await visitor.frame.getByRole('button', { name: s.reach }).click();
        await visitor.frame.getByLabel(s.words.message).fill(s.text);
        await visitor.frame.getByLabel(s.words.email).fill(address);
        await visitor.frame.getByRole('button', { name: s.words.send }).click();
        const again = visitor.frame.getByText(s.left).first();
        await again.waitFor();
        assert.equal(s.left.exec(await again.innerText())[1], number, 'the number changed');
      });

      it('is answered by e-mail from the console', async () => {
        await agent.goto(`${server.url}/console/#/tickets`);
        await agent.getByRole('link', { name: new RegExp(`#${number}\\b`) }).click();
        await agent.getByRole('heading', { name: new RegExp(`^#${number} `) }).waitFor();
        await log().getByText(s.text, { exact: true }).waitFor();
        await agent.getByRole('button', { name: s.take }).click();
        const box = agent.getByRole('textbox', { name: s.answerBox, exact: true });
        await box.fill(s.answer);
        await box.press('Control+Enter');
        await stands('pending');
        first = await arrives(s.mailbox, 1);
        assert.ok(first.Text.includes(s.answer), first.Text);
        await agent.getByRole('region').getByText(s.sent).waitFor();
        await visitor.messages('agent').filter({ hasText: s.answer }).waitFor(); // in the chat as well
      });

      it('has the visitor’s e-mail in its thread', async () => {
        await answers(first, address, s.reply, s.quote);
        const came = log().getByText(s.reply, { exact: true });
        await came.waitFor();
        await log().getByText(s.byMail).first().waitFor();
        await stands('open');
        await agent.getByRole('region').getByText(s.came).waitFor();
        assert.equal(await log().getByText(s.quote).count(), 0, 'what was quoted is shown again');
        await visitor.messages('visitor').filter({ hasText: s.reply }).waitFor();
      });

      it('is solved, and opened again by an e-mail that comes later', async () => {
        await agent.getByRole('button', { name: s.solve, exact: true }).click();
        await stands('solved');
        await answers(first, address, s.later, s.quote);
        await log().getByText(s.later, { exact: true }).waitFor();
        await log().getByText(s.again(number)).waitFor();
        await stands('open');
        const times = agent.getByText(s.reopened, { exact: true }).locator('xpath=following-sibling::dd[1]');
        assert.equal(await times.innerText(), s.once);
        await agent.getByRole('link', { name: new RegExp(`#${number}\\b`) }).first().waitFor(); // among those that wait for us
        assert.deepEqual((await log().innerText()).split('\n').filter((line) => [s.text, s.answer, s.reply, s.later].includes(line)), [s.text, s.answer, s.reply, s.later]);
      });
    });
  }

  it('has no errors in any page', () => assert.deepEqual(problems, []));
});
