import { layoutStruct, type StructLayout } from './struct-layout.js';

/**
 * Returns the layout of struct msghdr for a pointer width of 4 or 8 bytes. Source: include/linux/socket.h, struct
 * user_msghdr.
 */
export function msghdrLayout(pointerBytes: number): StructLayout {
  return layoutStruct(
    [
      ['msg_name', 'pointer'],
      ['msg_namelen', 'unsigned'],
      ['msg_iov', 'pointer'],
      ['msg_iovlen', 'size_t'],
      ['msg_control', 'pointer'],
      ['msg_controllen', 'size_t'],
      ['msg_flags', 'unsigned'],
    ],
    pointerBytes,
  );
}

/**
 * Returns the layout of struct mmsghdr: a struct msghdr and the number of its bytes that were sent. Source:
 * include/linux/socket.h.
 */
export function mmsghdrLayout(pointerBytes: number): StructLayout {
  const { size, alignment, offsets } = msghdrLayout(pointerBytes);
  const whole = Math.ceil((size + 4) / alignment) * alignment;
  return { size: whole, alignment, offsets: { ...offsets, msg_len: size } };
}

/** Returns the layout of struct cmsghdr; its data follow it. Source: include/linux/socket.h. */
export function cmsghdrLayout(pointerBytes: number): StructLayout {
  return layoutStruct(
    [
      ['cmsg_len', 'size_t'],
      ['cmsg_level', 'int'],
      ['cmsg_type', 'int'],
    ],
    pointerBytes,
  );
}

/** Returns the bytes that a control message with `dataBytes` of data takes: CMSG_SPACE of cmsg(3). */
export function controlSpace(dataBytes: number, pointerBytes: number): number {
  return cmsghdrLayout(pointerBytes).size + Math.ceil(dataBytes / pointerBytes) * pointerBytes;
}
