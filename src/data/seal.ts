/**
 * @file A safetensors file that tells by itself whether it is whole: its first metadata entry is the SHA-256 of all of its
 * bytes, taken with zeros in the place of the digits.
 *
 *     8 bytes | {"__metadata__":{"sha256":"<64 digits>", … the file as any reader knows it
 *
 * So a changed bit is found wherever it is, in padding and header too, and so is a file cut short.
 */
import { DataError } from '../errors.ts';
import { type WrittenTensor, writeSafetensors } from './safetensors.ts';
import { sha256Hex } from './sha256.ts';

const digits = 64;
const opening = new TextEncoder().encode('{"__metadata__":{"sha256":"');
const digitsStart = 8 + opening.length;

/** A safetensors file with its own SHA-256. No tensor's name may be a whole number: JSON would put it first. */
export async function writeSealed(
  tensors: readonly WrittenTensor[],
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const bytes = writeSafetensors(tensors, { sha256: '0'.repeat(digits), ...metadata });
  bytes.set(new TextEncoder().encode(await sha256Hex(bytes)), digitsStart);
  return bytes;
}

/**
 * @param name the file's name, for the message
 * @throws DataError unless `bytes` are, to the last bit, what `writeSealed` wrote
 */
export async function checkSeal(bytes: Uint8Array, name: string): Promise<void> {
  if (bytes.length > digitsStart + digits && opening.every((byte, place) => bytes[8 + place] === byte)) {
    const unsealed = new Uint8Array(bytes).fill(0x30, digitsStart, digitsStart + digits);
    const seal = new TextDecoder().decode(bytes.subarray(digitsStart, digitsStart + digits));
    if ((await sha256Hex(unsealed)) === seal) return;
  }
  throw new DataError(`${name} is damaged: its bytes do not have the SHA-256 that it was written with.`);
}
