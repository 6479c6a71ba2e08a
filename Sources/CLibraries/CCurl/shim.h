// What Swift cannot call of libcurl: curl_easy_setopt, curl_easy_getinfo and curl_share_setopt are variadic.
#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/prctl.h>

static inline CURLcode curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_callback(CURL *handle, CURLoption option, curl_write_callback function) {
  return curl_easy_setopt(handle, option, function);
}

static inline CURLcode curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
  return curl_easy_getinfo(handle, info, value);
}

// Called by libcurl for every new socket; a unix socket has no such option, which does not matter.
static inline int set_tcp_user_timeout(void *milliseconds, curl_socket_t socket, curlsocktype purpose) {
  unsigned int value = (unsigned int)(uintptr_t)milliseconds;
  (void)purpose;
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value);
  return CURL_SOCKOPT_OK;
}

static inline CURLcode curl_limit_unacknowledged(CURL *handle, long milliseconds) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, (void *)(uintptr_t)milliseconds);
  return code ? code : curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, set_tcp_user_timeout);
}

// A macro.
static inline curl_version_info_data *curl_version_now(void) { return curl_version_info(CURLVERSION_NOW); }

// One thread uses the share, so it needs no locks.
static inline CURLSHcode curl_share_connections(CURLSH *share) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
}

static inline CURLSHcode curl_share_tls_sessions(CURLSH *share) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

static inline CURLcode curl_use_share(CURL *handle, CURLSH *share) {
  return curl_easy_setopt(handle, CURLOPT_SHARE, share);
}

// The callback runs between the TLS handshake and the request.
static inline CURLcode curl_set_before_request(CURL *handle, curl_prereq_callback function, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PREREQDATA, context);
  return code ? code : curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, function);
}

// The `gnutls_session_t` of the connection, or NULL, also with another TLS library.
static inline void *curl_tls_session(CURL *handle) {
  struct curl_tlssessioninfo *session = NULL;
  CURLcode code = curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &session);
  return code == CURLE_OK && session && session->backend == CURLSSLBACKEND_GNUTLS ? session->internals : NULL;
}

// prctl is variadic, too.
static inline void name_thread(const char *name) { prctl(PR_SET_NAME, name); }
