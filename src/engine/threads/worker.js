// @ts-check
/** @file A worker: a thread that runs its share of a program's steps. `workers.ts` starts it. */
import { receiveStart, teamOf, work } from './share.js';

receiveStart((start, ready) => work(start, teamOf(start), ready));
