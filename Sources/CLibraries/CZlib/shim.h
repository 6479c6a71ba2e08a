// zlib: its functions can be called from Swift; only the init macros cannot (use deflateInit2_).
#pragma once
#include <zlib.h>
