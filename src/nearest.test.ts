import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

const layers = ['conv', 'sharedConv', 'pool', 'maxPool', 'dense', 'relu'];

describe('nearest', () => {
  it.each([
    ['cnov', 'conv'],
    ['con', 'conv'],
    ['convv', 'conv'],
    ['comv', 'conv'],
    ['ReLU', 'relu'],
    ['sharedconv', 'sharedConv'],
    ['shared', 'sharedConv'],
    ['maxpol', 'maxPool'],
  ])('%s is near %s', (word, meant) => {
    expect(nearest(word, layers)).toBe(meant);
  });

  it.each(['softmax', 'x', '', 'convolutional', 'pconv'.repeat(100_000)])('nothing is near %.20s', (word) => {
    expect(nearest(word, layers)).toBeUndefined();
  });

  it('takes the first of equals', () => {
    expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
  });
});

describe('didYouMean', () => {
  it('ends a sentence either way', () => {
    expect(didYouMean('cnov', layers)).toBe('; did you mean conv?');
    expect(didYouMean('softmax', layers)).toBe('.');
  });
});
