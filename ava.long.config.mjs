// Tests that take long by their nature: npm run test:long, or npx ava --config ava.long.config.mjs FILE for one of them.
import { readFileSync } from 'node:fs';

const { ava } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default { ...ava, files: ['test/**/*.long.ts'], concurrency: 2 };
