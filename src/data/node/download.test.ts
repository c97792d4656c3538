/** Downloads over real sockets, from a server that does everything wrong that a server can. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileServer, type Handler, serve, serveFiles, untilPartHas } from '../../../test/file-server.ts';
import { tinyDownload } from '../../../test/tiny-catalogue.ts';
import { DataError } from '../../errors.ts';
import type { DownloadEvent } from './download.ts';
import { type LoadedDataSet, type LoadOptions, loadEntry } from './load.ts';

const { entry, files } = tinyDownload();
const images = 'train-images-idx3-ubyte.gz';
const content = files.get(images)!;

let cache: string;
let folder: string;
let server: FileServer;
let second: FileServer;
let events: DownloadEvent[];

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ocellus-'));
  folder = join(cache, 'data', 'tiny');
  [server, second] = [await serveFiles(files), await serveFiles(files)];
  events = [];
});

afterEach(async () => {
  await Promise.all([server.close(), second.close()]);
  await rm(cache, { recursive: true });
});

const load = (options: LoadOptions = {}): Promise<LoadedDataSet> =>
  loadEntry(entry, {
    cacheDir: cache,
    offline: false,
    mirrors: [server.url],
    limits: { connect: 1000, idle: 300 },
    onDownload: (event) => events.push(event),
    ...options,
  });

async function messageFor(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

/** Changes what the server does with the training images; the other files it serves. */
const onImages = (handler: Handler): Handler => {
  return (request, response, count) => (request.url!.endsWith(images) ? handler(request, response, count) : false);
};

async function expectRight(): Promise<void> {
  expect((await readdir(folder)).sort()).toEqual([...files.keys()].sort());
  for (const [name, bytes] of files) expect((await readFile(join(folder, name))).equals(bytes)).toBe(true);
}

/** Nothing under a file's own name but the right file. */
async function expectNoWrongFile(): Promise<void> {
  for (const name of await readdir(folder)) {
    const bytes = files.get(name);
    if (bytes) expect((await readFile(join(folder, name))).equals(bytes)).toBe(true);
    else expect(name).toMatch(/\.(part|version\.json)$/);
  }
}

const troubles = (): string[] => events.flatMap((event) => (event.kind === 'trouble' ? [event.problem] : []));
const rangesAsked = (from: FileServer): (string | undefined)[] =>
  from.requests.filter(({ path }) => path.endsWith(images)).map(({ range }) => range);

/** Sends the first bytes of what is asked for. @returns how many of the file the other end has then */
const sendSome = (request: IncomingMessage, response: ServerResponse, share: (rest: number) => number): number => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const end = start + share(content.length - start);
  const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start, ...(start > 0 ? range : {}) });
  response.write(content.subarray(start, end));
  return end;
};

/** Sends the first half of a body and then breaks the connection off. */
const breakOff: Handler = (request, response) => {
  const end = sendSome(request, response, (rest) => rest >> 1);
  untilPartHas(folder, end).then(() => response.destroy());
};

/** Half of the training images, as a killed download leaves them: its process is no longer there. */
async function leaveHalf(bytes: Uint8Array = content.subarray(0, content.length >> 1)): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${images}.part`), bytes);
}

test('downloads, tells of it, and then needs no server', async () => {
  const data = await load();
  expect(data).toMatchObject({ name: 'tiny', origin: { path: folder, verified: true }, train: { count: 400 } });
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  const { host } = new URL(server.url);
  expect(events[0]).toEqual({ kind: 'start', name: 'tiny', title: 'Tiny', files: 4, bytes, from: host, to: folder });
  expect(events.at(-2)).toEqual({ kind: 'progress', name: 'tiny', received: bytes, bytes });
  expect(events.at(-1)).toEqual({ kind: 'done', name: 'tiny', title: 'Tiny', path: folder });
  await expectRight();
  await server.close();
  expect((await load()).train.pixels).toEqual(data.train.pixels);
  server = await serveFiles(files);
});

test('goes on from where a broken connection or a killed process left off', async () => {
  await leaveHalf();
  server.handler = onImages((request, response, count) => (count < 2 ? breakOff(request, response, count) : false));
  await load();
  await expectRight();
  const [half, more] = [content.length >> 1, content.length - (content.length >> 1)];
  expect(rangesAsked(server)).toEqual([
    `bytes=${half}-`,
    `bytes=${half + (more >> 1)}-`,
    expect.stringMatching(/^bytes=\d+-$/),
  ]);
  expect(troubles()).toEqual(['breaks the connection off', 'breaks the connection off']);
});

test('takes a complete part without asking for it', async () => {
  await leaveHalf(content);
  await load();
  await expectRight();
  expect(rangesAsked(server)).toEqual([]);
});

test('starts again where a part is of another file, or too long', async () => {
  for (const wrong of [new Uint8Array(1000), new Uint8Array(content.length), new Uint8Array(content.length + 1)]) {
    await rm(folder, { recursive: true, force: true });
    await leaveHalf(wrong);
    await load();
    await expectRight();
  }
});

test('starts again where a server ignores ranges, or gives others than it was asked for', async () => {
  for (const range of [undefined, `bytes 0-${content.length - 1}/${content.length}`]) {
    await rm(folder, { recursive: true, force: true });
    await leaveHalf();
    server.handler = onImages((request, response) => {
      if (range === undefined || request.headers.range === undefined) {
        response.writeHead(200).end(content);
      } else response.writeHead(206, { 'content-range': range }).end(content);
    });
    await load();
    await expectRight();
  }
});

test('starts again where the file has changed since, whether the server heeds If-Range or not', async () => {
  for (const heeds of [true, false]) {
    await rm(folder, { recursive: true, force: true });
    const other = new Uint8Array(content.length).fill(7);
    server.handler = onImages((_, response, count) => {
      // The old version breaks off, and then nothing answers: a part of it is left.
      response.setHeader('etag', '"old"');
      if (count === 0) {
        response.writeHead(200, { 'content-length': other.length });
        response.write(other.subarray(0, 5000));
        return void untilPartHas(folder, 5000).then(() => response.destroy());
      }
      response.writeHead(503).end();
    });
    const asked = server.requests.length;
    expect(await messageFor(load())).toContain('answers 503 Service Unavailable');
    expect(await readdir(folder)).toContain(`${images}.part`);
    server.handler = onImages((request, response) => {
      if (!heeds) delete request.headers['if-range'];
      serve(request, response, content);
    });
    await load();
    await expectRight();
    const later = server.requests.slice(asked).filter(({ path }) => path.endsWith(images));
    expect(later[2]).toMatchObject({ range: 'bytes=5000-', ifRange: '"old"' });
    if (!heeds) expect(troubles()).toContain('has another file by now');
    server.requests.length = 0;
  }
});

const faults: [string, Handler, string | RegExp][] = [
  [
    'another file of the same size',
    (_, response) => void response.end(Buffer.alloc(content.length)),
    /gives another file: its SHA-256 is [0-9a-f]{64}, and should be [0-9a-f]{64}/,
  ],
  ['a file that is not there', (_, response) => void response.writeHead(404).end(), 'answers 404 Not Found'],
  [
    'a server in trouble',
    (_, response) => void response.writeHead(500).end('sorry'),
    'answers 500 Internal Server Error',
  ],
  [
    'another length than the file has',
    (_, response) => void response.end('<html>Please log in</html>'),
    `announces 26 bytes, and should have ${content.length.toLocaleString('en-US')}`,
  ],
  [
    'a body that never ends',
    (_, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), more);
      };
      more();
    },
    /sends more than the [\d,]+ bytes of the file/,
  ],
  [
    'a body that ends early, without a length',
    (_, response) => void response.write(content.subarray(0, 9), () => response.end()),
    /ends after 9 of [\d,]+ bytes/,
  ],
  [
    'a body that stalls',
    (_, response) => void response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 9)),
    'sends nothing for 0.3 seconds',
  ],
  ['no answer at all', () => {}, 'sends nothing for 0.3 seconds'],
  [
    'a redirect to itself',
    (request, response) => void response.writeHead(302, { location: request.url! }).end(),
    'redirects more than 5 times',
  ],
  [
    'a redirect to what is no web',
    (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    'redirects to "file:///etc/passwd", which is no address on the web',
  ],
  ['half an answer', (_, response) => void response.socket!.end('HTTP/1.1 200 O'), 'breaks the connection off'],
];

test.each(faults)('asks the next mirror after %s', async (_, fault, problem) => {
  server.handler = onImages(fault);
  const data = await load({ mirrors: [server.url, second.url] });
  expect(data.train.count).toBe(400);
  expect(troubles()[0]).toMatch(problem);
  await expectRight();
});

test.each(faults)('ends with one clear error after %s, and with no wrong file', async (_, fault, problem) => {
  server.handler = onImages(fault);
  const message = await messageFor(load());
  expect(message).toMatch(problem);
  expect(
    message.replace(/ (announces|answers|breaks|ends|fails|gives|redirects|sends) .*?\. Check/, ' … . Check'),
  ).toBe(
    `Tiny is not on this machine, and cannot be downloaded: ${server.url}${images} … . Check the network. ` +
      `Put t10k-labels-idx1-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, ${images} from ` +
      `http://127.0.0.1:9/ into ${folder}; or give --data DIR with its four IDX files (raw or .gz).`,
  );
  await expectNoWrongFile();
  server.handler = null;
  await load();
  await expectRight();
});

test('keeps what it has when a server only ever sends a little', async () => {
  server.handler = onImages(breakOff);
  expect(await messageFor(load())).toContain('breaks the connection off');
  expect(rangesAsked(server)).toHaveLength(5);
  await expectNoWrongFile();
  expect((await stat(join(folder, `${images}.part`))).size).toBeGreaterThan(content.length * 0.9);
});

test('leaves a server that stalls twice in a row, though each time it brings some', async () => {
  const stall = onImages((request, response) => void sendSome(request, response, () => 100));
  server.handler = stall;
  second.handler = stall;
  expect(await messageFor(load({ mirrors: [server.url, second.url] }))).toContain(
    'sends nothing for 0.3 seconds; http',
  );
  expect(rangesAsked(server)).toEqual([undefined, 'bytes=100-']);
  expect(rangesAsked(second)).toEqual(['bytes=200-', 'bytes=300-']);
  second.handler = null;
  await load({ mirrors: [server.url, second.url] });
  await expectRight();
});

test('follows redirects', async () => {
  server.handler = (request, response) => void response.writeHead(307, { location: second.url + request.url! }).end();
  await load();
  await expectRight();
});

test('says what each mirror did', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  const message = await messageFor(load({ mirrors: [`http://127.0.0.1:${port}`, 'http://no-such-host.invalid/x/'] }));
  expect(message).toMatch(
    new RegExp(
      `^Tiny is not on this machine, and cannot be downloaded: http://127.0.0.1:${port}/t10k-labels-idx1-ubyte.gz ` +
        'refuses the connection; http://no-such-host.invalid/x/t10k-labels-idx1-ubyte.gz cannot be looked up \\(E\\w+\\)\\.',
    ),
  );
});

test('two at once both end right, and the file is asked for once', async () => {
  // The second one comes when the first is at work.
  let other: Promise<LoadedDataSet> | undefined;
  server.handler = onImages((request, response) => {
    other ??= load();
    setTimeout(() => serve(request, response, content), 150);
  });
  const one = await load();
  expect((await other)!.train.pixels).toEqual(one.train.pixels);
  await expectRight();
  expect(rangesAsked(server)).toEqual([undefined]);
  expect(events).toContainEqual({ kind: 'wait', path: join(folder, images) });
});

test('goes on with the part of one that gives up meanwhile', async () => {
  const controller = new AbortController();
  server.handler = onImages((_, response, count) => {
    if (count > 0) return false;
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 5000));
  });
  let other: Promise<LoadedDataSet> | undefined;
  const first = load({
    signal: controller.signal,
    limits: { connect: 1000, idle: 10_000 },
    onDownload: (event) => {
      // When all that is sent is written, the other one comes; when that waits, this one stops.
      if (event.kind !== 'progress' || event.received !== event.bytes - content.length + 5000) return;
      other = load({ onDownload: ({ kind }) => kind === 'wait' && controller.abort(new Error('stopped')) });
    },
  });
  await expect(first).rejects.toThrow('stopped');
  await other;
  await expectRight();
  expect(rangesAsked(server)).toEqual([undefined, 'bytes=5000-']);
});

test('leaves no part of what another has finished meanwhile', async () => {
  const controller = new AbortController();
  server.handler = onImages((_, response) => {
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 5000));
    untilPartHas(folder, 5000)
      .then(() => writeFile(join(folder, images), content))
      .then(() => controller.abort(new Error('stopped')));
  });
  await expect(load({ signal: controller.signal, limits: { connect: 1000, idle: 10_000 } })).rejects.toThrow('stopped');
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('several that start in the same moment all end right', async () => {
  server.handler = onImages((request, response) => void setTimeout(() => serve(request, response, content), 50));
  const [one, ...others] = await Promise.all([load(), load(), load(), load()]);
  for (const other of others) expect(other!.train.pixels).toEqual(one!.train.pixels);
  await expectRight();
});

test('finds and replaces what was damaged after its download', async () => {
  await load();
  await writeFile(join(folder, images), Buffer.from(content).fill(0, 500, 501));
  await writeFile(join(folder, 't10k-labels-idx1-ubyte.gz'), 'short');
  expect(await messageFor(load({ offline: true }))).toContain('Tiny is not on this machine, and downloads are off');
  events.length = 0;
  const data = await load();
  expect(data.origin.verified).toBe(true);
  expect(events).toContainEqual({ kind: 'damaged', path: join(folder, images) });
  await expectRight();
});

test('knows downloads by the packed files alone, where no more is known', async () => {
  const unknown = tinyDownload({ knowsContent: false }).entry;
  const options = { cacheDir: cache, offline: false, mirrors: [server.url] };
  expect((await loadEntry(unknown, options)).origin.verified).toBe(true);
  await writeFile(join(folder, images), Buffer.from(content).fill(0, 500, 501));
  expect((await loadEntry(unknown, options)).origin.verified).toBe(true);
  await expectRight();
});

test('says that the disk is full, and asks no other mirror', async () => {
  await mkdir(folder, { recursive: true });
  await symlink('/dev/full', join(folder, `${images}.part`));
  const message = await messageFor(load({ mirrors: [server.url, second.url] }));
  expect(message).toBe(
    `${join(folder, images)} cannot be written: the disk is full. Make room for ${content.length.toLocaleString('en-US')} bytes, or choose another place.`,
  );
  expect(second.requests).toEqual([]);
  expect(await readdir(folder)).not.toContain(images);
});

test('asks nobody when offline, and says how to get the files', async () => {
  expect(await messageFor(load({ offline: true }))).toBe(
    'Tiny is not on this machine, and downloads are off (--offline, or OCELLUS_OFFLINE). Put t10k-labels-idx1-ubyte.gz, ' +
      `train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, ${images} from http://127.0.0.1:9/ into ${folder}; ` +
      'or give --data DIR with its four IDX files (raw or .gz).',
  );
  expect(server.requests).toEqual([]);
});
