/*
 * The plain way to send frames into a TAP: write(2), one frame a call.
 *
 *   write-loop DEVICE COUNT   writes COUNT 64-byte frames, and prints how long it took
 */
#include "tap.h"
#include <unistd.h>

int main(int argc, char **argv)
{
	static unsigned char buffer[256];
	long count = argc > 2 ? atol(argv[2]) : 0;
	int header_bytes;
	int fd = attach(argc > 1 ? argv[1] : "", &header_bytes);
	struct stopwatch start;

	memcpy(buffer + header_bytes, ethernet, sizeof(ethernet));
	start = start_stopwatch();
	for (long done = 0; done < count; done++) {
		if (write(fd, buffer, (size_t)header_bytes + FRAME_BYTES) < 0)
			fail("write");
	}
	print_result(count, start);
	return 0;
}
