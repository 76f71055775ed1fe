import { dieWithParent } from '../../sys/parent-death.js';

/** Environment variable with the pid of the process that starts this one, if this one is to end with it. */
const PARENT = 'RTAP_PARENT';

/** The environment for an rtap that ends when this process ends, also by SIGKILL. */
export function endingWithThis(): NodeJS.ProcessEnv {
  return { ...process.env, [PARENT]: String(process.pid) };
}

/** Lets this process end with its parent, if the parent has asked for that by `endingWithThis`. */
export function endWithParent(): void {
  const parent = process.env[PARENT];
  if (parent === undefined) return;
  delete process.env[PARENT];
  dieWithParent();
  // The parent may have ended before.
  if (process.ppid !== Number(parent)) process.kill(process.pid, 'SIGKILL');
}
