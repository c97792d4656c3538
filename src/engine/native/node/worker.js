// @ts-check
/** @file A worker of the native engine: `threads/worker.js` with a compiled library. */
import { receiveStart, teamOf, work } from '../../threads/share.js';
import { openLibrary } from './library.js';

receiveStart((start, ready) => work(openLibrary(start.code, start.memory, start.losses), teamOf(start), ready));
