import { type ProcessOptions, RunningProcess } from './running-process.js';

/**
 * Starts a command line of sh(1) on a terminal of its own, by script(1), whose exit code is the command's. The user's
 * own shell would decide otherwise what a SIGINT from the terminal ends.
 */
export function startOnTerminal(command: string, options: ProcessOptions = {}): RunningProcess {
  const env = { ...options.env, SHELL: '/bin/sh' };
  return new RunningProcess('script', ['-qec', command, '/dev/null'], { ...options, env });
}
