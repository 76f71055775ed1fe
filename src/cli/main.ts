import { runProgram } from './entry/program.js';
import { loadStyle, processConsole } from './process/process-console.js';

// Node would open its debugger: SIGUSR1 asks rx-dump and tx-inject for their counts, and others for nothing.
process.on('SIGUSR1', () => {});

let done = false;
// As Node has it for a module that was not done: a command that never came to its end has not succeeded.
process.once('exit', (code) => {
  if (!done && code === 0) process.exitCode = 13;
});
void main();

async function main(): Promise<void> {
  // The module loads libc, which most commands need later or never.
  if (process.env.RTAP_PARENT !== undefined) (await import('./process/parent-process.js')).endWithParent();
  await loadStyle();
  // A descriptor that outlives its command would keep the process alive: everything is released by then.
  process.exitCode = await runProgram(process.argv.slice(2), processConsole);
  done = true;
}
