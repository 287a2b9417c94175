import type { Lang } from '../shared/i18n';

const known: Record<string, Record<Lang, string>> = {
  order_number: { en: 'Order', zh: '订单号' },
  phone: { en: 'Phone', zh: '电话' },
  email: { en: 'E-mail', zh: '邮箱' },
  date: { en: 'Date', zh: '日期' },
  money: { en: 'Amount', zh: '金额' },
};

/** What a fact that was found in a visitor's words is called. */
export const factName = (name: string, lang: Lang): string => known[name]?.[lang] ?? name.replaceAll('_', ' ');
