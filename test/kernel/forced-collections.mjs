// Preloaded into a process that runs with --expose-gc: what the collector may take, it takes at once.
const COLLECT_MS = 2;

setInterval(() => globalThis.gc({ type: 'major' }), COLLECT_MS).unref();
