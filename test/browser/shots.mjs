// Takes the pictures of docs/images: real pages with real content from a fresh server.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newPage, setDuty, signIn, startBrowser, startServer, Visitor } from './lib.mjs';

const out = new URL('../../docs/images/', import.meta.url).pathname;
const en = { openChat: /Open chat/, signIn: 'Sign in' };
const zh = { openChat: /打开在线客服/, signIn: '登录' };
const desk = { width: 1440, height: 900 };

await mkdir(out, { recursive: true });
const [server, browser] = await Promise.all([startServer(), startBrowser()]);
const problems = [];
const shot = (page, name) => page.screenshot({ path: join(out, `${name}.png`) });
try {
  // The widget, light: an answer with its source.
  const light = await newPage(browser, problems, { viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  const v = await Visitor.arrive(light, server.url, en);
  await v.ask('Can I put my bowl in the microwave?');
  await v.ask('and in the dishwasher?');
  await light.waitForTimeout(400);
  await shot(light, 'widget');

  // Dark.
  const dark = await newPage(browser, problems, { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
  const d = await Visitor.arrive(dark, server.url, en);
  await d.ask('How do I return a cup that I do not like?');
  await dark.waitForTimeout(400);
  await shot(dark, 'widget-dark');

  // Chinese, on a phone.
  const phone = await newPage(browser, problems, { viewport: { width: 390, height: 844 }, locale: 'zh-CN', colorScheme: 'light' });
  const z = await Visitor.arrive(phone, `${server.url}/?lang=zh`, zh);
  await z.ask('收到的碗裂了怎么办');
  await phone.waitForTimeout(400);
  await shot(phone, 'widget-zh');

  // The console: an agent takes a chat, with the trace of a turn beside it.
  const agent = await newPage(browser, problems, { viewport: desk });
  await signIn(agent, server.url, server.people.agent, en);
  await agent.getByRole('navigation').first().waitFor();
  await setDuty(agent, 'on');
  await v.say('My parcel says delivered but it is not here. I want to talk to a person');
  await agent.getByRole('button', { name: /^Accept/ }).click();
  await agent.getByRole('textbox', { name: 'Reply' }).fill('Good morning, this is Lin. I am looking at your parcel now.');
  await agent.keyboard.press('Control+Enter');
  await v.messages('agent').first().waitFor();
  await agent.waitForTimeout(600);
  await shot(agent, 'console-inbox');
  await agent.getByRole('button', { name: 'Why the bot said this' }).first().click();
  await agent.waitForTimeout(600);
  await shot(agent, 'console-trace');

  // The editor's test bench beside an entry.
  const editor = await newPage(browser, problems, { viewport: desk });
  await signIn(editor, server.url, server.people.editor, en);
  await editor.getByRole('link', { name: /Are your pieces dishwasher safe/ }).click();
  const ask = editor.getByPlaceholder(/A question in a visitor/);
  await ask.fill('may my mug go into the dish washer');
  await ask.press('Enter');
  await editor.getByText(/Answers from this entry|Answers from/).first().waitFor();
  await editor.waitForTimeout(400);
  await shot(editor, 'console-knowledge');

  // The same console in Chinese and dark.
  const night = await newPage(browser, problems, { viewport: desk, locale: 'zh-CN', colorScheme: 'dark' });
  await signIn(night, server.url, server.people.administrator, zh);
  await night.goto(`${server.url}/console/#/knowledge/documents`);
  await night.getByRole('heading', { level: 1 }).waitFor();
  await night.waitForTimeout(600);
  await shot(night, 'console-zh-dark');
} finally {
  await browser.close();
  await server.stop();
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
