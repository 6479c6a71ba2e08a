// What this build was made from.
#pragma once

// The commit, as the environment variable REVISION named it at build time; "unknown" without it.
const char *build_stamp_revision(void);
