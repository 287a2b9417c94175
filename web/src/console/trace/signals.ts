import type { Lang } from '../../shared/i18n';

const names: Record<string, Record<Lang, string>> = {
  confidence: { en: 'Confidence of the best answer', zh: '最佳答案的置信度' },
  margin: { en: 'Lead over the next answer', zh: '领先下一个答案' },
  suggestions: { en: 'Near ties to suggest', zh: '可供选择的相近问题' },
  out_of_scope: { en: 'Outside what it knows', zh: '超出知识范围' },
  far_topic: { en: 'Another topic altogether', zh: '完全无关的话题' },
  smalltalk: { en: 'Small talk', zh: '寒暄' },
  wants_person: { en: 'Wants a person', zh: '想要人工' },
  account_action: { en: 'About their own account', zh: '涉及本人账户' },
  sensitive: { en: 'Sensitive topic', zh: '敏感话题' },
  abuse: { en: 'Insult', zh: '辱骂' },
  rejects: { en: 'Rejects the last answer', zh: '否定上一条回答' },
  sentiment: { en: 'Feeling of this turn', zh: '本轮情绪' },
  trend: { en: 'Feeling over the turns', zh: '情绪走势' },
  unhappy: { en: 'Is unhappy', zh: '处于不满状态' },
  accepts: { en: 'A plain yes', zh: '明确同意' },
  declines: { en: 'A plain no', zh: '明确拒绝' },
  acknowledges: { en: 'Takes a refusal in', zh: '表示知道了' },
  settles: { en: 'Lets the matter rest', zh: '不再追问' },
  persists: { en: 'Tried it in vain', zh: '试过仍不行' },
  offer_open: { en: 'A person was just offered', zh: '刚提出转人工' },
  since_offer: { en: 'Turns since that offer', zh: '距上次提出的轮数' },
  after_answer: { en: 'Follows an answer', zh: '紧接一条回答' },
  after_clarify: { en: 'Follows a question back', zh: '紧接一次反问' },
  picked: { en: 'Picked a suggestion', zh: '点选了建议' },
  repeated_question: { en: 'Asked before', zh: '以前问过' },
  repeated_answer: { en: 'Answer given before', zh: '答案已给过' },
  same_matter: { en: 'The same matter as before', zh: '与上一件没回答的事相同' },
  unanswered: { en: 'Turns without an answer', zh: '没有答案的轮数' },
  failed: { en: 'Failed turns in a row', zh: '连续未解决轮数' },
  in_line: { en: 'Waits for a person already', zh: '已在排队' },
  restates: { en: 'Says the last question again', zh: '重复上一个问题' },
  echoes: { en: 'Says the answer back', zh: '复述上一条回答' },
  asks: { en: 'Asks something', zh: '在提问或请求' },
  inquires: { en: 'Asks how or whether', zh: '询问怎么办、能不能' },
  instructs: { en: 'Tells us to do something', zh: '要求代为操作' },
  content: { en: 'Words with content', zh: '实词数' },
  words: { en: 'Has words', zh: '有文字' },
  turn: { en: 'Number of the turn', zh: '第几轮' },
};
const order = Object.keys(names);
const NEVER = 99; // turns since an offer that was not made

export interface Signal {
  name: string;
  value: number;
}

/** A signal in plain words; one that is new here is shown under its own name. */
export function signalName(name: string, lang: Lang): string {
  return names[name]?.[lang] ?? name.replaceAll('_', ' ');
}

/** What speaks in this turn: signals that are not silent, in the policy's own order. */
export function speaking(signals: Record<string, number>): Signal[] {
  const place = (n: string) => (order.indexOf(n) < 0 ? order.length : order.indexOf(n));
  return Object.entries(signals)
    .map(([name, value]) => ({ name, value }))
    .filter(({ name, value }) => !(name === 'words' || name === 'turn' || (name === 'since_offer' && value >= NEVER)) && (Math.abs(value) >= 0.005 || name === 'confidence'))
    .sort((a, b) => place(a.name) - place(b.name));
}
