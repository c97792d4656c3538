// @ts-check
/** @file A worker: a thread that runs its share of a program's steps. `workers.ts` starts it. */
import { instantiate, receiveStart, teamOf, work } from './share.js';

receiveStart((start, ready) => work(instantiate(start), teamOf(start), ready));
