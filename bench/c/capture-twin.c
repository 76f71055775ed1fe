/*
 * Captures the frames of a TAP into a pcap file as rtap does: one poll, then bursts of reads that never wait, through liburing, and
 * one time for each burst.
 *
 *   capture-twin DEVICE BURST FILE   reads bursts of 4 to BURST frames, until SIGINT or SIGTERM
 *
 * Prints "listening" when it has the device, and "N packets captured" on SIGUSR1 and at its end, as rx-dump and tcpdump do.
 */
#include "tap.h"
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

enum {
	SLOT_BYTES = 65664,
	FIRST_BURST = 4,
	BURST_MAX = 256,
	POLL_TAG = 1000,
	FILE_PIECE_BYTES = 256 * 1024,
	SNAPSHOT_BYTES = 262144,
	LINKTYPE_ETHERNET = 1,
};

struct pcap_file_header {
	uint32_t magic;
	uint16_t version_major, version_minor;
	uint32_t zone, accuracy, snapshot_bytes, link_type;
};

struct pcap_record_header {
	uint32_t seconds, nanoseconds, captured_bytes, original_bytes;
};

static unsigned char arena[BURST_MAX][SLOT_BYTES];
static unsigned char piece[FILE_PIECE_BYTES + sizeof(struct pcap_record_header) + LONGEST_FRAME_BYTES];
static size_t piece_bytes;
static struct io_uring ring;
static int file;
static int header_bytes;
static unsigned read_bytes;
static long captured;
static volatile sig_atomic_t ended;
static volatile sig_atomic_t asked;

static void note_signal(int number)
{
	if (number == SIGUSR1)
		asked = 1;
	else
		ended = 1;
}

static void follow_signals(void)
{
	/* Without SA_RESTART a signal ends the wait for frames. */
	struct sigaction action = { .sa_handler = note_signal };

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void report(void)
{
	printf("%ld packets captured\n", captured);
	fflush(stdout);
}

static void write_piece(void)
{
	for (size_t at = 0; at < piece_bytes;) {
		ssize_t written = write(file, piece + at, piece_bytes - at);

		if (written < 0 && errno != EINTR)
			fail("write");
		at += written > 0 ? (size_t)written : 0;
	}
	piece_bytes = 0;
}

static void add_bytes(const void *bytes, size_t count)
{
	memcpy(piece + piece_bytes, bytes, count);
	piece_bytes += count;
}

static void begin_file(const char *path)
{
	struct pcap_file_header header = {
		.magic = 0xa1b23c4d,
		.version_major = 2,
		.version_minor = 4,
		.snapshot_bytes = SNAPSHOT_BYTES,
		.link_type = LINKTYPE_ETHERNET,
	};

	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (file < 0)
		fail(path);
	add_bytes(&header, sizeof(header));
}

static void add_frame(const unsigned char *frame, unsigned bytes, const struct timespec *time)
{
	struct pcap_record_header header = { (uint32_t)time->tv_sec, (uint32_t)time->tv_nsec, bytes, bytes };

	add_bytes(&header, sizeof(header));
	add_bytes(frame, bytes);
	captured++;
	if (piece_bytes >= FILE_PIECE_BYTES)
		write_piece();
}

static void wait_for_frames(void)
{
	static int armed;
	struct io_uring_cqe *cqe;
	int result;

	if (!armed) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

		io_uring_prep_poll_add(sqe, 0, POLLIN);
		sqe->flags |= IOSQE_FIXED_FILE;
		sqe->user_data = POLL_TAG;
		armed = 1;
	}
	/* A signal ends the wait. Then the poll stays, and no completion has come. */
	result = io_uring_submit_and_wait(&ring, 1);
	if (result < 0 && result != -EINTR)
		fail("io_uring_submit_and_wait");
	if (io_uring_peek_cqe(&ring, &cqe) < 0)
		return;
	io_uring_cqe_seen(&ring, cqe);
	armed = 0;
}

/* Returns how many of `reads` gave a frame. The frames lie in the file's piece then. */
static unsigned read_burst(unsigned reads)
{
	struct io_uring_cqe *cqe;
	struct timespec time;
	unsigned head;
	unsigned seen = 0;
	unsigned frames = 0;

	for (unsigned slot = 0; slot < reads; slot++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

		io_uring_prep_read(sqe, 0, arena[slot], read_bytes, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		sqe->rw_flags = RWF_NOWAIT;
		sqe->user_data = slot;
	}
	/* Reads that never wait are complete when the submission returns. */
	if (io_uring_submit(&ring) != (int)reads)
		fail("io_uring_submit");
	clock_gettime(CLOCK_REALTIME, &time);
	io_uring_for_each_cqe(&ring, head, cqe) {
		seen++;
		if (cqe->res <= header_bytes)
			continue;
		add_frame(arena[cqe->user_data] + header_bytes, (unsigned)(cqe->res - header_bytes), &time);
		frames++;
	}
	if (seen != reads)
		fail("completions");
	io_uring_cq_advance(&ring, seen);
	return frames;
}

static void capture(unsigned burst_max)
{
	unsigned reads = FIRST_BURST;

	while (!ended) {
		unsigned came = read_burst(reads);

		if (asked) {
			asked = 0;
			report();
		}
		if (came == reads) {
			reads = reads * 2 < burst_max ? reads * 2 : burst_max;
			continue;
		}
		wait_for_frames();
		reads = FIRST_BURST;
	}
}

int main(int argc, char **argv)
{
	int fd = attach(argc > 1 ? argv[1] : "", &header_bytes);
	unsigned burst_max = argc > 3 ? (unsigned)atol(argv[2]) : 0;

	if (burst_max < FIRST_BURST || burst_max > BURST_MAX)
		return 1;
	read_bytes = (unsigned)header_bytes + LONGEST_FRAME_BYTES + 1;
	if (io_uring_queue_init(BURST_MAX, &ring, 0) < 0 || io_uring_register_files(&ring, &fd, 1) < 0)
		fail("io_uring");
	follow_signals();
	begin_file(argv[3]);
	puts("listening");
	fflush(stdout);
	capture(burst_max);
	write_piece();
	report();
	return 0;
}
