// Resolves the package's own name to its sources: examples run against the tree as it is, built or not.
import { register } from 'node:module';

const sources = new URL('../../../src/index.ts', import.meta.url).href;
const hook = `
export async function resolve(specifier, context, next) {
  return next(specifier === 'rtap' ? ${JSON.stringify(sources)} : specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
