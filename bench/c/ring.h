/* Bursts of reads and writes through liburing, as rtap makes them: none of them waits, and one call submits a burst. */
#ifndef RING_H
#define RING_H

#include "tap.h"
#include <liburing.h>
#include <poll.h>

/* A slot of rtap's has an odd number of cache lines, so that slots do not compete for the same ones. */
enum { SLOT_BYTES = 65600, FIRST_BURST = 4, BURST_MAX = 256 };

/* Frames with their headers. A slot may be received into and sent from. */
struct burst {
	unsigned count;
	unsigned slots[BURST_MAX];
	unsigned lengths[BURST_MAX];
	unsigned char arena[BURST_MAX][SLOT_BYTES];
};

/* A queue: its place in the ring's table of files, and how many frames the next burst asks for. */
struct queue {
	int fd;
	unsigned file;
	unsigned read_bytes;
	unsigned reads_ahead;
	int emptied;
};

static inline struct queue make_queue(int fd, unsigned file, int header_bytes)
{
	/* One byte more than may arrive, as rtap: a read that fills it was cut. */
	return (struct queue){ fd, file, (unsigned)header_bytes + LONGEST_FRAME_BYTES + 1, FIRST_BURST, 0 };
}

static inline void submit_burst(struct io_uring *ring, unsigned count)
{
	if (io_uring_submit(ring) != (int)count)
		fail("io_uring_submit");
}

/* Receives at most `most` frames: the first bursts after a quiet time are short. Returns how many came. */
static inline unsigned receive_burst(struct io_uring *ring, struct queue *queue, struct burst *burst, unsigned most)
{
	unsigned reads = queue->reads_ahead < most ? queue->reads_ahead : most;
	unsigned head;
	unsigned reaped = 0;
	struct io_uring_cqe *cqe;

	for (unsigned slot = 0; slot < reads; slot++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		io_uring_prep_read(sqe, (int)queue->file, burst->arena[slot], queue->read_bytes, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		sqe->rw_flags = RWF_NOWAIT;
		sqe->user_data = slot;
	}
	submit_burst(ring, reads);
	burst->count = 0;
	io_uring_for_each_cqe(ring, head, cqe) {
		reaped++;
		if (cqe->res <= 0)
			continue;
		burst->slots[burst->count] = (unsigned)cqe->user_data;
		burst->lengths[burst->count++] = (unsigned)cqe->res;
	}
	io_uring_cq_advance(ring, reaped);
	/* A read that never waits is complete when the submission returns. */
	if (reaped != reads)
		fail("a read is not complete");
	queue->emptied = burst->count < reads;
	queue->reads_ahead = queue->emptied ? FIRST_BURST : reads * 2;
	return burst->count;
}

/* Sends all frames of the burst. If the kernel can (Linux 5.17), only a frame that it refuses has a completion. */
static inline void send_burst(struct io_uring *ring, const struct queue *queue, struct burst *burst)
{
	int silent = (ring->features & IORING_FEAT_CQE_SKIP) != 0;
	unsigned flags = IOSQE_FIXED_FILE | (silent ? IOSQE_CQE_SKIP_SUCCESS : 0);
	unsigned head;
	unsigned reaped = 0;
	struct io_uring_cqe *cqe;

	for (unsigned index = 0; index < burst->count; index++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
		unsigned char *frame = burst->arena[burst->slots[index]];

		io_uring_prep_write(sqe, (int)queue->file, frame, burst->lengths[index], 0);
		sqe->flags |= flags;
		sqe->rw_flags = RWF_NOWAIT;
	}
	submit_burst(ring, burst->count);
	io_uring_for_each_cqe(ring, head, cqe) {
		if (cqe->res < 0) {
			fprintf(stderr, "a write gave %d\n", cqe->res);
			exit(1);
		}
		reaped++;
	}
	io_uring_cq_advance(ring, reaped);
}

static inline void arm_poll(struct io_uring *polls, int fd, unsigned tag)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(polls);

	io_uring_prep_poll_add(sqe, fd, POLLIN);
	sqe->user_data = tag;
}

#endif
