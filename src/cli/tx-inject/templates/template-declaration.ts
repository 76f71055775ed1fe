import { type Command, Option } from 'commander';
import { VARIED_FIELDS } from '../../../packet/generate/varied-field.js';
import { TCP_FLAG_NAMES } from '../../../packet/headers/tcp-flags.js';
import { collect } from '../../arguments/repeated-value.js';

/** Adds the options of templates to `rtap tx-inject`. */
export function declareTemplateOptions(command: Command): Command {
  const flags = new Option(
    '--tcp-flags <list>',
    'TCP flags: syn,ack or S. (default: syn; with payload psh,ack)',
  );
  flags.argChoices = [...TCP_FLAG_NAMES];
  const vary = new Option(
    '--vary <field=range>',
    'change a field from frame to frame: src-port=1000..2000, dst-ip=10.0.0.1..10.0.9.1/256; you can repeat the option',
  ).argParser(collect);
  vary.argChoices = VARIED_FIELDS.map((field) => `${field}=`);
  return command
    .option('--udp <from-to>', 'send UDP frames: 10.0.0.1:1000-10.0.0.2:2000 or [::1]:1000-[::2]:2000')
    .option('--tcp <from-to>', 'send TCP frames; addresses as for --udp')
    .option('--icmp <from-to>', 'send ICMP or ICMPv6 echo requests: 10.0.0.1-10.0.0.2')
    .option('--arp <from-to>', 'send ARP requests: 10.0.0.1-10.0.0.2')
    .option(
      '--size <bytes>',
      'length of each frame without FCS (default: 64, or what headers and payload need)',
    )
    .option(
      '--dst-mac <address>',
      "destination MAC address (default: the device's own; with --arp the broadcast address)",
    )
    .option('--src-mac <address>', 'source MAC address (default: a random local one)')
    .option('--vlan <id>', 'add a VLAN tag with this id')
    .option('--ttl <number>', 'time to live, or hop limit (default: 64)')
    .addOption(flags)
    .option('--payload <text>', 'payload: this text, repeated up to --size')
    .option('--payload-hex <bytes>', 'payload: these bytes, repeated up to --size')
    .option('--payload-file <file>', 'payload: the content of this file, repeated up to --size')
    .addOption(vary)
    .option('--stamp', 'put a sequence number and the time into each frame, for rx-dump --verify');
}
