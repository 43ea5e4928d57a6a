// Everything of the Copse core library. Hosts add copse/io.hpp and, where built, copse/crs.hpp.
#pragma once

#include "copse/async.hpp"
#include "copse/build.hpp"
#include "copse/check.hpp"
#include "copse/compare.hpp"
#include "copse/copc.hpp"
#include "copse/filter.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/read.hpp"
#include "copse/temporal.hpp"
#include "copse/time.hpp"
#include "copse/tree.hpp"
#include "copse/version.hpp"
#include "copse/wire.hpp"
#include "copse/write.hpp"
