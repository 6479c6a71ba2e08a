// What this build was made from.
#pragma once

// The version of the project, from Package.swift.
const char *build_stamp_version(void);

// The commit, as the environment variable REVISION named it at build time; "unknown" without it.
const char *build_stamp_revision(void);
