// Preloaded into a process that runs with --expose-gc: it collects garbage every COLLECT_MS.
const COLLECT_MS = 2;

setInterval(() => globalThis.gc({ type: 'major' }), COLLECT_MS).unref();
