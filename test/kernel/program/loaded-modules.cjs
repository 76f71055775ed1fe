// Preloaded into a process: at its end it prints which modules of Node and which files it has loaded.
process.on('exit', () => {
  const builtin = process.moduleLoadList.map((entry) => entry.replace(/^NativeModule /, ''));
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  process._rawDebug(JSON.stringify({ builtin, files }));
});
