import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** package.json as a bundle in dist/cli/ and as this file in src/cli/process/ sees it. */
const PLACES = ['../../package.json', '../../../package.json'];

/** The version of this package, as package.json has it. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile(), 'utf8')) as { readonly version: string };
  return version;
}

/** The folder of this package, where bin/ and dist/ are. */
export function packageFolder(): string {
  return fileURLToPath(new URL('.', packageFile()));
}

function packageFile(): URL {
  return PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))!;
}
