/**
 * @file What Ocellus costs a page: the gzip size of the built library, bundled and minified as Vite does it for one.
 *
 *     npm run -s size                  exit code 1 when the whole library is over its limit
 *     npm run -s size -- --json
 *     npm run -s size -- --limit N     another limit, in bytes
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const library = fileURLToPath(new URL('../dist/index.js', import.meta.url));

/** What is measured. `names` is what a page imports. */
const parts = [
  { part: 'library', names: '*', what: 'all that "ocellus" exports' },
  { part: 'training', names: '{ adagrad, cnn, maxPool, sharedConv, train }', what: 'what trains sharedConv + pool' },
  { part: 'error', names: '{ UsageError }', what: 'one small class' },
];

/** Bytes of what a page loads when it imports `names` and nothing more. */
async function measure(names) {
  const entry = 'entry.js';
  const { output } = await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
        load: (id) => (id === `\0${entry}` ? `export ${names} from ${JSON.stringify(library)};` : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      // Without this, nothing of the entry is used, and nothing is kept.
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  });
  const files = output.map((file) => Buffer.from(file.type === 'chunk' ? file.code : file.source));
  const sum = (sizes) => sizes.reduce((total, size) => total + size, 0);
  return {
    bytes: sum(files.map((file) => file.length)),
    gzipBytes: sum(files.map((file) => gzipSync(file, { level: 9 }).length)),
  };
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, limit: { type: 'string', default: '72000' } },
});
const limitBytes = Number(options.limit);
if (!(limitBytes > 0)) {
  console.error(`--limit needs a number of bytes, but is ${options.limit}.`);
  process.exit(2);
}

const sizes = [];
for (const each of parts) sizes.push({ ...each, ...(await measure(each.names)) });
const [{ gzipBytes }] = sizes;

if (options.json) {
  const measured = Object.fromEntries(sizes.map(({ part, bytes, gzipBytes }) => [part, { bytes, gzipBytes }]));
  console.log(JSON.stringify({ ...measured, limitBytes }, null, 2));
} else {
  for (const size of sizes) {
    const columns = [kilobytes(size.gzipBytes).padStart(8), `${kilobytes(size.bytes)} minified`.padStart(18)];
    console.log(`${columns.join(' gzip, ')}  ${size.part}: ${size.what}`);
  }
}
if (gzipBytes > limitBytes) {
  console.error(
    `The library is ${kilobytes(gzipBytes)} with gzip; its limit is ${kilobytes(limitBytes)}. ` +
      'Import less, or raise the limit in scripts/size.mjs and say why in the changelog.',
  );
  process.exitCode = 1;
}
