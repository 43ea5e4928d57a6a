// From a query to its answer: points are decoded while those before them are written.
#pragma once

#include <functional>

#include "support/answer.hpp"

namespace copse::cli {

/// Appends the next points to what it is given; false at the end. Called by one thread at a time, but not always the
/// same one. May throw.
using NextPoints = std::function<bool(las::Points&)>;

/// Hands all points to the answer, in their order, and finishes it. Memory is bounded by a few batches of points.
void deliver(const NextPoints& next, const las::PointLayout& layout, Answer& answer, wire::Executor& executor);

}  // namespace copse::cli
