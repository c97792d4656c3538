/**
 * @file Downloads a data set's files into a folder: from one mirror after the other, on from where a download broke off, and
 * each under its name only when it has the SHA-256 that the catalogue promises.
 */

import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatCount } from '../../format-number.ts';
import { type CatalogueEntry, downloadsOf, type PackedFile } from '../catalogue.ts';
import { checkWritable } from './atomic-file.ts';
import { bodyOf, get, RemoteError, StallError } from './http.ts';
import { makeFolder } from './make-folder.ts';
import { type PartFile, takePart } from './part-file.ts';
import { standardLimits, type TimeLimits } from './time-limits.ts';

/** What happens while a data set is fetched. */
export type DownloadEvent =
  /** Before the first byte: how many files and bytes are missing, where they come from and go to. */
  | {
      readonly kind: 'start';
      readonly name: string;
      readonly title: string;
      readonly files: number;
      readonly bytes: number;
      readonly from: string;
      readonly to: string;
    }
  /** Bytes of all the missing files. */
  | { readonly kind: 'progress'; readonly name: string; readonly received: number; readonly bytes: number }
  /** What one address does not give; it is asked once more for the rest, or the next mirror is. */
  | { readonly kind: 'trouble'; readonly url: string; readonly problem: string }
  /** Another process is downloading the file. */
  | { readonly kind: 'wait'; readonly path: string }
  /** A kept file that is not what it should be; it is removed. */
  | { readonly kind: 'damaged'; readonly path: string }
  | { readonly kind: 'done'; readonly name: string; readonly title: string; readonly path: string };

export interface DownloadOptions {
  readonly folder: string;
  readonly mirrors: readonly URL[];
  readonly signal?: AbortSignal | undefined;
  readonly onDownload?: ((event: DownloadEvent) => void) | undefined;
  readonly limits?: TimeLimits;
}

/** How often one address is asked for the rest, while each time brings some of it. */
const mostTries = 5;

/** Stalls in a row after which an address is asked no more, even if each brought some of the file. */
const mostStalls = 2;

/** Milliseconds between looks at what another process downloads. */
const lookInterval = 200;

/** A file that no mirror gives; the message is the part of a sentence that says what each of them did. */
export class NoMirrorError extends Error {
  override readonly name = 'NoMirrorError';
}

/**
 * Downloads what `folder` lacks of a data set.
 *
 * @throws NoMirrorError if no mirror gives a file; DataError if the folder cannot be written to; the signal's reason
 */
export async function downloadDataSet(entry: CatalogueEntry, options: DownloadOptions): Promise<void> {
  const { folder, mirrors, onDownload } = options;
  const missing: PackedFile[] = [];
  for (const file of downloadsOf(entry)) if (!(await isThere(folder, file))) missing.push(file);
  if (missing.length === 0) return;
  const { name, title } = entry;
  const bytes = missing.reduce((sum, file) => sum + file.bytes, 0);
  const from = mirrors[0]?.host ?? 'nowhere';
  await makeFolder(folder, 'Set OCELLUS_CACHE to another folder.');
  await checkWritable(join(folder, missing[0]!.name));
  onDownload?.({ kind: 'start', name, title, files: missing.length, bytes, from, to: folder });
  let before = 0;
  for (const file of missing) {
    await downloadFile(file, options, (received) => {
      onDownload?.({ kind: 'progress', name, received: before + received, bytes });
    });
    before += file.bytes;
  }
  onDownload?.({ kind: 'done', name, title, path: folder });
}

/** Whether the file is there, with the size it should have. */
export async function isThere(folder: string, { name, bytes }: PackedFile): Promise<boolean> {
  const found = await stat(join(folder, name)).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes;
}

type OnBytes = (received: number) => void;

async function downloadFile(file: PackedFile, options: DownloadOptions, onBytes: OnBytes): Promise<void> {
  const { folder, signal, onDownload } = options;
  let waits = false;
  while (!(await isThere(folder, file))) {
    signal?.throwIfAborted();
    const part = await takePart(folder, file.name, file.bytes);
    if (part === null) {
      if (!waits) onDownload?.({ kind: 'wait', path: join(folder, file.name) });
      waits = true;
      await delay(lookInterval);
      continue;
    }
    try {
      await fill(part, file, options, onBytes);
      await part.finish(folder, file.name);
      await rm(notePath(part), { force: true });
    } finally {
      await part.release();
    }
  }
}

/** Fills the part from one mirror after the other, until it is what it should be. */
async function fill(part: PartFile, file: PackedFile, options: DownloadOptions, onBytes: OnBytes): Promise<void> {
  const failures: string[] = [];
  for (const mirror of options.mirrors) {
    const url = new URL(file.name, mirror);
    let stalls = 0;
    for (let tries = 1; ; tries++) {
      const had = part.size;
      try {
        await fetchRest(url, part, file, options, onBytes);
        return await verify(part, file);
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        // It brought something; or what was there before did not go with it, and is gone.
        const isWorthATry = part.size > had || (had > 0 && part.size === 0);
        stalls = error instanceof StallError ? stalls + 1 : 0;
        const goesOn = isWorthATry && tries < mostTries && stalls < mostStalls;
        if (goesOn || mirror !== options.mirrors.at(-1)) {
          options.onDownload?.({ kind: 'trouble', url: url.href, problem: error.message });
        }
        if (goesOn) continue;
        failures.push(`${url.href} ${error.message}`);
        break;
      }
    }
  }
  throw new NoMirrorError(failures.join('; '));
}

async function verify(part: PartFile, file: PackedFile): Promise<void> {
  const received = await part.sha256();
  if (received === file.sha256) return;
  await part.restart();
  throw new RemoteError(`gives another file: its SHA-256 is ${received}, and should be ${file.sha256}`);
}

async function fetchRest(
  url: URL,
  part: PartFile,
  file: PackedFile,
  { limits = standardLimits, signal }: DownloadOptions,
  onBytes: OnBytes,
): Promise<void> {
  if (part.size === file.bytes) return;
  const version = part.size > 0 ? await readNote(part, url) : undefined;
  const headers: Record<string, string> = part.size > 0 ? { range: `bytes=${part.size}-` } : {};
  if (version !== undefined) headers['if-range'] = version;
  const answer = await get(url, headers, { limits, signal });
  try {
    await accept(answer, part, file, version);
    if (part.size === 0) await writeNote(part, url, answer);
  } catch (error) {
    answer.destroy();
    throw error;
  }
  onBytes(part.size);
  for await (const chunk of bodyOf(answer, signal)) {
    if (part.size + chunk.length > file.bytes) {
      await part.restart();
      throw new RemoteError(`sends more than the ${formatCount(file.bytes, 'byte')} of the file`);
    }
    await part.append(chunk);
    onBytes(part.size);
  }
  if (part.size < file.bytes) {
    throw new RemoteError(`ends after ${formatCount(part.size)} of ${formatCount(file.bytes, 'byte')}`);
  }
}

/** Makes the part ready for the body of the answer. @throws RemoteError if the body is not what was asked for */
async function accept(
  answer: IncomingMessage,
  part: PartFile,
  file: PackedFile,
  version: string | undefined,
): Promise<void> {
  const { statusCode, statusMessage, headers } = answer;
  if (statusCode === 200) {
    const announced = headers['content-length'];
    if (announced !== undefined && Number(announced) !== file.bytes) {
      throw new RemoteError(
        `announces ${formatCount(Number(announced))} bytes, and should have ${formatCount(file.bytes)}`,
      );
    }
    // The whole file, whatever was asked for.
    await part.restart();
    return;
  }
  if (statusCode === 206 && part.size > 0) {
    const expected = `bytes ${part.size}-${file.bytes - 1}/${file.bytes}`;
    const isSame = version === undefined || version === (versionOf(answer) ?? version);
    if (headers['content-range'] === expected && isSame) return;
    const problem = isSame
      ? `gives "${headers['content-range']}" where "${expected}" is needed`
      : 'has another file by now';
    await part.restart();
    throw new RemoteError(problem);
  }
  if (statusCode === 416) await part.restart();
  throw new RemoteError(`answers ${statusCode} ${statusMessage}`);
}

/** What tells one version of a file from another, and may stand in If-Range. */
function versionOf({ headers }: IncomingMessage): string | undefined {
  const { etag, 'last-modified': date } = headers;
  return etag !== undefined && !etag.startsWith('W/') ? etag : date;
}

/** Says which version of which address a part was started from; a wrong one costs a download, and nothing else. */
const notePath = ({ target }: PartFile): string => `${target}.version.json`;

async function writeNote(part: PartFile, url: URL, answer: IncomingMessage): Promise<void> {
  const note = JSON.stringify({ url: url.href, version: versionOf(answer) });
  await writeFile(notePath(part), note).catch(() => {});
}

async function readNote(part: PartFile, { href }: URL): Promise<string | undefined> {
  try {
    const { url, version } = JSON.parse(await readFile(notePath(part), 'utf8'));
    return url === href && typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
