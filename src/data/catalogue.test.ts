import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { catalogue, catalogueEntry } from './catalogue.ts';

test('finds data sets by name or alias, in any case', () => {
  expect(catalogueEntry('mnist').title).toBe('MNIST');
  expect(catalogueEntry('fashion').name).toBe('fashion-mnist');
  expect(catalogueEntry('MNIST').name).toBe('mnist');
});

test('says which names are known', () => {
  expect(() => catalogueEntry('cifar')).toThrow(UsageError);
  expect(() => catalogueEntry('cifar')).toThrow(
    'Data set "cifar" is not known; known are mnist, fashion-mnist, fashion. For files of your own, give --data DIR.',
  );
});

test('each entry has ten classes and four different SHA-256', () => {
  for (const { classes, files } of catalogue) {
    expect(new Set(classes).size).toBe(10);
    const hashes = [files.train.images, files.train.labels, files.test.images, files.test.labels].map((f) => f.sha256);
    expect(new Set(hashes).size).toBe(4);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  }
});
