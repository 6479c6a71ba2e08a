// Functions of libmicrohttpd that Swift cannot call because their prototypes are variadic, and the name of a thread,
// which Glibc's module lacks.
#pragma once
#include <microhttpd.h>
#include <sys/prctl.h>

static inline void mhd_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

static inline const union MHD_DaemonInfo *
mhd_daemon_info(struct MHD_Daemon *daemon, enum MHD_DaemonInfoType type) {
  return MHD_get_daemon_info(daemon, type);
}

static inline const union MHD_ConnectionInfo *
mhd_connection_info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType type) {
  return MHD_get_connection_info(connection, type);
}

static inline enum MHD_Result
mhd_response_flags(struct MHD_Response *response, enum MHD_ResponseFlags flags) {
  return MHD_set_response_options(response, flags, MHD_RO_END);
}
