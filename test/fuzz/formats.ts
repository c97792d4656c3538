/** @file All readers of foreign bytes. */
import { cifar } from './formats/cifar.ts';
import { changedBits, changedBytes } from './formats/damage.ts';
import { gzip } from './formats/gzip.ts';
import { idx } from './formats/idx.ts';
import { json } from './formats/json.ts';
import { safetensors } from './formats/safetensors.ts';
import { checkpoint, model, resumed } from './formats/sealed.ts';
import { languages } from './formats/text.ts';
import type { Format } from './fuzz.ts';

/** `npm test` leaves the last ones out: they take as many minutes as the others seconds. */
export const formats: readonly Format[] = [
  ...[idx, gzip, safetensors, checkpoint, model, json],
  ...[cifar, ...languages, resumed],
  ...[...changedBytes, ...changedBits],
];
