import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { catalogue, catalogueEntry, dataSetNames, downloadsOf, type PinnedFile, titleOf } from './catalogue.ts';

test('finds data sets by name or alias, in any case', () => {
  expect(catalogueEntry('mnist').title).toBe('MNIST');
  expect(catalogueEntry('fashion').name).toBe('fashion-mnist');
  expect(catalogueEntry('MNIST').name).toBe('mnist');
});

test('says which names are known', () => {
  expect(() => catalogueEntry('svhn')).toThrow(UsageError);
  expect(() => catalogueEntry('svhn')).toThrow(
    'Data set "svhn" is not known; known are mnist, fashion-mnist, fashion, kmnist, kuzushiji, cifar-10, cifar10, cifar. ' +
      'For files of your own, give --data DIR.',
  );
});

test('has a name and a hash of its own for each thing', () => {
  expect(new Set(dataSetNames).size).toBe(dataSetNames.length);
  const hashes = catalogue.flatMap((entry) => [
    ...downloadsOf(entry).map(({ sha256 }) => sha256),
    ...(entry.format === 'idx' ? Object.values(entry.files).flatMap(Object.values<PinnedFile>) : []).flatMap(
      ({ sha256 }) => sha256 ?? [],
    ),
    ...Object.values(entry.fingerprints ?? {}),
  ]);
  expect(new Set(hashes).size).toBe(hashes.length);
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  for (const { classes, mirrors } of catalogue) {
    expect(new Set(classes).size).toBe(10);
    for (const mirror of mirrors) expect(mirror).toMatch(/^https?:\/\/.*\/$/);
  }
});

test('knows the size of each download', () => {
  const sizes = catalogue.map((entry) => downloadsOf(entry).reduce((sum, { bytes }) => sum + bytes, 0));
  expect(sizes).toEqual([11_594_722, 30_878_645, 21_240_888, 170_052_171]);
});

test('titles what it knows, and leaves other names alone', () => {
  expect([titleOf('kmnist'), titleOf('my-images')]).toEqual(['KMNIST', 'my-images']);
});
