/** Parts of a frame that can be counted up. */
export const VARIED_FIELDS = [
  'src-mac',
  'dst-mac',
  'vlan',
  'src-ip',
  'dst-ip',
  'src-port',
  'dst-port',
  'seq',
  'id',
] as const;

export type VariedFieldName = (typeof VARIED_FIELDS)[number];

/** A part of a frame that is counted up from frame to frame, and starts again after its last value. */
export interface VariedField {
  readonly name: VariedFieldName;
  /** Its first value, big-endian, as long as the field. */
  readonly first: Uint8Array;
  /** Added from frame to frame. */
  readonly step: number;
  /** How many values it has. */
  readonly count: number;
}
