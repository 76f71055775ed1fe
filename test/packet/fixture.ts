import { readFileSync } from 'node:fs';

const FOLDER = new URL('./fixtures/', import.meta.url);

/** The bytes of a fixture; fixtures/make.py makes it. */
export function readFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

export function readFixtureText(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}
