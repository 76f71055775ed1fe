import { existsSync, readFileSync } from 'node:fs';

/** package.json as a bundle in dist/cli/ and as this file in src/cli/process/ sees it. */
const PLACES = ['../../package.json', '../../../package.json'];

/** The version of this package, as package.json has it. */
export function packageVersion(): string {
  const place = PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  const text = readFileSync(place!, 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
