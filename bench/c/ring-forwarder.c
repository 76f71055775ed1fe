/*
 * Forwards frames between two TAPs through liburing as a thread of `rtap fwd` does: it sleeps in a poll of both queues, reads
 * bursts that never wait, and writes each burst from the memory that it was read into, virtio-net headers included.
 *
 *   ring-forwarder DEVICE OTHER NETNS   the device OTHER lies in the network namespace with the path NETNS
 *
 * Prints "forwarding" when it carries frames. It does so until a signal ends it.
 */
#define _GNU_SOURCE
#include "ring.h"
#include <sched.h>

/* As in src/tap/forward: frames of a burst, bytes of a burst that stay in the cache, bursts of one queue before the other. */
enum { FORWARDED_BURST = 32, CACHED_BYTES = 512 * 1024, BURSTS_PER_TURN = 16 };

struct lane {
	struct queue from;
	unsigned most;
	int ready;
};

static struct burst burst;
static struct lane lanes[2];
static struct io_uring ring;
static struct io_uring polls;

static void enter_namespace(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		fail(path);
}

static void open_rings(void)
{
	int files[] = { lanes[0].from.fd, lanes[1].from.fd };

	if (io_uring_queue_init(FORWARDED_BURST, &ring, 0) < 0 || io_uring_queue_init(4, &polls, 0) < 0 ||
	    io_uring_register_files(&ring, files, 2) < 0)
		fail("io_uring");
}

/* Carries one burst. Long frames come in shorter bursts, which stay in the cache until they are written. */
static void carry(struct lane *lane, const struct queue *to)
{
	unsigned long bytes = 0;
	unsigned count = receive_burst(&ring, &lane->from, &burst, lane->most);

	if (count == 0)
		return;
	for (unsigned index = 0; index < count; index++)
		bytes += burst.lengths[index];
	lane->most = (unsigned)((unsigned long)CACHED_BYTES * count / bytes);
	if (lane->most > FORWARDED_BURST)
		lane->most = FORWARDED_BURST;
	send_burst(&ring, to, &burst);
}

/* Sleeps while neither lane has frames. */
static void listen_for_frames(void)
{
	struct io_uring_cqe *cqe;
	unsigned head;
	unsigned seen = 0;

	if (!lanes[0].ready && !lanes[1].ready) {
		if (io_uring_submit_and_wait(&polls, 1) < 0)
			fail("io_uring_submit_and_wait");
	} else if (io_uring_sq_ready(&polls) > 0 && io_uring_submit(&polls) < 0) {
		fail("io_uring_submit");
	}
	io_uring_for_each_cqe(&polls, head, cqe) {
		lanes[cqe->user_data].ready = 1;
		seen++;
	}
	io_uring_cq_advance(&polls, seen);
}

static void serve(unsigned number)
{
	struct lane *lane = &lanes[number];

	for (int bursts = 0; bursts < BURSTS_PER_TURN; bursts++) {
		carry(lane, &lanes[1 - number].from);
		if (!lane->from.emptied)
			continue;
		lane->ready = 0;
		arm_poll(&polls, lane->from.fd, number);
		return;
	}
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 1;
	for (unsigned number = 0; number < 2; number++) {
		int header_bytes;
		int fd;

		if (number == 1)
			enter_namespace(argv[3]);
		fd = attach(argv[1 + number], &header_bytes);
		lanes[number] = (struct lane){ make_queue(fd, number, header_bytes), CACHED_BYTES / LONGEST_FRAME_BYTES, 0 };
	}
	open_rings();
	for (unsigned number = 0; number < 2; number++)
		arm_poll(&polls, lanes[number].from.fd, number);
	puts("forwarding");
	fflush(stdout);
	for (;;) {
		listen_for_frames();
		for (unsigned number = 0; number < 2; number++)
			if (lanes[number].ready)
				serve(number);
	}
}
