import { SUBJECTS } from './disposed-subjects.js';

// Calls every method and reads every property of disposed objects of one class, with several kinds of arguments.
// Whatever throws is fine. Prints how many uses returned or threw: a crash prints nothing.
const collect = globalThis.gc!;
const [subject = '', name = '', peer = ''] = process.argv.slice(2);
const ARGUMENTS: readonly (readonly unknown[])[] = [
  [],
  [0],
  [3, 70_000, 1_000_000],
  [new Uint8Array(60)],
  [[new Uint8Array(60)], 100],
  [{}, {}],
];
const views: ArrayBufferView[] = [];
let uses = 0;

function attempt(use: () => unknown): void {
  uses += 1;
  try {
    keepView(use());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

function keepView(value: unknown): void {
  if (ArrayBuffer.isView(value)) views.push(value);
  if (value instanceof Promise) value.catch(() => {});
}

function useAll(object: object): void {
  for (let holder = object; holder !== Object.prototype; holder = Object.getPrototypeOf(holder) as object) {
    for (const key of Reflect.ownKeys(holder)) {
      const property = Object.getOwnPropertyDescriptor(holder, key)!;
      if (key === 'constructor') continue;
      attempt(() => property.value ?? property.get?.call(object));
      if (typeof property.value !== 'function') continue;
      const method = property.value as (...words: unknown[]) => unknown;
      for (const words of ARGUMENTS) attempt(() => method.apply(object, [...words]));
    }
  }
}

/** Reads and writes the memory behind the views, at both ends. */
function touchViews(): void {
  for (const view of views) {
    const bytes = new Uint8Array(view.buffer);
    for (const at of [0, bytes.length - 1, view.byteOffset]) bytes[at] = bytes[at]! + 1;
  }
}

const objects = await SUBJECTS[subject]!(name, peer);
for (let round = 0; round < 2; round++) {
  for (const object of objects) useAll(object);
  touchViews();
  collect();
  // The registry of unreachable memory runs in a turn of its own.
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write(`${uses} uses, ${views.length} views\n`, () => process.exit(0));
