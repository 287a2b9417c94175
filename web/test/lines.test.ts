import { expect, test } from 'vitest';
import type { Entry } from '../src/shared/client/timeline';
import { keptFor } from '../src/widget/lines';

const after = (...changes: string[]) => keptFor(changes.map((change) => ({ kind: change ? 'service' : 'message', event: { change } }) as Entry));

test('who left a message need not wait until somebody is with them', () => {
  expect(after('enqueued')).toBe(false);
  expect(after('enqueued', '', 'left_message')).toBe(true);
  expect(after('left_message', 'enqueued', 'parked', 'enqueued')).toBe(true); // people are there, and it stands in line by itself
  expect(after('left_message', 'enqueued', 'accepted')).toBe(false);
  expect(after('left_message', 'accepted', 'closed', '', 'enqueued')).toBe(false);
  expect(after('left_message', 'left_queue')).toBe(false);
});
