import { readFileSync } from 'node:fs';
import test from 'ava';

/** Macros of mdoc(7) that say what kind of thing a name is. */
const MACROS = ['Vt', 'Ic', 'Dv', ','];

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

/** The names in the braces of `export { … } from`, without `type`. */
function exportedBy(index: string): string[] {
  return [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) =>
    names!.split(',').flatMap((name) => name.trim().replace(/^type /, '') || []),
  );
}

function declaredIn(source: string): string[] {
  const declarations = source.matchAll(/^export (?:class|interface|type|const|function) (\w+)/gm);
  return Array.from(declarations, ([, name]) => name!);
}

test('rtap(3) names every export of the library once, and nothing else', (t) => {
  const index = read('src/index.ts');
  t.regex(index, /^export \* from '\.\/errors\.js';$/m);
  const exported = [...exportedBy(index), ...declaredIn(read('src/errors.ts'))];
  const items = Array.from(read('man/rtap.3').matchAll(/^\.It (?=Vt|Ic|Dv)(.*)$/gm), ([, line]) => line!);
  const named = items.flatMap((line) => line.split(' ')).filter((word) => !MACROS.includes(word));
  t.true(exported.length > 50);
  const without = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => !others.includes(name));
  t.deepEqual(without(exported, named), [], 'not on the page');
  t.deepEqual(without(named, exported), [], 'not in the library');
  t.is(new Set(named).size, named.length, 'twice on the page');
});
