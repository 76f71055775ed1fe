/** Returns the processor time of this process so far, in the kernel too. Seconds. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
