import { CounterWriter } from '../../../src/tap/counters/counter-writer.js';

// Counts 1,000 packets in queue 1 in the folder of its argument, prints that, and runs until a signal ends it.
const writer = CounterWriter.open(process.argv[2]!, 2, 1);
const counters = writer.queue(1);
for (let count = 0; count < 1000; count++) counters[0]! += 1;
process.stdout.write('counted\n');
setInterval(() => writer.queue(1), 2 ** 30);
