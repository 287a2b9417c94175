// How the bot learns from what it could not answer: visitors ask the same in other
// words, an agent sees why one of them came to a person, an editor finds one cluster,
// makes an entry of it, tries it, is stopped when an edit would break it, and
// publishes after mending. Once in English and once in Chinese.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newPage, setDuty, signIn, startBrowser, startServer, Visitor } from './lib.mjs';

const stories = {
  en: {
    path: '/',
    locale: 'en-GB',
    openChat: /Open chat/,
    signIn: 'Sign in',
    asked: ['Can I become a shareholder?', 'I want to become a shareholder', 'could I be a shareholder of yours'],
    person: 'I want to talk to a person',
    accept: /Accept/,
    why: 'Why the bot said this',
    reason: /The visitor asks for a person\./,
    value: /Wants a person: [01]\.\d+ \(at least 0\.\d+\)/,
    unanswered: /^Unanswered/,
    make: 'Make it an FAQ entry',
    question: 'Question',
    answerBox: 'Answer',
    paraphrases: 'Other ways to ask it',
    answer: 'No. The studio belongs to the people who work in it, so there are no shares to buy.',
    holds: 'belongs to the people who work in it',
    save: 'Save',
    publish: 'Publish',
    benchField: 'Ask as a visitor',
    benchAsk: 'Ask',
    hit: 'Answers from this entry',
    published: /Published/,
    emptied: { question: 'Where may I leave my bicycle?', answer: 'There are bicycle stands behind the studio.' },
    stopped: 'Not published: confirmed questions would break',
    back: 'Go back and mend it',
    mended: 'No. The studio belongs to the people who work in it. You may become a friend of the studio instead.',
    later: 'is it possible to become a shareholder',
    checks: 'Checks',
    run: 'Check now',
    right: 'Right',
    releases: 'Stopped',
  },
  zh: {
    path: '/?lang=zh',
    locale: 'zh-CN',
    openChat: /打开在线客服/,
    signIn: '登录',
    asked: ['可以当学徒吗', '你们收不收学徒', '想拜师学做陶，收学徒吗'],
    person: '我要找人工客服',
    accept: /接受/,
    why: '机器人为什么这样说',
    reason: /访客要求转人工。/,
    value: /想要人工：[01]\.\d+（至少 0\.\d+）/,
    unanswered: /^没答上来/,
    make: '做成一条问答',
    question: '问题',
    answerBox: '答案',
    paraphrases: '其他问法',
    answer: '可以：每年九月收两名学徒，请在五月前把作品照片寄到 jobs@example.com。',
    holds: '每年九月收两名学徒',
    save: '保存',
    publish: '发布',
    benchField: '以访客身份提问',
    benchAsk: '提问',
    hit: '引用了这条内容',
    published: /已发布/,
    emptied: { question: '自行车停在哪里？', answer: '工作室后面有自行车架。' },
    stopped: '没有发布：会影响确认过的问题',
    back: '返回修改',
    mended: '可以：每年九月收两名学徒，请在六月前把作品照片寄到 jobs@example.com。',
    later: '请问你们收学徒吗',
    checks: '确认过的问题',
    run: '立即检查',
    right: '正确',
    releases: '已拦下',
  },
};

describe('learning from what was not answered', () => {
  let server, browser;
  const problems = [];

  before(async () => {
    [server, browser] = await Promise.all([startServer(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const [lang, s] of Object.entries(stories)) {
    describe(`in ${lang}`, () => {
      let visitor, agent, editor, wording;

      after(async () => {
        for (const page of [visitor?.page, agent, editor]) await page?.context().close();
      });

      it('is asked the same in three ways and answers none', async () => {
        for (const text of s.asked) {
          await visitor?.page.context().close();
          visitor = await Visitor.arrive(await newPage(browser, problems, { locale: s.locale }), server.url + s.path, s);
          const got = await visitor.ask(text);
          assert.ok(!got.includes(s.holds), got);
        }
      });

      it('shows the agent why the chat came to them', async () => {
        agent = await newPage(browser, problems, { locale: s.locale, viewport: { width: 1440, height: 900 } });
        await signIn(agent, server.url, server.people.agent, s);
        await agent.getByRole('navigation').first().waitFor();
        await setDuty(agent, 'on');
        await visitor.say(s.person);
        await agent.getByRole('button', { name: s.accept }).click();
        await agent.getByRole('log').getByText(s.person, { exact: true }).waitFor();
        await agent.getByRole('log').getByRole('button', { name: s.why, exact: true }).last().click();
        await agent.getByText(s.reason).first().waitFor();
        await agent.getByText(s.value).first().waitFor();
        await setDuty(agent, 'off');
      });

      it('shows the editor one cluster of all three', async () => {
        editor = await newPage(browser, problems, { locale: s.locale, viewport: { width: 1440, height: 900 } });
        await signIn(editor, server.url, server.people.editor, s);
        await editor.getByRole('link', { name: s.unanswered }).click();
        const item = editor.getByRole('listitem').filter({ hasText: s.asked[0] }).filter({ has: editor.getByRole('button', { name: s.make }) });
        await item.waitFor();
        for (const text of s.asked) assert.ok((await item.innerText()).includes(text), `${text} is not in the cluster`);
        await item.getByRole('button', { name: s.make }).click();
      });

      it('makes an entry of it, tries it as a draft, and publishes it', async () => {
        const question = editor.getByRole('textbox', { name: s.question, exact: true });
        await question.waitFor();
        wording = { question: await question.inputValue(), others: await editor.getByRole('textbox', { name: s.paraphrases }).inputValue() };
        assert.deepEqual([wording.question, ...wording.others.split('\n')].sort(), [...s.asked].sort());
        await editor.getByRole('textbox', { name: s.answerBox, exact: true }).fill(s.answer);
        await editor.getByRole('button', { name: s.save, exact: true }).click();
        await editor.waitForURL(/documents\/[0-9a-f-]{36}/);
        await editor.getByRole('textbox', { name: s.benchField }).fill(s.later);
        await editor.getByRole('button', { name: s.benchAsk, exact: true }).click();
        await editor.getByText(s.hit).first().waitFor();
        await editor.getByRole('button', { name: s.publish, exact: true }).click();
        await editor.getByText(s.published).first().waitFor();
      });

      it('is stopped when an edit would break the confirmed question', async () => {
        await editor.getByRole('textbox', { name: s.question, exact: true }).fill(s.emptied.question);
        await editor.getByRole('textbox', { name: s.paraphrases }).fill('');
        await editor.getByRole('textbox', { name: s.answerBox, exact: true }).fill(s.emptied.answer);
        await editor.getByRole('button', { name: s.publish, exact: true }).click();
        const dialog = editor.getByRole('dialog', { name: s.stopped });
        await dialog.waitFor();
        const said = await dialog.innerText();
        assert.ok(said.includes(wording.question), said);
        assert.ok(said.includes(s.holds), `the dialog does not say what answered until now: ${said}`);
        await dialog.getByRole('button', { name: s.back }).click();
      });

      it('goes on answering as before meanwhile', async () => {
        const other = await Visitor.arrive(await newPage(browser, problems, { locale: s.locale }), server.url + s.path, s);
        assert.ok((await other.ask(s.later)).includes(s.holds));
        await other.page.context().close();
      });

      it('publishes after mending', async () => {
        await editor.getByRole('textbox', { name: s.question, exact: true }).fill(wording.question);
        await editor.getByRole('textbox', { name: s.paraphrases }).fill(wording.others);
        await editor.getByRole('textbox', { name: s.answerBox, exact: true }).fill(s.mended);
        await editor.getByRole('button', { name: s.publish, exact: true }).click();
        await editor.getByText(s.published).first().waitFor();
        const other = await Visitor.arrive(await newPage(browser, problems, { locale: s.locale }), server.url + s.path, s);
        assert.ok((await other.ask(s.later)).includes(s.mended.slice(-20)));
        await other.page.context().close();
      });

      it('keeps the question, and what was stopped', async () => {
        await editor.goto(`${server.url}/console/#/knowledge/checks`);
        await editor.getByRole('button', { name: s.run }).click();
        const line = editor.getByRole('listitem').filter({ hasText: wording.question });
        await line.first().getByLabel(s.right, { exact: true }).waitFor();
        await editor.getByText(s.releases, { exact: true }).first().waitFor();
      });
    });
  }

  it('pages raised no error', () => assert.deepEqual(problems, []));
});
