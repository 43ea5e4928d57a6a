#include "crs/proj.hpp"

#include <cmath>

namespace copse::crs {
namespace {

constexpr int kSureEnough = 70;  // of 100: the definitions agree, the names may not

struct DestroyContext {
    void operator()(PJ_CONTEXT* context) const { proj_context_destroy(context); }
};

struct DestroyList {
    void operator()(PJ_OBJ_LIST* list) const { proj_list_destroy(list); }
};

/// Text that came out of a file: cut at its NUL, without the space around it.
std::string trimmed(const std::string& text) {
    const auto cut = text.substr(0, text.find('\0'));
    const auto first = cut.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    return cut.substr(first, cut.find_last_not_of(" \t\r\n") - first + 1);
}

std::string export_wkt1(const PJ* crs, const char* heights) {
    const char* const options[] = {"MULTILINE=NO", heights, nullptr};
    const char* wkt = proj_as_wkt(context(), crs, PJ_WKT1_GDAL, options);
    return wkt == nullptr ? std::string{} : std::string{wkt};
}

}  // namespace

PJ_CONTEXT* context() {
    thread_local const std::unique_ptr<PJ_CONTEXT, DestroyContext> own = [] {
        std::unique_ptr<PJ_CONTEXT, DestroyContext> made{proj_context_create()};
        proj_log_func(made.get(), nullptr, [](void*, int, const char*) {});
        proj_context_set_enable_network(made.get(), 0);
        return made;
    }();
    return own.get();
}

Object parse(const std::string& definition) {
    auto text = trimmed(definition);
    if (text.empty()) return nullptr;
    // PROJ takes a bare "+proj=..." for a projection, which is not a CRS yet.
    if (text.front() == '+' && text.find("type=crs") == std::string::npos) text += " +type=crs";
    Object object{proj_create(context(), text.c_str())};
    if (object && proj_is_crs(object.get()) == 0) return nullptr;
    return object;
}

Object crs_from_database(const char* authority, unsigned code) {
    return Object{
        proj_create_from_database(context(), authority, std::to_string(code).c_str(), PJ_CATEGORY_CRS, 0, nullptr)};
}

std::string as_wkt1(const PJ* crs) {
    auto wkt = export_wkt1(crs, "ALLOW_ELLIPSOIDAL_HEIGHT_AS_VERTICAL_CRS=NO");
    if (wkt.empty()) wkt = export_wkt1(crs, "ALLOW_ELLIPSOIDAL_HEIGHT_AS_VERTICAL_CRS=YES");
    return wkt;
}

Object horizontal_part(const PJ* crs) {
    Object part{proj_clone(context(), crs)};
    while (part) {
        const auto type = proj_get_type(part.get());
        if (type == PJ_TYPE_COMPOUND_CRS)
            part.reset(proj_crs_get_sub_crs(context(), part.get(), 0));
        else if (type == PJ_TYPE_BOUND_CRS)
            part.reset(proj_get_source_crs(context(), part.get()));
        else
            break;
    }
    return part;
}

double axis_unit(const PJ* crs) {
    const Object system{proj_crs_get_coordinate_system(context(), crs)};
    double factor = 0;
    if (!system || proj_cs_get_axis_info(context(), system.get(), 0, nullptr, nullptr, nullptr, &factor, nullptr,
                                         nullptr, nullptr) == 0)
        return 0;
    return factor;
}

bool equivalent(const PJ* a, const PJ* b) {
    return proj_is_equivalent_to_with_ctx(context(), a, b, PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS) != 0;
}

Object with_code_if_known(Object crs) {
    if (!crs || proj_get_id_code(crs.get(), 0) != nullptr) return crs;
    int* confidence = nullptr;
    const std::unique_ptr<PJ_OBJ_LIST, DestroyList> found{
        proj_identify(context(), crs.get(), "EPSG", nullptr, &confidence)};
    const std::unique_ptr<int, void (*)(int*)> free_confidence{confidence, proj_int_list_destroy};
    Object entry;
    for (int i = 0; found && i < proj_list_get_count(found.get()); ++i) {
        Object candidate{proj_list_get(context(), found.get(), i)};
        if (confidence[i] < kSureEnough || !candidate || !equivalent(crs.get(), candidate.get())) continue;
        if (entry) return crs;  // of two that are equal, either would be chance
        entry = std::move(candidate);
    }
    return entry ? std::move(entry) : std::move(crs);
}

}  // namespace copse::crs
