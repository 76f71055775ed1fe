import type { MetricsFormat } from './metrics-text.js';

/** The media types that are served, the preferred one first. Sources: OpenMetrics 1.0.0, "Content Type"; Prometheus, "Exposition formats". */
const TYPES: readonly { readonly format: MetricsFormat; readonly type: string; readonly version: string }[] =
  [
    { format: 'openmetrics', type: 'application/openmetrics-text', version: '1.0.0' },
    { format: 'prometheus', type: 'text/plain', version: '0.0.4' },
  ];

/** Parts between commas, and between semicolons, that are not in quotes. */
const RANGES = /(?:"[^"]*"|[^,"])+/g;
const PARAMETERS = /(?:"[^"]*"|[^;"])+/g;

/** A range of media types that a client accepts. */
interface MediaRange {
  /** `text/plain`, `text/*` or `*\/*`. */
  readonly type: string;
  readonly version: string | undefined;
  /** How much the client wants it: 0 to 1, where 0 excludes it. */
  readonly quality: number;
}

/** The header Content-Type of text in this format. */
export function contentType(format: MetricsFormat): string {
  const { type, version } = TYPES.find((served) => served.format === format)!;
  return `${type}; version=${version}; charset=utf-8`;
}

/**
 * Returns the format that the header Accept wants most: OpenMetrics without a header, and if it wants both alike. Returns undefined if
 * it accepts neither. Source: RFC 9110, section 12.5.1.
 */
export function acceptedFormat(accept: string | undefined): MetricsFormat | undefined {
  if (accept === undefined || accept.trim() === '') return TYPES[0]!.format;
  const ranges = (accept.match(RANGES) ?? []).map(readRange);
  let [best, most]: [MetricsFormat | undefined, number] = [undefined, 0];
  for (const { format, type, version } of TYPES) {
    const quality = qualityOf(type, version, ranges);
    if (quality > most) [best, most] = [format, quality];
  }
  return best;
}

/** What the most specific of the ranges that contain the type says. */
function qualityOf(type: string, version: string, ranges: readonly MediaRange[]): number {
  let [quality, precision] = [0, 0];
  for (const range of ranges) {
    const own = precisionOf(range, type, version);
    if (own > precision || (own > 0 && own === precision && range.quality > quality))
      [quality, precision] = [range.quality, own];
  }
  return quality;
}

/** How closely `range` describes the type, from 1. Returns 0 if it does not contain it. */
function precisionOf(range: MediaRange, type: string, version: string): number {
  if (range.version !== undefined && range.version !== version) return 0;
  if (range.type === type) return range.version === undefined ? 3 : 4;
  if (range.type === `${type.split('/', 1)[0]}/*`) return 2;
  return range.type === '*/*' ? 1 : 0;
}

/** Parameters but `version` and `q` choose nothing here: charset and escaping are the same in all that is served. */
function readRange(text: string): MediaRange {
  const [type = '', ...rest] = (text.match(PARAMETERS) ?? []).map((part) => part.trim());
  const parameters = new Map(rest.map(readParameter));
  const quality = Number(parameters.get('q') ?? '1');
  return {
    type: type.toLowerCase(),
    version: parameters.get('version'),
    quality: quality >= 0 && quality <= 1 ? quality : 0,
  };
}

function readParameter(text: string): [name: string, value: string] {
  const [name = '', value = ''] = text.split('=', 2);
  return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
}
