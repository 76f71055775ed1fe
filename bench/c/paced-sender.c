/*
 * Sends frames out of a device at an even rate, as the kernel would: an AF_PACKET socket, which captures see.
 *
 *   paced-sender DEVICE BYTES RATE COUNT   sends COUNT frames of BYTES at RATE a second
 *
 * Each frame carries its number. Prints how many the kernel took, the seconds that it took, and its own processor time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, FRAME_BYTES_MAX = 2048, TICK_NANOSECONDS = 100000 };

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double processor_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int open_socket(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static unsigned char frames[BATCH][FRAME_BYTES_MAX];
	static const unsigned char ethernet[] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec pieces[BATCH];
	int fd = open_socket(argc > 1 ? argv[1] : "");
	size_t bytes = argc > 2 ? (size_t)atol(argv[2]) : 64;
	double rate = argc > 3 ? atof(argv[3]) : 1;
	long count = argc > 4 ? atol(argv[4]) : 0;
	long accepted = 0;
	double start;

	if (bytes < 18 || bytes > FRAME_BYTES_MAX)
		return 1;
	for (int at = 0; at < BATCH; at++) {
		memcpy(frames[at], ethernet, sizeof(ethernet));
		pieces[at] = (struct iovec){ frames[at], bytes };
		messages[at].msg_hdr = (struct msghdr){ .msg_iov = &pieces[at], .msg_iovlen = 1 };
	}
	start = now();
	for (long sent = 0; sent < count;) {
		long due = (long)((now() - start) * rate) + 1;

		if (due > count)
			due = count;
		if (due <= sent) {
			nanosleep(&(struct timespec){ .tv_nsec = TICK_NANOSECONDS }, NULL);
			continue;
		}
		while (sent < due) {
			int batch = due - sent < BATCH ? (int)(due - sent) : BATCH;
			int done;

			for (int at = 0; at < batch; at++) {
				unsigned number = htonl((unsigned)(sent + at));
				memcpy(frames[at] + sizeof(ethernet), &number, sizeof(number));
			}
			done = sendmmsg(fd, messages, (unsigned)batch, 0);
			/* A device whose queue is full refuses the first of the batch: that one is lost. */
			accepted += done > 0 ? done : 0;
			sent += done > 0 ? done : 1;
		}
	}
	printf("%ld %f %f\n", accepted, now() - start, processor_seconds());
	return 0;
}
