import { SystemError, UnavailableError } from '../../../src/errors.js';
import { MappedMemory } from '../../../src/sys/mapped-memory.js';
import { Ring } from '../../../src/uring/ring.js';
import {
  fillTransfer,
  IORING_OP_WRITE,
  IOSQE_FIXED_FILE,
  RWF_NOWAIT,
  sqeHead,
} from '../../../src/uring/sqe.js';
import { openedSince, openFiles } from '../../open-files.js';
import { markedFrame } from '../ring-tap.js';

const TAP_FD = 3;
const ARENA_BYTES = 1024 * 1024;
const FRAMES = 4;

function transfer(ring: Ring): { registered: boolean; results: number[] } {
  using arena = MappedMemory.anonymous(ARENA_BYTES);
  const registered = ring.registerBuffer(arena);
  const file = ring.registerFile(TAP_FD);
  const frame = markedFrame(0);
  arena.bytes.set(frame);
  const { submission, completion } = ring;
  const head = sqeHead(IORING_OP_WRITE, IOSQE_FIXED_FILE);
  for (let index = 0; index < FRAMES; index++) {
    fillTransfer(
      submission.words,
      submission.take(),
      head,
      file,
      arena.address,
      frame.length,
      RWF_NOWAIT,
      index,
    );
  }
  ring.submit();
  const results: number[] = [];
  while (completion.next()) results.push(completion.result);
  completion.release();
  return { registered, results };
}

function tryRing(): Readonly<Record<string, unknown>> {
  const before = openFiles();
  try {
    using ring = Ring.open(FRAMES);
    return { opened: true, ...(process.argv[2] === 'transfer' ? transfer(ring) : {}) };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const { name, code, syscall, message } = error;
    const leaked = openedSince(before);
    const facility = error instanceof UnavailableError ? { facility: error.facility } : {};
    return { opened: false, name, code, syscall, message, leaked, ...facility };
  }
}

console.log(JSON.stringify(tryRing()));
