/* A socket that sends frames out of a device as the kernel's own. */
#ifndef PACKET_SOCKET_H
#define PACKET_SOCKET_H

#include "tap.h"
#include <linux/if_packet.h>
#include <sys/socket.h>

static inline int open_packet_socket(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(name);
	return fd;
}

#endif
