import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { bodyOf, get, RemoteError } from './http.ts';

let folder: string;
let credentials: { key: Buffer; cert: Buffer };
const closing: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', [...options, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  credentials = { key: await readFile(key), cert: await readFile(cert) };
});

afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.unstubAllEnvs();
});

afterAll(() => rm(folder, { recursive: true }));

async function secureServer(listener: RequestListener): Promise<URL> {
  const server = createServer(credentials, listener).listen(0, '127.0.0.1');
  closing.push(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const options = { limits: { connect: 300, idle: 300 }, signal: undefined };

test('trusts no certificate that nobody vouches for', async () => {
  const url = await secureServer((_, response) => response.end('secret'));
  const answer = get(url, {}, options);
  await expect(answer).rejects.toThrow(RemoteError);
  await expect(answer).rejects.toThrow('fails (self-signed certificate)');
});

test('reads over https, and refuses to be led from there to http', async () => {
  // As if the certificate were good.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const url = await secureServer((request, response) => {
    if (request.url === '/moved') response.writeHead(301, { location: 'http://127.0.0.1:9/file' });
    response.end('content');
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyOf(await get(url, {}, options), undefined)) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('content');
  await expect(get(new URL('moved', url), {}, options)).rejects.toThrow(
    'redirects to http://127.0.0.1:9/file, from https to http',
  );
});

test('gives up where there is no connection', async () => {
  // It takes the call, and then says nothing of TLS.
  const server = createSocketServer(() => {}).listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await once(server, 'listening');
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect(get(url, {}, options)).rejects.toThrow('gives no connection for 0.3 seconds');
});

test('stops when it is told to, and says why', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const url = await secureServer((_, response) => void response.write('one'));
  const controller = new AbortController();
  const answer = await get(url, {}, { ...options, signal: controller.signal });
  const read = (async () => {
    for await (const chunk of bodyOf(answer, controller.signal))
      if (chunk.length > 0) controller.abort(new Error('stop'));
  })();
  await expect(read).rejects.toThrow('stop');
  await expect(get(url, {}, { ...options, signal: controller.signal })).rejects.toThrow('stop');
});
