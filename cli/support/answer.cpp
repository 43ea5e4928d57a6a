#include "support/answer.hpp"

#include <fmt/format.h>

#include "copse/build.hpp"
#include "copse/version.hpp"
#include "copse/write.hpp"
#include "support/crs.hpp"
#include "support/output.hpp"
#include "support/space.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

/// Records about how the source was laid out are not true of the answer.
bool is_carried(std::string_view user, std::uint16_t id) {
    if (user == copc::kUserId || user == temporal::kUserId) return false;
    return !(user == laz::kVlrUserId && id == laz::kVlrRecordId);
}

write::FileTemplate template_of(const read::File& file) {
    write::FileTemplate made;
    made.header = file.header;
    made.header.generating_software = fmt::format("copse {}", kVersion);
    made.layout = file.layout;
    for (const auto& vlr : file.vlrs)
        if (is_carried(vlr.user_id, vlr.record_id)) made.vlrs.push_back(vlr);
    for (const auto& evlr : file.small_evlrs)
        if (is_carried(evlr.user_id, evlr.record_id)) made.evlrs.push_back(evlr);
    return made;
}

/// A file of points: written as they come, named at the end.
class FileAnswer final : public Answer {
public:
    FileAnswer(std::string path, std::unique_ptr<io::OutputFile> file)
        : path_{std::move(path)}, file_{std::move(file)} {}

    void set_writer(std::unique_ptr<write::PointWriter> writer, las::ColumnSet columns) {
        writer_ = std::move(writer);
        columns_ = columns;
    }
    [[nodiscard]] wire::Sink& sink() { return *file_; }
    [[nodiscard]] las::ColumnSet columns() const override { return columns_; }
    [[nodiscard]] write::PointWriter& writer() override { return *writer_; }
    void take(const Status& status) const override { check(status, path_); }
    void finish() override {
        take(writer_->finish());
        commit_output(*file_, path_);
    }

private:
    std::string path_;
    std::unique_ptr<io::OutputFile> file_;
    std::unique_ptr<write::PointWriter> writer_;
    las::ColumnSet columns_;
};

class StreamAnswer final : public Answer {
public:
    StreamAnswer(const read::File& file, std::vector<las::Field> fields)
        : columns_{las::columns_of(fields)},
          writer_{write::make_csv_writer(sink_, file.header, file.extra, std::move(fields))} {}
    [[nodiscard]] las::ColumnSet columns() const override { return columns_; }
    [[nodiscard]] write::PointWriter& writer() override { return *writer_; }
    void take(const Status& status) const override { check(status, "standard output"); }
    void finish() override { take(writer_->finish()); }

private:
    StandardOutput sink_;
    las::ColumnSet columns_;
    std::unique_ptr<write::PointWriter> writer_;
};

/// A COPC file of the answer: a temporary LAS file, then converted.
class CopcAnswer final : public Answer {
public:
    CopcAnswer(const AnswerOptions& options, std::unique_ptr<io::OutputFile> file, const read::File& source,
               wire::Executor& executor)
        : path_{options.output},
          temp_folder_{temp_folder(options.temp_folder, options.output)},
          progress_{options.progress},
          memory_limit_{options.memory_limit},
          memory_for_work_{memory_for_work(memory_limit_, executor.concurrency())},
          file_{std::move(file)},
          points_{checked(io::TempFile::create(temp_folder_), temp_folder_)},
          writer_{write::make_las_writer(*points_, template_of(source))},
          executor_{&executor} {}
    [[nodiscard]] las::ColumnSet columns() const override { return las::ColumnSet::all(); }
    [[nodiscard]] write::PointWriter& writer() override { return *writer_; }
    void take(const Status& status) const override {
        if (!status) throw stop_for_output(status.error(), temp_folder_);
    }
    void finish() override {
        take(writer_->finish());
        take(points_->flush());
        convert();
        commit_output(*file_, path_);
    }

private:
    void convert() {
        const auto temp = checked(io::TempFiles::create(temp_folder_), temp_folder_);
        const build::Input input{path_, points_.get()};
        build::Options options;
        options.software = fmt::format("copse {}", kVersion);
        options.memory_limit = memory_for_work_;
        options.scratch = temp.get();
        Progress progress{progress_, "points", {kConversionStages.begin(), kConversionStages.end()}};
        const auto show = [&progress](const char* stage, std::uint64_t done, std::uint64_t total) {
            progress.update(stage, done, total);
            return true;
        };
        const auto outcome = build::convert({&input, 1}, options, *file_, *executor_, crs_service(), show);
        progress.finish();
        if (!outcome.failure) return;
        const auto& failure = *outcome.failure;
        if (failure.more_memory != 0) throw memory_too_small(memory_limit_, memory_limit_ + failure.more_memory);
        if (failure.kind == build::FailureKind::bad_request) throw wrong_usage(failure.message, path_);
        const auto of_temp = temp->failure();
        const bool temp_failed = of_temp && failure.error.what == of_temp->what;
        auto stop = stop_for_output(failure.error, temp_failed ? temp_folder_ : path_);
        if (failure.kind == build::FailureKind::io) stop.exit = Exit::failed;
        throw stop;
    }

    std::string path_, temp_folder_;
    ProgressStyle progress_;
    std::uint64_t memory_limit_, memory_for_work_;
    std::unique_ptr<io::OutputFile> file_;
    std::unique_ptr<io::TempFile> points_;
    std::unique_ptr<write::PointWriter> writer_;
    wire::Executor* executor_;
};

std::vector<las::Field> fields_named(const read::File& file, const std::string& names) {
    if (names.empty()) return las::fields_of(file.layout, file.extra);
    auto fields = las::parse_fields(names, file.layout, file.extra);
    if (fields) return *std::move(fields);
    const auto rest = std::string_view{names}.substr(std::min<std::size_t>(fields.error().at, names.size()));
    throw wrong_usage(fmt::format("query: --fields: '{}' is not a field of this file; it has{}",
                                  shown(rest.substr(0, rest.find(','))), field_names(file)));
}

}  // namespace

std::string field_names(const read::File& file) {
    std::string names;
    for (const auto& field : las::fields_of(file.layout, file.extra)) names += " " + shown(field.name);
    return names;
}

std::unique_ptr<Answer> make_answer(const CopcFile& copc, const AnswerOptions& options, wire::Executor& executor) {
    const auto& file = *copc.file;
    const auto& output = options.output;
    if (output.empty() || output == "-")
        return std::make_unique<StreamAnswer>(file, fields_named(file, options.fields));

    const auto name = lower_case(output);
    const bool csv = name.ends_with(".csv");
    if (!csv && !name.ends_with(".las") && !name.ends_with(".laz"))
        throw wrong_usage("the output must end in .las, .laz, .copc.laz or .csv", output);
    if (!csv && !options.fields.empty())
        throw wrong_usage("query: --fields chooses columns of CSV; a LAS or LAZ file holds all of its point format");
    auto chosen = csv ? fields_named(file, options.fields) : std::vector<las::Field>{};
    if (const auto existing = io::FileSource::open(output); existing && copc.id && (*existing)->id() == *copc.id)
        throw wrong_usage("the output is the file that is asked", output);
    auto target = create_output(output, options.overwrite);
    if (name.ends_with(".copc.laz")) return std::make_unique<CopcAnswer>(options, std::move(target), file, executor);

    auto answer = std::make_unique<FileAnswer>(output, std::move(target));
    if (csv) {
        const auto columns = las::columns_of(chosen);
        answer->set_writer(write::make_csv_writer(answer->sink(), file.header, file.extra, std::move(chosen)), columns);
    } else if (name.ends_with(".las")) {
        answer->set_writer(write::make_las_writer(answer->sink(), template_of(file)), las::ColumnSet::all());
    } else {
        answer->set_writer(write::make_laz_writer(answer->sink(), template_of(file)), las::ColumnSet::all());
    }
    return answer;
}

std::string file_wkt(const read::File& file) {
    auto wkt = file.wkt();
    if (wkt.empty() && crs_service() != nullptr) wkt = crs_service()->wkt1_from_geotiff(file.vlrs);
    return wkt;
}

}  // namespace copse::cli
