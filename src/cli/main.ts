import { processConsole } from './process-console.js';
import { runProgram } from './program.js';

// A descriptor that outlives its command would keep the process alive: everything is released by then.
process.exitCode = await runProgram(process.argv.slice(2), processConsole);
