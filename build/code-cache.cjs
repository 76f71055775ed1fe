// Runs a command of a dist/ that is built, and lays beside its bundle what V8 has made of it: node code-cache.cjs DIST WORD…
'use strict';
const { join } = require('node:path');

const [directory] = process.argv.splice(2, 1);
require(join(directory, 'cli/main.cjs')).runForCodeCache();
