/** @file CIFAR's binary files, and archives of them. */
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { catalogueEntry } from '../../../src/data/catalogue.ts';
import { cifarFiles, cifarRecordBytes, parseCifar, unpackCifar } from '../../../src/data/cifar.ts';
import type { Format } from '../fuzz.ts';
import { type Field, mutateBytes, pick } from '../mutate-bytes.ts';

const { classes } = catalogueEntry('cifar-10');
const names = [...cifarFiles.train, ...cifarFiles.test];
const body = Uint8Array.from({ length: cifarRecordBytes }, (_, at) => at % 7);

/** The sizes that a tar file has: each in its 512 bytes, as digits. */
const fields: readonly Field[] = [0, 1, 2].flatMap((block) =>
  [124, 128, 132, 148, 156, 257].map((at): Field => ({ at: 512 * block + at, bytes: 8, littleEndian: false })),
);

export const cifar: Format = {
  name: 'cifar',
  async prepare() {
    const folder = { header: { name: 'cifar-10-batches-bin/', type: 'directory', size: 0 } } as const;
    const entry = (name: string) => ({ header: { name: `cifar-10-batches-bin/${name}`, size: body.length }, body });
    const long = { header: { name: `${'x'.repeat(300)}/readme`, size: 5, pax: { comment: 'y' } }, body: 'hello' };
    const archives = [await packTar([folder, ...names.map(entry)]), await packTar([folder, long, ...names.map(entry)])];
    return {
      draw(random) {
        if (random.integer(5) === 0) return mutateBytes(body, random, body);
        const archive = pick(random, archives);
        const packed = gzipSync(mutateBytes(archive, random, archive, random.integer(2) === 0 ? fields : []));
        return random.integer(8) === 0 ? mutateBytes(packed, random, archive) : new Uint8Array(packed);
      },
      async read(input) {
        if (input[0] !== 0x1f) return parseCifar([{ name: 'fuzz', bytes: input }], classes);
        const { train, test } = await unpackCifar(input, 'fuzz', 1);
        return [parseCifar(train, classes), parseCifar(test, classes)];
      },
    };
  },
};
