// The command line's entry in dist/, where OTHER_COMMANDS are those that control-commands.cjs lacks, and an option with which one of
// its commands needs the others.
'use strict';
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const others = new Set(OTHER_COMMANDS);
// Whether the command may go on for some time.
exports.lasting = process.argv.slice(2).some((word) => others.has(word));

// All commands where a word names one that the other bundle has not, be the word a device or a value.
const name = `${exports.lasting ? 'all-commands' : 'control-commands'}.cjs`;
const bundle = `${__dirname}/${name}`;

/**
 * The text of the bundle, and twice what V8 made of it when it was built, which another V8 cannot read: to compile it takes a quarter
 * of a short command's own time. V8 looks at the length of a text alone, and at nothing of the code, which ends the process where it
 * is damaged; and to compare takes nothing, where a sum takes half of what is gained.
 */
const codeCache = `${bundle}.v8-${process.versions.v8}-${process.arch}`;

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';

exports.run = () => {
  // A Script knows nothing of source maps.
  const kept = process.sourceMapsEnabled ? undefined : contentOf(codeCache);
  const text = kept && readFileSync(bundle);
  const code = kept && codeOf(kept, text);
  if (code === undefined) require(bundle);
  else start(compile(text, code));
};

/** As `run`, without a code cache: leaves one in the end, with all that was compiled meanwhile. */
exports.runForCodeCache = () => {
  const text = readFileSync(bundle);
  const script = compile(text);
  process.once('exit', () => {
    const code = script.createCachedData();
    // Whole or not at all.
    const unfinished = `${codeCache}.${process.pid}`;
    writeFileSync(unfinished, Buffer.concat([text, code, code]));
    renameSync(unfinished, codeCache);
  });
  start(script);
};

/** The code for `text` in `kept`; undefined where it is for another, or damaged. */
function codeOf(kept, text) {
  const middle = text.length + (kept.length - text.length) / 2;
  const code = kept.subarray(text.length, middle);
  if (code.length === 0 || !kept.subarray(0, text.length).equals(text)) return undefined;
  return code.equals(kept.subarray(middle)) ? code : undefined;
}

/** By its name alone: the code knows no folder. */
function compile(text, cachedData) {
  const source = `${HEAD}${text}\n})`;
  return new Script(source, { filename: name, columnOffset: -HEAD.length, cachedData });
}

/** What the command line needs of `require`: the process ends if it throws. */
function start(script) {
  const loaded = new module.constructor(bundle, module);
  loaded.filename = bundle;
  require.cache[bundle] = loaded;
  script.runInThisContext().call(loaded.exports, loaded.exports, require, loaded, bundle, __dirname);
  loaded.loaded = true;
}

function contentOf(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
