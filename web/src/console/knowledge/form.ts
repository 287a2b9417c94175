import type { Translate } from '../../shared/i18n';
import type { Doc } from '../api';
import type { KnowledgeWord } from '../words/knowledge';

/** A document as the editor's fields hold it. */
export interface Form {
  kind: 'page' | 'entry';
  title: string;
  question: string;
  answer: string;
  paraphrases: string; // one a line
  negatives: string; // one a line
  confirmed: string; // one a line
  text: string;
  language: string;
  audience: string;
  tags: string; // separated by commas
  url: string;
  valid_from: string; // a date, or ''
  valid_until: string;
}

export function formOf(d: Partial<Doc> & { kind: 'page' | 'entry' }): Form {
  return {
    kind: d.kind,
    title: d.title ?? '',
    question: d.question ?? '',
    answer: d.answer ?? '',
    paraphrases: (d.paraphrases ?? []).join('\n'),
    negatives: (d.negatives ?? []).join('\n'),
    confirmed: (d.confirmed ?? []).join('\n'),
    text: d.text ?? '',
    language: d.language ?? 'en',
    audience: d.audience ?? '',
    tags: (d.tags ?? []).join(', '),
    url: d.url ?? '',
    valid_from: d.valid_from?.slice(0, 10) ?? '',
    valid_until: d.valid_until?.slice(0, 10) ?? '',
  };
}

const lines = (s: string): string[] => s.split('\n').map((x) => x.trim()).filter(Boolean);
const commas = (s: string): string[] => s.split(/[,，、]/).map((x) => x.trim()).filter(Boolean);

/** What POST and PUT take. Fields of the other kind stay out. */
export function bodyOf(f: Form): Partial<Doc> {
  const common = {
    kind: f.kind,
    language: f.language,
    audience: f.audience.trim(),
    tags: commas(f.tags),
    url: f.url.trim(),
    confirmed: lines(f.confirmed),
    valid_from: f.valid_from ? `${f.valid_from}T00:00:00Z` : undefined,
    valid_until: f.valid_until ? `${f.valid_until}T00:00:00Z` : undefined,
  };
  return f.kind === 'entry'
    ? { ...common, question: f.question.trim(), answer: f.answer.trim(), paraphrases: lines(f.paraphrases), negatives: lines(f.negatives) }
    : { ...common, title: f.title.trim(), text: f.text };
}

export type Problems = Partial<Record<keyof Form, string>>;

/** What keeps the form from being saved, by field. */
export function check(f: Form, t: Translate<KnowledgeWord>): Problems {
  const p: Problems = {};
  if (f.kind === 'entry') {
    if (!f.question.trim()) p.question = t('needQuestion');
    if (!f.answer.trim()) p.answer = t('needAnswer');
  } else {
    if (!f.title.trim()) p.title = t('needTitle');
    if (!f.text.trim()) p.text = t('needText');
  }
  if (f.valid_from && f.valid_until && f.valid_until <= f.valid_from) p.valid_until = t('datesReversed');
  return p;
}
