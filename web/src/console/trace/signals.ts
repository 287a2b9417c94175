import type { Lang } from '../../shared/i18n';

const names: Record<string, Record<Lang, string>> = {
  confidence: { en: 'Confidence of the best answer', zh: '最佳答案的置信度' },
  margin: { en: 'Lead over the next answer', zh: '领先下一个答案' },
  out_of_scope: { en: 'Outside what it knows', zh: '超出知识范围' },
  far_topic: { en: 'Another topic altogether', zh: '完全无关的话题' },
  smalltalk: { en: 'Small talk', zh: '寒暄' },
  sentiment: { en: 'Feeling of this turn', zh: '本轮情绪' },
  trend: { en: 'Feeling over the turns', zh: '情绪走势' },
  wants_person: { en: 'Wants a person', zh: '想要人工' },
  refuses_person: { en: 'Does not want a person', zh: '不想转人工' },
  account_action: { en: 'About their own account', zh: '涉及本人账户' },
  rejects: { en: 'Rejects the last answer', zh: '否定上一条回答' },
  failed_turns: { en: 'Failed turns in a row', zh: '连续未解决轮数' },
  failed: { en: 'Failed turns in a row', zh: '连续未解决轮数' },
  repeated: { en: 'Asked the same again', zh: '重复提问' },
  abuse: { en: 'Insult', zh: '辱骂' },
  sensitive: { en: 'Sensitive topic', zh: '敏感话题' },
  closing: { en: 'Is done', zh: '准备结束' },
};

/** A signal in plain words; one that is new here is shown under its own name. */
export function signalName(name: string, lang: Lang): string {
  return names[name]?.[lang] ?? name.replaceAll('_', ' ');
}
