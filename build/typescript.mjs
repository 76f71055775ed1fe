// Lets a process, or a thread, import TypeScript: node --import=./build/typescript.mjs FILE. What is compiled is kept in the
// checkout alone. In a folder that all users share, such as /tmp, another user could put code that this process would run.
import { closeSync, openSync } from 'node:fs';
import * as module from 'node:module';
import { loadNow, resolve } from './typescript-hooks.mjs';

// register() is deprecated since Node 26, and registerHooks() is not in Node 20.
if (module.registerHooks !== undefined) module.registerHooks({ resolve, load: loadNow });
else inPresentFolder(() => module.register('./typescript-hooks.mjs', import.meta.url));

/** Runs `action`. If the working directory was removed, it is another one meanwhile: the thread of register() would never answer. */
function inPresentFolder(action) {
  if (isPresent()) return action();
  const folder = openSync('.');
  process.chdir('/');
  try {
    return action();
  } finally {
    process.chdir(`/proc/self/fd/${folder}`);
    closeSync(folder);
  }
}

function isPresent() {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
}
