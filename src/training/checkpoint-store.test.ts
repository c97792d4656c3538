import { beforeEach, describe } from 'vitest';
import { checkStore } from '../../test/check-store.ts';
import { type MemoryStore, memoryStore } from './checkpoint-store.ts';

describe('a store in memory', () => {
  let store: MemoryStore;
  beforeEach(() => {
    store = memoryStore();
  });
  checkStore(() => {
    store = memoryStore(...store.saved);
    return store;
  });
});
