// libxcrypt: password hashes; its functions can be called from Swift as they are.
#pragma once
#include <crypt.h>
