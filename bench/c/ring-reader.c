/*
 * Receives frames from a TAP through liburing as rtap does: one poll, then bursts of reads that never wait, until the queue
 * is empty.
 *
 *   ring-reader DEVICE BURST FILLS   bursts of 4 to BURST frames
 *
 * Prints "ready" and waits for a line. Then it fills the queue with 64-byte frames FILLS times through an AF_PACKET socket,
 * and measures only how long it takes to empty it. Prints how many frames came, the seconds, and its own processor time.
 */
#define _GNU_SOURCE
#include "packet-socket.h"
#include "ring.h"

/* As in bench/subjects/receive-loop.ts. A queue holds 1,000 frames. */
enum { FILL_FRAMES = 900, WARM_FILLS = 200 };

static struct burst burst;
static unsigned char frame[FRAME_BYTES];
static struct mmsghdr messages[FILL_FRAMES];

static void make_messages(void)
{
	static struct iovec piece = { frame, sizeof(frame) };

	memcpy(frame, ethernet, sizeof(ethernet));
	for (int at = 0; at < FILL_FRAMES; at++)
		messages[at].msg_hdr = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 };
}

static void fill(int socket_fd)
{
	if (sendmmsg(socket_fd, messages, FILL_FRAMES, 0) != FILL_FRAMES)
		fail("sendmmsg");
}

/* Returns how many frames came. */
static long empty(struct io_uring *ring, struct io_uring *polls, struct queue *queue, unsigned most)
{
	struct io_uring_cqe *cqe;
	long frames = 0;

	arm_poll(polls, queue->fd, 0);
	if (io_uring_submit_and_wait(polls, 1) < 0 || io_uring_wait_cqe(polls, &cqe) < 0)
		fail("io_uring_submit_and_wait");
	io_uring_cqe_seen(polls, cqe);
	do
		frames += receive_burst(ring, queue, &burst, most);
	while (!queue->emptied);
	return frames;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	unsigned most = argc > 2 ? (unsigned)atol(argv[2]) : 0;
	long fills = argc > 3 ? atol(argv[3]) : 1;
	int header_bytes;
	int fd = attach(name, &header_bytes);
	int socket_fd = open_packet_socket(name);
	struct queue queue = make_queue(fd, 0, header_bytes);
	struct stopwatch spent = { 0, 0 };
	struct io_uring ring;
	struct io_uring polls;
	long frames = 0;

	if (most < FIRST_BURST || most > BURST_MAX)
		return 1;
	if (io_uring_queue_init(most, &ring, 0) < 0 || io_uring_queue_init(1, &polls, 0) < 0 ||
	    io_uring_register_files(&ring, &fd, 1) < 0)
		fail("io_uring");
	make_messages();
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	for (long done = -WARM_FILLS; done < fills; done++) {
		struct stopwatch start;
		long came;

		fill(socket_fd);
		start = start_stopwatch();
		came = empty(&ring, &polls, &queue, most);
		if (done < 0)
			continue;
		frames += came;
		spent.wall += now() - start.wall;
		spent.processor += processor_seconds() - start.processor;
	}
	printf("%ld %f %f\n", frames, spent.wall, spent.processor);
	return 0;
}
