/** @file The hash of weights, in words. */
import { isFastMath } from '../engine/engine.ts';

export interface Hashed {
  readonly weightsSha256: string;
  readonly arithmetic: string;
}

/** With fast math it says so: nobody is to take another machine's hash for a difference. */
export function hashText({ weightsSha256, arithmetic }: Hashed, digits = weightsSha256.length): string {
  return weightsSha256.slice(0, digits) + (isFastMath(arithmetic) ? ` (${arithmetic})` : '');
}
