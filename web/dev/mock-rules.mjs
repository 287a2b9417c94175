// The mock's rules, canned replies and wrap-up codes.
import { ago, id } from './mock-data.mjs';

const queues = [{ id: 'returns', name: 'Returns' }, { id: 'wholesale', name: 'Wholesale' }];
const book = {
  version: 4, queues, skills: ['billing', 'lang:en', 'lang:zh', 'returns'], broken: [{ rule: 'r3', skill: 'ceramics>=4' }],
  rules: [
    { id: 'r1', name: 'Important customers first', when: [{ kind: 'tier', values: ['vip', 'gold'] }], priority: 4 },
    { id: 'r2', name: 'Refunds and returns', when: [{ kind: 'intent', values: ['refund', 'return_goods'] }, { kind: 'entity', name: 'order_number' }], queue: 'returns', skills: ['returns>=3'] },
    { id: 'r3', name: 'Questions about glaze', when: [{ kind: 'page', values: ['/stoneware/*'] }, { kind: 'language', values: ['zh'] }], skills: ['ceramics>=4'] },
    { id: 'r4', name: 'Came back upset', off: true, when: [{ kind: 'returning', days: 7 }, { kind: 'sentiment', below: -0.4 }], priority: 2 },
  ],
};
const codes = { version: 2, codes: [{ id: 'c1', name: 'Refund' }, { id: 'c2', name: 'Delivery' }, { id: 'c3', name: 'Product question' }, { id: 'c4', name: 'Fax order', off: true }] };
let replies = [
  { id: 'p1', version: 1, updated_at: ago(90), shortcut: 'hello', title: 'Welcome', text: { en: 'Hello {{visitor.name|there}}, I am {{agent.name}}. Let me look into this for you.', zh: '{{visitor.name|您}}，您好！我是{{agent.name}}，马上为您查看。' } },
  { id: 'p2', version: 3, updated_at: ago(80), shortcut: 'refund', title: 'Refund is on its way', text: { en: 'The refund is on its way and takes three to five working days.', zh: '退款已经发出，三到五个工作日到账。' }, note: 'Refund started', then: 'close', code: 'c1' },
  { id: 'p3', version: 1, updated_at: ago(70), own: true, shortcut: 'reply-by', title: 'When you hear from us', text: { en: 'You will hear from us by tomorrow noon.' } },
  { id: 'p4', version: 1, updated_at: ago(70), shortcut: 'returns', title: 'To the returns desk', text: { en: 'My colleagues of the returns desk will help you.' }, then: 'transfer', queue: 'returns' },
];

/** Answers what is about rules, replies and codes; false for everything else. */
export function rules(key, json, send) {
  if (key === 'GET /rules') send(200, book);
  else if (key === 'PUT /rules') send(200, Object.assign(book, json(), { version: book.version + 1 }));
  else if (key === 'GET /replies') send(200, { items: replies, queues, variables: ['visitor.name', 'visitor.email', 'agent.name', 'queue'] });
  else if (key === 'POST /replies') {
    replies.push({ id: id('rep'), version: 1, updated_at: ago(0), ...json() });
    send(201, replies.at(-1));
  } else if (key.startsWith('PUT /replies/')) {
    const r = replies.find((x) => key.endsWith(x.id));
    send(200, Object.assign(r, json(), { version: r.version + 1 }));
  } else if (key.startsWith('DELETE /replies/')) {
    replies = replies.filter((x) => !key.endsWith(x.id));
    send(204);
  } else if (key === 'GET /codes') send(200, codes);
  else if (key === 'PUT /codes') send(200, Object.assign(codes, json(), { version: codes.version + 1 }));
  else return false;
  return true;
}
