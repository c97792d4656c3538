import { describe, expect, it } from 'vitest';
import { tinyData } from '../../test/tiny-data.ts';
import { conv, maxPool, relu } from '../layers/index.ts';
import { cnn } from '../model/cnn.ts';
import { adagrad } from '../optimizers/index.ts';
import { train } from '../training/train.ts';
import { compare } from './compare.ts';
import { predictionsOf } from './predictions.ts';
import { runStudy, type Study } from './study.ts';
import { type Job, type RunJobs, runJob } from './trial.ts';

const data = tinyData(90, 30);
const small = cnn([conv({ filters: 2 }), relu(), maxPool()]);
const tiny = cnn([maxPool({ poolSize: 4 })]);
const options = { seeds: [3, 5, 8], epochs: 2, batchSize: 8, optimizer: adagrad(), validation: 30 };

describe('compare', () => {
  it('trains each model with each seed, the same as alone', async () => {
    const { architectures, trained } = await compare([small, tiny], data, options);
    expect(architectures.map(({ name }) => name)).toEqual(['conv(filters=2) + relu + pool', 'pool(poolSize=4)']);
    expect(architectures.map(({ runs }) => runs.map(({ seed }) => seed))).toEqual([options.seeds, options.seeds]);
    const { seeds: _, ...alone } = options;
    const again = await train(tiny, data, { ...alone, seed: 5 });
    expect(architectures[1]!.runs[1]!.weightsSha256).toBe(again.weightsSha256);
    expect(trained[1]![1]!.weights).toEqual(again.weights);
  });

  it('takes the lowest mean validation error for the best, and says so in words', async () => {
    const { architectures, best, choice, conclusion } = await compare([small, tiny], data, options);
    const means = architectures.map(({ validation }) => validation!.mean);
    expect(best!.name).toBe(architectures[means.indexOf(Math.min(...means))]!.name);
    expect(choice).toEqual({ by: 'validation', testImages: 'read once, after the choice' });
    expect(conclusion).toContain(best!.name);
    for (const { validation, runs } of architectures) {
      const mean = runs.reduce((sum, { validationErrorRate }) => sum + validationErrorRate!, 0) / runs.length;
      expect(validation!.mean).toBeCloseTo(mean, 12);
    }
  });

  it('says that fewer than three seeds are too few', async () => {
    const { architectures, conclusion } = await compare([small, tiny], data, { ...options, seeds: [1] });
    expect(architectures.map(({ verdict }) => verdict)).toEqual(['too few to tell', 'too few to tell']);
    expect(conclusion).toContain('too few to tell');
  });

  it('compares nothing without validation images', async () => {
    const result = await compare([small, tiny], data, { ...options, validation: 0 });
    expect(result.best).toBeNull();
    expect(result.architectures.map(({ verdict, againstBest }) => [verdict, againstBest])).toEqual([
      ['not compared', null],
      ['not compared', null],
    ]);
  });

  it('gives the same record in any order of the jobs', async () => {
    const backwards: RunJobs = async (jobs) => {
      const results = [];
      for (const job of [...jobs].reverse()) results.unshift(await runJob(job, { tiny: data }));
      return results;
    };
    const [one, other] = [
      await compare([small, tiny], data, options),
      await compare([small, tiny], data, { ...options, runJobs: backwards }),
    ];
    expect(withoutTimes(other)).toEqual(withoutTimes(one));
  });

  it.each([
    [
      [small, small],
      {},
      'A comparison needs different architectures, but gets "conv(filters=2) + relu + pool" twice. Leave one out.',
    ],
    [[], {}, 'A comparison needs an architecture, but gets none. Give some.'],
    [[small], { seeds: [] }, 'A comparison needs a seed, but gets none. Give one or more.'],
    [[small], { seeds: [1, 1] }, 'A comparison needs different seeds, but gets 1, 1. Leave the repeated ones out.'],
    [[small], { validation: 90 }, 'validation needs a whole number from 0 to 89, but is 90.'],
    [[cnn([maxPool({ poolSize: 13 })])], {}, 'layer 1, pool'],
  ])('refuses before any training: %#', async (models, changed, message) => {
    const runJobs: RunJobs = () => Promise.reject(new Error('trained'));
    await expect(compare(models, data, { ...options, ...changed, runJobs })).rejects.toThrow(message);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const running = compare([small, tiny], data, {
      ...options,
      epochs: 500,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(running).rejects.toThrow('aborted');
  });
});

describe('a study', () => {
  const study: Study = {
    title: 'Two',
    architectures: [small, tiny].map(({ layers }, place) => ({ name: `${place}`, layers })),
    data: 'tiny',
    ...options,
    gradients: 'exact',
    compareBy: 'validation',
  };
  const recording = (seen: string[]): RunJobs => {
    return <J extends Job>(jobs: readonly J[]) => {
      seen.push(...jobs.map(({ kind }) => kind));
      return Promise.all(jobs.map((job) => runJob(job, { tiny: data })));
    };
  };

  it('looks at the test images when all is trained and compared, and once', async () => {
    const seen: string[] = [];
    await runStudy(study, data, recording(seen));
    expect(seen).toEqual([...new Array(6).fill('train'), ...new Array(6).fill('score')]);
  });

  it('sets the same images aside for every architecture, and others for another seed', async () => {
    const { trials } = await runStudy(study, data, recording([]));
    const images = trials.map((seeds) => seeds.map(({ validation }) => String(validation!.images)));
    expect(images[0]).toEqual(images[1]);
    expect(new Set(images[0]).size).toBe(3);
  });

  it('leaves predictions that give the error rates again', async () => {
    const findings = await runStudy(study, data, recording([]));
    const { architectures, testLabels, validation } = predictionsOf('Two on tiny', study, data, findings);
    for (const [place, { runs }] of architectures.entries()) {
      for (const [run, { validation: guesses, test }] of runs.entries()) {
        const rate = (labels: readonly number[], predictions: readonly number[]): number =>
          labels.filter((label, image) => label !== predictions[image]).length / labels.length;
        expect(rate(testLabels, test)).toBe(findings.scores[place]![run]!.errorRate);
        expect(rate(validation[run]!.labels, guesses!)).toBe(findings.trials[place]![run]!.validation!.errorRate);
      }
    }
  });
});

function withoutTimes(value: object): unknown {
  const isTime = (key: string): boolean => /seconds$|Seconds$|Microseconds$/.test(key);
  return JSON.parse(JSON.stringify(value, (key, each) => (isTime(key) ? undefined : each)));
}
