/*
 * Sends frames into a TAP through liburing as rtap does: bursts of writes that never wait, on a registered file, one
 * submission for each burst, and completions only of failed writes if the kernel can (Linux 5.17).
 *
 *   ring-writer DEVICE COUNT BURST   writes COUNT 64-byte frames in bursts of BURST, and prints how long it took
 */
#include "tap.h"
#include <liburing.h>

/* Bytes from one frame of a burst to the next: the kernel reads one or two cache lines of each. */
enum { SLOT_BYTES = 128, BURST_MAX = 256 };

static unsigned char arena[BURST_MAX * SLOT_BYTES];

static void open_ring(struct io_uring *ring, unsigned burst, int fd)
{
	if (io_uring_queue_init(burst, ring, 0) < 0 || io_uring_register_files(ring, &fd, 1) < 0)
		fail("io_uring");
}

static void send_burst(struct io_uring *ring, unsigned burst, unsigned length, unsigned flags)
{
	for (unsigned slot = 0; slot < burst; slot++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		io_uring_prep_write(sqe, 0, arena + slot * SLOT_BYTES, length, 0);
		sqe->flags |= flags;
		sqe->rw_flags = RWF_NOWAIT;
	}
	if (io_uring_submit(ring) != (int)burst)
		fail("io_uring_submit");
}

static void reap(struct io_uring *ring, unsigned burst, unsigned length)
{
	struct io_uring_cqe *cqe;
	unsigned head;
	unsigned reaped = 0;

	while (reaped < burst) {
		unsigned seen = 0;

		io_uring_for_each_cqe(ring, head, cqe) {
			if (cqe->res != (int)length) {
				fprintf(stderr, "a write gave %d\n", cqe->res);
				exit(1);
			}
			seen++;
		}
		io_uring_cq_advance(ring, seen);
		reaped += seen;
		if (seen == 0 && io_uring_wait_cqe(ring, &cqe) < 0)
			fail("io_uring_wait_cqe");
	}
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[2]) : 0;
	unsigned burst = argc > 3 ? (unsigned)atol(argv[3]) : 32;
	int header_bytes;
	int fd = attach(argc > 1 ? argv[1] : "", &header_bytes);
	unsigned length = (unsigned)header_bytes + FRAME_BYTES;
	struct io_uring ring;
	struct stopwatch start;
	int silent;

	if (burst < 1 || burst > BURST_MAX)
		return 1;
	open_ring(&ring, burst, fd);
	silent = (ring.features & IORING_FEAT_CQE_SKIP) != 0;
	for (unsigned slot = 0; slot < burst; slot++)
		memcpy(arena + slot * SLOT_BYTES + header_bytes, ethernet, sizeof(ethernet));
	start = start_stopwatch();
	for (long sent = 0; sent < count; sent += burst) {
		send_burst(&ring, burst, length, IOSQE_FIXED_FILE | (silent ? IOSQE_CQE_SKIP_SUCCESS : 0));
		if (!silent)
			reap(&ring, burst, length);
		else if (io_uring_cq_ready(&ring) > 0)
			reap(&ring, 1, length);
	}
	print_result(count, start);
	io_uring_queue_exit(&ring);
	return 0;
}
