// GnuTLS: message authentication, certificates, their making for the simulator.
#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

// gnutls_free is a global variable that holds a function: Swift 6 reads no mutable globals of C.
static inline void gnutls_free_datum(gnutls_datum_t *datum) {
  gnutls_free(datum->data);
  datum->size = 0;
}
