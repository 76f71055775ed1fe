import { CAPTURE_OPTIONS, type CaptureOption } from './capture-options.js';
import { interfaceDisplay, interfaceValue } from './interface-value.js';

// Source: extcap(4) of Wireshark, and its developer's guide, "Extcap".

/** An attribute of a sentence; undefined for none. */
type Attribute = readonly [name: string, value: string | number | undefined];

/** Source: LINKTYPE_ETHERNET of the pcapng specification. */
const ETHERNET = 1;

/** The answer to `--extcap-interfaces`: an interface for each of the TAPs `names`. */
export function describeInterfaces(names: readonly string[], version: string): string {
  const interfaces = names.map((name) =>
    sentence('interface', [
      ['value', interfaceValue(name)],
      ['display', interfaceDisplay(name)],
    ]),
  );
  return lines([sentence('extcap', [['version', version]]), ...interfaces]);
}

/** The answer to `--extcap-dlts`, the same for each interface. */
export function describeLinkTypes(): string {
  return lines([
    sentence('dlt', [
      ['number', ETHERNET],
      ['name', 'EN10MB'],
      ['display', 'Ethernet'],
    ]),
  ]);
}

/** The answer to `--extcap-config`, the same for each interface: what Wireshark's dialog offers. */
export function describeOptions(): string {
  return lines(CAPTURE_OPTIONS.flatMap(optionSentences));
}

function optionSentences(option: CaptureOption, number: number): string[] {
  const argument = sentence('arg', [
    ['number', number],
    ['call', option.call],
    ['display', option.display],
    ['type', option.type],
    ['default', option.default],
    ['placeholder', option.placeholder],
    ['range', option.range?.join(',')],
    ['validation', option.validation],
    ['tooltip', option.tooltip],
  ]);
  const values = (option.values ?? []).map(([value, display]) =>
    sentence('value', [
      ['arg', number],
      ['value', value],
      ['display', display],
      ['default', value === option.chosen ? 'true' : 'false'],
    ]),
  );
  return [argument, ...values];
}

function sentence(word: string, attributes: readonly Attribute[]): string {
  const written = attributes.filter(([, value]) => value !== undefined);
  return `${word} ${written.map(([name, value]) => `{${name}=${value}}`).join('')}`;
}

function lines(sentences: readonly string[]): string {
  return sentences.join('\n');
}
