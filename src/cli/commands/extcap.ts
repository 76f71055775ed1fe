import { type Command, Option } from 'commander';
import type { ExtcapArguments } from '../extcap/extcap-run.js';
import type { Console } from '../process/console.js';

/** `rtap extcap --install|--uninstall [--system]`, and what Wireshark calls */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Lets Wireshark and tshark capture from TAP devices: --install shows each of them as an interface "rtap: io0". Wireshark calls the other options.',
    )
    .optionsGroup('Installing:')
    .option('--install', 'put the program rtap-extcap into the folder where Wireshark looks')
    .option('--uninstall', 'remove it')
    .option('--system', 'with --install and --uninstall: for all users of this machine')
    .option('--json', 'with --install and --uninstall: print the paths as one JSON array')
    .action(async (given: ExtcapArguments) => {
      const { runExtcap } = await import('../extcap/extcap-run.js');
      await runExtcap(given, console);
    });
  declareCapture(command);
  declareCalls(command);
}

/** Nothing is refused here: a capture that ends before it has opened the pipe lets Wireshark wait without end. */
function declareCapture(command: Command): void {
  command
    .optionsGroup('Options of an interface, as in the dialog of Wireshark:')
    .option('--mode <watch|take>', 'watch the frames, as rtap sniff does, or take them, as rtap rx-dump does')
    .option('--queue <queues>', 'queues of the device: 2, 0,2, 1-3 or all')
    .option('--direction <in|out|inout>', 'direction of the frames, as for rtap sniff')
    .option('--snapshot-length <bytes>', 'keep only this many bytes of each frame; 0 keeps all')
    .option('--filter <filter>', 'a pcap-filter(7) expression, beside that of --extcap-capture-filter')
    .option('--buffer-size <KiB>', 'memory for frames that are watched (default: 16384)');
}

// Source: extcap(4) of Wireshark.
function declareCalls(command: Command): void {
  command
    .optionsGroup('Calls of Wireshark:')
    .option('--extcap-interfaces', 'print the interfaces')
    .option('--extcap-version [version]', 'the version of Wireshark')
    .option('--extcap-interface <interface>', 'the interface of this call: rtap-io0')
    .option('--extcap-dlts', 'print the link types of the interface')
    .option('--extcap-config', 'print the options of the interface')
    .option('--extcap-reload-option <option>', 'print the values of this option alone')
    .option(
      '--extcap-capture-filter <filter>',
      'a capture filter; without --capture, print what is wrong with it',
    )
    .option('--capture', 'capture from the interface')
    .option('--fifo <file>', 'the pipe for the frames')
    .addOption(new Option('--extcap-cleanup-postkill').hideHelp())
    .optionsGroup('Other:');
}
