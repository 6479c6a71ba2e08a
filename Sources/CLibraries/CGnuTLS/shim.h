// GnuTLS: message authentication, certificates, their making for the simulator.
#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
