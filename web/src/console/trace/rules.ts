import type { Lang } from '../../shared/i18n';
import type { Trace } from '../api';
import { signalName } from './signals';

/** Why a decision was made, as a supervisor reads it. */
export interface Reason {
  sentence: string;
  values: string[]; // each signal that the rule looked at, with its value and where the rule cuts it
}

// The server's sentence is English; these are the shipped rules in Chinese.
const zh: Record<string, string> = {
  asked: '访客要求转人工',
  two_failed_turns: '连续两轮没有解决，接下来必须提出转人工',
  nothing_fits: '没有适用于这一轮的规则',
  offer_accepted: '访客同意转人工',
  sensitive: '这类话题应由人工处理',
  sensitive_likely: '这类话题多半应由人工处理，也没有足够可信的内容',
  offer_declined: '访客选择继续由机器人服务',
  acknowledged: '访客接受了没有答案，也没有说要人工',
  thumbs_up: '没有文字的友好表示',
  no_words_again: '又是一条机器人读不懂的消息',
  no_words: '消息里没有机器人能读懂的文字',
  picked: '访客点选了一个建议',
  none_of_these: '给出的建议都不是访客想问的',
  rejected: '访客表示上一条回答没有帮助',
  rejected_same: '访客表示上一条回答没有帮助，而机器人没有别的答案',
  unhappy: '访客的情绪变差了',
  unhappy_same: '访客的情绪变差了，而最佳答案已经给过',
  settled: '访客表示这件事不用再管',
  upset: '访客很不满，又没有把握能帮上忙的内容',
  rejected_again: '访客表示这样也没有帮助',
  repeated_question: '访客又问了同样的问题',
  account_action: '需要在访客本人的订单或账户上操作，机器人办不了',
  smalltalk: '寒暄',
  chat: '在聊机器人或闲聊',
  chat_remark: '友好的话，并没有提问',
  likely_chat: '多半是闲聊，并没有提问',
  another_topic: '完全是另一个话题',
  surely_another_topic: '完全是另一个话题',
  answer_given_twice: '最佳答案已经给过两次',
  answer: '最佳内容很可能是对的',
  echo: '访客复述了回答，并没有提问',
  reaction: '对回答的一句感想，并没有提问',
  content: '访客没有不满，也没有提问',
  comment: '访客在评论上一条回答，并没有提问',
  ask_back: '可能指的是几条不同的内容，没有一条足够可信',
  ask_back_nearer: '可能指的是几条不同的内容，没有一条足够可信',
  ask_back_likely: '可能有内容能回答，但把握不够',
  ask_back_other_matter: '换了一件事，可能指的是几条不同的内容',
  unanswered_again: '机器人刚才没能回答，现在也不能',
  unanswered_thrice: '机器人已经两次没能回答，现在也不能',
  nothing_found: '没有内容能支持一个回答',
  sensitive_unanswered: '这类话题多半应由人工处理，也没有内容能回答',
  account_action_unanswered: '需要在访客本人的订单或账户上操作，也没有可靠的内容说明怎么做',
  account_instruction: '访客要求在其订单或账户上操作，机器人办不了',
  same_unanswered_again: '访客又问同一件事，机器人两次都没能回答',
  trouble: '得到回答后访客仍说遇到麻烦，而没有内容能帮上忙',
  trouble_persists: '访客照做了，问题还在',
  trouble_same: '访客照做了，问题还在，而最佳答案还是那一个',
  trouble_unanswered: '第二次没有内容能帮上忙，访客也不满意',
  misunderstood: '访客换了说法重复刚才回答过的问题，没有足够可信的内容',
  remark: '访客在评论没有得到回答的事，并没有提问',
};

/** The sentence of a decision and the values that made its rule fire. */
export function reasonOf(trace: Trace, lang: Lang): Reason {
  const because = trace.because ?? '';
  const colon = because.indexOf(': ');
  const english = (colon < 0 ? because : because.slice(0, colon)).replace(/\.$/, '');
  const values = conditions(trace).map(({ signal, op, value }) => {
    const have = number(trace.signals?.[signal] ?? 0);
    const limit = number(value);
    const name = signalName(signal, lang);
    if (lang === 'zh') return `${name}：${have}（${op === '<' ? '低于' : '至少'} ${limit}）`;
    return `${name}: ${have} (${op === '<' ? 'below' : 'at least'} ${limit})`;
  });
  if (lang === 'zh') {
    const own = zh[trace.rule];
    // A rule of this installation's own policy: its name is in its own words.
    return { sentence: own ? `${own}。` : because || trace.rule, values };
  }
  return { sentence: english ? `${english}.` : trace.rule, values };
}

interface Cut {
  signal: string;
  op: string;
  value: number;
}

/** Where the rule that fired cuts each signal. */
function conditions(trace: Trace): Cut[] {
  const out: Cut[] = [];
  for (const [signal, cuts] of Object.entries(trace.thresholds ?? {})) {
    for (const c of cuts) if (c.rule === trace.rule) out.push({ signal, op: c.op, value: c.value });
  }
  return out;
}

const number = (x: number): string => (Number.isInteger(x) ? String(x) : x.toFixed(2));
