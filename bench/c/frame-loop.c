/*
 * The plain way to move frames through a TAP, for comparison: write(2) or read(2), one frame a call.
 *
 *   frame-loop DEVICE write COUNT   writes COUNT 64-byte frames
 *   frame-loop DEVICE read COUNT    says "ready", waits for a line, then reads until COUNT frames have come
 *
 * Prints the seconds that it took.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_BYTES = 10, FRAME_BYTES = 64 };

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int attach(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static unsigned char buffer[65600];
	static const unsigned char ethernet[] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	long count = argc > 3 ? atol(argv[3]) : 0;
	int reads = argc > 2 && strcmp(argv[2], "read") == 0;
	int fd = attach(argc > 1 ? argv[1] : "");
	double start;

	memcpy(buffer + HEADER_BYTES, ethernet, sizeof(ethernet));
	if (reads) {
		puts("ready");
		fflush(stdout);
		if (getchar() == EOF)
			return 1;
	}
	start = now();
	for (long done = 0; done < count; done++) {
		if ((reads ? read(fd, buffer, sizeof(buffer)) : write(fd, buffer, HEADER_BYTES + FRAME_BYTES)) < 0) {
			perror("transfer");
			return 1;
		}
	}
	printf("%f\n", now() - start);
	return 0;
}
