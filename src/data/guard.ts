/** @file Looks at data sets before anything is trained on them, and says what is wrong. */

import { formatCount } from '../format-number.ts';
import { type CatalogueEntry, catalogue, titleOf } from './catalogue.ts';
import { type DataSet, fingerprint, type Images } from './data-set.ts';
import { classCounts } from './describe.ts';
import { duplicates } from './duplicates.ts';
import { scaleProblems } from './scale.ts';

/** Something about the data that a person should know before believing a result. */
export interface DataWarning {
  readonly kind: 'same data' | 'overlap' | 'missing class' | 'different scale';
  /** The whole message: subject, what is wrong, with the values, and what to do. */
  readonly message: string;
}

/**
 * What is wrong with a data set, if anything: another set of the catalogue than its name says, images in both parts, classes
 * without images, pixels out of scale.
 */
export async function checkDataSet(data: DataSet): Promise<DataWarning[]> {
  return [
    ...(await nameWarnings(data)),
    ...overlapWarnings(data),
    ...missingClassWarnings(data),
    ...scaleProblems(data).map((message) => ({ kind: 'different scale', message }) as const),
  ];
}

/**
 * What is wrong if two data sets should differ. Sets of the catalogue are known by their fingerprints, whatever they are
 * called.
 *
 * @returns one warning at most
 */
export async function checkDifferent(a: DataSet, b: DataSet): Promise<DataWarning[]> {
  const [titleA, titleB] = [titleOf(a.name), titleOf(b.name)];
  const should =
    titleA === titleB ? `Two data sets called ${titleA} should differ` : `${titleB} should differ from ${titleA}`;
  const remedy = 'Load the other set, and look at where each comes from.';
  let areKnown = true;
  for (const part of parts) {
    const [printA, printB] = [await fingerprint(a[part]), await fingerprint(b[part])];
    const known = knownSet(part, printA);
    areKnown &&= known !== undefined && knownSet(part, printB) !== undefined;
    if (printA !== printB) continue;
    const whose = known ? `both are ${known.title}'s ${nounOf[part]}` : `both have the same ${nounOf[part]}`;
    return [{ kind: 'same data', message: `${should}, but ${whose} (fingerprint ${short(printA)}). ${remedy}` }];
  }
  // Different sets of the catalogue have no images in common.
  if (areKnown) return [];
  const { count } = duplicates(a.train, b.train);
  if (count <= b.train.count / 2) return [];
  const share = `${shareOf(count, b.train.count)} training images of the one are among those of the other`;
  return [{ kind: 'same data', message: `${should}, but ${share}. ${remedy}` }];
}

const parts = ['train', 'test'] as const;
type Part = (typeof parts)[number];
const nounOf = { train: 'training images', test: 'test images' } as const;

function knownSet(part: Part, print: string): CatalogueEntry | undefined {
  return catalogue.find(({ fingerprints }) => fingerprints?.[part] === print);
}

async function nameWarnings(data: DataSet): Promise<DataWarning[]> {
  if (!catalogue.some(({ name }) => name === data.name)) return [];
  for (const part of parts) {
    const print = await fingerprint(data[part]);
    const known = knownSet(part, print);
    if (!known || known.name === data.name) continue;
    const received = `The ${nounOf[part]} that are called ${titleOf(data.name)} are ${known.title}'s (fingerprint ${short(print)})`;
    return [{ kind: 'same data', message: `${received}. Look at where they come from.` }];
  }
  return [];
}

function overlapWarnings({ name, train, test }: DataSet): DataWarning[] {
  const { count, otherClass, first } = duplicates(train, test);
  if (first === null) return [];
  const [a, b] = first.map((index) => formatCount(index));
  const received = `${shareOf(count, test.count)} test images are training images too, byte for byte`;
  const other = otherClass === 0 ? '' : `, ${formatCount(otherClass)} of them with another class`;
  const remedy = 'A network may know them by heart, and its test error then is too good: take them out of one part.';
  const message = `${titleOf(name)}: ${received}${other}; the first are test image ${b} and training image ${a}. ${remedy}`;
  return [{ kind: 'overlap', message }];
}

function missingClassWarnings({ name, classes, train, test }: DataSet): DataWarning[] {
  const looks: [string, Images, string][] = [
    ['training', train, 'None can be learnt without: add images, or leave the class out.'],
    ['test', test, 'How well they are known stays unknown: add images, or read the test error as that of the others.'],
  ];
  return looks.flatMap(([part, images, remedy]) => {
    const missing = classCounts(images, classes.length).flatMap((count, label) => (count === 0 ? [label] : []));
    if (missing.length === 0) return [];
    const named = missing.slice(0, mostNamed).map((label) => `${classes[label]} (label ${label})`);
    const more = missing.length > mostNamed ? ` and ${formatCount(missing.length - mostNamed)} more` : '';
    const received = `${formatCount(missing.length)} of ${formatCount(classes.length, 'class')} have no ${part} image`;
    return [{ kind: 'missing class', message: `${titleOf(name)}: ${received}: ${named.join(', ')}${more}. ${remedy}` }];
  });
}

/** Classes that a message names. */
const mostNamed = 5;

/** `12 of 10,000 (0.12 %)` */
function shareOf(count: number, all: number): string {
  const percent = (100 * count) / all;
  return `${formatCount(count)} of ${formatCount(all)} (${percent < 0.01 ? '< 0.01' : percent.toFixed(2)} %)`;
}

/** Enough of a fingerprint to know it by; records have all of it. */
const short = (print: string): string => `${print.slice(0, 12)}…`;
