/*
 * Sends frames out of a device through an AF_PACKET socket, as the kernel's own frames: captures see them.
 *
 *   packet-sender DEVICE BYTES RATE COUNT   sends COUNT frames of BYTES bytes at an even rate of RATE a second
 *   packet-sender DEVICE BYTES flood        sends as fast as it can, until it is ended
 *
 * Each frame carries its number. Prints how many frames the kernel took, the seconds, and its own processor time.
 */
#define _GNU_SOURCE
#include "packet-socket.h"
#include <arpa/inet.h>

enum { BATCH = 64, FRAME_BYTES_MAX = 2048, TICK_NANOSECONDS = 100000 };

static unsigned char frames[BATCH][FRAME_BYTES_MAX];
static struct iovec pieces[BATCH];
static struct mmsghdr messages[BATCH];

static void make_messages(size_t bytes)
{
	for (int at = 0; at < BATCH; at++) {
		memcpy(frames[at], ethernet, sizeof(ethernet));
		pieces[at] = (struct iovec){ frames[at], bytes };
		messages[at].msg_hdr = (struct msghdr){ .msg_iov = &pieces[at], .msg_iovlen = 1 };
	}
}

/* Offers frames to the kernel from number `first` on. Returns how many it took. */
static int offer(int fd, long first, int batch)
{
	for (int at = 0; at < batch; at++) {
		unsigned number = htonl((unsigned)(first + at));

		memcpy(frames[at] + sizeof(ethernet), &number, sizeof(number));
	}
	return sendmmsg(fd, messages, (unsigned)batch, 0);
}

static void flood(int fd)
{
	for (long sent = 0;; sent += BATCH)
		offer(fd, sent, BATCH);
}

static long send_evenly(int fd, double rate, long count)
{
	double start = now();
	long accepted = 0;

	for (long sent = 0; sent < count;) {
		long due = (long)((now() - start) * rate) + 1;

		if (due > count)
			due = count;
		if (due <= sent) {
			nanosleep(&(struct timespec){ .tv_nsec = TICK_NANOSECONDS }, NULL);
			continue;
		}
		while (sent < due) {
			int done = offer(fd, sent, due - sent < BATCH ? (int)(due - sent) : BATCH);

			/* If the device's queue is full, the kernel refuses the first frame of the batch, which is lost. */
			accepted += done > 0 ? done : 0;
			sent += done > 0 ? done : 1;
		}
	}
	return accepted;
}

int main(int argc, char **argv)
{
	int fd = open_packet_socket(argc > 1 ? argv[1] : "");
	long bytes = argc > 2 ? atol(argv[2]) : 0;
	struct stopwatch start;

	if (argc < 4 || bytes < 18 || bytes > FRAME_BYTES_MAX)
		return 1;
	make_messages((size_t)bytes);
	if (strcmp(argv[3], "flood") == 0)
		flood(fd);
	start = start_stopwatch();
	print_result(send_evenly(fd, atof(argv[3]), argc > 4 ? atol(argv[4]) : 0), start);
	return 0;
}
