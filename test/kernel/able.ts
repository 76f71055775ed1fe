import test from 'ava';

/**
 * Returns what declares tests that need something of the machine. `reason` says why this one cannot run them: undefined if it can.
 * Then they are skipped, and the reason is printed. Where CI is set they run, and fail.
 */
export function serialIfAble(reason: string | undefined): typeof test.serial.skip {
  if (reason === undefined || (process.env.CI ?? '') !== '') return test.serial;
  console.log(`skipped: ${reason}`);
  return test.serial.skip;
}
