/** @file How trainings show on stderr: a task for each of several, or one for each epoch of a single one. */
import type { TrainedTrial, Trial } from '../comparison/trial.ts';
import { formatCount } from '../format-number.ts';
import type { Progress as TrainingProgress } from '../training/train.ts';
import { loss, percent, seconds } from './format.ts';
import type { Progress, Task } from './progress.ts';

export interface TrialProgress {
  onProgress(event: TrainingProgress): void;
  onResult(result: TrainedTrial): void;
}

/** @param images that an epoch takes */
export type ShowTrial = (progress: Progress, trial: Trial, images: number) => TrialProgress;

export const taskForTrial: ShowTrial = (progress, { name, data, seed, epochs }, images) => {
  const task = progress.task(`${name} on ${data}, seed ${seed}`, images * epochs);
  return {
    onProgress(event) {
      if (event.kind !== 'steps') return;
      task.update(images * (event.epoch - 1) + event.examples, `loss ${event.loss.toFixed(3)}`);
    },
    onResult({ trained, validation }) {
      const error = validation
        ? `validation error ${percent(validation.errorRate)}`
        : `loss ${trained.history.at(-1)!.trainLoss.toFixed(3)}`;
      task.done(`${error}, ${seconds(trained.seconds)}`);
    },
  };
};

/** A bar says how the epoch before ended. */
export const taskForEpoch: ShowTrial = (progress, { epochs }, images) => {
  let task: Task | undefined;
  let before = '';
  return {
    onProgress(event) {
      if (event.kind === 'start') {
        const { threads, threadsReason } = event;
        if (threadsReason !== undefined) progress.say(`on ${formatCount(threads, 'thread')}: ${threadsReason}`);
        return;
      }
      if (event.kind === 'steps') {
        task ??= progress.task(`epoch ${event.epoch}/${epochs}`, images);
        task.update(event.examples, `loss ${loss(event.loss)}${before}`);
        return;
      }
      const { epoch, trainLoss, validationErrorRate, seconds: time, weightsSha256 } = event.record;
      const validated = validationErrorRate === undefined ? '' : `, validation error ${percent(validationErrorRate)}`;
      const done = `loss ${loss(trainLoss)}${validated}, ${seconds(time)}`;
      (task ?? progress.task(`epoch ${epoch}/${epochs}`, images)).done(done);
      if (weightsSha256 !== undefined) progress.say(`epoch ${epoch}/${epochs}: weights SHA-256 ${weightsSha256}`);
      task = undefined;
      before = validated === '' ? '' : `${validated} before`;
    },
    onResult: () => {},
  };
};
