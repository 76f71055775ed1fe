/*
 * Usage: denied RULE VALUE PROGRAM [WORD...]: runs PROGRAM where the kernel refuses one thing, as an older or a restricted one does.
 *
 * setup ERRNO     io_uring_setup(2) fails with ERRNO
 * enter ERRNO     io_uring_enter(2) fails with ERRNO
 * register ERRNO  io_uring_register(2) fails with ERRNO
 * opcode OPCODE   io_uring_register(2) with OPCODE fails with EINVAL
 * open FLAGS      openat(2) with exactly FLAGS fails with EPERM, as a device cgroup lets it fail
 * packet OPTION   setsockopt(2) with OPTION of SOL_PACKET fails with EINVAL
 * offload FLAGS   ioctl(TUNSETOFFLOAD) with any of FLAGS fails with EINVAL
 * packet OPTION   setsockopt(2) with OPTION of an AF_PACKET socket fails with EINVAL
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the low word of an argument of 64 bits lies. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW 0
#else
#define LOW 4
#endif

#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define LOAD_SYSCALL LOAD(offsetof(struct seccomp_data, nr))
#define LOAD_ARGUMENT(number) LOAD(offsetof(struct seccomp_data, args) + 8 * (number) + LOW)
/* Goes on where it is so; else skips as many instructions. */
#define UNLESS_EQUAL(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped))
#define UNLESS_SET(bits, skipped) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (skipped))
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define INSTALL(filter) install((filter), sizeof(filter) / sizeof *(filter))

static int install(struct sock_filter *code, unsigned short count)
{
	struct sock_fprog program = { count, code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int deny(const char *rule, unsigned value)
{
	struct sock_filter setup[] = { LOAD_SYSCALL, UNLESS_EQUAL(SYS_io_uring_setup, 1), FAIL(value), ALLOW };
	struct sock_filter enter[] = { LOAD_SYSCALL, UNLESS_EQUAL(SYS_io_uring_enter, 1), FAIL(value), ALLOW };
	struct sock_filter registration[] = {
		LOAD_SYSCALL, UNLESS_EQUAL(SYS_io_uring_register, 1), FAIL(value), ALLOW,
	};
	struct sock_filter opcode[] = {
		LOAD_SYSCALL, UNLESS_EQUAL(SYS_io_uring_register, 3),
		LOAD_ARGUMENT(1), UNLESS_EQUAL(value, 1), FAIL(EINVAL), ALLOW,
	};
	struct sock_filter opening[] = {
		LOAD_SYSCALL, UNLESS_EQUAL(SYS_openat, 3),
		LOAD_ARGUMENT(2), UNLESS_EQUAL(value, 1), FAIL(EPERM), ALLOW,
	};
	struct sock_filter offload[] = {
		LOAD_SYSCALL, UNLESS_EQUAL(SYS_ioctl, 5),
		LOAD_ARGUMENT(1), UNLESS_EQUAL(TUNSETOFFLOAD, 3),
		LOAD_ARGUMENT(2), UNLESS_SET(value, 1), FAIL(EINVAL), ALLOW,
	};
	struct sock_filter packet[] = {
		LOAD_SYSCALL, UNLESS_EQUAL(SYS_setsockopt, 5),
		LOAD_ARGUMENT(1), UNLESS_EQUAL(SOL_PACKET, 3),
		LOAD_ARGUMENT(2), UNLESS_EQUAL(value, 1), FAIL(EINVAL), ALLOW,
	};
	if (strcmp(rule, "setup") == 0)
		return INSTALL(setup);
	if (strcmp(rule, "enter") == 0)
		return INSTALL(enter);
	if (strcmp(rule, "register") == 0)
		return INSTALL(registration);
	if (strcmp(rule, "opcode") == 0)
		return INSTALL(opcode);
	if (strcmp(rule, "open") == 0)
		return INSTALL(opening);
	if (strcmp(rule, "packet") == 0)
		return INSTALL(packet);
	if (strcmp(rule, "offload") == 0)
		return INSTALL(offload);
	if (strcmp(rule, "packet") == 0)
		return INSTALL(packet);
	errno = EINVAL;
	return -1;
}

int main(int count, char **words)
{
	if (count < 4)
		return 125;
	if (deny(words[1], strtoul(words[2], NULL, 0))) {
		perror(words[1]);
		return 126;
	}
	execvp(words[3], words + 3);
	perror(words[3]);
	return 127;
}
