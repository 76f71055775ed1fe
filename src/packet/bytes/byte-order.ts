/** True on a machine that stores the low byte first: what the kernel means by native order. */
export const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
