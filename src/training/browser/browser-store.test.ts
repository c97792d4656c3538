import { expect, test } from 'vitest';
import { EngineError } from '../../errors.ts';
import { browserStore } from './browser-store.ts';

test('says what to use where there is no browser', () => {
  expect(() => browserStore('mine')).toThrow(
    new EngineError(
      'browserStore needs IndexedDB and Web Locks, which are not here. Serve the page over https, or from localhost; in Node, use folderStore.',
    ),
  );
});
