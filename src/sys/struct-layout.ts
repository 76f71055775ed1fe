/** C types that are aligned to their size on every platform. A 64-bit integer is not, on i386. */
export type CType = 'pointer' | 'size_t' | 'unsigned' | 'int' | 'u8';

/** The fields in the order of the header. `u8[3]` is written as three fields. */
export type StructFields = readonly (readonly [name: string, type: CType])[];

/** Where each field of a struct lies, in bytes. */
export interface StructLayout {
  readonly size: number;
  readonly alignment: number;
  readonly offsets: Readonly<Record<string, number>>;
}

function sizeOf(type: CType, pointerBytes: number): number {
  switch (type) {
    case 'pointer':
    case 'size_t':
      return pointerBytes;
    case 'unsigned':
    case 'int':
      return 4;
    case 'u8':
      return 1;
  }
}

function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/**
 * Lays `fields` out as a C compiler does: each at a multiple of its size, the whole padded to the largest alignment.
 */
export function layoutStruct(fields: StructFields, pointerBytes: number): StructLayout {
  const offsets: Record<string, number> = {};
  let end = 0;
  let alignment = 1;
  for (const [name, type] of fields) {
    const size = sizeOf(type, pointerBytes);
    const at = alignUp(end, size);
    offsets[name] = at;
    end = at + size;
    alignment = Math.max(alignment, size);
  }
  return { size: alignUp(end, alignment), alignment, offsets };
}
