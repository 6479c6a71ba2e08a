#include "build_stamp.h"

const char *build_stamp_version(void) { return STAMPED_VERSION; }

const char *build_stamp_revision(void) { return STAMPED_REVISION; }
