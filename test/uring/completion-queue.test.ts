import test from 'ava';
import { CompletionQueue } from '../../src/uring/completion-queue.js';
import { CQE_RES_WORD, CQE_SIZE, CQE_USER_DATA_LOW_WORD, CQE_WORDS } from '../../src/uring/cqe.js';

const ENTRIES = 4;

/** A completion queue on ordinary memory, and the kernel's side of it. */
class PlainRing {
  readonly head: Uint32Array;
  readonly tail: Uint32Array;
  readonly queue: CompletionQueue;
  readonly #words: Int32Array;

  /** @param position where head and tail stand at first */
  constructor(position: number) {
    const cqes = new ArrayBuffer(ENTRIES * CQE_SIZE);
    this.#words = new Int32Array(cqes);
    this.head = Uint32Array.of(position);
    this.tail = Uint32Array.of(position);
    this.queue = new CompletionQueue(cqes, this.head, this.tail);
  }

  complete(userData: number, result: number): void {
    const at = (this.tail[0]! & (ENTRIES - 1)) * CQE_WORDS;
    this.#words[at + CQE_USER_DATA_LOW_WORD] = userData;
    this.#words[at + CQE_RES_WORD] = result;
    this.tail[0] = this.tail[0]! + 1;
  }

  /** Reads the cursor to its end. Returns [userData, result] of each completion. */
  drain(): [userData: number, result: number][] {
    const seen: [number, number][] = [];
    while (this.queue.next()) seen.push([this.queue.userData, this.queue.result]);
    return seen;
  }
}

test('CompletionQueue is empty when the kernel wrote nothing', (t) => {
  const ring = new PlainRing(0);
  t.is(ring.queue.entries, ENTRIES);
  t.false(ring.queue.next());
});

test('CompletionQueue reads in the order in which the kernel wrote', (t) => {
  const ring = new PlainRing(0);
  ring.complete(5, 64);
  ring.complete(3, -11);
  ring.complete(4, 0);
  t.deepEqual(ring.drain(), [
    [5, 64],
    [3, -11],
    [4, 0],
  ]);
});

test('CompletionQueue moves the shared head only when it releases', (t) => {
  const ring = new PlainRing(0);
  ring.complete(1, 1);
  ring.complete(2, 2);
  ring.drain();
  t.is(ring.head[0], 0);
  ring.queue.release();
  t.is(ring.head[0], 2);
});

test('CompletionQueue sees what arrives while it is being read', (t) => {
  const ring = new PlainRing(0);
  ring.complete(1, 1);
  t.true(ring.queue.next());
  ring.complete(2, 2);
  t.true(ring.queue.next());
  t.is(ring.queue.userData, 2);
  t.false(ring.queue.next());
});

test('CompletionQueue goes on at 0 when the kernel passes 0xffffffff', (t) => {
  const ring = new PlainRing(0xfffffffe);
  ring.complete(10, 100);
  ring.complete(11, 101);
  ring.complete(12, 102);
  t.is(ring.tail[0], 1);
  t.deepEqual(ring.drain(), [
    [10, 100],
    [11, 101],
    [12, 102],
  ]);
  ring.queue.release();
  t.is(ring.head[0], 1);
  ring.complete(13, 103);
  t.deepEqual(ring.drain(), [[13, 103]]);
});

test('CompletionQueue stops at its tail when that is exactly 0 after the wrap', (t) => {
  const ring = new PlainRing(0xffffffff);
  ring.complete(1, 7);
  t.is(ring.tail[0], 0);
  t.deepEqual(ring.drain(), [[1, 7]]);
  ring.queue.release();
  t.is(ring.head[0], 0);
});

test('CompletionQueue reads a full ring', (t) => {
  const ring = new PlainRing(2);
  for (let userData = 0; userData < ENTRIES; userData++) ring.complete(userData, userData);
  t.is(ring.drain().length, ENTRIES);
});

test('CompletionQueue returns user data without sign and results with sign', (t) => {
  const ring = new PlainRing(0);
  ring.complete(0xfffffffe, -2147483648);
  t.deepEqual(ring.drain(), [[0xfffffffe, -2147483648]]);
});

test('CompletionQueue gives the entries back and keeps their order when it stashes', (t) => {
  const ring = new PlainRing(0xfffffffe);
  for (let tag = 0; tag < ENTRIES; tag++) ring.complete(tag, -tag);
  t.true(ring.queue.next());
  t.is(ring.queue.stash(), ENTRIES - 1);
  t.is(ring.queue.stashed, ENTRIES - 1);
  t.is(ring.head[0], ring.tail[0], 'the kernel may write all entries again');
  ring.complete(4, -4);
  t.true(ring.queue.next());
  t.deepEqual([ring.queue.userData, ring.queue.result], [1, -1]);
  for (let tag = 5; tag < 8; tag++) ring.complete(tag, -tag);
  t.is(ring.queue.stash(), ENTRIES, 'what was stashed before and not read comes first');
  t.is(ring.queue.stashed, ENTRIES + 2);
  ring.complete(8, -8);
  t.deepEqual(
    ring.drain(),
    [2, 3, 4, 5, 6, 7, 8].map((tag) => [tag, -tag]),
  );
  t.is(ring.queue.stashed, 0);
  t.is(ring.queue.stash(), 0);
  t.false(ring.queue.next());
  ring.queue.release();
  t.is(ring.head[0], ring.tail[0]);
});

test('CompletionQueue skips as many completions as there are, past 0xffffffff too', (t) => {
  const ring = new PlainRing(0xfffffffe);
  for (const userData of [1, 2, 3]) ring.complete(userData, 10 * userData);
  t.is(ring.queue.skip(4), -1, 'there are fewer');
  const first = ring.queue.skip(3);
  t.is(first, 2);
  const { words, mask } = ring.queue;
  const seen = [0, 1, 2].map((number) => {
    const at = ((first + number) & mask) * CQE_WORDS;
    return [words[at + CQE_USER_DATA_LOW_WORD], words[at + CQE_RES_WORD]];
  });
  t.deepEqual(seen, [
    [1, 10],
    [2, 20],
    [3, 30],
  ]);
  t.is(ring.head[0], 0xfffffffe);
  ring.queue.release();
  t.is(ring.head[0], 1);
  t.is(ring.queue.skip(1), -1);
});

test('CompletionQueue does not skip while stashed completions come first', (t) => {
  const ring = new PlainRing(0);
  ring.complete(1, 10);
  ring.queue.stash();
  ring.complete(2, 20);
  t.is(ring.queue.skip(1), -1);
  t.deepEqual(ring.drain(), [
    [1, 10],
    [2, 20],
  ]);
  ring.complete(3, 30);
  t.is(ring.queue.skip(1), 2);
});
