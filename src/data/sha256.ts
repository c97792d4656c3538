/** @file SHA-256 (FIPS 180-4) with Web Crypto, which Node and browsers share. */

import { EngineError } from '../errors.ts';

/**
 * The SHA-256 of `bytes`: 64 lower-case hexadecimal digits.
 *
 * @throws EngineError in a page without Web Crypto
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  // Absent in pages served over plain http, whatever the types say.
  const subtle: typeof crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new EngineError('SHA-256 needs Web Crypto, which this page lacks. Serve it over https, or from localhost.');
  }
  // Web Crypto refuses shared memory, such as the weights of an engine with threads.
  const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  const digest = new Uint8Array(await subtle.digest('SHA-256', own));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
