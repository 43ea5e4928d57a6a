// Sums of hashes: what is left of a cloud when order does not matter.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "compare/records.hpp"

namespace copse::compare {

/// Number and hash sums of some points.
struct Fingerprint {
    std::uint64_t points = 0, first = 0, second = 0;

    void add(const RecordHash& hash) {
        ++points;
        first += hash.first;
        second += hash.second;
    }
    void add(const Fingerprint& other) {
        points += other.points;
        first += other.first;
        second += other.second;
    }
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Points are parted so that a few differences spoil a few parts only.
inline constexpr std::size_t kBuckets = 1u << 14;
[[nodiscard]] inline std::size_t bucket_of(const RecordHash& hash) { return hash.part % kBuckets; }

/// Fingerprints of both clouds.
struct Buckets {
    std::vector<Fingerprint> a = std::vector<Fingerprint>(kBuckets);
    std::vector<Fingerprint> b = std::vector<Fingerprint>(kBuckets);

    std::array<double, 3> moved{};  ///< the farthest that a coordinate of each axis was moved, in steps

    [[nodiscard]] std::vector<Fingerprint>& of(Side side) { return side == Side::a ? a : b; }
    void add_moved(const std::array<double, 3>& other) {
        for (std::size_t axis = 0; axis < 3; ++axis) moved[axis] = std::max(moved[axis], other[axis]);
    }
    void add(const Buckets& other) {
        for (std::size_t i = 0; i < kBuckets; ++i) {
            a[i].add(other.a[i]);
            b[i].add(other.b[i]);
        }
        add_moved(other.moved);
    }
};
inline constexpr std::uint64_t kBucketsBytes = 2 * kBuckets * sizeof(Fingerprint);

/// Buckets for calls that run at the same time: each has some for itself, which the next one takes on.
class BucketPool {
public:
    std::unique_ptr<Buckets> take() {
        const std::lock_guard lock{mutex_};
        if (free_.empty()) return std::make_unique<Buckets>();
        auto buckets = std::move(free_.back());
        free_.pop_back();
        return buckets;
    }
    void give_back(std::unique_ptr<Buckets> buckets) {
        const std::lock_guard lock{mutex_};
        free_.push_back(std::move(buckets));
    }
    /// @pre no call runs
    [[nodiscard]] Buckets sum() const {
        Buckets total;
        for (const auto& buckets : free_) total.add(*buckets);
        return total;
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Buckets>> free_;
};

}  // namespace copse::compare
