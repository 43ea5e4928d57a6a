#include <algorithm>
#include <cassert>
#include <chrono>

#include "copse/synth.hpp"
#include "copse/version.hpp"
#include "copse/write.hpp"
#include "synth/scanner.hpp"

namespace copse::synth {

namespace {

namespace chrono = std::chrono;

constexpr double kSpeed = 10;                   // metres per second
constexpr double kShortestRoute = 240;          // metres
constexpr double kMostPointsPerMetre = 30'000;  // 300,000 a second
constexpr chrono::sys_days kFirstDay{chrono::year{2024} / 5 / 13};

// ETRS89 / UTM zone 32N, EPSG:25832, as OGC 01-009 writes it (WKT 1).
constexpr std::string_view kWkt =
    R"(PROJCS["ETRS89 / UTM zone 32N",GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",)"
    R"(SPHEROID["GRS 1980",6378137,298.257222101,AUTHORITY["EPSG","7019"]],TOWGS84[0,0,0,0,0,0,0],)"
    R"(AUTHORITY["EPSG","6258"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,)"
    R"(AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4258"]],PROJECTION["Transverse_Mercator"],)"
    R"(PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],)"
    R"(PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],)"
    R"(AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","25832"]])";

las::Vlr wkt_record() {
    auto vlr = las::make_wkt_vlr(kWkt);
    vlr.description = "OGC WKT coordinate system";  // frozen: same options, same bytes
    return vlr;
}

// The same system for LAS 1.2. GeoTIFF 1.0, "GeoTIFF File and Key Structure".
las::Vlr geo_key_record() {
    las::Vlr vlr;
    vlr.user_id = las::kProjectionUser;
    vlr.record_id = 34735;
    vlr.description = "GeoTIFF keys";
    constexpr std::uint16_t kKeys[][4] = {
        {1, 1, 0, 4},         // version, revision, minor revision, number of keys
        {1024, 0, 1, 1},      // GTModelType: projected
        {1025, 0, 1, 1},      // GTRasterType: pixel is area
        {3072, 0, 1, 25832},  // ProjectedCSType
        {3076, 0, 1, 9001},   // ProjLinearUnits: metre
    };
    wire::ByteWriter to{vlr.payload};
    for (const auto& key : kKeys)
        for (const auto number : key) to.u16(number);
    return vlr;
}

chrono::sys_days day_of(std::size_t pass) { return kFirstDay + chrono::days{7} * static_cast<int>(pass); }

// Between 8 and 12 o'clock, on a day a week after the pass before.
double start_time(const Options& options, std::size_t pass) {
    constexpr std::int64_t kGpsEpoch = 315'964'800;
    constexpr std::int64_t kLeapSeconds = 18;  // since 2017
    const auto day = chrono::seconds{day_of(pass).time_since_epoch()}.count();
    const auto minute = static_cast<std::int64_t>(mix(options.seed + pass) % 240);
    return static_cast<double>(day + 8 * 3600 + minute * 60 - kGpsEpoch + kLeapSeconds) - 1e9;
}

double route_length(const Options& options) {
    const auto points = static_cast<double>(options.points) / std::max(1u, options.passes);
    return std::max(kShortestRoute, points / kMostPointsPerMetre);
}

write::FileTemplate file_template(const Options& options, std::size_t pass) {
    write::FileTemplate file;
    const bool is_extended = las::is_extended(options.pdrf);
    file.layout = {options.pdrf, las::base_record_length(options.pdrf)};
    auto& header = file.header;
    header.file_source_id = static_cast<std::uint16_t>(pass + 1);
    header.global_encoding = las::kGlobalEncodingAdjustedGpsTime;
    if (is_extended) header.global_encoding |= las::kGlobalEncodingWkt;
    header.version_minor = is_extended ? 4 : 2;
    header.system_identifier = "made by copse synth";
    header.generating_software = "copse " + std::string{kVersion};
    const chrono::year_month_day date{day_of(pass)};
    header.creation_year = static_cast<std::uint16_t>(static_cast<int>(date.year()));
    header.creation_day =
        static_cast<std::uint16_t>((day_of(pass) - chrono::sys_days{date.year() / 1 / 1}).count() + 1);
    header.scale = {kScale, kScale, kScale};
    header.offset = kOffset;
    file.vlrs.push_back(is_extended ? wkt_record() : geo_key_record());
    return file;
}

bool is_offered(std::uint8_t pdrf) { return pdrf == 1 || pdrf == 3 || (pdrf >= 6 && pdrf <= 8); }

std::string file_name(const Options& options, std::size_t pass) {
    const auto digits = std::max<std::size_t>(2, std::to_string(options.passes).size());
    const auto number = std::to_string(pass + 1);
    return "pass_" + std::string(digits - number.size(), '0') + number +
           (options.kind == FileKind::las ? ".las" : ".laz");
}

}  // namespace

std::vector<Pass> plan(const Options& options) {
    std::vector<Pass> passes;
    for (std::size_t pass = 0; pass < options.passes; ++pass) {
        const auto points = options.points / options.passes + (pass < options.points % options.passes ? 1 : 0);
        passes.push_back({file_name(options, pass), points, start_time(options, pass)});
    }
    return passes;
}

Status write_pass(const Options& options, std::size_t index, wire::Sink& sink) {
    if (!is_offered(options.pdrf))
        return Error{Code::unsupported, 0, "surveys are made in point data record formats 1, 3, 6, 7 and 8"};
    const auto passes = plan(options);
    assert(index < passes.size());

    const Scene scene{options.seed};
    const Route route{route_length(options)};
    Drive drive;
    drive.points = passes[index].points;
    drive.number = static_cast<std::uint16_t>(index + 1);
    drive.gps_start = passes[index].gps_start;
    drive.duration = route.length() / kSpeed;
    drive.backwards = index % 2 == 1;
    drive.seed = mix(options.seed) ^ mix(index + 1);
    Scanner scanner{scene, route, drive};

    auto file = file_template(options, index);
    las::Points points{file.layout, las::ColumnSet::all()};
    const auto writer = options.kind == FileKind::las ? write::make_las_writer(sink, std::move(file))
                                                      : write::make_laz_writer(sink, std::move(file));
    for (scanner.scan(points); points.size() > 0; scanner.scan(points))
        if (const auto status = writer->add(points); !status) return status;
    return writer->finish();
}

}  // namespace copse::synth
