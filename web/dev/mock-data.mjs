// What the mock server starts with: a small desk in the middle of a working day.
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
let serial = 0;
export const id = (p = 'x') => `${p}-${(++serial).toString(36)}-${Math.random().toString(36).slice(2, 8)}`;

export const accounts = [
  { id: 'acc-lin', email: 'lin@juniperclay.example', name: 'Lin Wei', roles: ['administrator', 'agent', 'editor'], skills: ['lang:en', 'lang:zh', 'orders'], capacity: 4, disabled: false, created_at: ago(90000), last_seen_at: ago(0) },
  { id: 'acc-maya', email: 'maya@juniperclay.example', name: 'Maya Okafor', roles: ['agent'], skills: ['lang:en', 'glazes'], capacity: 3, disabled: false, created_at: ago(80000), last_seen_at: ago(4) },
  { id: 'acc-tom', email: 'tom@juniperclay.example', name: 'Tomás Herrera', roles: ['supervisor', 'agent'], skills: ['lang:en'], capacity: 5, disabled: false, created_at: ago(70000), last_seen_at: ago(190) },
  { id: 'acc-yu', email: 'yu@juniperclay.example', name: '于静', roles: ['editor'], skills: [], capacity: 1, disabled: false, created_at: ago(60000), last_seen_at: ago(2900) },
  { id: 'acc-old', email: 'sam@juniperclay.example', name: 'Sam Pritchard', roles: ['agent'], skills: ['lang:en'], capacity: 3, disabled: true, created_at: ago(160000), last_seen_at: ago(40000) },
];

export const inbox = {
  id: 'shop',
  name: 'Juniper & Clay',
  origins: ['http://127.0.0.1:4100', 'https://www.juniperclay.example'],
  accent: '#2f6b57',
  greeting: {
    en: "Hi, I'm the shop's assistant, a bot. Ask me anything, or talk to a person at any time.",
    zh: '您好，我是商城的智能助手。有问题直接问我，也可以随时转人工。',
  },
  language: 'en',
  hours: { zone: 'Europe/London', weeks: [1, 2, 3, 4, 5].map((day) => ({ day, open: '09:00', close: '18:00' })) },
  version: 1,
};

export const suggestions = {
  en: ['How long does delivery take?', 'Can I return a cup I have used once?', 'Are the bowls safe in a dishwasher?'],
  zh: ['多久可以送到？', '用过一次的杯子可以退吗？', '碗可以放洗碗机吗？'],
};

const entry = (n, question, answer, more = {}) => ({
  id: `doc-${n}`, kind: 'entry', status: 'published', version: 1, path: `faq/orders.csv#${n}`, source: 'faq/orders.csv', title: question, url: '', language: 'en', audience: '', tags: [],
  question, answer, paraphrases: [], negatives: [], created_at: ago(50000), updated_at: ago(9000 - n * 70), updated_by: 'acc-yu', ...more,
});

export const documents = [
  entry(1, 'How long does delivery take?', 'Orders leave our studio within **two working days**. Delivery then takes 2–4 working days in the UK and 5–9 in the rest of Europe.', { paraphrases: ['When will my parcel arrive?', 'shipping time', 'how many days until I get my order'], tags: ['delivery'] }),
  entry(2, 'Can I return a cup I have used once?', 'Yes. You have **30 days** from delivery, and one careful use is fine. Pack it as it came and send it back with the label from your order page.', { paraphrases: ['return a used item'], negatives: ['Can I exchange a gift?'], tags: ['returns'] }),
  entry(3, 'Are the bowls safe in a dishwasher?', 'All stoneware except pieces with **gold lustre** may go in the dishwasher. A low-heat programme keeps the glaze bright for longer.', { tags: ['care'] }),
  entry(4, '多久可以送到？', '订单会在 **两个工作日** 内寄出。英国境内 2–4 个工作日送达，欧洲其他地区 5–9 个工作日。', { language: 'zh', tags: ['delivery'] }),
  entry(5, '用过一次的杯子可以退吗？', '可以。签收后 **30 天** 内，轻微使用过也可以退。请按原样包好，用订单页里的退货单寄回。', { language: 'zh', tags: ['returns'] }),
  entry(6, 'Do you ship to Switzerland?', 'We do. Duties are paid at checkout, so nothing is due at the door.', { status: 'draft', tags: ['delivery'], updated_by: 'acc-lin' }),
  entry(7, 'How do I use a gift card?', 'Enter its 16 digits at checkout under **Gift card**. What is left stays on the card for two years.', { tags: ['payment'] }),
  entry(8, 'Can I change my delivery address?', 'Until the parcel leaves the studio you can change it on your order page. After that, write to us and we will ask the carrier.', { tags: ['delivery', 'orders'] }),
  {
    id: 'doc-p1', kind: 'page', status: 'published', version: 3, path: 'help/returns.md', source: 'help/returns.md', title: 'Returns and refunds', url: 'https://www.juniperclay.example/help/returns', language: 'en', audience: '', tags: ['returns'],
    text: '# Returns and refunds\n\nYou have 30 days from the day your parcel arrives.\n\n## What can come back\n\nAnything in the shop, also after one careful use. Made-to-order sets and pieces with a name on them stay with you.\n\n## How a refund is paid\n\n| Paid by | Back on | Days |\n|---|---|---|\n| Card | the same card | 3–5 |\n| Gift card | the same gift card | at once |\n\n## Broken on arrival\n\nSend a photo within **seven days**. We replace the piece and you keep the shards.',
    question: '', answer: '', paraphrases: [], negatives: [], created_at: ago(60000), updated_at: ago(300), updated_by: 'acc-yu',
  },
  {
    id: 'doc-p2', kind: 'page', status: 'published', version: 1, path: 'help/glazes.md', source: 'help/glazes.md', title: 'Our glazes', url: '', language: 'en', audience: '', tags: ['care'],
    text: '# Our glazes\n\nWe mix six glazes ourselves.\n\n## Ash\n\nMade from juniper ash. Food safe, matt, a little rough to the touch.\n\n## Celadon\n\nA clear green that pools in carved lines.',
    question: '', answer: '', paraphrases: [], negatives: [], created_at: ago(60000), updated_at: ago(20000), updated_by: 'ingest',
  },
];

export const imports = [
  {
    id: 'imp-1', state: 'done', created_at: ago(310), by: 'acc-yu',
    files: [
      { name: 'faq/orders.csv', size: 18_240, state: 'done', progress: 1, documents: 38, created: 31, updated: 5, unchanged: 2, removed: 0, sections: 0, problems: [{ row: 17, field: 'answer', detail: 'The answer is empty.' }, { row: 29, field: 'valid_until', detail: '“31/02/2026” is not a date. Write it as 2026-02-28.' }] },
      { name: 'help/returns.md', size: 6_120, state: 'done', progress: 1, documents: 1, created: 0, updated: 1, unchanged: 0, removed: 0, sections: 9, problems: [] },
      { name: 'care-guide.pdf', size: 2_410_000, state: 'failed', progress: 1, detail: 'The file is damaged: its cross-reference table ends early. Export the PDF again and upload it once more.', documents: 0, created: 0, updated: 0, unchanged: 0, removed: 0, sections: 0, problems: [] },
      { name: 'help/delivery.docx', size: 44_800, state: 'unchanged', progress: 1, documents: 1, created: 0, updated: 0, unchanged: 1, removed: 0, sections: 6, problems: [] },
    ],
  },
];

export const candidate = (d, confidence, more = {}) => ({
  document: d.id, kind: d.kind, path: d.path, title: d.title, url: d.url, language: d.language, heading: d.kind === 'page' ? ['What can come back'] : [],
  passage: d.answer || 'Anything in the shop, also after one careful use. Made-to-order sets and pieces with a name on them stay with you.', curated: d.kind === 'entry', matched: d.paraphrases[0],
  score: confidence * 0.9, confidence,
  evidence: { lexical_score: 8.4 * confidence, lexical_rank: Math.ceil((1 - confidence) * 8) + 1, vector_score: confidence * 0.8, vector_rank: Math.ceil((1 - confidence) * 6) + 1, coverage: Math.min(1, confidence + 0.1), margin: confidence / 3 },
  ...more,
});

export function trace(asked, decision, more = {}) {
  const strong = decision === 'answer';
  return {
    event: '', at: ago(3), asked, question: asked, rewritten: false, carried: [], language: 'en',
    intents: [{ name: strong ? 'return_item' : 'order_status', class: 'business', confidence: strong ? 0.91 : 0.34 }, { name: 'refund_status', class: 'business', confidence: 0.05 }, { name: 'thanks', class: 'smalltalk', confidence: 0.01 }],
    out_of_scope: strong ? 0.04 : 0.42, entities: [], sentiment: { turn: strong ? 0.1 : -0.42, trend: strong ? 0.06 : -0.31 },
    candidates: [candidate(documents[1], strong ? 0.86 : 0.31), candidate(documents[8], strong ? 0.62 : 0.28), candidate(documents[7], 0.17)],
    signals: { confidence: strong ? 0.86 : 0.31, out_of_scope: strong ? 0.04 : 0.42, sentiment: strong ? 0.1 : -0.42, trend: strong ? 0.06 : -0.31, wants_person: 0.02, rejects: strong ? 0.01 : 0.38, failed_turns: strong ? 0 : 2 },
    thresholds: { confidence: [{ rule: 'answer', op: '>=', value: 0.55 }], out_of_scope: [{ rule: 'refuse_far', op: '>=', value: 0.7 }], trend: [{ rule: 'unhappy', op: '<=', value: -0.45 }], wants_person: [{ rule: 'asked', op: '>=', value: 0.5 }], failed_turns: [{ rule: 'offer_after_failures', op: '>=', value: 2 }] },
    decision, rule: strong ? 'answer' : 'offer_after_failures', because: strong ? 'The best candidate has confidence 0.86, above the 0.55 that an answer needs.' : 'Two turns in a row failed, and nothing in the knowledge base reaches 0.55; a person is offered.',
    answer: strong ? documents[1].answer : '', sources: [], suggestions: [], confidence: strong ? 0.86 : 0.31, failed: !strong,
    timings_ms: { understand: 4.1, rewrite: 0.3, embed: 7.9, retrieve: 3.2, decide: 0.1, generate: 0, total: 15.8 }, ...more,
  };
}

export const review = {
  unanswered: [
    { event: 'rv-1', conversation: 'c-old-1', at: ago(35), asked: 'do you have the ash plates in 30 cm?', question: 'Do you have the ash plates in 30 cm?', language: 'en', decision: 'refuse', answer: "I couldn't find that in our help pages.", confidence: 0.22, sources: [], nearest: { document: 'doc-p2', title: 'Our glazes', confidence: 0.22 } },
    { event: 'rv-2', conversation: 'c-old-2', at: ago(150), asked: '可以刻字吗', question: '杯子可以刻字吗？', language: 'zh', decision: 'refuse', answer: '帮助文档里没有找到答案。', confidence: 0.18, sources: [] },
    { event: 'rv-3', conversation: 'c-old-3', at: ago(1500), asked: 'can i collect from the studio', question: 'Can I collect my order from the studio?', language: 'en', decision: 'clarify', answer: 'Do you mean one of these?', confidence: 0.41, sources: [], nearest: { document: 'doc-8', title: 'Can I change my delivery address?', confidence: 0.41 } },
  ],
  unhelpful: [
    { event: 'rv-4', conversation: 'c-old-4', at: ago(90), asked: 'is the celadon bowl ok in the microwave?', question: 'Is the celadon bowl OK in the microwave?', language: 'en', decision: 'answer', answer: 'All stoneware except pieces with gold lustre may go in the dishwasher.', confidence: 0.58, helpful: false, why: 'not_my_question', sources: [{ document: 'doc-3', path: 'faq/orders.csv#3', title: 'Are the bowls safe in a dishwasher?', url: '', heading: [], score: 0.58 }] },
  ],
};

export { ago };
