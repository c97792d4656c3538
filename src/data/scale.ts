/**
 * @file Warnings about the scale of pixels. Bytes enter a network as -0.5 … 0.5, all other types as they are; a network
 * learns from values of about 1, and of two parts in different scales it knows one only.
 */

import { titleOf } from './catalogue.ts';
import type { DataSet, Images } from './data-set.ts';

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly rootMeanSquare: number;
}

/** Floats of a larger root mean square are not scaled: it is 0.6 for 0 … 1 drawn evenly, 1 for standardised pixels, 85 for MNIST's bytes. */
const largestFloats = 4;

/** Bytes that use less than this much of 0 … 255 are hardly told apart: 0 … 1 or 0 … 16, written as bytes. */
const smallestByteRange = 32;

/** Parts differ whose means are further apart than this share of the larger range, or of which one has less than this share of the other's range. */
const [largestShift, smallestRange] = [0.25, 0.5];

/** What is wrong with the scale of a data set's pixels, as messages. */
export function scaleProblems({ name, train, test }: DataSet): string[] {
  const [ofTrain, ofTest] = [scaleOf(train), scaleOf(test)];
  const title = titleOf(name);
  const [rangeOfTrain, rangeOfTest] = [ofTrain.high - ofTrain.low, ofTest.high - ofTest.low];
  const range = Math.max(rangeOfTrain, rangeOfTest);
  if (
    Math.abs(ofTrain.mean - ofTest.mean) > largestShift * range ||
    Math.min(rangeOfTrain, rangeOfTest) < smallestRange * range
  ) {
    const received = `training pixels are ${printed(ofTrain)}, test pixels ${printed(ofTest)}`;
    return [`${title}: ${received}. Write both parts in one scale.`];
  }
  if (train.pixels instanceof Float32Array && ofTrain.rootMeanSquare > largestFloats) {
    const remedy = 'Divide them by their largest value, or write whole numbers up to 255 as bytes (IDX type 0x08).';
    return [`${title}: pixels are ${printed(ofTrain)}, and enter the network so: floats are not scaled. ${remedy}`];
  }
  if (train.pixels instanceof Uint8Array && rangeOfTrain < smallestByteRange) {
    const remedy = 'Write them as 0 … 255, or as float32.';
    const received = `pixels are bytes, ${printed(ofTrain)}, and enter the network as value / 255 - 0.5, nearly all alike`;
    return [`${title}: ${received}. ${remedy}`];
  }
  return [];
}

function scaleOf({ pixels }: Images): Scale {
  let [low, high, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let at = 0; at < pixels.length; at++) {
    const value = pixels[at]!;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
    squares += value * value;
  }
  return { low, high, mean: sum / pixels.length, rootMeanSquare: Math.sqrt(squares / pixels.length) };
}

/** `0 … 255 (mean 33.3)` */
function printed({ low, high, mean }: Scale): string {
  const number = (value: number): string => String(Number(value.toPrecision(3)));
  return `${number(low)} … ${number(high)} (mean ${number(mean)})`;
}
