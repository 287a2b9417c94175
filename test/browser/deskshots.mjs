// Takes the pictures of docs/images/desk: a desk on a busy morning, from a fresh server.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { binary, call, newPage, setDuty, signIn, startBrowser, startServer, Visitor } from './lib.mjs';

const out = new URL('../../docs/images/desk/', import.meta.url).pathname;
const en = { locale: 'en-GB', path: '/', openChat: /Open chat/, signIn: 'Sign in', wish: 'I want to talk to a person', message: ['Menu', 'Leave a message', 'Your message', 'E-mail', 'Send message'] };
const zh = { locale: 'zh-CN', path: '/?lang=zh', openChat: /打开在线客服/, signIn: '登录', wish: '我要找人工客服', message: ['菜单', '留言', '留言内容', '电子邮箱', '提交留言'] };
const size = { width: 1440, height: 900 };
const password = 'a long password';
const problems = [];
process.env.FRONTDESK_LIMITS_CONVERSATIONS_PER_HOUR = '100'; // they all come from here
await mkdir(out, { recursive: true });
const [server, browser] = await Promise.all([startServer(), startBrowser()]);

const shot = async (page, name) => {
  await page.waitForTimeout(700); // what moves has come to rest
  await page.screenshot({ path: join(out, `${name}.png`) });
};
const arrives = async (words, path = words.path) => Visitor.arrive(await newPage(browser, problems, { locale: words.locale }), server.url + path, words);
const signsIn = async (who, words, options) => {
  const page = await newPage(browser, problems, { locale: words.locale, viewport: size, colorScheme: 'light', ...options });
  await signIn(page, server.url, who, words);
  await page.getByRole('navigation').first().waitFor();
  return page;
};

/** Somebody asks the bot, and then for a person. */
async function waits(words, questions, path) {
  const v = await arrives(words, path);
  for (const q of questions) await v.ask(q);
  await v.say(words.wish);
  await v.frame.getByText(words.wish).first().waitFor();
  return v;
}

/** Somebody leaves a message and goes. */
async function leaves(words, text, email) {
  const v = await arrives(words);
  const [menu, item, message, address, send] = words.message;
  await v.frame.getByRole('button', { name: menu }).click();
  await v.frame.getByRole('menuitem', { name: item }).click();
  await v.frame.getByLabel(message).fill(text);
  await v.frame.getByLabel(address).fill(email);
  await v.frame.getByRole('button', { name: send }).click();
  await v.frame.getByText(email).first().waitFor();
  await v.page.context().close();
}

try {
  const admin = await signsIn(server.people.administrator, en);
  const hire = (name, roles, skills, capacity) => call(admin, 'POST', '/accounts', { email: `${name.split(' ')[0].toLowerCase()}@juniperclay.example`, name, roles, skills, capacity, password });
  await hire('Emma Hart', ['agent'], ['lang:en', 'returns=4'], 2);
  await hire('Wei Chen', ['agent'], ['lang:zh', 'lang:en', 'returns=2'], 2);
  await hire('Sara Novak', ['agent'], ['lang:en', 'wholesale=5'], 2);
  await hire('Mei Tan', ['supervisor'], ['lang:en', 'lang:zh'], 4);
  const agents = {};
  for (const [name, words] of [['emma', en], ['wei', zh], ['sara', en], ['mei', en]]) agents[name] = await signsIn({ email: `${name}@juniperclay.example`, password }, words);

  await call(admin, 'PUT', '/queues/returns', { name: 'Returns and repairs', skills: ['returns>=2'], priority: 1, answer_s: 60 });
  await call(admin, 'PUT', '/queues/wholesale', { name: 'Wholesale', skills: ['wholesale>=3'], priority: 2, answer_s: 120, wrap_up_s: 60 });
  await call(admin, 'PUT', '/rules', {
    version: 0,
    rules: [
      { name: 'Cafés and shops that order for a trade', when: [{ kind: 'page', values: ['for=trade'] }], queue: 'wholesale' },
      { name: 'Broken, wrong or unwanted', when: [{ kind: 'page', values: ['about=return'] }], queue: 'returns' },
      { name: 'Gold customers first', when: [{ kind: 'tier', values: ['gold'] }], priority: 5 },
      { name: 'Losing patience', when: [{ kind: 'sentiment', below: -0.4 }, { kind: 'returning', days: 7 }], priority: 3 },
      { name: 'Holiday offers', off: true, when: [{ kind: 'page', values: ['/holiday'] }], priority: 1 },
    ],
  });

  // The morning: chats with people, with the bot and in line.
  for (const name of ['emma', 'wei', 'sara']) await setDuty(agents[name], 'on');
  const accept = async (name) => {
    await agents[name].getByRole('button', { name: name === 'wei' ? /^接受/ : /^Accept/ }).click();
    await agents[name].getByRole('alertdialog').waitFor({ state: 'detached' });
  };
  const replies = async (name, text) => {
    const box = agents[name].getByRole('textbox', { name: name === 'wei' ? '回复' : 'Reply', exact: true });
    await box.fill(text);
    await box.press('Control+Enter');
    await agents[name].getByRole('log').getByText(text).waitFor();
  };
  const ann = await waits(en, ['How do I return a cup that I do not like?', 'My order JC-20418 came with a chipped rim. Do I have to pay for the return?'], '/?about=return');
  await accept('emma');
  await replies('emma', 'Good morning, this is Emma. I am sorry about the rim.');
  await ann.say('Thank you. Can I exchange it for another colour instead?');
  await agents.emma.getByRole('log').getByText('another colour instead').waitFor();
  await waits(en, ['Do you deliver on Saturdays?'], '/?for=trade');
  await accept('sara');
  await replies('sara', 'Hello, how many bowls would you need, and by when?');
  await waits(zh, ['收到的碗裂了怎么办']);
  await accept('wei');
  await replies('wei', '您好，我是客服小陈，正在为您查订单。');
  await arrives(en).then((v) => v.ask('Are your pieces dishwasher safe?'));
  await arrives(zh).then((v) => v.ask('盘子能用洗碗机洗吗？'));

  // The chat with a draft of the answer, and why it came to her.
  const { emma } = agents;
  await emma.getByRole('button', { name: 'Draft by the bot' }).click();
  await emma.waitForFunction(() => [...document.querySelectorAll('textarea')].some((x) => x.value.length > 20));
  await shot(emma, 'chat');
  await emma.getByRole('button', { name: 'Why this agent was chosen' }).first().click();
  await shot(emma, 'why');
  await emma.keyboard.press('Escape');

  // Two of them at lunch, and a line.
  await setDuty(agents.wei, 'away');
  await setDuty(agents.sara, 'away');
  await waits(en, ['How long does delivery take?', 'It has been nine days and nobody answers my e-mails, this is really disappointing!']);
  await accept('emma');
  await emma.getByRole('log').getByText('nine days').waitFor();
  await waits(en, ['Can I still change the address of my order?']);
  await waits(zh, ['茶壶盖子可以单独买吗？']);
  await waits(en, ['Do you ship forty mugs to Norway?'], '/?for=trade');
  await waits(en, ['Is the blue glaze food safe?', 'And for small children?']);
  await call(emma, 'PUT', '/agents/me/duty', { duty: 'on', capacity: 3 });
  await emma.goto(`${server.url}/console/#/inbox/queue`);
  await emma.getByRole('alertdialog').waitFor();
  await emma.getByRole('list', { name: 'Chats' }).getByRole('listitem').last().click();
  await emma.getByRole('log').getByText('small children').waitFor();
  await shot(emma, 'queue');

  await agents.mei.goto(`${server.url}/console/#/live`);
  await shot(agents.mei, 'wall');
  await admin.goto(`${server.url}/console/#/rules`);
  await shot(admin, 'rules');
  const night = await signsIn({ email: 'mei@juniperclay.example', password }, zh, { colorScheme: 'dark' });
  await night.goto(`${server.url}/console/#/live`);
  await shot(night, 'wall-zh-dark');
  await setDuty(agents.wei, 'on');
  await agents.wei.emulateMedia({ colorScheme: 'dark' });
  await shot(agents.wei, 'chat-zh-dark');

  // What came in while nobody was there.
  for (const name of ['emma', 'wei', 'sara']) await setDuty(agents[name], 'away');
  await leaves(en, 'The glaze on my teapot came off after two weeks. Can it be repaired?', 'ann.miller@mail.example');
  await leaves(zh, '订单 JC-20931 的茶杯少了一只，请补发。', 'li.na@mail.example');
  await leaves(en, 'We would like to order 40 soup bowls for our restaurant by June.', 'orders@thegoosepub.example');
  await leaves(en, 'My gift card says it has been used, but I never used it.', 'tom.baker@mail.example');
  const { items: tickets } = await call(admin, 'GET', '/tickets?view=all&sort=newest');
  const people = (await call(admin, 'GET', '/agents')).items;
  const id = (name) => people.find((p) => p.name.startsWith(name)).id;
  const of = (address) => `/tickets/${tickets.find((x) => x.email?.startsWith(address)).id}`;
  await call(admin, 'PATCH', of('orders'), { assignee: id('Sara'), priority: 2 });
  await call(admin, 'PATCH', of('li.na'), { assignee: id('Wei') });
  await call(admin, 'PATCH', of('tom'), { priority: 5 });
  await call(agents.emma, 'POST', `${of('ann')}/answers`, {
    id: crypto.randomUUID(),
    text: 'I am sorry to hear that. A glaze should hold for years: please send it back to us, we pay the postage, and a new one is on its way on Monday.',
    status: 'pending',
  });
  await emma.goto(`${server.url}/console/#/tickets/all/${of('ann').split('/')[2]}`);
  await emma.getByRole('log').getByText('I am sorry to hear that').waitFor();
  await shot(emma, 'tickets');

  // What the simulator prints, as a terminal shows it.
  const { stdout } = await promisify(execFile)(binary, ['simulate', 'day'], { maxBuffer: 1 << 24 });
  const terminal = await newPage(browser, problems, { viewport: { width: 1100, height: 200 } });
  await terminal.setContent('<body style="margin:0"><pre style="display:inline-block;margin:0;padding:20px 24px;font:13px/1.5 ui-monospace,DejaVu Sans Mono,monospace;background:#14171c;color:#e6e8eb"></pre>');
  await terminal.locator('pre').evaluate((pre, text) => (pre.textContent = text), `$ frontdesk simulate day\n${stdout.trimEnd()}`);
  await terminal.locator('pre').screenshot({ path: join(out, 'simulate.png') });
} finally {
  await browser.close();
  await server.stop();
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
