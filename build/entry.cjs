// The command line's entry in dist/, where OTHER_COMMANDS are those that control-commands.cjs lacks.
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
 * What V8 made of the bundle when it was built, which another V8 cannot read, behind the sums of both: to compile it takes a quarter
 * of a short command's own time. V8 looks at the length of a text alone, and at nothing of the code, which ends the process where it
 * is damaged.
 */
const codeCache = `${bundle}.v8-${process.versions.v8}-${process.arch}`;
const SUMS_SIZE = 8;

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';

exports.run = () => {
  // A Script knows nothing of source maps.
  const kept = process.sourceMapsEnabled ? undefined : contentOf(codeCache);
  const text = kept && readFileSync(bundle);
  if (kept !== undefined && isOf(kept, text)) start(compile(text, kept.subarray(SUMS_SIZE)));
  else require(bundle);
};

/** As `run`, without a code cache: leaves one in the end, with all that was compiled meanwhile. */
exports.runForCodeCache = () => {
  const text = readFileSync(bundle);
  const script = compile(text);
  process.once('exit', () => {
    const code = script.createCachedData();
    const sums = Buffer.alloc(SUMS_SIZE);
    sums.writeInt32LE(sumOf(text), 0);
    sums.writeInt32LE(sumOf(code), 4);
    // Whole or not at all.
    const unfinished = `${codeCache}.${process.pid}`;
    writeFileSync(unfinished, Buffer.concat([sums, code]));
    renameSync(unfinished, codeCache);
  });
  start(script);
};

function isOf(kept, text) {
  if (kept.length <= SUMS_SIZE) return false;
  return kept.readInt32LE(0) === sumOf(text) && kept.readInt32LE(4) === sumOf(kept.subarray(SUMS_SIZE));
}

/** A sum in which each bit has its place (FNV-1a, by words): Node's own need modules that take longer to load. */
function sumOf(bytes) {
  const whole = bytes.length >>> 2;
  const words = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4 * whole));
  let sum = bytes.length;
  for (let at = 0; at < whole; at++) sum = Math.imul(sum ^ words[at], 0x01000193);
  for (let at = 4 * whole; at < bytes.length; at++) sum = Math.imul(sum ^ bytes[at], 0x01000193);
  return sum;
}

/** By its name alone: the code knows no folder. */
function compile(text, cachedData) {
  const source = `${HEAD}${text}\n})`;
  return new Script(source, { filename: name, columnOffset: -HEAD.length, cachedData });
}

/** What the command line needs of `require`: nobody lives on after it has thrown. */
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
