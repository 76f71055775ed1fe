/** The option of Node with which a process that a test starts reads the sources as they are. */
export const COMPILER_FLAG = `--import=${new URL('../build/typescript.mjs', import.meta.url).href}`;
