/* What the programs here share: a queue of a TAP device, as rtap attaches it, and a clock. */
#ifndef TAP_H
#define TAP_H

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

/* 64 bytes, without the FCS: a broadcast frame of a protocol for local experiments (IEEE 802), which has no handler. */
enum { FRAME_BYTES = 64, LONGEST_FRAME_BYTES = 65539 };

static const unsigned char ethernet[] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };

static inline double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Processor time of this process so far, its part in the kernel included. */
static inline double processor_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct stopwatch {
	double wall;
	double processor;
};

static inline struct stopwatch start_stopwatch(void)
{
	return (struct stopwatch){ now(), processor_seconds() };
}

/* What the bench reads: frames, seconds, seconds of processor time. */
static inline void print_result(long frames, struct stopwatch start)
{
	printf("%ld %f %f\n", frames, now() - start.wall, processor_seconds() - start.processor);
	fflush(stdout);
}

static inline void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Attaches to the device `name`; says how long the virtio-net header of its frames is. */
static inline int attach(const char *name, int *header_bytes)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNGETVNETHDRSZ, header_bytes) < 0)
		fail(name);
	return fd;
}

#endif
