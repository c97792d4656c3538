import { afterEach, expect, test, vi } from 'vitest';
import { EngineError } from '../errors.ts';
import { sha256Hex } from './sha256.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('gives the digests of FIPS 180-4', async () => {
  const abc = new TextEncoder().encode('abc');
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(await sha256Hex(abc)).toBe(digest);
  expect(await sha256Hex(new Uint8Array(0))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('takes a view, and shared memory', async () => {
  const abc = new TextEncoder().encode('abc');
  const shared = new Uint8Array(new SharedArrayBuffer(5), 1, 3);
  shared.set(abc);
  expect(await sha256Hex(shared)).toBe(await sha256Hex(abc));
  expect(await sha256Hex(new TextEncoder().encode('xabcx').subarray(1, 4))).toBe(await sha256Hex(abc));
});

test('says what a page without Web Crypto needs', async () => {
  vi.stubGlobal('crypto', {});
  const digest = sha256Hex(new Uint8Array(1));
  await expect(digest).rejects.toThrow(EngineError);
  await expect(digest).rejects.toThrow('Serve it over https, or from localhost.');
});
