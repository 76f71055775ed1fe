/** Parts of a frame that can count up. */
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

/** A part of a frame that counts up from frame to frame, and begins again after its last value. */
export interface VariedField {
  readonly name: VariedFieldName;
  /** Its first value, big-endian, as long as the field. */
  readonly first: Uint8Array;
  /** What is added from frame to frame. */
  readonly step: number;
  /** How many values it has. */
  readonly count: number;
}
