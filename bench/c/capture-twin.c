/*
 * Captures the frames of a TAP into a pcap file as rtap does: one poll, then bursts of reads that never wait, through liburing, and
 * one time for each burst.
 *
 *   capture-twin DEVICE BURST FILE   reads bursts of 4 to BURST frames, until SIGINT or SIGTERM
 *
 * Prints "listening" when it has the device, and "N packets captured" on SIGUSR1 and at its end, as rx-dump and tcpdump do.
 */
#include "ring.h"
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

enum {
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

static struct burst burst;
static unsigned char piece[FILE_PIECE_BYTES + sizeof(struct pcap_record_header) + LONGEST_FRAME_BYTES];
static size_t piece_bytes;
static int file;
static int header_bytes;
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

static void add_burst(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	for (unsigned index = 0; index < burst.count; index++) {
		if (burst.lengths[index] > (unsigned)header_bytes)
			add_frame(burst.arena[burst.slots[index]] + header_bytes, burst.lengths[index] - (unsigned)header_bytes, &time);
	}
}

static void wait_for_frames(struct io_uring *polls, int fd)
{
	static int armed;
	struct io_uring_cqe *cqe;
	int result;

	if (!armed)
		arm_poll(polls, fd, 0);
	armed = 1;
	/* A signal ends the wait. Then the poll stays, and no completion has come. */
	result = io_uring_submit_and_wait(polls, 1);
	if (result < 0 && result != -EINTR)
		fail("io_uring_submit_and_wait");
	if (io_uring_peek_cqe(polls, &cqe) < 0)
		return;
	io_uring_cqe_seen(polls, cqe);
	armed = 0;
}

static void capture(struct io_uring *ring, struct io_uring *polls, struct queue *queue, unsigned most)
{
	while (!ended) {
		receive_burst(ring, queue, &burst, most);
		add_burst();
		if (asked) {
			asked = 0;
			report();
		}
		if (queue->emptied)
			wait_for_frames(polls, queue->fd);
	}
}

int main(int argc, char **argv)
{
	int fd = attach(argc > 1 ? argv[1] : "", &header_bytes);
	unsigned most = argc > 3 ? (unsigned)atol(argv[2]) : 0;
	struct queue queue = make_queue(fd, 0, header_bytes);
	struct io_uring ring;
	struct io_uring polls;

	if (most < FIRST_BURST || most > BURST_MAX)
		return 1;
	if (io_uring_queue_init(BURST_MAX, &ring, 0) < 0 || io_uring_register_files(&ring, &fd, 1) < 0)
		fail("io_uring");
	if (io_uring_queue_init(FIRST_BURST, &polls, 0) < 0)
		fail("io_uring");
	follow_signals();
	begin_file(argv[3]);
	puts("listening");
	fflush(stdout);
	capture(&ring, &polls, &queue, most);
	write_piece();
	report();
	return 0;
}
