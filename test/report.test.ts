/** @file Reports of real runs: every number from the record, names taken literally, and the same text for the same run. */
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../src/comparison/record.ts';
import { csvReport } from '../src/report/csv-report.ts';
import { htmlReport } from '../src/report/html-report.ts';
import { markdownReport } from '../src/report/markdown-report.ts';
import * as numbers from '../src/report/numbers.ts';
import { largeRun, smallRun, wideRun } from './report-runs.ts';

type Made = Awaited<ReturnType<typeof largeRun>>;
let made: Record<'large' | 'small' | 'wide', Made>;
beforeAll(async () => {
  made = { large: await largeRun(), small: await smallRun(), wide: await wideRun() };
});
const sizes = ['large', 'small', 'wide'] as const;

/** Words with a digit in them. */
const figuresIn = (text: string): string[] =>
  (text.replaceAll('\u00a0', ' ').match(/[\w.,+−-]*\d[\w.,+−-]*/g) ?? []).map((word) => word.replace(/[.,-]+$/, ''));

/** All that numbers of the record may look like, the lengths of its lists, and what its texts and names say. */
function figuresOf(record: unknown, known = new Set<string>()): Set<string> {
  const add = (text: string): void => {
    for (const figure of figuresIn(text)) known.add(figure);
  };
  const formats = [
    numbers.percent,
    numbers.probability,
    numbers.points,
    numbers.loss,
    numbers.pValue,
    (value: number) => numbers.count(value),
    String,
    numbers.whole,
    numbers.value,
    numbers.bytes,
  ];
  if (typeof record === 'number') for (const format of formats) add(format(record));
  if (typeof record === 'string') add(record);
  if (Array.isArray(record)) add(numbers.count(record.length));
  if (typeof record === 'object' && record !== null)
    for (const [name, value] of Object.entries(record)) {
      add(name);
      figuresOf(value, known);
    }
  return known;
}

const withoutTimes = (html: string): string => html.replace(/<span class="time">[^<]*<\/span>/g, '');

/** What the page's own words and axes say. */
const ownWords = /95 % intervals?|95 % \(Wilson\)|SHA-256|Empty cells are 0|weights are below 0/g;

function foreignFigures(html: string, record: RunRecord): string[] {
  const shown = withoutTimes(html)
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<text class="tick"[^>]*>[^<]*<\/text>/g, '')
    .replace(/<img [^>]*alt="([^"]*)"[^>]*>/g, ' $1 ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replace(ownWords, ' ');
  const known = figuresOf(record);
  return figuresIn(shown).filter((figure) => !known.has(figure));
}

describe('the page', () => {
  test.each(sizes)('shows no number that is not in the record (%s)', (size) => {
    const { run, pictures } = made[size];
    const html = htmlReport(run, pictures);
    expect(foreignFigures(html, run)).toEqual([]);
    // The check finds a number that is not there.
    const mean = numbers.percent(run.studies[0]!.architectures[0]!.test.mean);
    expect(foreignFigures(html.replace(mean, '12.3456\u00a0%'), run)).toEqual(['12.3456']);
  });

  test.each(sizes)('is the same for the same record, and but for times for another day (%s)', (size) => {
    const { run, pictures } = made[size];
    const html = htmlReport(run, pictures);
    expect(htmlReport(JSON.parse(JSON.stringify(run)), pictures)).toBe(html);
    const later = JSON.parse(
      JSON.stringify(run, (key, value) =>
        /seconds$/i.test(key) ? 1234 : key === 'startedAt' ? '2031-01-01T00:00:00Z' : value,
      ),
    );
    expect(htmlReport(later, pictures)).not.toBe(html);
    expect(withoutTimes(htmlReport(later, pictures))).toBe(withoutTimes(html));
  });

  test.each(sizes)('stands alone: no script, nothing to load, no two ids alike (%s)', (size) => {
    const { run, pictures } = made[size];
    const html = htmlReport(run, pictures);
    expect(html.match(/<script|<link|@import|url\(|https?:|\son\w+=/g)).toBe(null);
    expect(
      [...html.matchAll(/\ssrc="([^"]{0,22})/g)].every(([, source]) => source!.startsWith('data:image/png;base64,')),
    ).toBe(true);
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
    const references = [...html.matchAll(/aria-labelledby="([^"]*)"|href="#([^"]*)"/g)].flatMap(([, a, b]) =>
      (a ?? b)!.split(' '),
    );
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
    expect(html.replace(/base64,[^"]*/g, '').match(/NaN|undefined|Infinity|null|no picture/g)).toBe(null);
  });

  test('has the verdict of each study before anything else, and warnings before that', () => {
    const { run, pictures } = made.large;
    const text = htmlReport(run, pictures).replace(/<[^>]*>/g, '');
    const warning = text.indexOf(run.studies[1]!.warnings[0]!.message);
    const conclusions = run.studies.map(({ conclusion }) => text.indexOf(conclusion));
    expect([warning, ...conclusions, text.indexOf('Large dots')].every((at) => at > 0)).toBe(true);
    expect([warning, ...conclusions, text.indexOf('Large dots')]).toEqual(
      [warning, ...conclusions, text.indexOf('Large dots')].sort((a, b) => a - b),
    );
  });

  test('says what is stated by others, and how many of our seeds reach it', () => {
    const { run, pictures } = made.large;
    const html = htmlReport(run, pictures).replaceAll('\u00a0', ' ');
    const { seedsAtOrBelow } = run.studies[0]!.architectures[2]!.stated!;
    expect(html.includes('What the notebook states')).toBe(true);
    expect(html.includes(`40.00 %<small>${seedsAtOrBelow} of 3 seeds at or below</small>`)).toBe(true);
  });

  test('says of a single architecture where the stated error lies among its seeds', () => {
    const { run, pictures } = made.large;
    const [{ runs }] = run.studies[1]!.architectures as [RunRecord['studies'][0]['architectures'][0]];
    const error = numbers.percent(runs[0]!.testErrorRate);
    const claim = `The notebook states a test error of 0.12\u00a0%: the one seed here is above it (${error}).`;
    expect(htmlReport(run, pictures)).toContain(`<p class="conclusion">${claim}</p>`);
    expect(markdownReport(run)).toContain(`**${claim} conv`);

    const seeds = [0.1046, 0.1592, 0.12].map((testErrorRate) => ({ ...runs[0]!, testErrorRate }));
    const [study] = run.studies.slice(1);
    const stated = { by: 'the notebook', errorRate: 0.065, seedsAtOrBelow: 0, seeds: 3 };
    const many = { ...study!, architectures: [{ ...study!.architectures[0]!, stated, runs: seeds }] };
    expect(htmlReport({ ...run, studies: [many] }, []).replaceAll('\u00a0', ' ')).toContain(
      'The notebook states a test error of 6.50 %: 0 of 3 seeds here are at or below it (10.46 % to 15.92 %).',
    );
  });

  test.each([
    [['best', 'worse'], null],
    [['best', 'not distinguishable from the best'], 'Not one best'],
    [['too few to tell', 'too few to tell'], 'Too few seeds to tell'],
  ] as const)('of the verdicts %j has the heading %j, or the name', (verdicts, heading) => {
    const { run } = made.large;
    const [study] = run.studies;
    const best = study!.architectures.find(({ name }) => name === study!.best!.name)!;
    const other = study!.architectures.find(({ name }) => name !== study!.best!.name)!;
    const architectures = [best, other].map((one, place) => ({ ...one, verdict: verdicts[place]! }));
    const html = htmlReport({ ...run, studies: [{ ...study!, architectures }] }, []);
    const shown = html.match(/<p class="winner">(.*?)<\/p>/)![1]!.replace(/<[^>]*>/g, '');
    expect(shown).toBe(heading ?? best.name);
    expect(html.includes('<dt>test error of the lowest</dt>')).toBe(heading !== null);
  });

  test('says that intervals are for each difference alone, beside adjusted verdicts', () => {
    const { run, pictures } = made.large;
    for (const text of [htmlReport(run, pictures), markdownReport(run)])
      expect(text).toContain(
        'Each interval is for its own difference alone; verdicts follow p-values that are adjusted',
      );
  });

  test('says of a later study on the same test images that they were read before', () => {
    const { run } = made.large;
    const [first, second] = run.studies as [RunRecord['studies'][0], RunRecord['studies'][0]];
    const again = 'in this study the test images were read once, but an earlier one of this run read the same images.';
    const sentences = (studies: RunRecord['studies']): number =>
      htmlReport({ ...run, studies }, []).split(again).length - 1;
    expect(sentences([first, second])).toBe(1);
    expect(sentences([second])).toBe(0);
    const test = { ...second.data.test, fingerprint: 'another' };
    expect(sentences([first, { ...second, data: { ...second.data, test } }])).toBe(0);
  });

  test('has the hash of every run, the fingerprints, and the command', () => {
    const { run, pictures } = made.large;
    const html = htmlReport(run, pictures);
    for (const { architectures, data } of run.studies) {
      for (const { weightsSha256 } of architectures.flatMap(({ runs }) => runs))
        expect(html.includes(weightsSha256)).toBe(true);
      expect(html.includes(data.train.fingerprint)).toBe(true);
      expect(html.includes(data.test.fingerprint)).toBe(true);
    }
    expect(html.includes('<code>ocellus compare &#39;conv + pool&#39; --seeds 3</code>')).toBe(true);
  });

  test('leaves out what there is not', () => {
    const { run, pictures } = made.small;
    const html = htmlReport(run, pictures);
    for (const absent of [
      'validation error',
      'Against the best',
      'states</h3>',
      'surest',
      'class="cost-quality"',
      'epoch by epoch',
    ]) {
      expect(html.includes(absent), absent).toBe(false);
    }
    expect(html.includes('No test image is wrong.')).toBe(true);
    const { trainLoss } = run.studies[0]!.architectures[0]!.runs[0]!.history[0]!;
    expect(html.includes(`data-column="training loss">${numbers.loss(trainLoss)}<`)).toBe(true);
  });

  test('is a report without close-up and pictures too', () => {
    const { run } = made.large;
    const html = htmlReport({ ...run, studies: run.studies.map((study) => ({ ...study, closeUp: null })) }, []);
    expect(html.match(/surest|What the layers|<img/g)).toBe(null);
  });

  test('has letters beyond Z', () => {
    const { run } = made.small;
    const [study] = run.studies;
    const many = Array.from({ length: 28 }, (_, place) => ({ ...study!.architectures[0]!, name: `net ${place}` }));
    const html = htmlReport({ ...run, studies: [{ ...study!, architectures: many }] }, []);
    expect(html.includes('<span class="letter">AB</span>')).toBe(true);
  });
});

describe('names', () => {
  const wicked = '<script> + &"\'`|*_\n\\';

  function renamed(): RunRecord {
    const { run } = made.large;
    const text = JSON.stringify(run)
      .replaceAll(JSON.stringify('sharedConv + pool'), JSON.stringify(wicked))
      .replaceAll(JSON.stringify('the digit 3'), JSON.stringify(wicked));
    const record: RunRecord = JSON.parse(text);
    return { ...record, command: { name: wicked, line: wicked } };
  }

  test('are taken literally by the page', () => {
    const html = htmlReport(renamed(), made.large.pictures);
    expect(html.includes('<script')).toBe(false);
    expect(html.includes('&amp;&quot;&#39;`|*_\n\\')).toBe(true);
    // But for names in the conclusion, which stays as it was.
    const tags = (text: string) =>
      [...text.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag!).filter((tag) => tag !== 'b');
    expect(tags(html)).toEqual(tags(htmlReport(made.large.run, made.large.pictures)));
  });

  test('are taken literally by Markdown: no HTML, and as many cells as before', () => {
    const markdown = markdownReport(renamed());
    expect(markdown.replace(/^(`{3,})sh\n[\s\S]*?\n\1$/m, '')).not.toMatch(/<script|[^\\]\|\*_/);
    const cells = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.match(/(?<!\\)\|/g)!.length);
    expect(cells(markdown)).toEqual(cells(markdownReport(made.large.run)));
  });

  test('come through CSV', () => {
    const rows: Record<string, string>[] = parse(csvReport(renamed()), { columns: true });
    expect(rows[0]!.architecture).toBe(wicked);
  });
});

test('CSV has a row for each architecture and seed, with unrounded numbers', () => {
  const { run } = made.large;
  const csv = csvReport(run);
  expect(csv.endsWith('\r\n')).toBe(true);
  const rows: Record<string, string>[] = parse(csv, { columns: true, record_delimiter: '\r\n' });
  const all = run.studies.flatMap((study) =>
    study.architectures.flatMap(({ name, runs }) => runs.map((one) => ({ name, one }))),
  );
  expect(rows).toHaveLength(6 * 3 + 1);
  expect(
    rows.map((row) => [
      row.architecture,
      Number(row.seed),
      Number(row.testErrorRate),
      Number(row.testLoss),
      row.weightsSha256,
    ]),
  ).toEqual(all.map(({ name, one }) => [name, one.seed, one.testErrorRate, one.testLoss, one.weightsSha256]));
  // Without validation the cell is empty.
  expect(rows.at(-1)!.validationErrorRate).toBe('');
});

test('Markdown tells the same, with times in their own section at the end', () => {
  const { run } = made.large;
  const markdown = markdownReport(run);
  const [before] = markdown.split('\n## Times\n');
  const later = { ...run, startedAt: '2031-01-01T00:00:00Z', seconds: 1 };
  expect(markdownReport(later).split('\n## Times\n')[0]).toBe(before);
  const known = figuresOf(run);
  const own = /95 % interval|SHA-256/g;
  expect(
    figuresIn(before!.replaceAll('\u00a0', ' ').replace(own, '').replaceAll('\\', '').replaceAll('&lt;', ' ')).filter(
      (figure) => !known.has(figure),
    ),
  ).toEqual([]);
  for (const { weightsSha256 } of run.studies[0]!.architectures.flatMap(({ runs }) => runs))
    expect(before).toContain(weightsSha256);
});

test('Markdown has the confusion matrix of the best in counts, and the optimizer with all its options', () => {
  const { run } = made.large;
  const [study] = run.studies;
  const markdown = markdownReport(run);
  const best = study!.architectures.find(({ name }) => name === study!.best!.name)!;
  const [matrix] = markdown.split('### Confusion matrix')[1]!.split('###');
  best.confusionMatrix.forEach((row, truth) => {
    expect(matrix).toContain(`| **${truth}** | ${row.map((each) => numbers.count(each)).join(' | ')} |`);
  });
  expect(markdown).toContain('- optimizer: adam(learningRate=0.003, beta1=0.9, beta2=0.999, epsilon=');
  // A hundred columns are too many.
  expect(markdownReport(made.wide.run)).not.toContain('### Confusion matrix');
});
