// The command line's entry in dist/, where OTHER_COMMANDS are those that control-commands.cjs lacks.
'use strict';
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const others = new Set(OTHER_COMMANDS);
// Whether the command may go on for some time.
exports.lasting = process.argv.slice(2).some((word) => others.has(word));

// All commands where a word names one that the other bundle has not, be the word a device or a value.
const bundle = `${__dirname}/${exports.lasting ? 'all-commands' : 'control-commands'}.cjs`;

/**
 * What V8 made of the bundle when it was built, which another V8 cannot read: to compile it takes a quarter of a short command's
 * own time.
 */
const codeCache = `${bundle}.v8-${process.versions.v8}-${process.arch}`;

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';

exports.run = () => {
  // A Script knows nothing of source maps.
  const cachedData = process.sourceMapsEnabled ? undefined : contentOf(codeCache);
  if (cachedData === undefined) require(bundle);
  else start(compile(cachedData));
};

/** As `run`, without a code cache: hands one to `keep` in the end, with all that was compiled meanwhile. */
exports.runForCodeCache = (keep) => {
  const script = compile(undefined);
  process.once('exit', () => keep(codeCache, script.createCachedData()));
  start(script);
};

function compile(cachedData) {
  const source = `${HEAD}${readFileSync(bundle, 'utf8')}\n})`;
  return new Script(source, { filename: bundle, columnOffset: -HEAD.length, cachedData });
}

/** As `require` does. */
function start(script) {
  const loaded = new module.constructor(bundle, module);
  require.cache[bundle] = loaded;
  script.runInThisContext().call(loaded.exports, loaded.exports, require, loaded, bundle, __dirname);
}

function contentOf(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
