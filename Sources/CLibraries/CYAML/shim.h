// libyaml: its event parser can be called from Swift as it is.
#pragma once
#include <yaml.h>
