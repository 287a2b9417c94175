import { describe, expect, test } from 'vitest';
import { languagesOf } from '../src/console/inbox/languages';

describe('the languages of an agent', () => {
  test('are those among the skills, at any level, and that of the console', () => {
    expect([...languagesOf(['billing=4', 'lang:fr', 'lang:de=2'], 'en')]).toEqual(['en', 'fr', 'de']);
    expect([...languagesOf([], 'zh')]).toEqual(['zh']);
    expect([...languagesOf(['lang:', 'slang:zh'], 'en')]).toEqual(['en']);
  });
});

