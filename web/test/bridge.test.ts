import { expect, test } from 'vitest';
import { isToFrame, isToHost, MARK } from '../src/shared/bridge';

test('messages between page and frame are taken by exact shape only', () => {
  expect(isToFrame({ mark: MARK, type: 'init', language: 'en', page: 'https://a.example', full: false })).toBe(true);
  expect(isToFrame({ mark: MARK, type: 'identify', identity: 'x.y.z' })).toBe(true);
  expect(isToHost({ mark: MARK, type: 'state', unread: 1, teaser: '', active: true, accent: '' })).toBe(true);
  for (const bad of [
    null,
    'open',
    42,
    {},
    { type: 'open' },
    { mark: 'frontdesk/0', type: 'close' },
    { mark: MARK, type: 'constructor' },
    { mark: MARK, type: 'init', language: 'en', page: 1, full: false },
    { mark: MARK, type: 'identify', identity: {} },
    { mark: MARK, type: 'init', language: 'en', page: 'x', full: false, theme: 3 },
  ]) {
    expect(isToFrame(bad), JSON.stringify(bad)).toBe(false);
  }
  expect(isToHost({ mark: MARK, type: 'state', unread: '1', teaser: '', active: true, accent: '' })).toBe(false);
  expect(isToHost({ mark: MARK, type: 'identify', identity: 'x' })).toBe(false);
});
