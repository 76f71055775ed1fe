import { type Command, Option } from 'commander';
import { VARIED_FIELDS } from '../../../packet/generate/varied-field.js';
import { TCP_FLAG_NAMES } from '../../../packet/headers/tcp-flags.js';

/** Adds the options of templates to `rtap tx-inject`. */
export function declareTemplateOptions(command: Command): Command {
  const flags = new Option(
    '--tcp-flags <list>',
    'with these flags: syn,ack, or S. (default: syn, with data psh,ack)',
  );
  flags.argChoices = [...TCP_FLAG_NAMES];
  const vary = new Option(
    '--vary <field=range>',
    'count up from frame to frame: src-port=1000..2000, dst-ip=10.0.0.1..10.0.9.1/256; may be repeated',
  ).argParser(collect);
  vary.argChoices = VARIED_FIELDS.map((field) => `${field}=`);
  return command
    .option('--udp <from-to>', 'send UDP frames: 10.0.0.1:1000-10.0.0.2:2000 or [::1]:1000-[::2]:2000')
    .option('--tcp <from-to>', 'send TCP frames, likewise')
    .option('--icmp <from-to>', 'send echo requests of ICMP or ICMPv6: 10.0.0.1-10.0.0.2')
    .option('--arp <from-to>', 'send ARP requests: 10.0.0.1-10.0.0.2')
    .option(
      '--size <bytes>',
      'length of each frame, without FCS (default: 64, or what headers and payload need)',
    )
    .option('--dst-mac <address>', "to this address (default: the device's own; of --arp everybody's)")
    .option('--src-mac <address>', 'from this address (default: a random local one)')
    .option('--vlan <id>', 'with a VLAN tag')
    .option('--ttl <number>', 'with this time to live, or hop limit (default: 64)')
    .addOption(flags)
    .option('--payload <text>', 'carry this text, again and again up to --size')
    .option('--payload-hex <bytes>', 'carry these bytes, likewise')
    .option('--payload-file <file>', 'carry what is in a file, likewise')
    .addOption(vary)
    .option('--stamp', 'put sequence and time into each frame, for rx-dump --verify');
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
