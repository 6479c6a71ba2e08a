// What Swift cannot call of libmicrohttpd: functions that are variadic by prototype. And `eventfd`, which Glibc's
// module leaves out: it wakes the thread that keeps the deadlines.
#pragma once
#include <microhttpd.h>
#include <sys/eventfd.h>

static inline const union MHD_DaemonInfo *
mhd_daemon_info(struct MHD_Daemon *daemon, enum MHD_DaemonInfoType type) {
  return MHD_get_daemon_info(daemon, type);
}

static inline const union MHD_ConnectionInfo *
mhd_connection_info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType type) {
  return MHD_get_connection_info(connection, type);
}
