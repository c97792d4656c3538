/** @file The record of an epoch, read again from a model's file or a checkpoint. */
import type { JsonPlace } from '../data/json-place.ts';
import type { EpochRecord } from './trained.ts';

/** @throws DataError */
export function readEpoch(place: JsonPlace): EpochRecord {
  const numbers = ['validationLoss', 'validationErrorRate'] as const;
  const given = numbers.flatMap((key) => {
    const found = place.find(key);
    return found ? [[key, found.number()] as const] : [];
  });
  const weightsSha256 = place.find('weightsSha256')?.text();
  return {
    epoch: place.get('epoch').whole(1),
    trainLoss: place.get('trainLoss').number(),
    ...(Object.fromEntries(given) as Pick<EpochRecord, (typeof numbers)[number]>),
    seconds: place.get('seconds').number(),
    ...(weightsSha256 === undefined ? {} : { weightsSha256 }),
  };
}
