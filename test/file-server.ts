/** @file A web server on the loopback for tests of downloads: it serves files in the usual way, or as a test wants. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServedRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** Answers a request; `count` tells how many of this path there were before. Returns false to leave it to the server. */
export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => boolean | void;

export interface FileServer {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  readonly requests: ServedRequest[];
  /** What is asked first; null serves files and nothing else. */
  handler: Handler | null;
  close(): Promise<void>;
}

/** Serves files by their names, whatever folder is asked, with ranges, If-Range and ETags. */
export async function serveFiles(files: ReadonlyMap<string, Uint8Array>): Promise<FileServer> {
  const requests: ServedRequest[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url!;
    const count = requests.filter((each) => each.path === path).length;
    requests.push({ path, range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
    response.on('error', () => {});
    if (served.handler !== null && served.handler(request, response, count) !== false) return;
    const bytes = files.get(path.slice(path.lastIndexOf('/') + 1));
    if (!bytes) return void response.writeHead(404).end();
    serve(request, response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const served: FileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    handler: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return served;
}

/** One file, as any server gives it. */
export function serve(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const isSame = [undefined, etag].includes(request.headers['if-range'] as string | undefined);
  if (start > 0 && isSame) {
    if (start >= bytes.length) return void response.writeHead(416).end();
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag, 'content-range': range, 'content-length': bytes.length - start });
    response.end(bytes.subarray(start));
    return;
  }
  response.writeHead(200, { etag, 'content-length': bytes.length });
  response.end(bytes);
}

/** Waits until a part in `folder` has so many bytes: a connection that breaks takes with it what nobody has read yet. */
export async function untilPartHas(folder: string, bytes: number): Promise<void> {
  for (let size = 0; size < bytes; await delay(10)) {
    const parts = (await readdir(folder)).filter((name) => name.endsWith('.part'));
    const sizes = parts.map((name) =>
      stat(join(folder, name)).then(
        (found) => found.size,
        () => 0,
      ),
    );
    size = Math.max(0, ...(await Promise.all(sizes)));
  }
}
