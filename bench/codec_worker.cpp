// Times our codec for bench/compare.py. Verbs:
//   decode    every chunk into columns
//   each      the same, one chunk after the other
//   records   as decode, and from columns into LAS records
//   forms     names of the decoder's forms that this processor can run, the best one last
//   encode    columns into chunks of 50,000 points
//   pack      LAS records into such chunks
//   checksum  CRC-32 of what the latest request made: of LAS records, or of X, Y, Z where those were the selection;
//   what was
//             encoded is decoded for that
// Files are loaded, and points decoded for encoding, before the clock starts. One thread.
//
// usage: codec_worker                       serves requests
//        codec_worker SELECTION FILE...     prints the checksum of every chunk, as bench/wasm/checksums.mjs does
#include <algorithm>
#include <map>

#include "laz/fast/dispatch.hpp"
#include "worker.hpp"

namespace {

using namespace copse;
using bench::Crc32;
using bench::File;
using bench::Request;

/// Puts the named form of the decoder in use, or the best one.
void use_form(const std::string& name) {
    for (const auto* kernel : laz::fast::available_kernels())  // the best one comes last
        if (name.empty() || kernel->name == name) laz::fast::use_kernel(*kernel);
}

std::string names_of_forms() {
    std::string names;
    for (const auto* kernel : laz::fast::available_kernels()) names += std::string{kernel->name} + ' ';
    return names;
}

las::ColumnSet columns_of(const std::string& selection) {
    return selection == "xyz" ? las::ColumnSet::xyz() : las::ColumnSet::all();
}

/// X, Y and Z lead a LAS record of any format.
constexpr std::size_t kXyzBytes = 12;

void add_to(Crc32& crc, ByteView records, std::size_t record_length, const std::string& selection) {
    if (selection != "xyz") return crc.add(records);
    for (std::size_t at = 0; at < records.size(); at += record_length) crc.add(records.subspan(at, kXyzBytes));
}

/// A file and what was made of it.
struct Subject {
    File file;
    std::vector<las::Points> chunks;  // decoded; kept from request to request, like the rivals' buffers
    Bytes records;                    // ditto
    las::Points all;                  // of the whole file, for encoding
    std::vector<Bytes> encoded;
};

void decode(Subject& subject) {
    const auto& file = subject.file;
    std::vector<laz::ChunkJob> jobs;
    for (std::size_t i = 0; i < file.chunks.size(); ++i) jobs.push_back(file.job(file.chunks[i], subject.chunks[i]));
    laz::decode_chunks(file.format, jobs);
    for (auto& job : jobs) job.status.value();
}

void decode_each(Subject& subject) {
    const auto& file = subject.file;
    for (std::size_t i = 0; i < file.chunks.size(); ++i) file.decode(file.chunks[i], subject.chunks[i]);
}

void make_room(Subject& subject, las::ColumnSet columns) {
    const auto& layout = subject.file.info.layout;
    const las::Points empty{layout, columns};
    if (subject.chunks.empty() || subject.chunks.front().columns != empty.columns)
        subject.chunks.assign(subject.file.chunks.size(), empty);
}

void pack(Subject& subject) {
    subject.records.clear();
    for (const auto& chunk : subject.chunks) las::pack_records(chunk, 0, chunk.size(), subject.records);
}

void encode(const File& file, const las::Points& points, std::vector<Bytes>& out) {
    out.resize((points.size() + laz::kDefaultChunkPoints - 1) / laz::kDefaultChunkPoints);
    std::size_t first = 0;
    for (auto& chunk : out) {
        const auto last = std::min(points.size(), first + laz::kDefaultChunkPoints);
        chunk.clear();
        laz::encode_chunk(file.format, points, first, last, chunk).value();
        first = last;
    }
}

/// Once a file: its points and records, which are what is encoded.
void prepare_encoding(Subject& subject) {
    if (subject.all.size() != 0) return;
    make_room(subject, las::ColumnSet::all());
    decode(subject);
    pack(subject);
    subject.all = las::Points{subject.file.info.layout, las::ColumnSet::all()};
    for (const auto& chunk : subject.chunks) subject.all.append(chunk, 0, chunk.size());
}

std::uint32_t checksum_of_encoded(const Subject& subject) {
    Crc32 crc;
    las::Points points{subject.file.info.layout, las::ColumnSet::all()};
    Bytes records;
    std::uint64_t left = subject.all.size();
    for (const auto& chunk : subject.encoded) {
        const auto count = std::min<std::uint64_t>(left, laz::kDefaultChunkPoints);
        left -= count;
        laz::decode_chunk(subject.file.format, chunk, 0, count, points).value();
        records.clear();
        las::pack_records(points, 0, points.size(), records);
        crc.add(records);
    }
    return crc.value();
}

std::uint32_t checksum_of_records(const Subject& subject, const std::string& selection) {
    Crc32 crc;
    add_to(crc, subject.records, subject.file.info.layout.record_length, selection);
    return crc.value();
}

class CodecWorker {
public:
    std::string answer(const Request& request) {
        if (request.verb == "forms") return names_of_forms();
        if (request.verb == "checksum") return bench::hex(checksum());
        use_form(request.form);
        latest_ = request;
        subject_ = &subject(request.file);
        const auto nanoseconds = timed(request);
        return std::to_string(nanoseconds) + ' ' + std::to_string(subject_->file.point_count());
    }

private:
    Subject& subject(const std::string& path) {
        auto found = subjects_.find(path);
        if (found == subjects_.end()) found = subjects_.emplace(path, Subject{bench::load(path), {}, {}, {}, {}}).first;
        return found->second;
    }

    double timed(const Request& request) {
        auto& subject = *subject_;
        if (request.verb == "encode" || request.verb == "pack") {
            prepare_encoding(subject);
            return bench::nanoseconds_of(request.repeats, [&] {
                if (request.verb == "pack") las::unpack_records(subject.records, subject.all, 0);
                encode(subject.file, subject.all, subject.encoded);
            });
        }
        make_room(subject, columns_of(request.selection));
        return bench::nanoseconds_of(request.repeats, [&] {
            request.verb == "each" ? decode_each(subject) : decode(subject);
            if (request.verb == "records") pack(subject);
        });
    }

    std::uint32_t checksum() {
        if (latest_.verb == "encode" || latest_.verb == "pack") return checksum_of_encoded(*subject_);
        if (latest_.verb != "records") pack(*subject_);
        return checksum_of_records(*subject_, latest_.selection);
    }

    std::map<std::string, Subject> subjects_;
    Request latest_;
    Subject* subject_ = nullptr;
};

void print_checksums(const std::string& path, const std::string& selection) {
    const auto file = bench::load(path);
    las::Points points{file.info.layout, columns_of(selection)};
    Bytes records;
    for (std::size_t i = 0; i < file.chunks.size(); ++i) {
        file.decode(file.chunks[i], points);
        records.clear();
        las::pack_records(points, 0, points.size(), records);
        Crc32 crc;
        add_to(crc, records, file.info.layout.record_length, selection);
        std::cout << path << ' ' << i << ' ' << points.size() << ' ' << bench::hex(crc.value()) << '\n';
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> words(arguments + 1, arguments + count);
    for (std::size_t i = 1; i < words.size(); ++i) print_checksums(words[i], words[0]);
    if (words.empty()) {
        CodecWorker worker;
        bench::serve(worker);
    }
}
