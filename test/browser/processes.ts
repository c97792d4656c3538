/** @file What Linux says of processes: children, threads by name, resident memory. */
import { readdirSync, readFileSync } from 'node:fs';

/** All processes that `ancestor` has started, and those that they have. */
export function descendants(ancestor: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${entry}/status`))?.[1];
    if (parent !== undefined && /^\d+$/.test(entry)) parents.set(Number(entry), Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

export const nameOf = (pid: number, thread = pid): string => read(`/proc/${pid}/task/${thread}/comm`).trimEnd();

export function threadsNamed(pid: number, name: string): number {
  return threads(pid).filter((thread) => nameOf(pid, thread) === name).length;
}

export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  if (kilobytes === undefined) throw new Error(`Process ${pid} is not there.`);
  return (Number(kilobytes) * 1024) / 1e6;
}

function threads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** Processes and threads come and go: what is gone has no text. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
