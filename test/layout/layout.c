/*
 * What the C compiler says of the structures and constants that the tables of src/ name.
 *
 * It is compiled to assembly and never run, so a cross compiler serves as well as the machine's own: each line
 * `->name value` of that assembly is an answer (as in the kernel's Kbuild asm-offsets). See ./derive.
 */
#define _GNU_SOURCE
#include <stddef.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <liburing.h>

#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/prctl.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#define ANSWER(name, value) __asm__ volatile("\n->" name " %0" : : "i"((long)(value)))
#define CONSTANT(name) ANSWER(#name, name)
#define SIZE(type) ANSWER("sizeof." #type, sizeof(struct type))
#define UNION_FIELD(type, field) ANSWER(#type "." #field, offsetof(union type, field))
#define FIELD(type, field) ANSWER(#type "." #field, offsetof(struct type, field))

void machine(void)
{
	ANSWER("sizeof.pointer", sizeof(void *));
	ANSWER("sizeof.size_t", sizeof(size_t));
	ANSWER("sizeof.long", sizeof(long));
	ANSWER("sizeof.int", sizeof(int));
	ANSWER("little_endian", __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

void liburing(void)
{
	/* The pads are left out: releases make fields of them. */
	SIZE(io_uring);
	FIELD(io_uring, sq.khead);
	FIELD(io_uring, sq.ktail);
	FIELD(io_uring, sq.kring_mask);
	FIELD(io_uring, sq.kring_entries);
	FIELD(io_uring, sq.kflags);
	FIELD(io_uring, sq.kdropped);
	FIELD(io_uring, sq.array);
	FIELD(io_uring, sq.sqes);
	FIELD(io_uring, sq.sqe_head);
	FIELD(io_uring, sq.sqe_tail);
	FIELD(io_uring, sq.ring_sz);
	FIELD(io_uring, sq.ring_ptr);
	FIELD(io_uring, sq.ring_mask);
	FIELD(io_uring, sq.ring_entries);
	FIELD(io_uring, cq.khead);
	FIELD(io_uring, cq.ktail);
	FIELD(io_uring, cq.kring_mask);
	FIELD(io_uring, cq.kring_entries);
	FIELD(io_uring, cq.kflags);
	FIELD(io_uring, cq.koverflow);
	FIELD(io_uring, cq.cqes);
	FIELD(io_uring, cq.ring_sz);
	FIELD(io_uring, cq.ring_ptr);
	FIELD(io_uring, cq.ring_mask);
	FIELD(io_uring, cq.ring_entries);
	FIELD(io_uring, flags);
	FIELD(io_uring, ring_fd);
	FIELD(io_uring, features);
	FIELD(io_uring, enter_ring_fd);
	FIELD(io_uring, int_flags);
}

void uring(void)
{
	SIZE(io_uring_sqe);
	FIELD(io_uring_sqe, opcode);
	FIELD(io_uring_sqe, flags);
	FIELD(io_uring_sqe, ioprio);
	FIELD(io_uring_sqe, fd);
	FIELD(io_uring_sqe, off);
	FIELD(io_uring_sqe, addr);
	FIELD(io_uring_sqe, len);
	FIELD(io_uring_sqe, rw_flags);
	FIELD(io_uring_sqe, poll32_events);
	FIELD(io_uring_sqe, cancel_flags);
	FIELD(io_uring_sqe, user_data);
	FIELD(io_uring_sqe, buf_index);
	SIZE(io_uring_cqe);
	FIELD(io_uring_cqe, user_data);
	FIELD(io_uring_cqe, res);
	FIELD(io_uring_cqe, flags);
	SIZE(iovec);
	FIELD(iovec, iov_base);
	FIELD(iovec, iov_len);
	CONSTANT(IORING_OP_NOP);
	CONSTANT(IORING_OP_READV);
	CONSTANT(IORING_OP_WRITEV);
	CONSTANT(UIO_MAXIOV);
	CONSTANT(IORING_OP_READ_FIXED);
	CONSTANT(IORING_OP_WRITE_FIXED);
	CONSTANT(IORING_OP_POLL_ADD);
	CONSTANT(IORING_OP_POLL_REMOVE);
	CONSTANT(IORING_OP_ASYNC_CANCEL);
	CONSTANT(IORING_OP_READ);
	CONSTANT(IORING_OP_WRITE);
#ifdef IO_URING_CHECK_VERSION
#if !IO_URING_CHECK_VERSION(2, 6) /* Linux 6.7 */
	CONSTANT(IORING_OP_READ_MULTISHOT);
#endif
#endif
	CONSTANT(IOSQE_FIXED_FILE);
	CONSTANT(IOSQE_BUFFER_SELECT);
	CONSTANT(IORING_ASYNC_CANCEL_ALL);
	CONSTANT(IORING_ASYNC_CANCEL_ANY);
	CONSTANT(IORING_CQE_F_BUFFER);
	CONSTANT(IORING_CQE_F_MORE);
	CONSTANT(IORING_CQE_BUFFER_SHIFT);
	SIZE(io_uring_buf);
	FIELD(io_uring_buf, addr);
	FIELD(io_uring_buf, len);
	FIELD(io_uring_buf, bid);
	FIELD(io_uring_buf_ring, tail);
	SIZE(io_uring_buf_reg);
	FIELD(io_uring_buf_reg, ring_addr);
	FIELD(io_uring_buf_reg, ring_entries);
	FIELD(io_uring_buf_reg, bgid);
	CONSTANT(RWF_NOWAIT);
}

void tun(void)
{
	CONSTANT(TUNSETIFF);
	CONSTANT(TUNSETPERSIST);
	CONSTANT(TUNSETOWNER);
	CONSTANT(TUNSETGROUP);
	CONSTANT(TUNSETOFFLOAD);
	CONSTANT(TUNSETTXFILTER);
	CONSTANT(TUNSETSTEERINGEBPF);
	CONSTANT(TUN_FLT_ALLMULTI);
	FIELD(tun_filter, flags);
	FIELD(tun_filter, count);
	FIELD(tun_filter, addr);
	CONSTANT(TUNGETIFF);
	CONSTANT(TUNGETVNETHDRSZ);
	CONSTANT(TUNSETVNETHDRSZ);
	CONSTANT(TUNSETQUEUE);
	CONSTANT(TUNGETDEVNETNS);
	CONSTANT(IFF_TUN);
	CONSTANT(IFF_TAP);
	CONSTANT(IFF_ATTACH_QUEUE);
	CONSTANT(IFF_DETACH_QUEUE);
	CONSTANT(IFF_NAPI);
	CONSTANT(IFF_MULTI_QUEUE);
	CONSTANT(IFF_NO_PI);
	CONSTANT(IFF_VNET_HDR);
	CONSTANT(IFF_TUN_EXCL);
	CONSTANT(TUN_F_CSUM);
	CONSTANT(TUN_F_TSO4);
	CONSTANT(TUN_F_TSO6);
	CONSTANT(TUN_F_TSO_ECN);
#ifdef TUN_F_USO4 /* Linux 6.2 */
	CONSTANT(TUN_F_USO4);
	CONSTANT(TUN_F_USO6);
#endif
}

void interfaces(void)
{
	CONSTANT(IFNAMSIZ);
	SIZE(ifreq);
	ANSWER("ifreq.ifr_name", offsetof(struct ifreq, ifr_ifrn));
	ANSWER("ifreq.ifr_flags", offsetof(struct ifreq, ifr_ifru.ifru_flags));
	ANSWER("ifreq.ifr_data", offsetof(struct ifreq, ifr_ifru.ifru_data));
	CONSTANT(SIOCETHTOOL);
	CONSTANT(SIOCGIFHWADDR);
	CONSTANT(SIOCGSKNS);
	CONSTANT(ALTIFNAMSIZ);
	ANSWER("HARDWARE_ADDRESS_BYTES", ETH_ALEN);
	CONSTANT(ETHTOOL_GSTRINGS);
	CONSTANT(ETHTOOL_GSSET_INFO);
	CONSTANT(ETHTOOL_GFEATURES);
	CONSTANT(ETH_SS_FEATURES);
	CONSTANT(ETH_GSTRING_LEN);
	FIELD(ethtool_sset_info, cmd);
	FIELD(ethtool_sset_info, sset_mask);
	FIELD(ethtool_sset_info, data);
	FIELD(ethtool_gstrings, cmd);
	FIELD(ethtool_gstrings, string_set);
	FIELD(ethtool_gstrings, len);
	FIELD(ethtool_gstrings, data);
	FIELD(ethtool_gfeatures, cmd);
	FIELD(ethtool_gfeatures, size);
	FIELD(ethtool_gfeatures, features);
	SIZE(ethtool_get_features_block);
	FIELD(ethtool_get_features_block, active);
}

void netlink(void)
{
	CONSTANT(NETLINK_ROUTE);
	CONSTANT(NETLINK_ADD_MEMBERSHIP);
	CONSTANT(NETLINK_EXT_ACK);
	CONSTANT(NETLINK_GET_STRICT_CHK);
	SIZE(sockaddr_nl);
	FIELD(sockaddr_nl, nl_family);
	SIZE(nlmsghdr);
	FIELD(nlmsghdr, nlmsg_len);
	FIELD(nlmsghdr, nlmsg_type);
	FIELD(nlmsghdr, nlmsg_flags);
	FIELD(nlmsghdr, nlmsg_seq);
	FIELD(nlmsghdr, nlmsg_pid);
	CONSTANT(NLMSG_ALIGNTO);
	CONSTANT(NLMSG_NOOP);
	CONSTANT(NLMSG_ERROR);
	CONSTANT(NLMSG_DONE);
	CONSTANT(NLMSG_OVERRUN);
	CONSTANT(NLM_F_REQUEST);
	CONSTANT(NLM_F_ACK);
	CONSTANT(NLM_F_DUMP_INTR);
	CONSTANT(NLM_F_DUMP);
	CONSTANT(NLM_F_EXCL);
	CONSTANT(NLM_F_CREATE);
	CONSTANT(NLM_F_CAPPED);
	CONSTANT(NLM_F_ACK_TLVS);
	FIELD(nlmsgerr, error);
	FIELD(nlmsgerr, msg);
	CONSTANT(NLMSGERR_ATTR_MSG);
	SIZE(nlattr);
	FIELD(nlattr, nla_len);
	FIELD(nlattr, nla_type);
	CONSTANT(NLA_F_NESTED);
	CONSTANT(NLA_F_NET_BYTEORDER);
	CONSTANT(NLA_TYPE_MASK);
}

void links(void)
{
	CONSTANT(RTM_NEWLINK);
	CONSTANT(RTM_DELLINK);
	CONSTANT(RTM_GETLINK);
	CONSTANT(RTM_SETLINK);
	CONSTANT(RTNLGRP_LINK);
	CONSTANT(RTEXT_FILTER_VF);
	SIZE(ifinfomsg);
	FIELD(ifinfomsg, ifi_family);
	FIELD(ifinfomsg, ifi_type);
	FIELD(ifinfomsg, ifi_index);
	FIELD(ifinfomsg, ifi_flags);
	FIELD(ifinfomsg, ifi_change);
	CONSTANT(IFLA_ADDRESS);
	CONSTANT(IFLA_BROADCAST);
	CONSTANT(IFLA_IFNAME);
	CONSTANT(IFLA_MTU);
	CONSTANT(IFLA_MASTER);
	CONSTANT(IFLA_TXQLEN);
	CONSTANT(IFLA_OPERSTATE);
	CONSTANT(IFLA_LINKINFO);
	CONSTANT(IFLA_IFALIAS);
	CONSTANT(IFLA_STATS64);
	CONSTANT(IFLA_EXT_MASK);
	CONSTANT(IFLA_PROMISCUITY);
	CONSTANT(IFLA_CARRIER);
	CONSTANT(IFLA_NEW_NETNSID);
	CONSTANT(IFLA_NEW_IFINDEX);
	CONSTANT(IFLA_MIN_MTU);
	CONSTANT(IFLA_MAX_MTU);
	CONSTANT(IFLA_PROP_LIST);
	CONSTANT(IFLA_ALT_IFNAME);
	CONSTANT(IFLA_INFO_KIND);
	CONSTANT(IFLA_INFO_DATA);
	CONSTANT(IFLA_INFO_SLAVE_KIND);
	CONSTANT(IFLA_INFO_SLAVE_DATA);
	CONSTANT(IFLA_BRPORT_STATE);
	CONSTANT(IFLA_TUN_OWNER);
	CONSTANT(IFLA_TUN_GROUP);
	CONSTANT(IFLA_TUN_TYPE);
	CONSTANT(IFLA_TUN_PI);
	CONSTANT(IFLA_TUN_VNET_HDR);
	CONSTANT(IFLA_TUN_PERSIST);
	CONSTANT(IFLA_TUN_MULTI_QUEUE);
	CONSTANT(IFLA_TUN_NUM_QUEUES);
	CONSTANT(IFLA_TUN_NUM_DISABLED_QUEUES);
	FIELD(rtnl_link_stats64, rx_packets);
	FIELD(rtnl_link_stats64, tx_packets);
	FIELD(rtnl_link_stats64, rx_bytes);
	FIELD(rtnl_link_stats64, tx_bytes);
	FIELD(rtnl_link_stats64, rx_errors);
	FIELD(rtnl_link_stats64, tx_errors);
	FIELD(rtnl_link_stats64, rx_dropped);
	FIELD(rtnl_link_stats64, tx_dropped);
	FIELD(rtnl_link_stats64, multicast);
	FIELD(rtnl_link_stats64, collisions);
	FIELD(rtnl_link_stats64, rx_over_errors);
	FIELD(rtnl_link_stats64, tx_carrier_errors);
}

void addresses(void)
{
	CONSTANT(RTM_NEWADDR);
	CONSTANT(RTM_GETADDR);
	CONSTANT(RT_SCOPE_UNIVERSE);
	CONSTANT(RT_SCOPE_SITE);
	CONSTANT(RT_SCOPE_LINK);
	CONSTANT(RT_SCOPE_HOST);
	CONSTANT(RT_SCOPE_NOWHERE);
	SIZE(ifaddrmsg);
	FIELD(ifaddrmsg, ifa_family);
	FIELD(ifaddrmsg, ifa_prefixlen);
	FIELD(ifaddrmsg, ifa_scope);
	FIELD(ifaddrmsg, ifa_index);
	CONSTANT(IFA_ADDRESS);
	CONSTANT(IFA_LOCAL);
	CONSTANT(IFA_LABEL);
	CONSTANT(IFA_BROADCAST);
	CONSTANT(IFA_CACHEINFO);
	CONSTANT(IFA_FLAGS);
	CONSTANT(IFA_F_SECONDARY);
	CONSTANT(IFA_F_NODAD);
	CONSTANT(IFA_F_OPTIMISTIC);
	CONSTANT(IFA_F_DADFAILED);
	CONSTANT(IFA_F_HOMEADDRESS);
	CONSTANT(IFA_F_DEPRECATED);
	CONSTANT(IFA_F_TENTATIVE);
	CONSTANT(IFA_F_PERMANENT);
	CONSTANT(IFA_F_MANAGETEMPADDR);
	CONSTANT(IFA_F_NOPREFIXROUTE);
	CONSTANT(IFA_F_MCAUTOJOIN);
	CONSTANT(IFA_F_STABLE_PRIVACY);
	FIELD(ifa_cacheinfo, ifa_prefered);
	FIELD(ifa_cacheinfo, ifa_valid);
}

void routes(void)
{
	SIZE(rtmsg);
	FIELD(rtmsg, rtm_family);
	FIELD(rtmsg, rtm_dst_len);
	FIELD(rtmsg, rtm_table);
	FIELD(rtmsg, rtm_protocol);
	FIELD(rtmsg, rtm_scope);
	FIELD(rtmsg, rtm_type);
	CONSTANT(RTM_NEWROUTE);
	CONSTANT(RTM_GETROUTE);
	CONSTANT(RTPROT_BOOT);
	CONSTANT(RTN_UNICAST);
	CONSTANT(RT_TABLE_UNSPEC);
	CONSTANT(RT_TABLE_MAIN);
	CONSTANT(RTA_DST);
	CONSTANT(RTA_OIF);
	CONSTANT(RTA_GATEWAY);
	CONSTANT(RTA_PRIORITY);
	CONSTANT(RTA_METRICS);
	CONSTANT(RTA_TABLE);
	CONSTANT(RTAX_MTU);
	CONSTANT(RTAX_ADVMSS);
}

void qdiscs(void)
{
	SIZE(tcmsg);
	FIELD(tcmsg, tcm_ifindex);
	FIELD(tcmsg, tcm_handle);
	FIELD(tcmsg, tcm_parent);
	CONSTANT(RTM_GETQDISC);
	CONSTANT(TCA_KIND);
	CONSTANT(TCA_STATS2);
	CONSTANT(TCA_STATS_QUEUE);
	FIELD(gnet_stats_queue, drops);
	CONSTANT(TC_H_ROOT);
}

void link_flags(void)
{
	CONSTANT(IFF_UP);
	CONSTANT(IFF_BROADCAST);
	CONSTANT(IFF_DEBUG);
	CONSTANT(IFF_LOOPBACK);
	CONSTANT(IFF_POINTOPOINT);
	CONSTANT(IFF_NOTRAILERS);
	CONSTANT(IFF_RUNNING);
	CONSTANT(IFF_NOARP);
	CONSTANT(IFF_PROMISC);
	CONSTANT(IFF_ALLMULTI);
	CONSTANT(IFF_MASTER);
	CONSTANT(IFF_SLAVE);
	CONSTANT(IFF_MULTICAST);
	CONSTANT(IFF_PORTSEL);
	CONSTANT(IFF_AUTOMEDIA);
	CONSTANT(IFF_DYNAMIC);
	CONSTANT(IFF_LOWER_UP);
	CONSTANT(IFF_DORMANT);
	CONSTANT(IFF_ECHO);
}

void virtio_net(void)
{
	SIZE(virtio_net_hdr);
	SIZE(virtio_net_hdr_mrg_rxbuf);
	FIELD(virtio_net_hdr, flags);
	FIELD(virtio_net_hdr, gso_type);
	FIELD(virtio_net_hdr, hdr_len);
	FIELD(virtio_net_hdr, gso_size);
	FIELD(virtio_net_hdr, csum_start);
	FIELD(virtio_net_hdr, csum_offset);
	FIELD(virtio_net_hdr_mrg_rxbuf, num_buffers);
	CONSTANT(VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CONSTANT(VIRTIO_NET_HDR_F_DATA_VALID);
	CONSTANT(VIRTIO_NET_HDR_GSO_NONE);
	CONSTANT(VIRTIO_NET_HDR_GSO_TCPV4);
	CONSTANT(VIRTIO_NET_HDR_GSO_UDP);
	CONSTANT(VIRTIO_NET_HDR_GSO_TCPV6);
#ifdef VIRTIO_NET_HDR_GSO_UDP_L4 /* Linux 6.2 */
	CONSTANT(VIRTIO_NET_HDR_GSO_UDP_L4);
#endif
	CONSTANT(VIRTIO_NET_HDR_GSO_ECN);
}

void filters(void)
{
	SIZE(sock_filter);
	FIELD(sock_filter, code);
	FIELD(sock_filter, jt);
	FIELD(sock_filter, jf);
	FIELD(sock_filter, k);
	SIZE(sock_fprog);
	FIELD(sock_fprog, len);
	FIELD(sock_fprog, filter);
	ANSWER("SKF_AD_OFF", (unsigned)SKF_AD_OFF);
	CONSTANT(SKF_AD_PKTTYPE);
	CONSTANT(SKF_AD_QUEUE);
	ANSWER("LOAD_WORD", BPF_LD | BPF_W | BPF_ABS);
	ANSWER("ADD", BPF_ALU | BPF_ADD | BPF_K);
	ANSWER("JUMP_IF_EQUAL", BPF_JMP | BPF_JEQ | BPF_K);
	ANSWER("JUMP_IF_NOT_LESS", BPF_JMP | BPF_JGE | BPF_K);
	ANSWER("RETURN_CONSTANT", BPF_RET | BPF_K);
	ANSWER("RETURN_ACCUMULATOR", BPF_RET | BPF_A);
	CONSTANT(SKF_AD_OFF);
}

void bpf(void)
{
	CONSTANT(__NR_bpf);
	CONSTANT(BPF_PROG_LOAD);
	CONSTANT(BPF_PROG_GET_FD_BY_ID);
	CONSTANT(BPF_OBJ_GET_INFO_BY_FD);
	CONSTANT(BPF_PROG_TYPE_SOCKET_FILTER);
	CONSTANT(BPF_OBJ_NAME_LEN);
	CONSTANT(BPF_FUNC_skb_load_bytes);
	UNION_FIELD(bpf_attr, prog_type);
	UNION_FIELD(bpf_attr, insn_cnt);
	UNION_FIELD(bpf_attr, insns);
	UNION_FIELD(bpf_attr, license);
	UNION_FIELD(bpf_attr, log_level);
	UNION_FIELD(bpf_attr, log_size);
	UNION_FIELD(bpf_attr, log_buf);
	UNION_FIELD(bpf_attr, prog_name);
	UNION_FIELD(bpf_attr, info.bpf_fd);
	UNION_FIELD(bpf_attr, info.info_len);
	UNION_FIELD(bpf_attr, info.info);
	UNION_FIELD(bpf_attr, prog_id);
	FIELD(bpf_prog_info, id);
	SIZE(bpf_insn);
	FIELD(bpf_insn, code);
	FIELD(bpf_insn, off);
	FIELD(bpf_insn, imm);
	FIELD(__sk_buff, vlan_present);
	FIELD(__sk_buff, vlan_tci);
	CONSTANT(BPF_LD);
	CONSTANT(BPF_LDX);
	CONSTANT(BPF_ST);
	CONSTANT(BPF_STX);
	CONSTANT(BPF_ALU);
	CONSTANT(BPF_JMP);
	CONSTANT(BPF_JMP32);
	CONSTANT(BPF_ALU64);
	CONSTANT(BPF_W);
	CONSTANT(BPF_H);
	CONSTANT(BPF_B);
	CONSTANT(BPF_DW);
	CONSTANT(BPF_IMM);
	CONSTANT(BPF_MEM);
	CONSTANT(BPF_ADD);
	CONSTANT(BPF_SUB);
	CONSTANT(BPF_MUL);
	CONSTANT(BPF_AND);
	CONSTANT(BPF_LSH);
	CONSTANT(BPF_RSH);
	CONSTANT(BPF_MOD);
	CONSTANT(BPF_XOR);
	CONSTANT(BPF_MOV);
	CONSTANT(BPF_END);
	CONSTANT(BPF_TO_BE);
	CONSTANT(BPF_K);
	CONSTANT(BPF_X);
	CONSTANT(BPF_JA);
	CONSTANT(BPF_JEQ);
	CONSTANT(BPF_JGT);
	CONSTANT(BPF_JGE);
	CONSTANT(BPF_JNE);
	CONSTANT(BPF_JLT);
	CONSTANT(BPF_CALL);
	CONSTANT(BPF_EXIT);
}

void libc(void)
{
	CONSTANT(O_RDONLY);
	CONSTANT(O_WRONLY);
	CONSTANT(O_RDWR);
	CONSTANT(O_CLOEXEC);
	CONSTANT(PR_SET_PDEATHSIG);
	CONSTANT(O_NONBLOCK);
	CONSTANT(F_GETFL);
	CONSTANT(F_SETFL);
	CONSTANT(LOCK_EX);
	CONSTANT(LOCK_SH);
	CONSTANT(LOCK_NB);
	CONSTANT(F_OFD_GETLK);
	CONSTANT(F_OFD_SETLK);
	CONSTANT(F_RDLCK);
	CONSTANT(F_WRLCK);
	CONSTANT(F_UNLCK);
	CONSTANT(PROT_READ);
	CONSTANT(PROT_WRITE);
	CONSTANT(MAP_SHARED);
	CONSTANT(MAP_PRIVATE);
	CONSTANT(MAP_ANONYMOUS);
	CONSTANT(MAP_FIXED);
	CONSTANT(RTLD_NOW);
	CONSTANT(RTLD_NODELETE);
	CONSTANT(MAP_POPULATE);
	CONSTANT(_SC_PAGESIZE);
	CONSTANT(CLOCK_REALTIME);
	CONSTANT(CLOCK_MONOTONIC);
	CONSTANT(CLOCK_BOOTTIME);
	CONSTANT(CLOCK_THREAD_CPUTIME_ID);
	CONSTANT(CLONE_NEWNET);
	CONSTANT(EPOLL_CLOEXEC);
	CONSTANT(EPOLL_CTL_ADD);
	CONSTANT(EPOLLIN);
	CONSTANT(EPOLLOUT);
	ANSWER("EPOLLET", (unsigned)EPOLLET);
	CONSTANT(POLLOUT);
	CONSTANT(AF_UNSPEC);
	CONSTANT(AF_UNIX);
	CONSTANT(AF_INET);
	CONSTANT(AF_INET6);
	CONSTANT(AF_NETLINK);
	CONSTANT(AF_PACKET);
	CONSTANT(SOCK_STREAM);
	CONSTANT(SOCK_DGRAM);
	CONSTANT(SOCK_RAW);
	CONSTANT(SOCK_CLOEXEC);
	CONSTANT(SOL_SOCKET);
	CONSTANT(SOL_NETLINK);
	CONSTANT(SO_RCVBUF);
	CONSTANT(SO_RCVBUFFORCE);
	CONSTANT(SO_NETNS_COOKIE);
	CONSTANT(SO_REUSEADDR);
	CONSTANT(MSG_PEEK);
	CONSTANT(MSG_TRUNC);
	CONSTANT(MSG_DONTWAIT);
	CONSTANT(SOCK_SEQPACKET);
	CONSTANT(SOCK_NONBLOCK);
	CONSTANT(SO_TYPE);
	CONSTANT(SO_PEERCRED);
	CONSTANT(SO_PEERGROUPS);
#ifdef SO_PEERPIDFD /* Linux 6.5 */
	CONSTANT(SO_PEERPIDFD);
#endif
	CONSTANT(MSG_CTRUNC);
	CONSTANT(MSG_NOSIGNAL);
	CONSTANT(MSG_CMSG_CLOEXEC);
	CONSTANT(SCM_RIGHTS);
	CONSTANT(POLLIN);
	SIZE(msghdr);
	FIELD(msghdr, msg_name);
	FIELD(msghdr, msg_namelen);
	FIELD(msghdr, msg_iov);
	FIELD(msghdr, msg_iovlen);
	FIELD(msghdr, msg_control);
	FIELD(msghdr, msg_controllen);
	FIELD(msghdr, msg_flags);
	SIZE(cmsghdr);
	FIELD(cmsghdr, cmsg_len);
	FIELD(cmsghdr, cmsg_level);
	FIELD(cmsghdr, cmsg_type);
	SIZE(ucred);
	FIELD(ucred, pid);
	FIELD(ucred, uid);
	FIELD(ucred, gid);
	FIELD(sockaddr_un, sun_family);
	FIELD(sockaddr_un, sun_path);
	ANSWER("UNIX_PATH_MAX", sizeof(((struct sockaddr_un *)0)->sun_path));
	SIZE(mmsghdr);
	FIELD(mmsghdr, msg_len);
	SIZE(sockaddr_in);
	FIELD(sockaddr_in, sin_family);
	FIELD(sockaddr_in, sin_port);
	FIELD(sockaddr_in, sin_addr);
	CONSTANT(IPPROTO_ICMP);
	CONSTANT(SOL_PACKET);
	CONSTANT(PACKET_RX_RING);
	CONSTANT(PACKET_VERSION);
	CONSTANT(PACKET_ADD_MEMBERSHIP);
	CONSTANT(PACKET_MR_PROMISC);
	SIZE(packet_mreq);
	FIELD(packet_mreq, mr_ifindex);
	FIELD(packet_mreq, mr_type);
	CONSTANT(PACKET_STATISTICS);
	CONSTANT(PACKET_VNET_HDR);
	CONSTANT(PACKET_FANOUT);
	CONSTANT(PACKET_FANOUT_DATA);
	CONSTANT(PACKET_FANOUT_CBPF);
	CONSTANT(PACKET_FANOUT_FLAG_UNIQUEID);
	CONSTANT(PACKET_OUTGOING);
	CONSTANT(SO_ATTACH_FILTER);
	CONSTANT(TPACKET_V3);
	CONSTANT(TP_STATUS_VLAN_VALID);
	CONSTANT(TP_STATUS_VLAN_TPID_VALID);
	SIZE(tpacket_req3);
	FIELD(tpacket_req3, tp_block_size);
	FIELD(tpacket_req3, tp_block_nr);
	FIELD(tpacket_req3, tp_frame_size);
	FIELD(tpacket_req3, tp_frame_nr);
	FIELD(tpacket_req3, tp_retire_blk_tov);
	SIZE(tpacket_stats_v3);
	FIELD(tpacket_stats_v3, tp_packets);
	FIELD(tpacket_stats_v3, tp_drops);
	FIELD(tpacket_block_desc, hdr.bh1.block_status);
	FIELD(tpacket_block_desc, hdr.bh1.num_pkts);
	FIELD(tpacket_block_desc, hdr.bh1.offset_to_first_pkt);
	FIELD(tpacket_block_desc, hdr.bh1.ts_first_pkt.ts_sec);
	FIELD(tpacket_block_desc, hdr.bh1.ts_first_pkt.ts_nsec);
	FIELD(tpacket3_hdr, tp_next_offset);
	FIELD(tpacket3_hdr, tp_sec);
	FIELD(tpacket3_hdr, tp_nsec);
	FIELD(tpacket3_hdr, tp_snaplen);
	FIELD(tpacket3_hdr, tp_len);
	FIELD(tpacket3_hdr, tp_status);
	FIELD(tpacket3_hdr, tp_mac);
	FIELD(tpacket3_hdr, hv1.tp_vlan_tci);
	FIELD(tpacket3_hdr, hv1.tp_vlan_tpid);
	ANSWER("FRAME_PKTTYPE", TPACKET_ALIGN(sizeof(struct tpacket3_hdr)) + offsetof(struct sockaddr_ll, sll_pkttype));
	CONSTANT(TPACKET_V2);
	CONSTANT(TP_STATUS_KERNEL);
	CONSTANT(TP_STATUS_USER);
	CONSTANT(ETH_P_ALL);
	SIZE(tpacket_req);
	FIELD(tpacket_req, tp_block_size);
	FIELD(tpacket_req, tp_block_nr);
	FIELD(tpacket_req, tp_frame_size);
	FIELD(tpacket_req, tp_frame_nr);
	FIELD(tpacket2_hdr, tp_status);
	FIELD(tpacket2_hdr, tp_snaplen);
	FIELD(tpacket2_hdr, tp_mac);
	SIZE(sockaddr_ll);
	FIELD(sockaddr_ll, sll_protocol);
	FIELD(sockaddr_ll, sll_family);
	FIELD(sockaddr_ll, sll_ifindex);
	FIELD(sockaddr_ll, sll_hatype);
	SIZE(timespec);
	FIELD(timespec, tv_sec);
	FIELD(timespec, tv_nsec);
	SIZE(pollfd);
	FIELD(pollfd, fd);
	FIELD(pollfd, events);
	FIELD(pollfd, revents);
	SIZE(epoll_event);
	FIELD(epoll_event, events);
	CONSTANT(F_GETFD);
	CONSTANT(F_SETFD);
	CONSTANT(F_GETFL);
	CONSTANT(F_SETFL);
	CONSTANT(FD_CLOEXEC);
	CONSTANT(SIGPIPE);
	CONSTANT(SIGXFSZ);
	CONSTANT(SIG_SETMASK);
	CONSTANT(RLIMIT_NOFILE);
	FIELD(passwd, pw_name);
	FIELD(passwd, pw_uid);
	FIELD(group, gr_name);
	FIELD(group, gr_gid);
}
