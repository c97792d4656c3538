/** @file A study as the sections of a report see it: with a letter for each architecture, and its pictures. */

import type { ArchitectureRecord, ErrorEstimate, StudyRecord } from '../comparison/record.ts';
import type { Pictures } from '../explain/picture.ts';
import { readableNotation } from '../model/notation.ts';
import { type Content, type Html, html } from './html.ts';

export interface StudyView {
  /** Starts the ids of this study's elements. */
  readonly id: string;
  readonly study: StudyRecord;
  readonly pictures: Pictures;
  readonly architectures: readonly ArchitectureView[];
  /** The best, or the only one. */
  readonly lead: ArchitectureView | null;
  /** What the architectures are compared by. */
  readonly compared: 'validation' | 'test';
  /** Of the same run, before this one. */
  readonly earlier: readonly StudyRecord[];
}

export interface ArchitectureView {
  readonly letter: string;
  readonly record: ArchitectureRecord;
  readonly isBest: boolean;
  readonly comparedError: ErrorEstimate;
}

/** Of the study at a place. */
export function viewOf(studies: readonly StudyRecord[], pictures: Pictures, place: number): StudyView {
  const study = studies[place]!;
  const hasValidation = study.architectures.every(({ validation }) => validation !== null);
  const compared = study.choice.by === 'validation' && hasValidation ? 'validation' : 'test';
  const architectures = study.architectures.map((record, index) => ({
    letter: letterOf(index),
    record,
    isBest: record.name === study.best?.name,
    comparedError: (compared === 'validation' ? record.validation : null) ?? record.test,
  }));
  const lead = architectures.find(({ isBest }) => isBest) ?? (architectures.length === 1 ? architectures[0]! : null);
  return { id: `study-${place + 1}`, study, pictures, architectures, lead, compared, earlier: studies.slice(0, place) };
}

/** A, B, … Z, AA, AB, … */
function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}

/** `A  sharedConv + pool`, breaking only behind a plus. */
export function label({ letter, record, isBest }: ArchitectureView): Html {
  return html`<span class="${isBest ? 'letter best' : 'letter'}">${letter}</span> ${architectureName(record.name)}`;
}

const shortPiece = 24;

/** Breaks behind a plus; only inside a layer that is long. */
export function architectureName(name: string): Html {
  const parts = readableNotation(name).split(' + ');
  const pieces = parts.map((part, place) => {
    const isLast = place === parts.length - 1;
    const piece = html`${part}${isLast ? '' : ' +'}`;
    return html`${part.length > shortPiece ? piece : html`<span class="piece">${piece}</span>`}${isLast ? '' : ' '}`;
  });
  return html`<span class="arch">${pieces}</span>`;
}

/** Text in which architectures are named, with their names set off. */
export function withNames(sentence: string, names: readonly string[]): Content {
  // The longest first: one name may be a part of another.
  const known = names.filter((name) => name !== '').sort((a, b) => b.length - a.length);
  const name = known.find((one) => sentence.includes(one));
  if (name === undefined) return sentence;
  return sentence.split(name).map((part, place) => [place > 0 && html`<b>${name}</b>`, withNames(part, known)]);
}
