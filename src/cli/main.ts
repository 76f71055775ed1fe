import { processConsole } from './process-console.js';
import { runProgram } from './program.js';

// Node would open its debugger: SIGUSR1 asks rx-dump and tx-inject for their counts, and others for nothing.
process.on('SIGUSR1', () => {});

// A descriptor that outlives its command would keep the process alive: everything is released by then.
process.exitCode = await runProgram(process.argv.slice(2), processConsole);
