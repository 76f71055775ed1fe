/*
 * Receives frames from a TAP through liburing.
 *
 *   ring-reader DEVICE BURST SECONDS    as rtap does: one poll, then bursts of reads that never wait, 4 to BURST
 *   ring-reader DEVICE posted SECONDS   as drivers do: 64 reads are always posted, each again when it has a frame
 *
 * Prints "ready", waits for a line, reads for a while without measuring and then for SECONDS. Prints how many frames came,
 * the seconds, and its own processor time.
 */
#include "tap.h"
#include <liburing.h>
#include <poll.h>
#include <unistd.h>

enum {
	SLOT_BYTES = 65664,
	FIRST_BURST = 4,
	BURST_MAX = 256,
	POSTED = 64,
	POLL_TAG = 1000,
};

static const double warm_seconds = 0.3;

static unsigned char arena[BURST_MAX][SLOT_BYTES];
static struct io_uring ring;
static unsigned read_bytes;
static unsigned burst_max;

static void open_ring(int fd)
{
	if (io_uring_queue_init(BURST_MAX, &ring, 0) < 0 || io_uring_register_files(&ring, &fd, 1) < 0)
		fail("io_uring");
}

static struct io_uring_sqe *take_read(unsigned slot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_read(sqe, 0, arena[slot], read_bytes, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	sqe->user_data = slot;
	return sqe;
}

static void wait_for_frames(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	struct io_uring_cqe *cqe;

	io_uring_prep_poll_add(sqe, 0, POLLIN);
	sqe->flags |= IOSQE_FIXED_FILE;
	sqe->user_data = POLL_TAG;
	if (io_uring_submit_and_wait(&ring, 1) < 0 || io_uring_wait_cqe(&ring, &cqe) < 0)
		fail("io_uring_submit_and_wait");
	io_uring_cqe_seen(&ring, cqe);
}

static unsigned read_burst(unsigned reads)
{
	struct io_uring_cqe *cqe;
	unsigned head;
	unsigned reaped = 0;
	unsigned frames = 0;

	for (unsigned slot = 0; slot < reads; slot++)
		take_read(slot)->rw_flags = RWF_NOWAIT;
	if (io_uring_submit(&ring) < 0)
		fail("io_uring_submit");
	while (reaped < reads) {
		unsigned seen = 0;

		io_uring_for_each_cqe(&ring, head, cqe) {
			frames += cqe->res > 0;
			seen++;
		}
		io_uring_cq_advance(&ring, seen);
		reaped += seen;
		if (seen == 0 && io_uring_wait_cqe(&ring, &cqe) < 0)
			fail("io_uring_wait_cqe");
	}
	return frames;
}

/* Returns the frames that came until `end`. */
static long read_in_bursts(double end)
{
	long frames = 0;
	unsigned reads = FIRST_BURST;

	while (now() < end) {
		unsigned came = read_burst(reads);

		frames += came;
		if (came < reads) {
			wait_for_frames();
			reads = FIRST_BURST;
		} else if (reads < burst_max) {
			reads *= 2;
		}
	}
	return frames;
}

static void post_all(void)
{
	for (unsigned slot = 0; slot < POSTED; slot++)
		take_read(slot);
}

static long read_posted(double end)
{
	struct io_uring_cqe *cqe;
	unsigned head;
	long frames = 0;

	while (now() < end) {
		unsigned seen = 0;

		if (io_uring_submit_and_wait(&ring, 1) < 0)
			fail("io_uring_submit_and_wait");
		io_uring_for_each_cqe(&ring, head, cqe) {
			frames += cqe->res > 0;
			take_read((unsigned)cqe->user_data);
			seen++;
		}
		io_uring_cq_advance(&ring, seen);
	}
	return frames;
}

int main(int argc, char **argv)
{
	int header_bytes;
	int fd = attach(argc > 1 ? argv[1] : "", &header_bytes);
	long (*read_until)(double) = argc > 2 && strcmp(argv[2], "posted") == 0 ? read_posted : read_in_bursts;
	double seconds = argc > 3 ? atof(argv[3]) : 1;
	struct stopwatch start;
	long frames;

	read_bytes = (unsigned)header_bytes + LONGEST_FRAME_BYTES + 1;
	burst_max = argc > 2 ? (unsigned)atol(argv[2]) : 0;
	if (read_until == read_in_bursts && (burst_max < FIRST_BURST || burst_max > BURST_MAX))
		return 1;
	open_ring(fd);
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	if (read_until == read_posted)
		post_all();
	read_until(now() + warm_seconds);
	start = start_stopwatch();
	frames = read_until(start.wall + seconds);
	print_result(frames, start);
	/* The reads that are still posted end with the process. */
	_exit(0);
}
